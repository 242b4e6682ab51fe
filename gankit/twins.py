"""The control of a game: its generator trained without an adversary, by Keras's own `fit`."""

import types

import keras

from gankit import callbacks


def train(twin, stream, steps, directory, every=200, averaging=None):
    """Trains a Keras model, and goes on, exactly, from where an earlier call was interrupted.

    Args:
        twin: a compiled `keras.Model`, the same at every call.
        stream: a function from a number of steps to the batches behind them, `(x, y)`, such as a gankit
            dataset's `stream`.
        steps: in all, of this call and those it goes on from.
        directory: of its checkpoints; made if it is not there.
        every: steps from one checkpoint, and line of progress, to the next.
        averaging: a `gankit.callbacks.Averaging`, or None.

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
    checkpoints.restore(whole)
    while (start := int(keras.ops.convert_to_numpy(twin.optimizer.iterations))) < steps:
        some = {"steps_per_epoch": min(every, steps - start), "shuffle": False, "verbose": 0}
        twin.fit(stream(start), callbacks=watching, **some)
        checkpoints.save(whole, {})
