"""Language models small enough to work out by hand, and sequences for them."""

import keras
import numpy as np
from keras import ops

from gankit.text.ids import UNKNOWN
from gankit.text.language_model import LanguageModel
from gankit.text.recurrent import Recurrent
from gankit.text.transformer import Transformer

V, L = 9, 5  # 0 padding, 1 start, 2 end, 3 unknown, and five words


@keras.saving.register_keras_serializable(package="tests")
class Bigrams(LanguageModel):
    """A table of logits of each token after each other."""

    def __init__(self, vocabulary=V, length=L, **kwargs):
        kwargs.pop("width", None)
        super().__init__(vocabulary, length, vocabulary, **kwargs)
        self.table = self.add_weight(
            name="table", shape=(vocabulary, vocabulary), initializer="random_normal"
        )
        self.built = True

    def begin(self, batch, condition=None):
        return (), ops.zeros((batch, 1))

    def advance(self, token, given, state):
        return ops.take(self.table, token, axis=0), state + 1.0

    def head(self, features):
        return features


def with_unknown(model, share):
    """Bigrams that go on with the unknown token in this share of cases, with others alike."""
    table = np.zeros((V, V))
    table[:, UNKNOWN] = np.log(6 * share / (1 - share))  # beside the end and five words
    model.table.assign(table)
    return model


def uniform(n=64, length=L, seed=0):
    return np.random.default_rng(seed).random((n, length)).astype("float32")


def tokens(n=64, seed=0):
    found = np.random.default_rng(seed).integers(4, V, size=(n, L)).astype("int32")
    found[::2, 3], found[::2, 4] = 2, 0
    return found


def language_model(kind="lstm", given=None):
    keras.utils.set_random_seed(0)
    if kind == "transformer":
        return Transformer(V, L, width=8, heads=2, depth=2, given=given)
    return Recurrent(V, L, embedding=8, units=8, cell=kind, given=given)


MODELS = {
    "bigrams": Bigrams,
    "lstm": language_model,
    "gru": lambda: language_model("gru"),
    "relational": lambda: language_model("relational"),
    "transformer": lambda: language_model("transformer"),
}
