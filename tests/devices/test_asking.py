"""What `--strategy` refuses, and data that can't be shared out."""

import types

import keras
import numpy as np
import pytest

from gankit import backend, feeding, launch
from tests.helpers import points_gan, some_points
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


@pytest.mark.tensorflow_only
@pytest.mark.parametrize(
    "told",
    [
        "{bad",
        "[1]",
        '{"cluster": {"worker": ["127.0.0.1:1"]}}',
        '{"cluster": {"worker": ["127.0.0.1:1"]}, "task": {"type": "worker", "index": 5}}',
        '{"cluster": {"worker": ["127.0.0.1:1"]}, "task": {"type": "helper", "index": 0}}',
    ],
)
def test_addresses_that_make_no_sense(monkeypatch, told):
    monkeypatch.setenv("TF_CONFIG", told)
    with pytest.raises(ValueError, match="TF_CONFIG must look like.*with the index") as caught:
        backend.strategy("multiworker")
    assert told in str(caught.value)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("count", ["two", "0", "-1", ""])
def test_a_number_of_devices_that_is_none(monkeypatch, count):
    from gankit.backend import tensorflow_devices

    monkeypatch.setenv("GANKIT_CPU_DEVICES", count)
    with pytest.raises(ValueError, match=f"GANKIT_CPU_DEVICES must be.*Received: '{count}'"):
        tensorflow_devices._split_cpu()


@pytest.mark.tensorflow_only
@pytest.mark.parametrize(
    ("job", "jobs", "chief"),
    [
        ("worker", ["worker"], [True, False]),
        ("worker", ["chief", "worker"], [False, False]),
        ("chief", ["chief", "worker"], [True]),
    ],
)
def test_there_is_one_chief(monkeypatch, job, jobs, chief):
    """The first worker, or who is called so."""
    import tensorflow as tf

    from gankit.backend import tensorflow_devices

    spec = tf.train.ClusterSpec({one: ["127.0.0.1:1", "127.0.0.1:2"] for one in jobs})
    for i, expected in enumerate(chief):
        resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
            spec, task_type=job, task_id=i
        )
        workers = types.SimpleNamespace(cluster_resolver=resolver)
        monkeypatch.setattr(tensorflow_devices, "_workers", workers)
        assert backend.is_chief() == expected


@pytest.mark.tensorflow_only
def test_fit_within_a_scope():
    """Where some of Keras's own examples call it."""
    with backend.strategy("mirrored").scope():
        gan = points_gan()
        with pytest.raises(ValueError, match="outside of `strategy.scope"):
            gan.fit(some_points(64), batch_size=32, verbose=0)
    gan.fit(some_points(64), batch_size=32, verbose=0)


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
