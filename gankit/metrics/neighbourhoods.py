import keras
import numpy as np

from gankit.metrics.metric import KeepsSamples

BLOCK = 1000  # rows whose distances are in memory at once


@keras.saving.register_keras_serializable(package="gankit")
class Neighbourhoods(KeepsSamples):
    """Precision, recall, density and coverage: are samples where data are, and the other way round?

    A ball around each sample reaches to its k-th nearest neighbour of its own set. `precision`: fake
    samples inside some real ball; `recall`: real samples inside some fake ball (Kynkaanniemi et al.
    (2019), https://arxiv.org/abs/1904.06991). `density`: real balls around a fake sample, over k;
    `coverage`: real balls with a fake sample in them (Naeem et al. (2020),
    https://arxiv.org/abs/2002.09797). Shares in [0, 1]; density may exceed 1. Equal distributions
    give a coverage of about 1 - 2^-k, density 1.

    Args:
        k: which neighbour, at least 1.
        n: how many samples of each set to keep, the first ones.

    Example:

    ```python
    import numpy as np

    import gankit

    rng, metric = np.random.default_rng(0), gankit.metrics.Neighbourhoods(k=5)
    metric.update(rng.normal(size=(200, 2)), 0.1 * rng.normal(size=(200, 2)))
    metric.result()  # precision 1, recall far below: the fakes are all in the middle
    ```
    """

    def __init__(self, k=5, n=10_000):
        if k < 1:
            raise ValueError(f"`k` must be at least 1. Received: k={k}")
        self.k = k
        super().__init__(n)

    def result(self):
        real, fake = self.kept()
        if min(len(real), len(fake)) <= self.k:
            raise ValueError(
                f"The {self.k}-th neighbour takes more than {self.k} samples. Received: {len(real)} "
                f"real, {len(fake)} fake"
            )
        real_radii, fake_radii = radii(real, self.k), radii(fake, self.k)
        around = np.zeros(len(fake))  # real balls around each fake sample
        covered = np.zeros(len(real), bool)
        recalled = np.zeros(len(real), bool)
        for rows, squares in squared_distances(real, fake):
            inside = squares <= real_radii[rows, None]
            around += inside.sum(axis=0)
            covered[rows] = inside.any(axis=1)
            recalled[rows] = (squares <= fake_radii[None]).any(axis=1)
        return {
            "precision": float((around > 0).mean()),
            "recall": float(recalled.mean()),
            "density": float(around.mean() / self.k),
            "coverage": float(covered.mean()),
        }

    def protocol(self):
        return f"Euclidean balls to neighbour {self.k}, at most {self.n} samples of each set"

    def get_config(self):
        return {"k": self.k, "n": self.n}


def squared_distances(x, y):
    """Yields `(rows, (len(rows), m) squared distances of x[rows] to y)`, block by block."""
    x, y = np.asarray(x, "float64"), np.asarray(y, "float64")
    centre = y.mean(axis=0)  # or features far from zero would eat the distances' digits
    x, y = x - centre, y - centre
    y_norms = np.square(y).sum(axis=1)
    for start in range(0, len(x), BLOCK):
        part = x[start : start + BLOCK]
        squares = np.square(part).sum(axis=1)[:, None] + y_norms[None] - 2 * part @ y.T
        yield slice(start, start + len(part)), np.maximum(squares, 0)


def radii(x, k):
    """Squared distances from each row to its k-th nearest other row."""
    found = np.empty(len(x))
    for rows, squares in squared_distances(x, x):
        squares[np.arange(len(squares)), np.arange(rows.start, rows.stop)] = np.inf  # itself
        found[rows] = np.partition(squares, k - 1, axis=1)[:, k - 1]
    return found


def nearest(samples, training, k=1):
    """The k nearest training rows of every sample.

    Args:
        samples: (n, d).
        training: (m, d), m at least k.
        k: how many.

    Returns:
        Indices (n, k) and Euclidean distances (n, k), nearest first.

    Example:

    ```python
    import numpy as np

    import gankit

    rows, distances = gankit.metrics.nearest(np.array([[0.9]]), np.array([[0.0], [1.0], [5.0]]), k=2)
    rows, distances  # [[1, 0]], [[0.1, 0.9]]
    ```
    """
    indices, distances = [], []
    for _, squares in squared_distances(samples, training):
        some = np.argpartition(squares, k - 1, axis=1)[:, :k]
        values = np.take_along_axis(squares, some, axis=1)
        order = np.argsort(values, axis=1)
        indices.append(np.take_along_axis(some, order, axis=1))
        distances.append(np.sqrt(np.take_along_axis(values, order, axis=1)))
    return np.concatenate(indices), np.concatenate(distances)
