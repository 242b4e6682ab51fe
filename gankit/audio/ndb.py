"""The number of statistically different bins."""

import keras
import numpy as np

from gankit.metrics.metric import KeepsSamples


def difference(real, fake):
    """z of the test that two shares are equal: (p - q) / sqrt(s (1 - s) (1/n + 1/m)), s pooled.

    Richardson and Weiss (2018), https://arxiv.org/abs/1805.12462, section 3.1.

    Args:
        real, fake: (bins,) counts; p = real / n and q = fake / m are the shares of their sums.

    Returns:
        (bins,); 0 where both are empty, or both hold everything.
    """
    real, fake = np.asarray(real, "float64"), np.asarray(fake, "float64")
    n, m = real.sum(), fake.sum()
    pooled = (real + fake) / (n + m)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return np.divide(real / n - fake / m, error, out=np.zeros_like(error), where=error > 0)


@keras.saving.register_keras_serializable(package="gankit")
class NDB(KeepsSamples):
    """The share of bins that hold significantly more or fewer fake samples than real ones.

    NDB / K of Richardson and Weiss (2018), https://arxiv.org/abs/1805.12462: bins are the k-means
    cells of the training set's features, by scikit-learn; a bin counts where the two-proportion test
    rejects equality at the 5 % level. Equal distributions give about 0.05; modes that are lost, or
    made too often, show. Fewer samples show fewer differences: compare equal numbers only.

    Args:
        training: (n, d) features of the training set, at least `bins`. Not saved with the metric.
        bins: how many.
        seed: of k-means.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    rng = np.random.default_rng(0)
    metric = audio.NDB(rng.normal(size=(300, 4)), bins=5)
    metric.update(rng.normal(size=(200, 4)), rng.normal(size=(200, 4)))
    metric.result()
    ```
    """

    LIMIT = 1.96  # of |z|, two-sided at 5 %

    def __init__(self, training=None, bins=50, seed=0):
        if bins < 2:
            raise ValueError(f"`bins` must be at least 2. Received: bins={bins}")
        if training is not None and len(training) < bins:
            raise ValueError(
                f"{bins} bins take at least as many training samples. Received: {len(training)}"
            )
        self.training, self.bins, self.seed = training, bins, seed
        self._cells = None
        super().__init__()

    def result(self):
        if self.training is None:
            raise ValueError("NDB needs the training set's features: give `training`.")
        if self._cells is None:
            self._cells = self._fitted()
        counts = (
            np.bincount(self._cells.predict(samples), minlength=self.bins)
            for samples in self.kept()
        )
        return {"ndb": float(np.mean(np.abs(difference(*counts)) > self.LIMIT))}

    def _fitted(self):
        from sklearn.cluster import KMeans

        rows = np.reshape(self.training, (len(self.training), -1)).astype("float64")
        return KMeans(self.bins, n_init=1, random_state=self.seed).fit(rows)

    def protocol(self):
        return (
            f"{self.bins} k-means cells of the training set (seed {self.seed}), share of bins with "
            f"|z| above {self.LIMIT}"
        )

    def get_config(self):
        return {"bins": self.bins, "seed": self.seed}
