"""Discriminators of token sequences: one logit for a whole sequence, or for every token; and RelGAN's."""

import keras
from keras import layers, ops

from gankit.layers import Dropout
from gankit.text.ids import PADDING

SEQGAN_FILTERS = {
    **{size: n for size, n in zip(range(1, 11), (100, *[200] * 4, *[100] * 5))},
    15: 160,
    20: 160,
}


@keras.saving.register_keras_serializable(package="gankit")
class Highway(layers.Layer):
    """y = g(x) t(x) + x (1 - t(x)), with a gate t that starts nearly closed.

    Srivastava et al. (2015), https://arxiv.org/abs/1505.00387, equation 3.

    Call arguments:
        inputs: (batch, d).

    Returns:
        The same shape.
    """

    def build(self, input_shape):
        width = input_shape[-1]
        gate = keras.initializers.Constant(-2.0)
        self.transform = layers.Dense(width, activation="relu", dtype=self.dtype_policy)
        self.gate = layers.Dense(
            width, activation="sigmoid", bias_initializer=gate, dtype=self.dtype_policy
        )
        for layer in (self.transform, self.gate):
            layer.build(input_shape)

    def call(self, inputs):
        share = self.gate(inputs)
        return share * self.transform(inputs) + (1 - share) * inputs

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="gankit")
class Counts(layers.Layer):
    """1.0 where a token counts, and 0.0 where there is padding.

    Args:
        padding: the padding token, or None where every token counts.
    """

    def __init__(self, padding=PADDING, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, inputs):
        if self.padding is None:
            return ops.ones_like(ops.cast(inputs, "float32"))
        return ops.cast(ops.not_equal(ops.cast(inputs, "int32"), self.padding), "float32")

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


def cnn_discriminator(vocabulary, length, embedding=64, filters=None, dropout=0.25, given=None):
    """Convolutions of many widths, the largest value of each over the sequence, and a highway.

    SeqGAN, Yu et al. (2017), https://arxiv.org/abs/1609.05473, appendix; after Zhang & LeCun (2015).

    Args:
        vocabulary, length: of the sequences.
        embedding: length of a token's vector.
        filters: `{width: how many}`; by default SeqGAN's, 1,720 in all. Widths beyond the length are
            left out.
        dropout: share of the features left out in training.
        given: what else the discriminator is told, `told_category(classes)` or
            `told_prompt(length)`; None for nothing.

    Returns:
        A `keras.Model` from tokens (batch, length), or `[tokens, condition]`, to (batch, 1) logits.

    Example:

    ```python
    from gankit import text

    network = text.cnn_discriminator(vocabulary=100, length=12, filters={1: 8, 2: 8})
    network.output_shape  # (None, 1)
    ```
    """
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    embed = layers.Embedding(vocabulary, embedding)
    x = _largest(embed(tokens), filters or SEQGAN_FILTERS, length)
    inputs = tokens
    if given is not None:
        condition, y = _told(given, embed, filters or SEQGAN_FILTERS)
        inputs, x = [tokens, condition], layers.Concatenate()([x, y])
    x = Dropout(dropout)(Highway()(x))
    return keras.Model(inputs, layers.Dense(1)(x), name="discriminator")


def _largest(x, filters, length):
    """The largest value over the sequence of every filter, (batch, filters)."""
    found = []
    for width, n in filters.items():
        if width <= length:
            y = layers.Conv1D(n, width, activation="relu")(x)
            found.append(layers.GlobalMaxPooling1D()(y))
    return layers.Concatenate()(found) if len(found) > 1 else found[0]


def told_category(classes):
    """A category as a discriminator is told it: a learned vector.

    Args:
        classes: how many categories.

    Returns:
        For a discriminator's `given`, a function from its `Embedding` of tokens and from filters, as in
        `cnn_discriminator`, to a `keras.Input` and its features (batch, n).

    Example:

    ```python
    from gankit import text

    network = text.recurrent_discriminator(100, 12, units=8, given=text.told_category(classes=4))
    network.input_shape  # [(None, 12), (None,)]
    ```
    """

    def given(embed, filters):
        condition = keras.Input((), dtype="int32", name="category")
        return condition, layers.Embedding(classes, embed.output_dim)(condition)

    return given


