"""How long a run has trained."""

import time

import keras


class Clock(keras.callbacks.Callback):
    """Counts the seconds of training, over all the calls that a run is made of.

    Attributes:
        seconds: so far. `Resume` keeps them, where the two are used together.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile()
    clock = gankit.callbacks.Clock()
    gan.fit(points.ring(n=1_000).dataset(32), steps_per_epoch=5, callbacks=[clock], verbose=0)
    print(f"{clock.seconds:.1f} s")
    ```
    """

    def __init__(self):
        super().__init__()
        self._before, self._began = 0.0, None

    @property
    def seconds(self):
        running = 0.0 if self._began is None else time.monotonic() - self._began
        return self._before + running

    def on_train_begin(self, logs=None):
        self._before, self._began = self.seconds, time.monotonic()

    def on_train_end(self, logs=None):
        self._before, self._began = self.seconds, None

    def get_state(self):
        """The seconds so far, for `Resume`."""
        return {"seconds": self.seconds}

    def set_state(self, state):
        """Counts on from there, or from what was counted here already, if that is more."""
        self._before = max(self.seconds, state["seconds"])
        self._began = None if self._began is None else time.monotonic()
