import os
import signal
import threading
import time
import warnings
import zlib

import keras
import numpy as np
from keras import tree

from gankit import backend, feeding, files
from gankit.callbacks.checkpoints import Checkpoints

ASK_EVERY = 10  # executions between two questions to the other workers


class Resume(keras.callbacks.Callback):
    """Saves the training state as it goes, and goes on from it, exactly, when `fit` runs again.

    The same `fit` on the same data then ends with the same weights, bit for bit, as if it had never
    stopped (on a CPU with deterministic operations): weights, EMA, both optimizers, seeds, counters,
    running means and the position in the data come back, in the middle of an epoch too. SIGTERM and
    Ctrl-C save first and say how to go on; a second Ctrl-C acts at once.

    Works with gankit datasets, with arrays (which it feeds in an order of its own, seeded by the
    model's seed), and with a `tf.data.Dataset` of known length that yields the same batches each time
    it is iterated; other data is refused.

    Args:
        directory: of the checkpoints; made if it is not there.
        every: save after so many steps, or None.
        every_seconds: save after so many seconds; None for never. At the end of `fit` it always saves.
        keep: how many of the newest checkpoints to keep.
        best: the name of a logged value whose best checkpoint is kept besides, e.g.
            `"val_reverse_kl"`; None for no such. Where nothing of that name is logged, a warning says so.
        mode: whether the best is the `"min"` or the `"max"`.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=16), points.discriminator(units=16), seed=0)
    gan.compile()
    resume = gankit.callbacks.Resume("runs/mine/checkpoints")
    gan.fit(points.ring(n=1_000).dataset(100), epochs=2, callbacks=[resume], verbose=0)
    ```
    """

    def __init__(self, directory, every=None, every_seconds=60.0, keep=3, best=None, mode="min"):
        super().__init__()
        if every is not None and every < 1:
            raise ValueError(f"`every` must be at least 1 step. Received: every={every}")
        if every_seconds is not None and not every_seconds >= 0:
            raise ValueError(
                f"`every_seconds` must be at least 0, or None. Received: every_seconds={every_seconds}"
            )
        if mode not in ("min", "max"):
            raise ValueError(f'`mode` must be "min" or "max". Received: mode={mode!r}')
        self.checkpoints = Checkpoints(directory, keep)
        self.every, self.every_seconds = every, every_seconds
        self.best, self.mode = best, mode
        self.restored = None  # the manifest that training went on from
        self._best_value = None
        self._signal, self._previous = None, {}

    # --- before training --------------------------------------------------------------------

    def before_fit(self, gan, arguments):
        """Restores the newest checkpoint and moves the data and the epoch to where it was."""
        data = repeatable(arguments, gan.seed)
        per_epoch = arguments.get("steps_per_epoch") or data.steps_per_epoch
        per_epoch = feeding.whole_executions(per_epoch, gan.steps_per_execution)
        self._data = {
            "steps_per_epoch": per_epoch,
            "first_samples": fingerprint(data),
        }
        gan.prepare(next(iter(data.stream(0).take(1))))  # the running means must exist
        self._others = [one for one in arguments["callbacks"] if hasattr(one, "get_state")]
        self.restored = manifest = self.checkpoints.restore(gan)
        self._epoch = self._first_batch = 0
        self._first = manifest is None
        self._recovers = any(hasattr(one, "recover") for one in arguments["callbacks"])
        if manifest is not None:
            self._require_same_data(manifest)
            self._epoch, self._first_batch = manifest["epoch"], manifest["batch"]
            self._best_value = manifest["best_value"]
            self._give_back(manifest["callbacks"])
        else:
            self._epoch = arguments.get("initial_epoch") or 0
        if manifest is not None and self._epoch >= arguments["epochs"]:
            print(
                f"Nothing left to train: {self._epoch} epochs are done. Give more `epochs` to go on."
            )
        kept_means = [np.array(_numpy(v)) for v in gan.metrics_variables]
        # The others' work of an epoch must be done when its end is saved: this comes last.
        callbacks = [one for one in arguments["callbacks"] if one is not self]
        start = _PartialEpoch(self._epoch, per_epoch - self._first_batch, kept_means)
        first = [start] if self._first_batch else []
        return {
            **arguments,
            "x": data,
            "y": None,
            "batch_size": None,
            "steps_per_epoch": per_epoch,
            "initial_epoch": self._epoch,
            "first_batch": self._first_batch,
            "callbacks": [*first, *callbacks, self],
        }

    def _give_back(self, kept):
        """Gives the callbacks what they had: the first of a class what the first of that class had."""
        kept = list(kept)
        for callback in self._others:
            name = type(callback).__name__
            found = next((one for one in kept if one["class"] == name), None)
            if found is not None:
                kept.remove(found)
                callback.set_state(found["state"])
        for one in kept:
            warnings.warn(
                f"{self.checkpoints.directory} holds what a callback {one['class']} had seen, and there "
                "is none now: this is lost.",
                stacklevel=2,
            )

    def _require_same_data(self, manifest):
        for name, now in self._data.items():
            if manifest["data"][name] != now:
                raise ValueError(
                    f"{self.checkpoints.directory} was written by a run on other data: {name} was "
                    f"{manifest['data'][name]} and is {now}. Go on with the same data, order and "
                    "batch size, or use another directory."
                )

    # --- during training --------------------------------------------------------------------

    def set_model(self, model):
        super().set_model(model)
        self._gan = model  # Callback.model copies all state back on JAX, at every access

    def after_fit(self):
        """However `fit` ended, signals do again what they did before."""
        self._restore_signals()

    def on_train_begin(self, logs=None):
        self._saved_at = time.monotonic()
        self._saved_step = None
        self._logged = {}
        self._unasked = 0
        self._at_epoch, self._done = self._epoch, self._first_batch
        self._previous = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                if signal.getsignal(number) is not signal.SIG_IGN:  # left alone, as nohup asks
                    self._previous[number] = signal.signal(number, self._remember)
        if self._first and self._recovers:  # something to go back to
            self._save({"epoch": self._epoch, "batch": 0})

    def on_epoch_begin(self, epoch, logs=None):
        self._at_epoch = epoch
        self._done = self._offset = self._first_batch if epoch == self._epoch else 0

    def on_train_batch_end(self, batch, logs=None):
        done = self._done = self._offset + batch + 1
        within = done < self._data["steps_per_epoch"]  # its end is saved after the others' work
        if within and (self._due_by_steps(done) or self._due_by_time()):
            self._save({"epoch": self._at_epoch, "batch": done})
            self._stop_if_told()

    def on_epoch_end(self, epoch, logs=None):
        self._logged = dict(logs or {})
        better = backend.any_worker(self._is_best(self._logged))
        due = self._due_by_steps(self._done)
        if self._done >= self._data["steps_per_epoch"]:
            self._at_epoch, self._done = epoch + 1, 0
        if self._due_by_time(ask=True) or better or due:
            self._save({"epoch": self._at_epoch, "batch": self._done}, best=better)
            self._stop_if_told()

    def on_train_end(self, logs=None):
        if self._saved_step != self._step():
            self._save({"epoch": self._at_epoch, "batch": self._done})
        if self.best and self._best_value is None:
            warnings.warn(
                f"No checkpoint was kept as the best: {self.best!r} is no finite value among what was "
                f"logged ({', '.join(sorted(self._logged)) or 'nothing'}).",
                stacklevel=2,
            )
        self._stop_if_told()

    # --- helpers ----------------------------------------------------------------------------

    def _due_by_steps(self, done):
        done += self._at_epoch * self._data["steps_per_epoch"]
        return self.every is not None and done % self.every < self._gan.steps_per_execution

    def _due_by_time(self, ask=False):
        """Whether time or a signal says so; of several workers, which must save at the same step,
        whether any says so, asked every so often."""
        passed = time.monotonic() - self._saved_at
        due = self._signal is not None or (
            self.every_seconds is not None and passed >= self.every_seconds
        )
        if backend.workers() == 1:
            return due
        self._unasked += 1
        if not ask and self._unasked < ASK_EVERY:
            return False
        self._unasked = 0
        return backend.any_worker(due)

    def _save(self, position, best=False):
        manifest = {
            **position,
            "data": self._data,
            "best_value": self._best_value,
            "callbacks": [
                {"class": type(one).__name__, "state": one.get_state()} for one in self._others
            ],
        }
        self.checkpoints.save(self.model, manifest, best)
        self._saved_at, self._saved_step = time.monotonic(), self._step()

    def _step(self):
        return int(_numpy(self.model.optimizer.iterations))

    def _is_best(self, logs):
        value = logs.get(self.best) if self.best else None
        if value is None or not np.isfinite(value):
            return False
        sign = 1 if self.mode == "min" else -1
        if self._best_value is not None and sign * value >= sign * self._best_value:
            return False
        self._best_value = float(value)
        return True

    def _remember(self, number, frame):
        """Remembers a signal until the state is saved; a second Ctrl-C acts at once."""
        if number == self._signal == signal.SIGINT:
            self._signal = None
            self._restore_signals()
            signal.raise_signal(number)
        else:
            self._signal = number

    def _restore_signals(self):
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}

    def _stop_if_told(self):
        """The state is saved: now a signal that has come may do what it would have done."""
        if self._signal is None:
            return
        number = self._signal
        print(
            f"\nStopped by {signal.Signals(number).name} after step {self._step()}. The state is in "
            f"{self.checkpoints.directory}: run the same again to go on from there.",
            flush=True,
        )
        before, self._signal = self._previous.get(number), None
        self._restore_signals()
        os.kill(os.getpid(), number)
        if before == signal.SIG_DFL:  # which the first process of a container does not die of
            raise SystemExit(128 + number)


