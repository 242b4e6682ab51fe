import numpy as np


class Metric:
    """Base class of what `GAN.evaluate` computes.

    A metric is a plain object on the host: it is given NumPy arrays and counts in float64.
    Subclasses define `reset`, `update`, `result`, `protocol`, and `get_config` where they have
    arguments.

    Example:

    ```python
    import numpy as np

    import gankit


    class MeanGap(gankit.metrics.Metric):
        def reset(self):
            self.gaps = []

        def update(self, real, fake, condition=None):
            self.gaps.append(np.mean(real) - np.mean(fake))

        def result(self):
            return {"mean_gap": float(np.mean(self.gaps))}

        def protocol(self):
            return "means of batches"
    ```
    """

    def reset(self):
        """Forgets everything seen."""
        raise NotImplementedError(f"{type(self).__name__} must define reset().")

    def update(self, real, fake, condition=None):
        """Takes a batch of real samples, as many fake ones, and their condition."""
        raise NotImplementedError(f"{type(self).__name__} must define update().")

    def result(self):
        """`{name: value}` of everything since the last reset, Python floats."""
        raise NotImplementedError(f"{type(self).__name__} must define result().")

    def protocol(self):
        """One sentence that lets another repeat the measurement."""
        raise NotImplementedError(f"{type(self).__name__} must define protocol().")

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class KeepsSamples(Metric):
    """A metric that needs its samples all at once, as rows.

    Args:
        n: how many of each set to keep, the first ones; None for all.
    """

    def __init__(self, n=None):
        if n is not None and n < 1:
            raise ValueError(f"`n` must be at least 1. Received: n={n}")
        self.n = n
        self.reset()

    def reset(self):
        self._real, self._fake = [], []

    def update(self, real, fake, condition=None):
        for kept, new in ((self._real, real), (self._fake, fake)):
            room = None if self.n is None else self.n - sum(map(len, kept))
            kept.append(np.reshape(new, (len(new), -1))[:room])

    def kept(self):
        """The real and the fake samples so far, (m, d) float64 each.

        Raises:
            ValueError: there are none.
        """
        if not self._real:
            raise ValueError("No sample was seen: call `update` first.")
        return tuple(np.concatenate(one).astype("float64") for one in (self._real, self._fake))
