import signal

import keras
import numpy as np
import pytest

import gankit
from gankit import launch
from gankit.callbacks import Diagnostics, Resume, Scalars
from tests import programs
from tests.helpers import assert_same_state, points_gan, some_points

X = some_points(120)


class Crash(keras.callbacks.Callback):
    """Stops dead after so many batches, as a power cut would, as far as Python can."""

    def __init__(self, after):
        super().__init__()
        self.left = after

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            raise InterruptedError


def data(batch_size=10, seed=0):
    return gankit.files.Dataset.from_arrays(X, batch_size=batch_size, seed=seed)


def fit(gan, directory, *others, x=None, every=1, epochs=3, **arguments):
    callbacks = [Scalars(directory), *others, Resume(directory / "checkpoints", every=every)]
    return gan.fit(
        data() if x is None else x, epochs=epochs, verbose=0, callbacks=callbacks, **arguments
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("whole")
    gan = points_gan()
    fit(gan, directory)
    return gan, (directory / "metrics.csv").read_text()


@pytest.mark.parametrize("after", [1, 5, 12, 13, 24, 35])
def test_resumed_is_uninterrupted(tmp_path, whole, after):
    """Twelve batches an epoch: the crash falls at the start, the middle and the end of one."""
    with pytest.raises(InterruptedError):
        fit(points_gan(), tmp_path, Crash(after))
    gan = points_gan()
    fit(gan, tmp_path)
    assert_same_state(gan, whole[0])
    assert (tmp_path / "metrics.csv").read_text() == whole[1]


def test_resumed_from_an_older_checkpoint(tmp_path, whole):
    with pytest.raises(InterruptedError):
        fit(points_gan(), tmp_path, Crash(21), every=8)
    gan = points_gan()
    fit(gan, tmp_path, every=8)
    assert_same_state(gan, whole[0])
    assert (tmp_path / "metrics.csv").read_text() == whole[1]


def test_resumed_many_times(tmp_path, whole):
    for _ in range(5):
        with pytest.raises(InterruptedError):
            fit(points_gan(), tmp_path, Crash(7))
    gan = points_gan()
    fit(gan, tmp_path)
    assert_same_state(gan, whole[0])


def test_the_uninterrupted_run_is_the_one_without_resume(whole):
    gan = points_gan()
    gan.fit(data(), epochs=3, verbose=0)
    assert_same_state(gan, whole[0])


def test_finished_run_stays_as_it_is(tmp_path, whole):
    for _ in range(2):
        gan = points_gan()
        fit(gan, tmp_path)
    assert_same_state(gan, whole[0])


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras's PyTorch trainer refuses it")
def test_with_several_steps_per_execution(tmp_path):
    """Five steps an execution, of an epoch of 12: the epoch becomes 10, and a crash is no matter."""
    one = points_gan(steps_per_execution=5)
    fit(one, tmp_path / "one", every=None)
    assert int(one.optimizer.iterations) == 30
    with pytest.raises(InterruptedError):
        fit(points_gan(steps_per_execution=5), tmp_path / "two", Crash(3))
    two = points_gan(steps_per_execution=5)
    fit(two, tmp_path / "two")
    assert_same_state(one, two)


def test_arrays(tmp_path):
    kinds = {"x": X, "batch_size": 10}
    one = points_gan()
    fit(one, tmp_path / "one", **kinds)
    with pytest.raises(InterruptedError):
        fit(points_gan(), tmp_path / "two", Crash(17), **kinds)
    two = points_gan()
    fit(two, tmp_path / "two", **kinds)
    assert_same_state(one, two)


def test_deterministic_tf_data(tmp_path):
    import tensorflow as tf

    def pipeline():
        source = tf.data.Dataset.from_tensor_slices(X)
        return source.shuffle(120, seed=1, reshuffle_each_iteration=False).batch(10)

    one = points_gan()
    fit(one, tmp_path / "one", x=pipeline())
    with pytest.raises(InterruptedError):
        fit(points_gan(), tmp_path / "two", Crash(17), x=pipeline())
    two = points_gan()
    fit(two, tmp_path / "two", x=pipeline())
    assert_same_state(one, two)


def test_data_that_can_not_be_found_again(tmp_path):
    import tensorflow as tf

    shuffled = tf.data.Dataset.from_tensor_slices(X).shuffle(120).batch(10)
    with pytest.raises(
        ValueError, match="yields other batches each time.*reshuffle_each_iteration"
    ):
        fit(points_gan(), tmp_path, x=shuffled)
    endless = tf.data.Dataset.from_tensor_slices(X).batch(10).repeat()
    with pytest.raises(ValueError, match="steps_per_epoch"):
        fit(points_gan(), tmp_path, x=endless)
    with pytest.raises(ValueError, match="find its place again in a generator"):
        fit(points_gan(), tmp_path, x=(one for one in [X]))


@pytest.mark.parametrize("other", [data(seed=5), data(batch_size=12)])
def test_other_data(tmp_path, other):
    fit(points_gan(), tmp_path, epochs=1)
    with pytest.raises(ValueError, match="a run on other data"):
        fit(points_gan(), tmp_path, x=other, epochs=2)


def test_others_may_still_stop_training(tmp_path):
    """Also at the end of the resumed epoch, which is ended by a stop of our own."""

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    with pytest.raises(InterruptedError):
        fit(points_gan(), tmp_path, Crash(5))
    history = fit(points_gan(), tmp_path, Stop(), epochs=9).history
    assert len(history["d_loss"]) == 1


class StopAt(keras.callbacks.Callback):
    """Asks Keras to stop after a step, in the middle of an epoch."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self.step:
            self.model.stop_training = True


@pytest.mark.parametrize("stops", [(5,), (17,), (5, 9)])
def test_a_stop_in_the_middle_of_an_epoch_is_no_end_of_it(tmp_path, whole, stops):
    """Also in an epoch that was resumed."""
    for step in stops:
        gan = points_gan()
        fit(gan, tmp_path, StopAt(step), every=None)
        assert int(gan.optimizer.iterations) == step
    gan = points_gan()
    fit(gan, tmp_path, every=None)
    assert_same_state(gan, whole[0])


def test_callbacks_are_found_by_their_class(tmp_path):
    """Others may come before, and one that had seen something is missed."""
    watch = Diagnostics(patience=1)
    watch._most_modes = 7.0
    fit(points_gan(), tmp_path, watch, epochs=1)
    again = Diagnostics(patience=1)
    fit(points_gan(), tmp_path, gankit.callbacks.Clock(), again, epochs=2)
    assert again._most_modes == 7.0
    with pytest.warns(UserWarning, match="what a callback Diagnostics had seen.*is lost"):
        fit(points_gan(), tmp_path, gankit.callbacks.Clock(), epochs=3)


def test_nan_is_never_the_best(tmp_path):
    class Values(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["value"] = [1.0, np.nan, 5.0][epoch]

    resume = Resume(tmp_path, best="value", keep=1)
    points_gan().fit(data(), epochs=3, callbacks=[Values(), resume], verbose=0)
    assert "step-000000000012-" in (tmp_path / "best").read_text()


FIRST_PROCESS = """
import sys
from tests.callbacks.test_resume import Signal, fit, signal
from tests.helpers import points_gan
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_DFL)
import os
os.kill = lambda pid, number: None  # what the kernel makes of it for the first process
fit(points_gan(), Path(sys.argv[1]), Signal(signal.SIGTERM, 5), every=None)
print("trained on")
"""


@pytest.mark.once
def test_the_first_process_of_a_container_stops_too(tmp_path):
    """No signal that has no handler reaches it."""
    status, out, err = programs.run("-c", FIRST_PROCESS, tmp_path)
    assert status == 128 + signal.SIGTERM, err[-2000:]
    assert "Stopped by SIGTERM after step 5." in out
    assert "trained on" not in out


def test_callbacks_keep_their_state(tmp_path):
    watch = Diagnostics(patience=1)
    watch._most_modes = 7.0
    with pytest.raises(InterruptedError):
        fit(points_gan(), tmp_path, watch, Crash(13))
    again = Diagnostics(patience=1)
    fit(points_gan(), tmp_path, again)
    assert again._most_modes == 7.0


def test_steps_are_counted_across_epochs(tmp_path):
    """Every 15 of epochs of 12: after 15 and 30; the crash comes at 33."""
    resume = Resume(tmp_path, every=15, every_seconds=None)
    with pytest.raises(InterruptedError):
        points_gan().fit(data(), epochs=3, callbacks=[Crash(33), resume], verbose=0)
    names = sorted(path.name[:17] for path in tmp_path.glob("step-*.npz"))
    assert names == ["step-000000000015", "step-000000000030"]


def test_a_best_that_nobody_logs(tmp_path):
    resume = Resume(tmp_path, best="val_misspelt")
    with pytest.warns(UserWarning, match="'val_misspelt' is no finite value among .*d_loss"):
        points_gan().fit(data(), epochs=1, callbacks=[resume], verbose=0)


def test_best_is_kept(tmp_path):
    gan = points_gan(metrics=[gankit.metrics.SlicedWasserstein(8)])
    resume = Resume(tmp_path, best="val_sliced_wasserstein", keep=1)
    history = gan.fit(
        data(), epochs=4, validation_data=(X,), callbacks=[resume], verbose=0
    ).history["val_sliced_wasserstein"]
    best = 12 * (int(np.argmin(history)) + 1)
    assert f"step-{best:012d}-" in (tmp_path / "best").read_text()


class Signal(keras.callbacks.Callback):
    def __init__(self, number, at):
        super().__init__()
        self.number, self.at = number, at

    def on_train_batch_end(self, batch, logs=None):
        self.at -= 1
        if self.at == 0:
            signal.raise_signal(self.number)


@pytest.fixture
def interruptible():
    """A process started in the background ignores SIGINT; these tests want it heard."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("at", [5, 12])