class _PartialEpoch(keras.callbacks.Callback):
    """Makes the first epoch of a resumed run the rest of the one that was cut.

    Keras runs every epoch to its full length, so this ends the first one early and takes its stop back,
    unless another callback had asked for one before. It also puts the running means back, which Keras
    has just reset.
    """

    def __init__(self, epoch, batches, means):
        super().__init__()
        self._epoch, self._batches, self._means = epoch, batches, means
        self._asked = False

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self._epoch:
            for variable, value in zip(self.model.metrics_variables, self._means):
                variable.assign(value)

    def on_train_batch_end(self, batch, logs=None):
        if self._epoch is not None and batch + 1 >= self._batches and not self.model.stop_training:
            self._asked = self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self._epoch:
            if self._asked:
                self.model.stop_training = False
            self._epoch = None


class Repeated:
    """A `tf.data.Dataset` that yields the same batches each time, as a gankit dataset."""

    def __init__(self, dataset, steps_per_epoch):
        self._dataset, self.steps_per_epoch = dataset, steps_per_epoch

    def stream(self, start=0):
        return self._dataset.repeat().skip(start)


def repeatable(arguments, seed):
    """The data of `fit` as a gankit dataset, or an error that says why it can't be resumed."""
    x, y = arguments["x"], arguments["y"]
    if feeding.is_stream(x):
        return x
    if hasattr(x, "element_spec"):
        length = arguments.get("steps_per_epoch") or int(x.cardinality())
        if length <= 0:
            raise ValueError(
                "Resume needs to know the length of this tf.data.Dataset: give `steps_per_epoch`, or "
                "apply `tf.data.experimental.assert_cardinality`."
            )
        data = Repeated(x, length)
        if fingerprint(data) != fingerprint(data):
            raise ValueError(
                "Resume can't go on in this tf.data.Dataset: it yields other batches each time. Use "
                "a gankit dataset (`gankit.files.Dataset`), whose every epoch has an order of its own "
                "that can be found again, or `shuffle(..., seed=0, reshuffle_each_iteration=False)`."
            )
        return data
    if feeding.is_arrays(x):
        size = arguments["batch_size"] or 32
        shuffle = arguments.get("shuffle", True)
        return files.Dataset.from_arrays(
            x, y, batch_size=size, seed=seed or 0, shuffle=bool(shuffle)
        )
    raise ValueError(
        f"Resume can't find its place again in a {type(x).__name__}. Give a gankit dataset "
        "(`gankit.files.Dataset`), arrays, or a tf.data.Dataset of known length."
    )


def fingerprint(data):
    """A checksum of the first two batches."""
    checksum = 0
    for batch in data.stream(0).take(2):
        for leaf in tree.flatten(batch):
            checksum = zlib.crc32(np.ascontiguousarray(leaf).tobytes(), checksum)
    return checksum


def _numpy(variable):
    return keras.ops.convert_to_numpy(variable)
