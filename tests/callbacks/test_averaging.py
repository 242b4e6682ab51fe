"""A twin's average is the generator's."""

import keras
import numpy as np
import pytest

import gankit
from tests.helpers import numpy


def test_a_twin_is_averaged_as_a_generator_is():
    """w -> w / 2 + 1 at every step, from 0: 1, 3/2, 7/4, ...; the average is worked out beside it."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.layers[0].kernel.assign([[0.0]])
    model.compile(keras.optimizers.SGD(0.25), "mse")  # (w - 2)^2 falls by 0.25 * 2 (w - 2)
    averaging = gankit.callbacks.Averaging(gankit.EMA(half_life=6), batch_size=2)
    ones = np.ones((20, 1), "float32")
    for _ in range(2):  # a second call goes on
        model.fit(ones, 2 * ones, batch_size=2, epochs=1, verbose=0, callbacks=[averaging])
    weight, average = 0.0, 0.0
    for step in range(20):
        weight = weight / 2 + 1
        half_life = min(6, 0.05 * (step + 1) * 2)
        average += (1 - 0.5 ** (2 / half_life)) * (weight - average)
    assert numpy(model.layers[0].kernel).item() == pytest.approx(weight)
    assert numpy(averaging.ema.network.weights[0]).item() == pytest.approx(average)