def test_interrupt_saves_first_and_says_how_to_go_on(tmp_path, whole, capsys, at):
    with pytest.raises(KeyboardInterrupt):
        fit(points_gan(), tmp_path, Signal(signal.SIGINT, at), every=None)
    assert f"Stopped by SIGINT after step {at}." in capsys.readouterr().out
    assert len(list((tmp_path / "checkpoints").glob(f"step-{at:012d}-*"))) == 1
    gan = points_gan()
    fit(gan, tmp_path)
    assert_same_state(gan, whole[0])


class Twice(Signal):
    """The same signal again, before anything could be saved."""

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if self.at == 0:
            signal.raise_signal(self.number)


@pytest.mark.usefixtures("interruptible")
def test_a_second_interrupt_acts_at_once(tmp_path, capsys):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fit(points_gan(), tmp_path, Twice(signal.SIGINT, 5), every=None)
    assert "Stopped by" not in capsys.readouterr().out
    assert not list((tmp_path / "checkpoints").glob("step-*"))
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.usefixtures("interruptible")
def test_a_program_ends_quietly_when_interrupted(tmp_path, monkeypatch, capsys):
    def train():
        fit(points_gan(), tmp_path, Signal(signal.SIGINT, 5), every=None)

    monkeypatch.delenv("GANKIT_DEBUG", raising=False)
    assert launch.reporting_errors(train) == 130
    out, err = capsys.readouterr()
    assert "Stopped by SIGINT after step 5." in out
    assert err == ""
    with pytest.raises(KeyboardInterrupt):
        launch.reporting_errors(lambda: signal.raise_signal(signal.SIGINT), debug=True)


@pytest.mark.usefixtures("interruptible")
def test_ignored_signals_stay_ignored(tmp_path):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    fit(points_gan(), tmp_path, Signal(signal.SIGINT, 5))
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_signal_handlers_are_put_back(tmp_path):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    fit(points_gan(), tmp_path)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_arguments_are_checked(tmp_path):
    with pytest.raises(ValueError, match="Received: every=0"):
        Resume(tmp_path, every=0)
    with pytest.raises(ValueError, match="Received: mode='best'"):
        Resume(tmp_path, mode="best")
    with pytest.raises(ValueError, match="Received: every_seconds=-1"):
        Resume(tmp_path, every_seconds=-1)
