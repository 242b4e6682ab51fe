"""From a data spec to prepared points, and back."""

import dataclasses

import keras
import numpy as np

from gankit import files

SPREAD = 6.0  # an MLP tells neighbours apart the better the wider its inputs are spread


@keras.saving.register_keras_serializable(package="gankit")
class Standardisation:
    """Shifts and scales each column to mean 0 and standard deviation 6; `inverse` undoes it.

    Args:
        mean: the columns' means.
        scale: what a prepared unit is in each column's own units; positive.

    Example:

    ```python
    import numpy as np

    from gankit import points

    preparation = points.Standardisation.fit(np.random.default_rng(0).normal(5, 2, (100, 2)))
    prepared = preparation(np.array([[5.0, 7.0]]))
    preparation.inverse(prepared)  # [[5, 7]] again
    ```
    """

    def __init__(self, mean, scale):
        self.mean, self.scale = np.asarray(mean, "float64"), np.asarray(scale, "float64")
        if not np.all(self.scale > 0):
            raise ValueError(
                f"Column {int(np.argmin(self.scale)) + 1} has the same value everywhere, and can't be "
                f"scaled; points spread in both. Received: scale={self.scale.tolist()}"
            )

    @classmethod
    def fit(cls, points):
        """The standardisation of a sample of points."""
        points = np.asarray(points, "float64")
        return cls(points.mean(axis=0), points.std(axis=0) / SPREAD)

    def __call__(self, points):
        return ((points - self.mean) / self.scale).astype("float32")

    def inverse(self, prepared):
        return (prepared * self.scale + self.mean).astype("float32")

    def get_config(self):
        return {"mean": self.mean.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@dataclasses.dataclass
class Points:
    """A set of points.

    Attributes:
        name: the spec it came from.
        samples: (n, 2) float32 training points, in their own units.
        validation: as many others, or those held out.
        preparation: what the networks see is `preparation(samples)`.
        modes: (k, 2) the centres of a mixture, where they are known, else None.
        sigma: the standard deviation of each mode, where it is known, else None.

    Example:

    ```python
    from gankit import points

    data = points.ring(n=1_000)
    data.samples.shape, data.validation.shape, data.modes.shape  # (1000, 2), (100, 2), (8, 2)
    batch = next(iter(data.dataset(64)))  # (64, 2), prepared
    ```
    """

    name: str
    samples: np.ndarray
    validation: np.ndarray
    preparation: Standardisation
    modes: np.ndarray | None = None
    sigma: float | None = None

    def dataset(self, batch_size, seed=0, split="train"):
        """Endless batches of prepared points, a `gankit.files.Dataset`.

        Args:
            batch_size: points in a batch.
            seed: of the order.
            split: `"train"` or `"validation"`; the latter keeps its order.
        """
        samples = self.samples if split == "train" else self.validation
        return files.Dataset.from_arrays(
            self.preparation(samples), batch_size=batch_size, seed=seed, shuffle=split == "train"
        )


def ring(n=100_000, seed=0):
    """Eight Gaussians of standard deviation 0.01 on the unit circle.

    As in Lin et al. (2018), https://arxiv.org/abs/1712.04086, section 4.1.

    Args:
        n: training points; a tenth as many more for validation.
        seed: of the points.

    Example:

    ```python
    from gankit import points

    points.ring(n=1_000).samples  # (1000, 2), around eight places of the unit circle
    ```
    """
    angles = 2 * np.pi * np.arange(8) / 8
    return _mixture("ring", np.stack([np.cos(angles), np.sin(angles)], axis=1), 0.01, n, seed)


def grid(n=100_000, seed=0):
    """25 Gaussians of standard deviation 0.05 on {-4, -2, 0, 2, 4} squared.

    As in Lin et al. (2018), https://arxiv.org/abs/1712.04086, section 4.1.

    Args:
        n: training points; a tenth as many more for validation.
        seed: of the points.

    Example:

    ```python
    from gankit import points

    points.grid(n=1_000).modes  # (25, 2)
    ```
    """
    axis = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
    return _mixture(
        "grid", np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2), 0.05, n, seed
    )


def load(spec, seed=0):
    """The points that a data spec names.

    Args:
        spec: `ring`, `grid`, or the path of a `.csv`, `.tsv`, `.txt` or `.npy` file with two columns. A
            tenth of a file's rows, drawn at random, is held out for validation.
        seed: of the built-in points, or of the split.

    Raises:
        ValueError: naming the spec or file and what was expected.

    Example:

    ```python
    import numpy as np

    from gankit import points

    np.savetxt("mine.csv", np.random.default_rng(0).normal(size=(500, 2)), delimiter=",")
    data = points.load("mine.csv")  # or points.load("ring")
    ```
    """
    if spec in _BUILT_IN:
        return _BUILT_IN[spec](seed=seed)
    if "/" not in str(spec) and "." not in str(spec):
        raise ValueError(
            f"Unknown points. Known: {', '.join(sorted(_BUILT_IN))}, or the path of a .csv, .tsv, "
            f".txt or .npy file. Received: {spec!r}"
        )
    table = files.read_table(spec)
    if table.shape[1] != 2:
        raise ValueError(f"{spec}: points have two columns, x and y. Received: {table.shape[1]}")
    if len(table) < 20:
        raise ValueError(
            f"{spec}: too few points to learn from, at least 20. Received: {len(table)}"
        )
    table = np.random.default_rng(seed).permutation(table)
    held_out = len(table) // 10
    samples, validation = table[held_out:], table[:held_out]
    try:
        preparation = Standardisation.fit(samples)
    except ValueError as error:
        raise ValueError(f"{spec}: {error}") from error
    return Points(str(spec), samples, validation, preparation)


def _mixture(name, modes, sigma, n, seed):
    def draw(n, seed):
        rng = np.random.default_rng(seed)
        chosen = modes[rng.integers(len(modes), size=n)]
        return (chosen + sigma * rng.standard_normal((n, 2))).astype("float32")

    spread = np.sqrt(modes.var(axis=0) + sigma**2)  # exact, so that every seed prepares alike
    preparation = Standardisation(modes.mean(axis=0), spread / SPREAD)
    samples, validation = draw(n, (seed, 0)), draw(max(n // 10, 1), (seed, 1))
    return Points(name, samples, validation, preparation, modes, sigma)


_BUILT_IN = {"ring": ring, "grid": grid}
