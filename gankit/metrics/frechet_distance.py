import keras
import numpy as np

from gankit.metrics.metric import Metric


@keras.saving.register_keras_serializable(package="gankit")
class FrechetDistance(Metric):
    """The squared Frechet distance between Gaussians fitted to real and fake features.

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)); Dowson and Landau (1982); on the 2015 Inception
    graph's features it is the FID of Heusel et al. (2017), https://arxiv.org/abs/1706.08500, and on
    no others. It is biased upwards, the more the fewer samples: compare at equal numbers only. Keeps
    sums, not samples: memory d x d, whatever their number.

    Args:
        name: of the result.

    Example:

    ```python
    import numpy as np

    import gankit

    rng, metric = np.random.default_rng(0), gankit.metrics.FrechetDistance()
    metric.update(rng.normal(size=(500, 4)), rng.normal(1.0, size=(500, 4)))  # features, batch by batch
    metric.result()  # {"frechet_distance": about 4}
    ```
    """

    def __init__(self, name="frechet_distance"):
        self.name = name
        self.reset()

    def reset(self):
        self._real, self._fake = Moments(), Moments()

    def update(self, real, fake, condition=None):
        self._real.update(real)
        self._fake.update(fake)

    def result(self):
        value = frechet_distance(
            *self._real.mean_and_covariance(), *self._fake.mean_and_covariance()
        )
        return {self.name: value}

    def protocol(self):
        return "Gaussians with unbiased covariances, float64"

    def get_config(self):
        return {"name": self.name}


class Moments:
    """The mean and covariance of features that come batch by batch."""

    def __init__(self):
        self.n, self._shift, self._sum, self._products = 0, None, 0.0, 0.0

    def update(self, features):
        """Takes a batch of features, (n, d)."""
        features = np.asarray(features, "float64").reshape(len(features), -1)
        if self._shift is None:  # or a mean far from zero would eat the covariance's digits
            self._shift = features.mean(axis=0)
        features = features - self._shift
        self.n += len(features)
        self._sum = self._sum + features.sum(axis=0)
        self._products = self._products + features.T @ features

    def mean_and_covariance(self):
        """(d,) and (d, d), the latter unbiased."""
        if self.n < 2:
            raise ValueError(f"A covariance takes at least 2 samples. Received: {self.n}")
        mean = self._sum / self.n
        covariance = (self._products - self.n * np.outer(mean, mean)) / (self.n - 1)
        return self._shift + mean, covariance


def frechet_distance(mean1, covariance1, mean2, covariance2):
    """The squared Frechet distance between two Gaussians.

    tr (S1 S2)^(1/2) is the sum of the square roots of the eigenvalues of A' S2 A, where S1 = A A':
    a symmetric problem with real eigenvalues >= 0 even where a covariance is singular, which the
    matrix square root of S1 S2 is not.

    Args:
        mean1, mean2: (d,).
        covariance1, covariance2: (d, d), symmetric, positive semidefinite.

    Returns:
        A float, at least 0.

    Example:

    ```python
    import numpy as np

    import gankit

    gankit.metrics.frechet_distance(np.zeros(3), np.eye(3), np.ones(3), 4 * np.eye(3))  # 3 + 3
    ```
    """
    import scipy.linalg

    try:
        factor = scipy.linalg.cholesky(covariance1, lower=True)
    except scipy.linalg.LinAlgError:  # singular, as from fewer samples than dimensions
        values, vectors = scipy.linalg.eigh(covariance1)
        kept = values > 0
        factor = vectors[:, kept] * np.sqrt(values[kept])
    values = scipy.linalg.eigvalsh(factor.T @ covariance2 @ factor)
    root = np.sqrt(np.maximum(values, 0)).sum()
    gap = np.square(np.asarray(mean1) - mean2).sum()
    return max(float(gap + np.trace(covariance1) + np.trace(covariance2) - 2 * root), 0.0)
