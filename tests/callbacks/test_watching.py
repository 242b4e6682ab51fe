"""Scalars, samples, diagnostics, progress, learning rates."""

import csv
import math
import os
import types

import numpy as np
import pytest

import gankit
from gankit.callbacks import (
    Diagnostics,
    DivergenceError,
    LearningRate,
    Logits,
    Progress,
    Samples,
    Scalars,
    Sound,
)
from gankit.callbacks.diagnostics import TrainingWarning, spread
from gankit.callbacks.hyperparameters import write_config, write_hyperparameters
from gankit.callbacks.progress import clock
from gankit.callbacks.scalars import group
from tests.helpers import numpy, points_gan, some_points


def events(directory):
    """`{tag: steps}` of everything in a folder of TensorBoard events."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(directory), size_guidance={"tensors": 0})
    accumulator.Reload()
    return {
        tag: [event.step for event in accumulator.Tensors(tag)]
        for tag in accumulator.Tags()["tensors"]
    }


def test_scalars(tmp_path):
    gan = points_gan(metrics=[gankit.metrics.SlicedWasserstein(4)])
    x = some_points(64)
    history = gan.fit(
        x, batch_size=16, epochs=2, validation_data=(x,), callbacks=[Scalars(tmp_path)], verbose=0
    ).history
    rows = list(csv.DictReader((tmp_path / "metrics.csv").read_text().splitlines()))
    assert [(row["epoch"], row["step"]) for row in rows] == [("0", "4"), ("1", "8")]
    for name in ("d_loss", "d_real", "d_fake", "d_gradient", "g_loss", "g_gradient", "r1", "r2"):
        assert float(rows[1][name]) == pytest.approx(history[name][1])
    tags = events(tmp_path / "tensorboard")
    assert tags["discriminator/loss"] == tags["generator/loss"] == [4, 8]
    assert {"penalties/r1", "discriminator/real", "validation/sliced_wasserstein"} <= set(tags)


def test_groups():
    assert group("d_loss") == "discriminator/loss"
    assert group("g_gradient") == "generator/gradient"
    assert group("val_modes") == "validation/modes"
    assert group("lecam") == "penalties/lecam"
    assert group("reward") == "generator/reward"
    assert group("augmentation") == "discriminator/augmentation"


def test_samples_at_fixed_latents(tmp_path):
    seen = []

    def draw(samples, path):
        seen.append(samples)
        path.write_bytes(b"picture")
        return np.zeros((4, 5, 3), "uint8")

    gan = points_gan(ema=None)
    callback = Samples(tmp_path, draw, n=6, seed=2, every=2)
    gan.fit(some_points(32), batch_size=16, epochs=5, callbacks=[callback], verbose=0)
    names = [path.name for path in sorted((tmp_path / "samples").iterdir())]
    assert names == ["step-000000004.png", "step-000000008.png"]
    assert seen[0].shape == (6, 2)
    assert np.any(seen[0] != seen[1])
    assert events(tmp_path / "tensorboard")["samples"] == [4, 8]
    with pytest.raises(ValueError, match="Received: every=0"):
        Samples(tmp_path, draw, every=0)


def test_samples_that_sound(tmp_path):
    sound = Sound(np.zeros((4, 5, 3), "uint8"), np.zeros((20, 80)), 8000)
    gan = points_gan(ema=None)
    callback = Samples(tmp_path, lambda samples, path: sound, n=20)
    gan.fit(some_points(32), batch_size=16, epochs=2, callbacks=[callback], verbose=0)
    found = events(tmp_path / "tensorboard")
    assert found["samples"] == found["samples/sound"] == [2, 4]


def test_learning_rates():
    gan = points_gan()
    rates = []

    class Look(LearningRate):
        def on_epoch_begin(self, epoch, logs=None):
            super().on_epoch_begin(epoch, logs)
            rates.append(
                [
                    float(numpy(o.learning_rate))
                    for o in (gan.generator_optimizer, gan.discriminator_optimizer)
                ]
            )

    halve = Look(generator=lambda epoch: 0.1 / 2**epoch)
    gan.fit(some_points(16), batch_size=16, epochs=3, callbacks=[halve], verbose=0)
    np.testing.assert_allclose(rates, [[0.1, 1e-3], [0.05, 1e-3], [0.025, 1e-3]], rtol=1e-5)
    with pytest.raises(ValueError, match="at least 0. Received: -1.0 at epoch 0"):
        gan.fit(some_points(16), callbacks=[LearningRate(lambda epoch: -1)], verbose=0)


def say(callback, logs, epochs=1):
    """What the callback says when an epoch ends with these logs."""
    import warnings

    callback.set_model(points_gan())
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for epoch in range(epochs):
            callback.on_epoch_end(epoch, dict(logs))
    return [str(one.message) for one in said if one.category is TrainingWarning]


def test_won_discriminator():
    (message,) = say(Diagnostics(patience=2), {"d_accuracy": 1.0}, epochs=5)
    assert "tells every real sample from every fake one" in message
    assert "larger gamma" in message
    assert not say(Diagnostics(patience=2), {"d_accuracy": 1.0}, epochs=1)
    assert not say(Diagnostics(patience=2), {"d_accuracy": 0.7}, epochs=5)


def test_values_that_are_not_finite():
    with pytest.raises(
        DivergenceError, match="by step 0: not a finite number in g_loss. Train with a lower"
    ):
        say(Diagnostics(), {"g_loss": math.nan, "d_loss": 0.5})


def test_an_undefined_validation_metric_is_no_divergence():
    assert not say(Diagnostics(), {"g_loss": 1.0, "val_iou": math.nan})


def test_samples_that_are_not_finite():
    callback = Diagnostics(reference=some_points(64))
    callback.set_model(points_gan())
    weight = callback.model.sampler.weights[-1]
    weight.assign(np.full(weight.shape, np.inf))
    with pytest.raises(DivergenceError, match="not a finite number in the samples"):
        callback.on_epoch_end(0, {"d_loss": 0.5})


def test_samples_nearly_the_same():
    (message,) = say(Diagnostics(reference=1e4 * some_points(64), patience=1), {})
    assert "samples are nearly all the same" in message
    assert not say(Diagnostics(reference=1e-4 * some_points(64), patience=1), {})


def test_lost_modes():
    callback = Diagnostics(patience=1)
    assert not say(callback, {"val_modes": 25.0})
    (message,) = say(callback, {"val_modes": 19.0})
    assert "19 of 25" in message


def test_spread_by_hand():
    assert spread(np.array([[0.0, 0.0], [2.0, 4.0]])) == pytest.approx(np.sqrt((1 + 4) / 2))


def test_progress(capsys):
    gan = points_gan()
    gan.fit(
        some_points(32), batch_size=16, epochs=2, verbose=0, callbacks=[Progress(4, ("d_loss",))]
    )
    out = capsys.readouterr().out
    assert "step 2/4" in out
    assert "step 4/4" in out
    assert "left  d_loss 0." in out
    assert (clock(5.4), clock(125), clock(3723)) == ("0:05", "2:05", "1:02:03")


def test_hyperparameters(tmp_path):
    """The options, and final numbers that they lead to, as TensorBoard reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2
    from tensorflow import make_ndarray

    config = {"preset": "dcgan", "size": [8, 8], "batch_size": 4, "minutes": None}
    write_hyperparameters(tmp_path / "run", config, {"coverage": 0.5}, step=7)
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    (value,) = events.Tensors("final/coverage")
    assert (value.step, float(make_ndarray(value.tensor_proto))) == (7, 0.5)
    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    started = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
    assert started.hparams["preset"].string_value == "dcgan"
    assert started.hparams["batch_size"].number_value == 4
    assert started.hparams["minutes"].string_value == "none"


