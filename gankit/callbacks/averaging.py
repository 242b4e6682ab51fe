"""The generator's kind of average, of a model that Keras trains."""

import keras
from keras import ops

from gankit import backend


class Averaging(keras.callbacks.Callback):
    """Averages a model that Keras's own `fit` trains, such as a twin without an adversary.

    Keras's `use_ema` has no warm-up, so that the initial weights hold back a short run, which would
    make a poor control of a `GAN` whose average has one.

    Args:
        ema: a `gankit.EMA`; its `network` is the averaged model.
        batch_size: samples in a batch.

    Example:

    ```python
    import keras
    import numpy as np

    import gankit

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    averaging = gankit.callbacks.Averaging(gankit.EMA(half_life=2_000), batch_size=8)
    model.fit(np.ones((64, 2)), np.ones(64), batch_size=8, callbacks=[averaging], verbose=0)
    averaging.ema.network.predict(np.ones((3, 2)), verbose=0)
    ```
    """

    def __init__(self, ema, batch_size):
        super().__init__()
        self.ema, self.batch_size = ema, batch_size
        self._averaged = None

    def on_train_begin(self, logs=None):
        self._step = int(ops.convert_to_numpy(self.model.optimizer.iterations))
        if self.model.steps_per_execution > 1:
            raise ValueError(
                "Averaging is called after an execution and averages after a step: compile with "
                f"steps_per_execution=1. Received: {self.model.steps_per_execution}"
            )
        if self.ema.network is None:
            self.ema.track(self.model)
        if self._averaged is not self.model:  # traced once, however often `fit` is called
            self._averaged = self.model
            self._average = backend.compiled(  # JAX's trainer holds the weights until `self.model`
                lambda step: self.ema.update(self.model, step, self.batch_size)
            )

    def on_train_batch_end(self, batch, logs=None):
        self._average(ops.convert_to_tensor(self._step, "int32"))
        self._step += 1
