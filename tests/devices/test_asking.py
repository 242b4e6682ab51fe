"""What `--strategy` refuses, and data that can't be shared out."""

import keras
import numpy as np
import pytest

from gankit import backend, feeding, launch
from tests.helpers import some_points
from tests.recipes.commands import within


def test_other_backends_strategies_are_refused():
    known = ("none", *backend.STRATEGIES)
    for name in {"mirrored", "multiworker", "data-parallel", "pipeline"} - set(known):
        with pytest.raises(ValueError, match=f"--strategy can't be {name}") as error:
            launch.strategy(name)
        if keras.backend.backend() == "torch":
            assert "set KERAS_BACKEND=tensorflow or jax" in str(error.value)
        else:
            assert ", ".join(known) in str(error.value)


def test_none_is_no_strategy():
    assert launch.strategy("none") is None


@pytest.mark.tensorflow_only
def test_workers_need_addresses(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    code, _, err = within("recipes/points.py", "--smoke", "--strategy", "multiworker")
    assert code == 1
    assert "needs the environment variable TF_CONFIG" in err
    assert "docs/scaling.md" in err


def test_batches_that_can_not_be_shared_out():
    points = some_points(96)
    even = {"x": points, "steps_per_epoch": None}
    feeding.require_even(even, 32, 2)
    with pytest.raises(ValueError, match="multiple of 2. Received: a batch of 33"):
        feeding.require_even(even, 33, 2)
    with pytest.raises(ValueError, match="The last batch may be smaller"):
        feeding.require_even({"x": points[:90], "steps_per_epoch": None}, 32, 2)


@pytest.mark.tensorflow_only
def test_a_last_batch_of_unknown_size():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices(np.zeros((96, 2), "float32"))
    with pytest.raises(ValueError, match="drop_remainder=True"):
        feeding.require_even({"x": data.batch(32)}, 32, 2)
    feeding.require_even({"x": data.batch(32, drop_remainder=True)}, 32, 2)
