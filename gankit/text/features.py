"""Sequences as vectors, for distances between sets of them: an encoder trained in the run."""

import keras
import numpy as np
from keras import ops

from gankit.text import likelihood
from gankit.text.recurrent import Recurrent

BATCH = 256
STEPS = 500  # of training
UNITS = 64


class MeanState(keras.Model):
    """The mean of a language model's features over the tokens that count."""

    def __init__(self, model, **kwargs):
        super().__init__(**kwargs)
        self.model = model
        self.built = True

    def call(self, inputs, training=False):
        counts = self.model.counts(inputs)[..., None]
        features = ops.cast(self.model.features(ops.cast(inputs, "int32")), "float32")
        return ops.sum(features * counts, axis=1) / ops.maximum(ops.sum(counts, axis=1), 1.0)


class Encoder:
    """Features of sequences: a language model's features before each token, averaged over tokens.

    Word order matters, since the model has read all earlier tokens. After de Masson d'Autume et al.
    (2019), https://arxiv.org/abs/1905.09922, section 4.1, who use a large pretrained encoder.
    Distances under different encoders can't be compared.

    Args:
        model: a `LanguageModel` without a condition.
        about: how it was trained, for protocols.

    Call arguments:
        tokens: (n, length) integers.

    Returns:
        (n, width) float32.

    Example:

    ```python
    from gankit import text

    data = text.load("headlines")
    encoder = text.Encoder(text.train_encoder(data, steps=2, units=8), "two steps")
    encoder(data.validation[:10]).shape  # (10, 8)
    ```
    """

    def __init__(self, model, about):
        self.model, self.about = model, about
        self._mean = MeanState(model)

    @property
    def name(self):
        """For protocols."""
        return f"mean state of {self.about}"

    def __call__(self, tokens):
        rows = [tokens[start : start + BATCH] for start in range(0, len(tokens), BATCH)]
        return np.concatenate(
            [np.asarray(self._mean.predict_on_batch(row), "float32") for row in rows]
        )


def describe(units=UNITS, steps=STEPS):
    """How an encoder of `train_encoder` was trained, for its protocol."""
    return (
        f"an LSTM of {units} units that learned to predict the next token of the training set in "
        f"{steps} steps, without conditions, apart from the run's models"
    )


def train_encoder(data, steps=STEPS, batch_size=64, units=UNITS, seed=0):
    """Trains an encoder on the training set of some texts.

    It is none of the models that a report compares, and the same for every preset; so the distances of
    several runs on the same data can be compared if steps and seed are the same.

    Args:
        data: `Texts`.
        steps: of maximum likelihood.
        batch_size: at most.
        units: of the LSTM, as many as features.
        seed: of the order of the data.

    Returns:
        A `LanguageModel`.

    Example:

    ```python
    from gankit import text

    model = text.train_encoder(text.load("headlines"), steps=2, units=8)
    ```
    """
    model = Recurrent(data.preparation.vocabulary_size, data.length, units, units)
    batch_size = min(batch_size, len(data.samples))
    likelihood.train(model, data.dataset(batch_size, seed, conditional=False), steps)
    return model
