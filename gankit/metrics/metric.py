class Metric:
    """Base class of what `GAN.evaluate` computes.

    A metric is a plain object on the host: it is given NumPy arrays and counts in float64.
    Subclasses define `reset`, `update`, `result`, `protocol`, and `get_config` where they have
    arguments.
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