def test_runs_of_one_name_are_two_trials(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2

    groups, data = set(), os.fsdecode(b"d\xff")  # a folder whose name is no text
    for parent in "ab":
        run = tmp_path / parent / "vocoder"
        write_hyperparameters(run, {"data": data}, {"pesq": 1.0}, step=1)
        events = EventAccumulator(str(run / "tensorboard")).Reload()
        tags = events.summary_metadata
        assert "_hparams_/experiment" not in tags  # TensorBoard would read one run's alone
        content = tags["_hparams_/session_start_info"].plugin_data.content
        started = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
        groups.add(started.group_name)
        assert started.hparams["data"].string_value == "d\\udcff"
    assert len(groups) == 2


def test_options_as_text(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    write_config(tmp_path, {"preset": "dcgan", "size": [8, 8], "minutes": None})
    (event,) = EventAccumulator(str(tmp_path / "tensorboard")).Reload().Tensors("config")
    text = event.tensor_proto.string_val[0].decode()
    assert text.splitlines()[0] == "| option | value |"
    assert "| `size` | `[8, 8]` |" in text
    assert "minutes" not in text


def test_histograms_of_logits(tmp_path):
    """Of held-out data and of samples, for each discriminator, at every epoch."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorflow import make_ndarray

    gan, real = points_gan(), some_points(40)
    gan.fit(some_points(32), batch_size=16, verbose=0, callbacks=[Logits(tmp_path, real)])
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    for name, samples in (("real", real), ("fake", gan.generate(40, seed=0))):
        (value,) = events.Tensors(f"logits/{name}_0")
        low, high, count = make_ndarray(value.tensor_proto).T
        assert (value.step, count.sum()) == (2, 40)
        logits = numpy(gan.discriminator(samples))
        np.testing.assert_allclose([low.min(), high.max()], [logits.min(), logits.max()], rtol=1e-4)


def test_a_clock_counts_over_fits_and_recoveries(monkeypatch):
    """What was trained counts, whatever became of it; time between two fits does not."""
    now = [0.0]
    monkeypatch.setattr(
        "gankit.callbacks.clock.time", types.SimpleNamespace(monotonic=lambda: now[0])
    )
    clock = gankit.callbacks.Clock()
    clock.on_train_begin()
    now[0] = 5.0
    assert clock.seconds == 5
    clock.on_train_end()
    now[0] = 100.0
    assert clock.seconds == 5
    clock.on_train_begin()
    now[0] = 103.0
    clock.set_state({"seconds": 6.0})  # goes back to a checkpoint of two seconds ago
    now[0] = 104.0
    assert clock.seconds == 9
    another = gankit.callbacks.Clock()  # in a process that goes on
    another.set_state({"seconds": 6.0})
    another.on_train_begin()
    now[0] = 106.0
    assert another.seconds == 8
