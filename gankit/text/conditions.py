"""What a language model may be told besides the tokens so far: a category, or a prompt."""

import keras
from keras import layers, ops

from gankit.text.ids import PADDING


@keras.saving.register_keras_serializable(package="gankit")
class Category(layers.Layer):
    """A class as a vector that is read at each token.

    Args:
        classes: how many there are.
        units: length of the vector.

    Call arguments:
        condition: (batch,) integers.

    Example:

    ```python
    from gankit import text

    model = text.Recurrent(100, 12, units=8, given=text.Category(classes=4, units=8))
    ```
    """

    def __init__(self, classes, units=32, **kwargs):
        super().__init__(**kwargs)
        self.classes, self.units = classes, units
        self.embed = layers.Embedding(classes, units, dtype=self.dtype_policy)
        self.embed.build(())
        self.built = True

    def call(self, condition):
        return self.embed(ops.cast(condition, "int32"))

    def read(self, kept, hidden):
        """The vector at every position of `hidden` (batch, positions, ...)."""
        # The gradient of `ops.repeat` has a shape that XLA can't tell.
        return kept[:, None] + ops.zeros_like(hidden[..., :1])

    def get_config(self):
        return {**super().get_config(), "classes": self.classes, "units": self.units}


@keras.saving.register_keras_serializable(package="gankit")
class Prompt(layers.Layer):
    """A prompt, read by a bidirectional GRU, to which each token attends.

    Bahdanau et al. (2015), https://arxiv.org/abs/1409.0473; the score is Luong et al.'s (2015) general
    one, https://arxiv.org/abs/1508.04025, equation 8.

    Args:
        vocabulary: of the prompt.
        units: length of the vector that is read at each token, an even number.
        attending: length of the features that attend.
        padding: the padding token.

    Call arguments:
        condition: (batch, prompt length) integers.

    Example:

    ```python
    from gankit import text

    model = text.Recurrent(100, 12, units=8, given=text.Prompt(100, units=8, attending=8))
    ```
    """

    def __init__(self, vocabulary, units=64, attending=64, padding=PADDING, **kwargs):
        super().__init__(**kwargs)
        if units % 2:
            raise ValueError(
                f"A prompt is read from both ends: `units` must be even. Received: units={units}"
            )
        self.vocabulary, self.units, self.attending = vocabulary, units, attending
        self.padding = padding
        policy = {"dtype": self.dtype_policy}
        self.embed = layers.Embedding(vocabulary, units, **policy)
        # XLA can't compile cuDNN's.
        reader = layers.GRU(units // 2, return_sequences=True, use_cudnn=False, **policy)
        self.encoder = layers.Bidirectional(reader, **policy)
        self.score = layers.Dense(units, use_bias=False, **policy)
        self.embed.build(())
        self.encoder.build((None, None, units))
        self.score.build((None, attending))
        self.built = True

    def call(self, condition):
        tokens = ops.cast(condition, "int32")
        there = ops.not_equal(tokens, self.padding)
        memory = self.encoder(self.embed(tokens), mask=there)
        return memory, ops.where(there, 0.0, -1e9)

    def read(self, kept, hidden):
        """What every position of `hidden` (batch, positions, attending) reads of the prompt."""
        memory, nothing = kept
        scores = ops.einsum("bpd,bqd->bqp", memory, self.score(hidden))
        shares = ops.softmax(ops.cast(scores, "float32") + nothing[:, None], axis=-1)
        return ops.einsum("bqp,bpd->bqd", ops.cast(shares, memory.dtype), memory)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary": self.vocabulary,
            "units": self.units,
            "attending": self.attending,
            "padding": self.padding,
        }
