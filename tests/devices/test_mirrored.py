"""Two replicas on the two halves of a CPU, against one device with their joint batch."""

import json

import pytest

from tests.helpers import run_script
from tests.programs import output, run

pytestmark = pytest.mark.once
TWO = {"GANKIT_CPU_DEVICES": "2", "KERAS_BACKEND": "tensorflow"}
# Batch statistics: Keras's synchronised variance is E x^2 - (E x)^2, its other one E (x - E x)^2.
# Slopes of logarithms of small magnitudes are large.
TOLERANCE = {
    **dict.fromkeys(("points", "pairs", "random", "tokens", "shares"), 1e-5),
    **dict.fromkeys(("normalised", "labelled", "vocoder"), 1e-4),
}


def compared(strategy, environment):
    return json.loads(
        output("-m", "tests.devices.compare", strategy, **environment).splitlines()[-1]
    )


@pytest.fixture(scope="module")
def found():
    return compared("mirrored", TWO)


@pytest.mark.parametrize("game", TOLERANCE)
def test_two_replicas_of_32_are_one_of_64(found, game):
    """Losses scaled right, noise of the whole batch shared out, clipping by the global norm, sums over
    places, norms of spectra and batch statistics over both, averages in samples of both; and the same
    five samples."""
    assert found[game]["replicas"] == 2
    assert found[game]["moved"] > 1e-3
    assert found[game]["gap"] < TOLERANCE[game]


WITHIN = """
import keras
import numpy as np
import tensorflow as tf
import gankit
from gankit import backend, images, noise

strategy = backend.strategy("mirrored")
with strategy.scope():
    seeds = [keras.random.SeedGenerator(1) for _ in range(2)]
    dropout = gankit.layers.Dropout(0.5, seed=2)
    augment = images.DiffAugment(seed=3)
    pool = gankit.layers.HistoryPool(4, seed=4)
    pool.build((None, 3))

@tf.function
def step():
    def within():
        index, _ = backend.replica()
        rows = tf.ones((2, 3)) * tf.cast(index + 1, tf.float32)
        return {
            "normal": noise.normal((2, 3), seeds[0]),
            "uniform": noise.uniform((2, 3), seeds[1], low=2.0, high=3.0),
            "dropout": dropout(tf.ones((2, 50)), training=True),
            "augment": augment(tf.ones((2, 8, 8, 1)), training=True),
            "pool": pool(rows),
            "rows": backend.all_rows(rows)[:, 0],
            "mean": backend.all_mean(tf.cast(index, tf.float32)),
        }
    return strategy.run(within)

found = step()
for name in ("normal", "uniform", "dropout", "augment", "pool"):
    one, other = (np.asarray(part) for part in found[name].values)
    assert np.isfinite(one).all() and np.any(one != other), name
whole = keras.random.normal((4, 3), seed=keras.random.SeedGenerator(1))
np.testing.assert_array_equal(np.concatenate(found["normal"].values), whole)
assert 2.0 <= np.min(found["uniform"].values[1]) < np.max(found["uniform"].values[1]) < 3.0
kept = np.concatenate(found["dropout"].values)
assert set(np.unique(kept)) == {0.0, 2.0} and 0.3 < (kept > 0).mean() < 0.7
for part in range(2):
    np.testing.assert_array_equal(found["rows"].values[part], [1, 1, 2, 2])
    assert float(found["mean"].values[part]) == 0.5
copies = [np.asarray(one) for one in pool.kept.value.values]
np.testing.assert_array_equal(*copies)
np.testing.assert_array_equal(copies[0][:, 0], [1, 1, 2, 2])
print("right")
"""


def test_noise_differs_and_state_does_not(monkeypatch):
    for name, value in TWO.items():
        monkeypatch.setenv(name, value)
    assert run_script(WITHIN).endswith("right")


def test_a_recipe(monkeypatch, tmp_path):
    monkeypatch.setenv("GANKIT_CPU_DEVICES", "2")
    arguments = ("recipes/points.py", "--smoke", "--out", tmp_path / "run")
    code, out, err = run(*arguments, "--strategy", "mirrored")
    assert code == 0, err
    assert "step 100/100" in out
    assert "on 2 replicas" in out
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["environment"]["replicas"] == 2
    # The same run goes on, on one device.
    code, out, err = run(*arguments, "--steps", 150, "--extend")
    assert code == 0, err
    assert "step 150/150" in out


def test_what_can_not_be_shared_out(monkeypatch, tmp_path):
    monkeypatch.setenv("GANKIT_CPU_DEVICES", "2")
    arguments = ("recipes/points.py", "--smoke", "--out", tmp_path / "run", "--strategy")
    code, _, err = run(*arguments, "mirrored", "--batch-size", 33)
    assert code == 1
    assert "multiple of 2. Received: a batch of 33" in err
    assert "Traceback" not in err
