"""A twin that is interrupted and goes on is the one that was not."""

import keras
import numpy as np
import pytest

import gankit
from gankit import twins
from tests.helpers import numpy, some_points


class StoppedError(Exception):
    pass


def made():
    """A compiled model with dropout, and its average."""
    keras.utils.set_random_seed(3)
    network = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(8, "relu"), keras.layers.Dropout(0.5, seed=1)]
    )
    twin = keras.Sequential([network, keras.layers.Dense(1)])
    rate = gankit.schedules.Cosine(0.05, 0.0, 8)
    twin.compile(keras.optimizers.Adam(rate), "mse")
    return twin, gankit.callbacks.Averaging(gankit.EMA(half_life=50), batch_size=16)


def data():
    x = some_points(80)
    return gankit.files.Dataset.from_arrays(x, x[:, :1], batch_size=16, seed=2)


def weights(twin, averaging):
    return [numpy(one) for one in [*twin.variables, *averaging.ema.network.weights]]


def test_goes_on_as_if_it_had_not_stopped(tmp_path, capsys):
    whole = made()
    twins.train(whole[0], data().stream, 8, tmp_path / "whole", 3, whole[1])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["3/8", "6/8", "8/8"]
    assert all("loss" in line for line in lines)

    def until(start):
        if start >= 6:
            raise StoppedError
        return data().stream(start)

    stopped = made()
    with pytest.raises(StoppedError):
        twins.train(stopped[0], until, 8, tmp_path / "twin", 3, stopped[1])
    again = made()
    twins.train(again[0], data().stream, 8, tmp_path / "twin", 3, again[1])
    for one, other in zip(weights(*whole), weights(*again)):
        np.testing.assert_array_equal(one, other)
    assert int(numpy(again[0].optimizer.iterations)) == 8
    before = weights(*again)
    twins.train(
        again[0], data().stream, 8, tmp_path / "twin", 3, again[1]
    )  # there is nothing left to do
    for one, other in zip(before, weights(*again)):
        np.testing.assert_array_equal(one, other)


def test_one_that_diverges_goes_back(tmp_path):
    """At half the rate, and the same when it was interrupted after that."""
    twin, averaging = made()
    poisoned = []

    def stream(start):
        if start == 3 and not poisoned:
            poisoned.append(True)
            return data().stream(start).map(lambda x, y: (x * float("nan"), y))
        return data().stream(start)

    with pytest.warns(gankit.callbacks.TrainingWarning, match="The twin diverged.*half the rate"):
        twins.train(twin, stream, 8, tmp_path / "twin", 3, averaging)
    assert all(np.isfinite(one).all() for one in weights(twin, averaging))
    assert twin.optimizer._learning_rate.get_config()["factor"] == 0.5

    again = made()
    twins.train(again[0], data().stream, 11, tmp_path / "twin", 3, again[1])
    assert again[0].optimizer._learning_rate.get_config()["factor"] == 0.5


def test_one_that_always_diverges_is_an_error(tmp_path):
    twin = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    twin.compile(keras.optimizers.SGD(0.1), "mse")
    nan = data().stream(0).map(lambda x, y: (x * float("nan"), y))
    with (
        pytest.warns(gankit.callbacks.TrainingWarning),
        pytest.raises(gankit.callbacks.DivergenceError),
    ):
        twins.train(twin, lambda start: nan, 8, tmp_path / "twin", 3)
    assert float(numpy(twin.optimizer.learning_rate)) == pytest.approx(0.1 / 8)
