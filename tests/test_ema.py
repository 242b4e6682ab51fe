import keras
import numpy as np
import pytest

import gankit
from gankit.ema import clone
from tests.helpers import check_config_round_trip, mlp, numpy, points_gan, some_points


def one_weight(value):
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    network.weights[0].assign([[value]])
    return network


def test_decay_is_warmed_up():
    network = one_weight(0.0)
    ema = gankit.EMA(decay=0.5)
    ema.track(network)
    network.weights[0].assign([[1.0]])
    averages = []
    for step in range(10):
        ema.update(network, step, batch_size=8)
        averages.append(float(numpy(ema.network.weights[0]).item()))
    expected, average = [], 0.0
    for step in range(10):
        decay = min(0.5, (1 + step) / (10 + step))
        average = decay * average + (1 - decay)
        expected.append(average)
    np.testing.assert_allclose(averages, expected, rtol=1e-6)
    assert averages[0] == pytest.approx(0.9)  # an average that started cold would be at 0.5


def test_half_life_is_in_samples():
    """Far into training, `half_life` samples bring the average half the way."""
    network = one_weight(0.0)
    ema = gankit.EMA(half_life=80)
    ema.track(network)
    network.weights[0].assign([[1.0]])
    for _ in range(10):
        ema.update(network, 10_000, batch_size=8)
    assert numpy(ema.network.weights[0]).item() == pytest.approx(0.5, rel=1e-5)


def test_half_life_is_warmed_up():
    network = one_weight(0.0)
    ema = gankit.EMA(half_life=1e9)
    ema.track(network)
    network.weights[0].assign([[1.0]])
    ema.update(network, 19, batch_size=8)  # 0.05 * 20 * 8 samples: one batch is the half-life
    assert numpy(ema.network.weights[0]).item() == pytest.approx(0.5, rel=1e-5)


def test_statistics_are_copied():
    network = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])
    ema = gankit.EMA(decay=0.9)
    ema.track(network)
    gamma, beta, mean, variance = network.weights
    for weight, value in ((gamma, 2.0), (beta, 3.0), (mean, 5.0), (variance, 7.0)):
        weight.assign(value * np.ones(2))
    ema.update(network, 10**6, batch_size=1)
    values = [numpy(weight)[0] for weight in ema.network.weights]
    np.testing.assert_allclose(values, [1.1, 0.3, 5.0, 7.0], rtol=1e-5)


def test_the_average_is_not_trained():
    ema = gankit.EMA(decay=0.9)
    ema.track(mlp(2, 2))
    assert not ema.trainable_variables


@pytest.mark.parametrize("arguments", [{}, {"decay": 0.5, "half_life": 3}])
def test_one_of_two(arguments):
    with pytest.raises(ValueError, match="Give `decay` or `half_life`"):
        gankit.EMA(**arguments)


@pytest.mark.parametrize("arguments", [{"decay": 1.0}, {"decay": -0.1}, {"half_life": 0}])
def test_range(arguments):
    name = next(iter(arguments))
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        gankit.EMA(**arguments)


def test_of_one_generator():
    """Compiled again it goes on; another model needs one of its own."""
    ema = gankit.EMA(decay=0.9)
    gan = points_gan(ema=ema)
    gan.fit(some_points(64), batch_size=16, epochs=2, verbose=0)
    before = gan.generate(4, seed=0)
    gan.compile(ema=ema)
    np.testing.assert_array_equal(gan.generate(4, seed=0), before)
    with pytest.raises(ValueError, match="average of another generator: give each model an EMA"):
        points_gan(ema=ema)


def test_config():
    check_config_round_trip(gankit.EMA(decay=0.9))
    check_config_round_trip(gankit.EMA(half_life=gankit.schedules.Cosine(0.0, 100.0, 10)))


def test_clone_shares_nothing():
    network = mlp(2, 2)
    copy = clone(network)
    np.testing.assert_array_equal(numpy(copy.weights[0]), numpy(network.weights[0]))
    network.weights[0].assign(numpy(network.weights[0]) + 1)
    assert np.any(numpy(copy.weights[0]) != numpy(network.weights[0]))


def test_clone_of_a_network_without_config():
    class Opaque(keras.Model):
        def __init__(self, layer):
            super().__init__()
            self.layer = layer

        def call(self, inputs):
            return self.layer(inputs)

    network = Opaque(keras.layers.Dense(2))
    network(np.zeros((1, 2)))
    with pytest.raises(ValueError, match=r"Define `get_config` in it"):
        clone(network)