def told_prompt(length):
    """A prompt as a discriminator is told it: the largest value of every filter over the prompt.

    Args:
        length: tokens of a prompt.

    Returns:
        As `told_category`.

    Example:

    ```python
    from gankit import text

    network = text.recurrent_discriminator(100, 12, units=8, given=text.told_prompt(length=10))
    network.input_shape  # [(None, 12), (None, 10)]
    ```
    """

    def given(embed, filters):
        condition = keras.Input((length,), dtype="int32", name="prompt")
        return condition, _largest(embed(condition), filters, length)

    return given


def _told(given, embed, filters):
    """A condition's `keras.Input` and features; refuses what tells generators."""
    if isinstance(given, layers.Layer) or not callable(given):
        raise ValueError(
            "A discriminator is told by `told_category(classes)` or `told_prompt(length)`. "
            f"Received: given={given!r}"
        )
    return given(embed, filters)


def recurrent_discriminator(
    vocabulary, length, embedding=64, units=64, padding=PADDING, given=None
):
    """A logit for every token, from it and those before it: ScratchGAN's discriminator.

    de Masson d'Autume et al. (2019), https://arxiv.org/abs/1905.09922, section 2.2.

    Args:
        vocabulary, length, embedding, given: as in `cnn_discriminator`.
        units: of the LSTM.
        padding: the padding token, whose logits are 0; or None where every token counts.

    Returns:
        A `keras.Model` from tokens (batch, length), or `[tokens, condition]`, to (batch, length)
        logits.

    Example:

    ```python
    from gankit import text

    network = text.recurrent_discriminator(vocabulary=100, length=12, units=8)
    network.output_shape  # (None, 12)
    ```
    """
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    embed = layers.Embedding(vocabulary, embedding)
    x, inputs = embed(tokens), tokens
    if given is not None:
        condition, y = _told(given, embed, {1: units // 2, 3: units // 2})
        inputs, x = [tokens, condition], layers.Concatenate()([x, layers.RepeatVector(length)(y)])
    x = layers.LSTM(units, return_sequences=True, use_cudnn=False)(x)  # XLA can't compile cuDNN's
    logits = layers.Reshape((length,))(layers.Dense(1)(x))
    return keras.Model(
        inputs, layers.Multiply()([logits, Counts(padding)(tokens)]), name="discriminator"
    )


def relgan_discriminator(
    vocabulary,
    length,
    embedding=64,
    copies=64,
    filters=None,
    dropout=0.25,
    given=None,
):
    """RelGAN's discriminator: several embeddings of a sequence, each judged by the same convolutions.

    Nie et al. (2019), "RelGAN: relational generative adversarial networks for text generation",
    section 2.3.

    Args:
        vocabulary, length: of the sequences.
        embedding: length of a token's vector, in all representations together.
        copies: how many representations; divides `embedding`.
        filters: `{width: how many}`; by default 300 each of 2, 3, 4 and 5, RelGAN's.
        dropout: share of the features left out in training.
        given: as in `cnn_discriminator`; each representation is told.

    Returns:
        A `keras.Model` from (batch, length, vocabulary) probabilities, or `[probabilities, condition]`,
        to (batch, copies) logits.

    Example:

    ```python
    from gankit import text

    network = text.relgan_discriminator(vocabulary=100, length=12, copies=8, filters={2: 8})
    network.output_shape  # (None, 8)
    ```
    """
    if embedding % copies:
        raise ValueError(
            f"`copies` must divide `embedding`, {embedding}. Received: copies={copies}"
        )
    filters = filters or {width: 300 for width in (2, 3, 4, 5)}
    tokens = keras.Input((length, vocabulary), name="tokens")
    x = layers.Dense(embedding, use_bias=False)(tokens)
    x = layers.Reshape((length, copies, embedding // copies))(x)
    found = []
    for width, n in filters.items():
        if width <= length:
            y = layers.Conv2D(n, (width, 1), activation="relu")(x)  # the same for each copy
            found.append(ops.max(y, axis=1))
    x, inputs = layers.Concatenate()(found), tokens
    if given is not None:
        embed = layers.Embedding(vocabulary, embedding)
        condition, y = _told(given, embed, {1: embedding, 3: embedding})
        inputs, x = [tokens, condition], layers.Concatenate()([x, layers.RepeatVector(copies)(y)])
    x = Dropout(dropout)(Highway()(x))
    x = layers.Dense(100, activation="relu")(x)
    logits = layers.Reshape((copies,))(layers.Dense(1)(x))
    return keras.Model(inputs, logits, name="discriminator")
