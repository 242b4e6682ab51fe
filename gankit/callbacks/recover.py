"""Back to where a run was sound, and on from there more gently."""

import json
import warnings
import weakref

import keras

from gankit import backend
from gankit.callbacks.checkpoints import write_whole
from gankit.callbacks.diagnostics import TrainingWarning
from gankit.divergence import DivergenceError
from gankit.schedules import Scaled

KEPT = "recovered.json"  # beside the checkpoints
_originals = weakref.WeakKeyDictionary()


class Recover(keras.callbacks.Callback):
    """Takes a run that diverges back to its last checkpoint and lets it go on more gently.

    A run has diverged when a loss, a weight or a sample is NaN or infinite. `Resume`, which must be
    there too, finds that out before it saves; `Diagnostics` at the end of every epoch. Without this
    callback `fit` then ends in an error; with it, it goes on from the last checkpoint as a resumed run
    would. Where it diverges again before another was saved, that one was lost already: it is set aside,
    renamed to `.diverged`, and the one before it is taken. What happened is warned of, is in `events`,
    and stays beside the checkpoints, in `recovered.json`: a run that is started again goes on as gently,
    and has no more retries than it had left.

    Args:
        retries: how many times at most, over all starts of a run; 0 for never.
        rates: both learning rates are multiplied by this each time, in (0, 1]. Schedules are too, but
            not what `gankit.callbacks.LearningRate` sets.
        penalties: the weights of all penalties are multiplied by this each time, at least 1.

    Attributes:
        events: what happened, sentences.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=16), points.discriminator(units=16))
    gan.compile()
    recover, resume = gankit.callbacks.Recover(), gankit.callbacks.Resume("runs/mine/checkpoints")
    data = points.ring(n=1_000).dataset(100)
    gan.fit(data, epochs=2, callbacks=[recover, resume], verbose=0)
    ```
    """

    def __init__(self, retries=3, rates=0.5, penalties=1.0):
        super().__init__()
        if retries < 0 or not 0 < rates <= 1 or penalties < 1:
            raise ValueError(
                "`retries` must be at least 0, `penalties` at least 1, `rates` above 0 and at most 1. "
                f"Received: retries={retries}, rates={rates}, penalties={penalties}"
            )
        self.retries, self.rates, self.penalties = retries, rates, penalties
        self.events = []
        self._applied = 0  # events that the restored learning rates know of
        self._divergence = self._went_on_from = None

    def before_fit(self, gan, arguments):
        """Refuses a run that has no checkpoints to go back to; learns what happened to it before.

        Raises:
            ValueError: there are none, or the file that says what happened is damaged.
        """
        found = [one.checkpoints for one in arguments["callbacks"] if hasattr(one, "checkpoints")]
        if not found:
            raise ValueError(
                "Recover goes back to checkpoints: add gankit.callbacks.Resume(directory) to the "
                "callbacks."
            )
        self._checkpoints = found[0]
        self._read()
        return arguments

    def recover(self, gan, error):
        """Whether `fit` is to run again after this error."""
        if not isinstance(error, DivergenceError) or len(self.events) >= self.retries:
            return False
        self._divergence = error
        last = self._checkpoints.restored
        again = last is not None and last.name == self._went_on_from
        if again and backend.is_chief():
            self._checkpoints.set_aside(last)
        backend.any_worker(False)  # none goes back before that is done
        backend.abandon(gan)
        return True

    def on_train_begin(self, logs=None):
        gan = self.model
        if self._divergence is not None:
            step = int(keras.ops.convert_to_numpy(gan.optimizer.iterations))
            self.events.append(
                f"{self._divergence.what} Went on from step {step} with learning rates times "
                f"{self.rates:g} and penalties times {self.penalties:g}, retry "
                f"{len(self.events) + 1} of {self.retries}."
            )
            self._divergence = None
            last = self._checkpoints.restored
            self._went_on_from = last and last.name
            self._write()
            warnings.warn(self.events[-1], TrainingWarning, stacklevel=2)
        for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
            original = _as_compiled(optimizer, "_learning_rate")
            if isinstance(original, keras.optimizers.schedules.LearningRateSchedule):
                optimizer.learning_rate = scaled(original, self.rates ** len(self.events))
            else:  # a variable, restored with the events of then
                missing = len(self.events) - self._applied
                optimizer.learning_rate = optimizer.learning_rate * self.rates**missing
        for penalty in gan.penalties:
            original = _as_compiled(penalty, "weight")
            penalty.weight = scaled(original, self.penalties ** len(self.events))
        self._applied = len(self.events)

    def _read(self):
        path = self._checkpoints.directory / KEPT
        if self._divergence is not None or not path.is_file():
            return
        try:
            kept = json.loads(path.read_bytes())
            events, went_on_from = list(kept["events"]), kept["went_on_from"]
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(
                f"{path} is damaged: {error}. Remove it, and what happened since the last checkpoint is "
                "forgotten."
            ) from error
        if len(events) > len(self.events):
            self.events, self._went_on_from = events, went_on_from

    def _write(self):
        if backend.is_chief():
            kept = {"events": self.events, "went_on_from": self._went_on_from}
            write_whole(self._checkpoints.directory / KEPT, json.dumps(kept, indent=2).encode())

    def get_state(self):
        """What happened, for `Resume`."""
        return {"events": self.events}

    def set_state(self, state):
        """Goes on from a checkpoint, which may be older than the last event."""
        self._applied = len(state["events"])
        if len(state["events"]) > len(self.events):
            self.events = list(state["events"])


def scaled(quantity, factor):
    """A number or a schedule, times a factor."""
    if factor == 1:
        return quantity
    return Scaled(quantity, factor) if callable(quantity) else quantity * factor


def _as_compiled(thing, name):
    """What an optimizer or a penalty had when it first came to a `Recover`, of this `fit` or another."""
    return _originals.setdefault(thing, {}).setdefault(name, getattr(thing, name))
