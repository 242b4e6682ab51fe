"""Recurrent language models."""

import keras
from keras import layers, ops

from gankit.text.language_model import LanguageModel
from gankit.text.relational_memory import RelationalMemory

CELLS = {"lstm": layers.LSTMCell, "gru": layers.GRUCell, "relational": RelationalMemory}


@keras.saving.register_keras_serializable(package="gankit")
class Recurrent(LanguageModel):
    """A recurrent network: embedding, one cell, a dense layer.

    Args:
        vocabulary, length, kwargs: as in `LanguageModel`.
        embedding: length of a token's vector.
        units: of the cell.
        cell: `"lstm"`, `"gru"` or `"relational"` (`RelationalMemory`, RelGAN's).
        given: a layer that turns a condition into something to read at each token (`Category`,
            `Prompt`), or None.
        spread: standard deviation of all weights but biases at the start; None for Keras's
            defaults. `RelationalMemory` keeps its own.

    Example:

    ```python
    import numpy as np

    from gankit import text

    model = text.Recurrent(vocabulary=100, length=12, embedding=8, units=8, cell="gru")
    model.sample(np.random.default_rng(0).random((5, 12)).astype("float32"))  # (5, 12) tokens
    ```
    """

    def __init__(
        self,
        vocabulary,
        length,
        embedding=32,
        units=32,
        cell="lstm",
        given=None,
        spread=None,
        **kwargs,
    ):
        super().__init__(vocabulary, length, units, **kwargs)
        if cell not in CELLS:
            raise ValueError(f"Unknown cell. Known: {', '.join(CELLS)}. Received: cell={cell!r}")
        self.embedding, self.units, self.kind, self.spread = embedding, units, cell, spread
        policy = {"dtype": self.dtype_policy}
        self.embed = layers.Embedding(vocabulary, embedding, **policy)
        self.cell = CELLS[cell](units, **policy)
        self.dense = layers.Dense(vocabulary, **policy)
        if spread is not None:
            self._start_from(spread)
        self.given = given
        wide = embedding + (0 if given is None else given.units)
        self.embed.build(())
        self.cell.build((None, wide))
        self.dense.build((None, units))
        self.built = True

    def _start_from(self, spread):
        layers_and_weights = (
            (self.embed, "embeddings"),
            (self.cell, "kernel"),
            (self.cell, "recurrent"),
            (self.dense, "kernel"),
        )
        for layer, weights in layers_and_weights:  # one that two share would draw the same twice
            initializer = keras.initializers.RandomNormal(stddev=spread)
            setattr(layer, f"{weights}_initializer", initializer)

    def begin(self, batch, condition=None):
        kept = () if self.given is None else self.given(condition)
        cell = as_list(self.cell.get_initial_state(batch_size=batch))
        return kept, (cell, ops.zeros((batch, self.units), self.compute_dtype))

    def advance(self, token, given, state):
        cell, hidden = state
        x = self.embed(token)
        if self.given is not None:
            x = ops.concatenate([x, self.given.read(given, hidden[:, None])[:, 0]], axis=-1)
        hidden, cell = self.cell(x, cell)
        return hidden, (as_list(cell), hidden)

    def head(self, features):
        return self.dense(features)

    def get_config(self):
        return {
            **super().get_config(),
            "embedding": self.embedding,
            "units": self.units,
            "cell": self.kind,
            "given": self.given and keras.saving.serialize_keras_object(self.given),
            "spread": self.spread,
        }

    @classmethod
    def from_config(cls, config):
        given = config["given"] and keras.saving.deserialize_keras_object(config["given"])
        return cls(**{**config, "given": given})


def as_list(cell):
    """The state of a cell as a list, whatever the cell gives."""
    return list(cell) if isinstance(cell, (list, tuple)) else [cell]
