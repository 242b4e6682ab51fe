import keras
import numpy as np
import pytest

from gankit import schedules
from tests.helpers import check_config_round_trip, numpy


def test_cosine_by_hand():
    schedule = schedules.Cosine(1.0, 0.0, steps=4)
    values = [float(schedule(step)) for step in (0, 1, 2, 3, 4, 100)]
    half = np.sqrt(0.5)
    np.testing.assert_allclose(values, [1, (1 + half) / 2, 0.5, (1 - half) / 2, 0, 0], atol=1e-6)


def test_cosine_may_rise_from_zero():
    schedule = schedules.Cosine(0.0, 8.0, steps=2)
    np.testing.assert_allclose([float(schedule(s)) for s in (0, 1, 2)], [0, 4, 8], atol=1e-6)
    check_config_round_trip(schedule)


def test_steps_are_checked():
    with pytest.raises(ValueError, match="Received: steps=0"):
        schedules.Cosine(1.0, 0.0, steps=0)


def minimise(optimizer, steps=5):
    variable = keras.Variable(np.array([1.0, -2.0, 3.0], "float32"))
    optimizer.build([variable])
    for _ in range(steps):
        optimizer.apply([2 * variable.value], [variable])
    return numpy(variable)


def test_adam_with_constant_beta_2_is_keras_adam():
    ours = minimise(schedules.Adam(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-7))
    theirs = minimise(keras.optimizers.Adam(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-7))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_adam_with_scheduled_beta_2_by_hand():
    beta_2 = schedules.Cosine(0.9, 0.99, steps=2)
    optimizer = schedules.Adam(0.1, beta_1=0.0, beta_2=beta_2, epsilon=1e-8)
    x, v = 1.0, 0.0
    for step in range(3):
        beta = [0.9, 0.945, 0.99][step]
        g = 2 * x
        v = beta * v + (1 - beta) * g * g
        x -= 0.1 * g / np.sqrt(v / (1 - beta ** (step + 1)))
    variable = keras.Variable(1.0)
    optimizer.build([variable])
    for _ in range(3):
        optimizer.apply([2 * variable.value], [variable])
    assert float(variable) == pytest.approx(x, rel=1e-4)


def test_adam_config():
    check_config_round_trip(schedules.Adam(0.1, beta_2=0.99))
    again = check_config_round_trip(
        schedules.Adam(schedules.Cosine(1.0, 0.0, 5), beta_2=schedules.Cosine(0.9, 0.99, 5))
    )
    assert float(again.beta_2) == pytest.approx(0.9)
