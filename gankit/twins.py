"""The control of a game: its generator trained without an adversary, by Keras's own `fit`."""

import types
import warnings

import keras

from gankit import backend, callbacks
from gankit.callbacks.recover import scaled
from gankit.divergence import DivergenceError

RETRIES = 3
AGAIN = "Going on from its last checkpoint at half the rate."


def train(twin, stream, steps, directory, every=200, averaging=None):
    """Trains a Keras model, and goes on, exactly, from where an earlier call was interrupted.

    Where it diverges it goes back to its last checkpoint and on at half the rate, three times at most.

    Args:
        twin: a compiled `keras.Model`, the same at every call; its learning rate is a schedule or a
            number.
        stream: a function from a number of steps to the batches behind them, `(x, y)`, such as a gankit
            dataset's `stream`.
        steps: in all, of this call and those it goes on from.
        directory: of its checkpoints; made if it is not there.
        every: steps from one checkpoint, and line of progress, to the next.
        averaging: a `gankit.callbacks.Averaging`, or None.

    Raises:
        DivergenceError: it diverged again and again.

    Example:

    ```python
    import keras
    import numpy as np

    import gankit

    x, y = np.ones((64, 2), "float32"), np.ones((64, 1), "float32")
    data = gankit.files.Dataset.from_arrays(x, y, batch_size=16)
    twin = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    twin.compile("adam", "mse")
    gankit.twins.train(twin, data.stream, steps=8, directory="runs/mine/twin", every=4)
    ```
    """
    twin.optimizer.build(twin.trainable_variables)
    variables, watching = list(twin.variables), [callbacks.Progress(steps, ("loss",))]
    if averaging is not None:
        if averaging.ema.network is None:
            averaging.ema.track(twin)
        variables += averaging.ema.network.variables
        watching.insert(0, averaging)
    whole = types.SimpleNamespace(
        variables=variables, optimizer=twin.optimizer, metrics_variables=[]
    )
    checkpoints = callbacks.Checkpoints(directory, keep=2)
    rate = twin.optimizer._learning_rate
    rate = rate if callable(rate) else float(keras.ops.convert_to_numpy(rate))
    if (manifest := checkpoints.restore(whole)) is None:
        checkpoints.save(whole, manifest := {"retries": 0})
    while (start := int(keras.ops.convert_to_numpy(twin.optimizer.iterations))) < steps:
        twin.optimizer.learning_rate = scaled(rate, 0.5 ** manifest["retries"])
        some = {"steps_per_epoch": min(every, steps - start), "shuffle": False, "verbose": 0}
        try:
            twin.fit(stream(start), callbacks=watching, **some)
            checkpoints.save(whole, manifest)
        except DivergenceError as error:
            if manifest["retries"] == RETRIES:
                raise
            warnings.warn(
                f"The twin diverged. {error.what} {AGAIN}", callbacks.TrainingWarning, stacklevel=2
            )
            checkpoints.restore(whole)
            manifest = {"retries": manifest["retries"] + 1}
            backend.abandon(twin)
