"""Discriminators of token sequences: of whole ones, of every beginning, and of softened ones."""

import keras
from keras import layers, ops

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
        padding: the token that is none, or None where every token counts.
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


def cnn_discriminator(
    vocabulary,
    length,
    embedding=64,
    filters=None,
    dropout=0.25,
    given=None,
    classes=None,
    prompt_length=None,
):
    """Convolutions of many widths, the largest value of each over the sequence, and a highway.

    SeqGAN, Yu et al. (2017), https://arxiv.org/abs/1609.05473, appendix; after Zhang & LeCun (2015).

    Args:
        vocabulary, length: of the sequences.
        embedding: length of a token's vector.
        filters: `{width: how many}`; by default SeqGAN's, 1,720 in all. Widths beyond the length are
            left out.
        dropout: share of the features left out in training.
        given: None, `"category"` or `"prompt"`: what else the discriminator is told.
        classes: how many categories.
        prompt_length: tokens of a prompt.

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
        condition, y = _told(given, embed, classes, prompt_length, filters or SEQGAN_FILTERS)
        inputs, x = [tokens, condition], layers.Concatenate()([x, y])
    x = layers.Dropout(dropout)(Highway()(x))
    return keras.Model(inputs, layers.Dense(1)(x), name="discriminator")


def _largest(x, filters, length):
    """The largest value over the sequence of every filter, (batch, filters)."""
    found = []
    for width, n in filters.items():
        if width <= length:
            y = layers.Conv1D(n, width, activation="relu")(x)
            found.append(layers.GlobalMaxPooling1D()(y))
    return layers.Concatenate()(found) if len(found) > 1 else found[0]


def _told(given, embed, classes, prompt_length, filters):
    if given == "category":
        condition = keras.Input((), dtype="int32", name="category")
        return condition, layers.Embedding(classes, embed.output_dim)(condition)
    condition = keras.Input((prompt_length,), dtype="int32", name="prompt")
    return condition, _largest(embed(condition), filters, prompt_length)


def recurrent_discriminator(
    vocabulary,
    length,
    embedding=64,
    units=64,
    padding=PADDING,
    given=None,
    classes=None,
    prompt_length=None,
):
    """A logit for every token, from it and those before it: ScratchGAN's discriminator.

    de Masson d'Autume et al. (2019), https://arxiv.org/abs/1905.09922, section 2.2.

    Args:
        vocabulary, length, embedding, given, classes, prompt_length: as in `cnn_discriminator`.
        units: of the LSTM.
        padding: the token that is none; its logits are 0, and teach nothing.

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
        filters = {1: units // 2, 3: units // 2}
        condition, y = _told(given, embed, classes, prompt_length, filters)
        inputs, x = [tokens, condition], layers.Concatenate()([x, layers.RepeatVector(length)(y)])
    x = layers.LSTM(units, return_sequences=True)(x)
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
    classes=None,
    prompt_length=None,
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
        given, classes, prompt_length: as in `cnn_discriminator`; a condition is seen by each copy.

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
        condition, y = _told(given, embed, classes, prompt_length, {1: embedding, 3: embedding})
        inputs, x = [tokens, condition], layers.Concatenate()([x, layers.RepeatVector(copies)(y)])
    x = layers.Dropout(dropout)(Highway()(x))
    x = layers.Dense(100, activation="relu")(x)
    logits = layers.Reshape((copies,))(layers.Dense(1)(x))
    return keras.Model(inputs, logits, name="discriminator")
