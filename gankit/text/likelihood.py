"""Maximum likelihood: how games on text begin, and the twin that they are compared with.

Example:

```python
from gankit import text
from gankit.text import likelihood

data = text.load("headlines")
model = text.Recurrent(data.preparation.vocabulary_size, data.length, given=text.Category(4, 8))
held_out = (data.validation[:100], data.validation_labels[:100])
found = likelihood.train(model, data.dataset(64), steps=4, every=2, held_out=held_out)
print(likelihood.course(found, steps=4, every=2))  # the best of the steps, and whether it was the last
print(likelihood.nll(model, *held_out), likelihood.Likelihood(model, temperature=0.8).mean(*held_out))
```
"""

import time
import types
import warnings

import keras
import numpy as np
from keras import ops

from gankit import backend
from gankit.callbacks import Checkpoints, TrainingWarning
from gankit.callbacks.progress import clock
from gankit.divergence import DivergenceError, require_finite
from gankit.text.language_model import with_condition
from gankit.twins import AGAIN, RETRIES

BATCH = 256  # sequences measured at once
EVERY, PATIENCE = 200, 5  # steps between two measurements; how many worse ones end it


@keras.saving.register_keras_serializable(package="gankit")
class Likelihood(keras.Model):
    """A language model trained on given sequences by Keras's own `fit`.

    A dataset yields tokens, or `(tokens, condition)`. The loss is the negative log-likelihood of a
    token, averaged over those that count.

    Args:
        model: a `LanguageModel`.
        temperature, without: of the distribution, as `LanguageModel.sample` has them.
    """

    def __init__(self, model, temperature=1.0, without=(), **kwargs):
        super().__init__(**kwargs)
        self.model, self.temperature, self.without = model, temperature, without
        self.built = True

    def call(self, inputs, training=False):
        tokens, condition = with_condition(inputs)
        logs = self.model.log_probability(tokens, condition, self.temperature, self.without)
        return -logs, self.model.counts(tokens)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        losses, counts = y_pred
        return ops.sum(losses) / ops.maximum(ops.sum(counts), 1.0)

    def mean(self, tokens, condition=None):
        """`nll`, compiled once for all calls."""
        total = counted = 0.0
        for start in range(0, len(tokens), BATCH):
            rows = slice(start, start + BATCH)
            batch = tokens[rows]
            if condition is not None:
                batch = [batch, keras.tree.map_structure(lambda leaf: leaf[rows], condition)]  # noqa: B023
            losses, counts = self.predict_on_batch(batch)
            total += float(np.asarray(losses, "float64").sum())
            counted += float(np.asarray(counts, "float64").sum())
        return total / max(counted, 1.0)


