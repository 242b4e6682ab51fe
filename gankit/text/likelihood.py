"""Maximum likelihood: what games on text begin with, and the twin that they are measured beside."""

import keras
import numpy as np
from keras import ops

from gankit.divergence import require_finite
from gankit.text.language_model import with_condition

BATCH = 256  # sequences measured at once


@keras.saving.register_keras_serializable(package="gankit")
class Likelihood(keras.Model):
    """A language model trained on given sequences by Keras's own `fit`.

    A dataset yields tokens, or `(tokens, condition)`. The loss is the negative log-likelihood of a
    token, averaged over those that count.

    Args:
        model: a `LanguageModel`.
        temperature: of the distribution, as `LanguageModel.sample` has it.
    """

    def __init__(self, model, temperature=1.0, **kwargs):
        super().__init__(**kwargs)
        self.model, self.temperature = model, temperature
        self.built = True

    def call(self, inputs, training=False):
        tokens, condition = with_condition(inputs)
        logs = self.model.log_probability(tokens, condition, self.temperature)
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


def train(model, dataset, steps, rate=1e-3, clip=5.0, every=200, held_out=None, patience=5):
    """Maximum likelihood, until so many steps, or until the held-out likelihood falls.

    Args:
        model: a `LanguageModel`.
        dataset: a gankit dataset.
        steps: at most.
        rate: Adam's learning rate.
        clip: the gradient's largest norm.
        every: steps between two looks at what is held out.
        held_out: tokens, or `(tokens, condition)`; the weights with the best likelihood of them are
            kept. None keeps the last ones.
        patience: looks without a better likelihood before training ends.

    Returns:
        The negative log-likelihood of a held-out token at each look, in nats.

    Raises:
        DivergenceError: it is NaN or infinite.
    """
    trainer = Likelihood(model)
    trainer.compile(keras.optimizers.Adam(rate, clipnorm=clip))
    found, best, weights = [], np.inf, model.get_weights()
    for start in range(0, steps, every):
        # Keras takes a pair for inputs and targets; here both are inputs.
        stream = dataset.stream(start).map(lambda *batch: (batch if len(batch) > 1 else batch[0],))
        trainer.fit(stream, steps_per_epoch=min(every, steps - start), shuffle=False, verbose=0)
        if held_out is None:
            continue
        found.append(trainer.mean(*(held_out if isinstance(held_out, tuple) else (held_out,))))
        require_finite(start + every, [("the held-out likelihood", found[-1])])
        if found[-1] < best:
            best, weights = found[-1], model.get_weights()
        elif len(found) - 1 - int(np.argmin(found)) >= patience:
            break
    if held_out is not None:
        model.set_weights(weights)
    return found


def nll(model, tokens, condition=None, temperature=1.0):
    """The negative log-likelihood of a token, in nats: the mean over those that count.

    Args:
        model: a `LanguageModel`.
        tokens: (n, length) integers.
        condition: a structure of (n, ...), or None.
        temperature: that the model is sampled at: the likelihood is that of the tempered distribution.
    """
    return Likelihood(model, temperature).mean(tokens, condition)
