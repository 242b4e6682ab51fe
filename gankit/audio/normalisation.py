"""Log-magnitudes to [-1, 1] and back: maps whose numbers are given, or fitted to data."""

import keras
import numpy as np
from keras import ops


class Normalisation:
    """A map of features, (batch, frames, bins), whose numbers may come from data.

    Subclasses define `scale_and_shift`, `fit`, `protocol` and `get_config`. Values beyond the range
    that is mapped to [-1, 1] are clipped, so that `inverse` gives the ends of that range for them, and no
    gradient passes.
    """

    def __call__(self, features):
        """Features within [-1, 1]."""
        scale, shift = self._numbers()
        return ops.clip((ops.convert_to_tensor(features) - shift) / scale, -1.0, 1.0)

    def inverse(self, normalised):
        """Features as they were before normalisation."""
        scale, shift = self._numbers()
        return ops.convert_to_tensor(normalised) * scale + shift

    def scale_and_shift(self):
        """Two numbers, or two arrays of (bins,); None if there are none yet."""
        raise NotImplementedError(f"{type(self).__name__} must define scale_and_shift().")

    def fit(self, batches):
        """The same normalisation, fitted to these batches, an iterable of (n, frames, bins)."""
        raise NotImplementedError(f"{type(self).__name__} must define fit().")

    def _numbers(self):
        numbers = self.scale_and_shift()
        if numbers is None:
            raise ValueError(
                f"This {type(self).__name__} has no numbers yet. Fit it to recordings: "
                "`representation = representation.fit(waves)`."
            )
        return [ops.convert_to_tensor(np.asarray(number, "float32")) for number in numbers]

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable(package="gankit")
class BinNormalisation(Normalisation):
    """(x - mean) / (deviations std), bin by bin, clipped to [-1, 1].

    SpecGAN: Donahue et al. (2019), https://arxiv.org/abs/1802.04208, section 3.2.

    Args:
        mean, std: of each bin, (bins,), or None until they are fitted.
        deviations: how many standard deviations from the mean become -1 and 1.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    features = np.random.default_rng(0).normal(size=(4, 16, 20)).astype("float32")
    normalise = audio.BinNormalisation().fit([features])
    normalise.inverse(normalise(features))  # the features again, but for what was clipped
    ```
    """

    LEAST = 1e-3  # of a standard deviation, in nats: a bin without sound has none

    def __init__(self, mean=None, std=None, deviations=3.0):
        if not deviations > 0:
            raise ValueError(f"`deviations` must be above 0. Received: deviations={deviations}")
        if (mean is None) != (std is None) or np.shape(mean) != np.shape(std):
            raise ValueError(
                "`mean` and `std` must be of the same bins. Received: "
                f"{np.shape(mean)} and {np.shape(std)}"
            )
        self.mean, self.std, self.deviations = mean, std, float(deviations)

    def scale_and_shift(self):
        if self.mean is None:
            return None
        return self.deviations * np.maximum(self.std, self.LEAST), self.mean

    def fit(self, batches):
        n, total, squares = 0, 0.0, 0.0
        for batch in _finite(batches):
            rows = batch.reshape(-1, batch.shape[-1])
            n += len(rows)
            total, squares = total + rows.sum(axis=0), squares + np.square(rows).sum(axis=0)
        mean = total / n
        std = np.sqrt(np.maximum(squares / n - np.square(mean), 0.0))
        return type(self)(mean.tolist(), std.tolist(), self.deviations)

    def protocol(self):
        return f"each bin less its mean, by {self.deviations:g} standard deviations, clipped to +-1"

    def get_config(self):
        return {"mean": self.mean, "std": self.std, "deviations": self.deviations}


@keras.saving.register_keras_serializable(package="gankit")
class RangeNormalisation(Normalisation):
    """From [low, high] to [-1, 1], clipped.

    Args:
        low, high: natural logarithms of magnitudes, low < high, or None until they are fitted.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    normalise = audio.RangeNormalisation(low=-11.5, high=3.0)
    normalise(np.array([[[-11.5, 3.0]]], "float32"))  # [-1, 1]
    ```
    """

    def __init__(self, low=None, high=None):
        if (low is None) != (high is None) or (low is not None and not low < high):
            raise ValueError(f"`low` must be below `high`. Received: low={low}, high={high}")
        self.low, self.high = low, high

    def scale_and_shift(self):
        if self.low is None:
            return None
        return (self.high - self.low) / 2, (self.high + self.low) / 2

    def fit(self, batches):
        ends = [(batch.min(), batch.max()) for batch in _finite(batches)]
        low, high = min(end[0] for end in ends), max(end[1] for end in ends)
        if low == high:
            raise ValueError(
                f"All recordings are as loud everywhere, exp({low:.4g}): are they silent? Give "
                "others, or `RangeNormalisation(low, high)`."
            )
        return type(self)(float(low), float(high))

    def protocol(self):
        return f"from [{self.low:.4g}, {self.high:.4g}] to [-1, 1], clipped"

    def get_config(self):
        return {"low": self.low, "high": self.high}


def _finite(batches):
    """Batches as float64; a ValueError where there are none, or values that are no numbers."""
    batch = None
    for i, batch in enumerate(batches):
        batch = np.asarray(batch, "float64")
        if not np.isfinite(batch).all():
            raise ValueError(f"Batch {i} has values that are no numbers (NaN or infinite).")
        yield batch
    if batch is None:
        raise ValueError("There is nothing to fit to. Received: no wave")