def train(
    model,
    dataset,
    steps,
    rate=1e-3,
    clip=5.0,
    every=EVERY,
    held_out=None,
    patience=PATIENCE,
    directory=None,
):
    """Trains by maximum likelihood, and stops early where the held-out likelihood no longer improves.

    Prints a line at each measurement of the held-out likelihood. Where it diverges it goes back to its last
    checkpoint and on at half the rate, three times at most.

    Args:
        model: a `LanguageModel`.
        dataset: a gankit dataset.
        steps: at most.
        rate: Adam's learning rate.
        clip: the gradient's largest norm.
        every: steps between two measurements.
        held_out: tokens, or `(tokens, condition)`; the weights with the best likelihood of them are
            kept. None keeps the last ones.
        patience: how many measurements in a row may be worse than the best one before training ends.
        directory: where a checkpoint is kept at each measurement, from which a later call with the
            same arguments continues exactly; None for none.

    Returns:
        The negative log-likelihood of a held-out token at each measurement, in nats.

    Raises:
        DivergenceError: it is NaN or infinite, again and again, or without a `directory`.
    """
    trainer = Likelihood(model)
    trainer.compile(keras.optimizers.Adam(rate, clipnorm=clip))
    best = [keras.Variable(ops.copy(weight), trainable=False) for weight in model.weights]
    state = types.SimpleNamespace(
        variables=[*trainer.variables, *best], optimizer=trainer.optimizer, metrics_variables=[]
    )
    checkpoints = None if directory is None else Checkpoints(directory, keep=2)
    trainer.optimizer.build(trainer.trainable_variables)
    manifest = {"found": [], "retries": 0}
    if checkpoints is not None:
        restored = checkpoints.restore(state)
        manifest |= restored or {}
        if restored is None:
            checkpoints.save(state, manifest)
    start, found = int(ops.convert_to_numpy(trainer.optimizer.iterations)), manifest["found"]
    began, first = time.monotonic(), start
    while start < steps and not _passed(found, patience):
        trainer.optimizer.learning_rate = rate * 0.5 ** manifest["retries"]
        some = min(every, steps - start)
        try:
            told = _more(trainer, dataset, start, some, held_out, found)
            if held_out is not None and found[-1] == min(found):
                for kept, weight in zip(best, model.weights):
                    kept.assign(ops.copy(weight))
            if checkpoints is not None:
                checkpoints.save(state, {**manifest, "found": found})
        except DivergenceError as error:
            if checkpoints is None or manifest["retries"] == RETRIES:
                raise
            warnings.warn(
                f"Maximum likelihood diverged. {error.what} {AGAIN}", TrainingWarning, stacklevel=2
            )
            manifest = {**checkpoints.restore(state), "retries": manifest["retries"] + 1}
            found = manifest["found"]
            backend.abandon(trainer)
            continue
        start += some
        left = clock((time.monotonic() - began) / (start - first) * (steps - start))
        print(f"step {start:>{len(str(steps))}}/{steps}  {told}  {left} left at most", flush=True)
    if held_out is not None:
        model.set_weights([ops.convert_to_numpy(weight) for weight in best])
    return found


def _more(trainer, dataset, start, steps, held_out, found):
    """So many steps more, and the held-out likelihood behind them, added to `found`. Returns both in words."""
    # Keras takes a pair for inputs and targets; here both are inputs.
    stream = dataset.stream(start).map(lambda *batch: (batch if len(batch) > 1 else batch[0],))
    loss = trainer.fit(stream, steps_per_epoch=steps, shuffle=False, verbose=0).history["loss"][-1]
    require_finite(start + steps, [("the loss", loss)])
    told = f"{loss:.3f} nats a token"
    if held_out is None:
        return told
    found.append(trainer.mean(*(held_out if isinstance(held_out, tuple) else (held_out,))))
    require_finite(start + steps, [("the held-out likelihood", found[-1])])
    return f"{told}, {found[-1]:.3f} a held-out one"


def course(found, steps, every=EVERY, patience=PATIENCE):
    """What a report tells of training by `train`.

    Args:
        found: what `train` returned for held-out tokens, not empty.
        steps, every, patience: as given to it.

    Returns:
        A dict: `steps` that were trained, `best_step`, whose weights were kept, `nats` of a held-out token
        with these, and `stopped_early`, whether the held-out likelihood no longer improved.
    """
    best = int(np.argmin(found))
    return {
        "steps": min(len(found) * every, steps),
        "best_step": min((best + 1) * every, steps),
        "nats": found[best],
        "stopped_early": _passed(found, patience),
    }


def _passed(found, patience):
    """Whether the best measurement is `patience` measurements ago, or more."""
    return bool(found) and len(found) - 1 - int(np.argmin(found)) >= patience


def nll(model, tokens, condition=None, temperature=1.0):
    """The negative log-likelihood of a token, in nats: the mean over those that count.

    Args:
        model: a `LanguageModel`.
        tokens: (n, length) integers.
        condition: a structure of (n, ...), or None.
        temperature: that the model is sampled at: the likelihood is that of the tempered distribution.
    """
    return Likelihood(model, temperature).mean(tokens, condition)
