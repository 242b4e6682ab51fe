"""A Transformer as a language model: all places of a given sequence at once, or one after the other."""

import keras
from keras import layers, ops

from gankit.text.language_model import LanguageModel


def gelu(x):
    """By the hyperbolic tangent, as GPT-2's is; ONNX has no error function's complement."""
    return ops.gelu(x, approximate=True)


class Block(layers.Layer):
    """Attention to the places so far and to the condition, side by side, and a perceptron.

    Each is normalised first, and added to what came in.

    Args:
        width: of the features.
        heads: of the attention to the places so far; divide `width`.
        given: units of what a condition gives to read, or None.
    """

    def __init__(self, width, heads, given=None, **kwargs):
        super().__init__(**kwargs)
        self.width, self.heads, self.given = width, heads, given
        policy = {"dtype": self.dtype_policy}
        self.norms = [layers.LayerNormalization(**policy) for _ in range(2)]
        self.query, self.key, self.value, self.mix = (
            layers.Dense(width, **policy) for _ in range(4)
        )
        self.inner = layers.Dense(4 * width, activation=gelu, **policy)
        self.outer = layers.Dense(width, **policy)
        self.told = layers.Dense(width, **policy) if given else None
        features = (None, None, width)
        for layer in (*self.norms, self.query, self.key, self.value, self.mix, self.inner):
            layer.build(features)
        self.outer.build((None, None, 4 * width))
        if given:
            self.told.build((None, None, given))
        self.built = True

    def remember(self, x):
        """The keys and values of places (batch, places, width), of the same shape."""
        x = self.norms[0](x)
        return self.key(x), self.value(x)

    def read(self, x, keys, values, hidden, reading=None):
        """The block's output at the places `x`.

        Args:
            x: (batch, places, width).
            keys, values: (batch, memory, width) of what they may attend to.
            hidden: 0 where a place sees one of the memory and -1e9 where not; broadcasts to (batch,
                places, memory).
            reading: a function from (batch, places, width) to what the condition says there, or None.

        Returns:
            (batch, places, width).
        """
        normalised = self.norms[0](x)
        query, keys, values = map(self._split, (self.query(normalised), keys, values))
        scores = ops.einsum("bqhd,bkhd->bhqk", query, keys) / query.shape[-1] ** 0.5
        weights = ops.softmax(scores + ops.cast(hidden, scores.dtype)[:, None], axis=-1)
        seen = ops.einsum("bhqk,bkhd->bqhd", weights, values)
        x = x + self.mix(ops.reshape(seen, (-1, x.shape[1], self.width)))
        if reading is not None:
            x = x + self.told(reading(normalised))
        return x + self.outer(self.inner(self.norms[1](x)))

    def _split(self, x):
        return ops.reshape(x, (-1, x.shape[1], self.heads, self.width // self.heads))


@keras.saving.register_keras_serializable(package="gankit")
class Transformer(LanguageModel):
    """A decoder: Vaswani et al. (2017), https://arxiv.org/abs/1706.03762, normalised first.

    Pre-norm after Xiong et al. (2020), https://arxiv.org/abs/2002.04745; places are learned vectors. Its
    state is a cache of `length` keys and values in each block, so that drawing a token costs one place.
    Given sequences pass in one go under a causal mask, with the same result.

    Args:
        vocabulary, length, kwargs: as in `LanguageModel`.
        width: of the features, a multiple of `heads`.
        heads: of the attention.
        depth: how many blocks.
        given: a layer that turns a condition into something to read at each place (`Category`, or a
            `Prompt` with `attending=width`), or None.

    Example:

    ```python
    import numpy as np

    from gankit import text

    model = text.Transformer(vocabulary=100, length=12, width=8, heads=2, depth=1)
    model.sample(np.random.default_rng(0).random((5, 12)).astype("float32"))  # (5, 12) tokens
    ```
    """

    def __init__(self, vocabulary, length, width=64, heads=4, depth=2, given=None, **kwargs):
        super().__init__(vocabulary, length, width, **kwargs)
        if width % heads:
            raise ValueError(
                f"`width` must be a multiple of heads={heads}. Received: width={width}"
            )
        if getattr(given, "attending", width) != width:
            raise ValueError(
                f"The prompt is attended to by width={width} units. Received: "
                f"attending={given.attending}"
            )
        self.heads, self.depth = heads, depth
        around, policy = keras.initializers.RandomNormal, {"dtype": self.dtype_policy}
        self.embed = layers.Embedding(vocabulary, width, around(stddev=0.02), **policy)
        self.places = layers.Embedding(length, width, around(stddev=0.02), **policy)
        units = None if given is None else given.units
        self.blocks = [Block(width, heads, units, **policy) for _ in range(depth)]
        self.norm = layers.LayerNormalization(**policy)
        self.dense = layers.Dense(vocabulary, **policy)
        self.given = given
        self.embed.build(())
        self.places.build(())
        self.norm.build((None, None, width))
        self.dense.build((None, width))
        self.built = True

    def begin(self, batch, condition=None):
        def empty():
            return ops.zeros((batch, self.length, self.width), self.compute_dtype)

        caches = [[empty(), empty()] for _ in self.blocks]
        return self._told(condition), (ops.zeros((batch,), "int32"), caches)

    def advance(self, token, given, state):
        place, caches = state
        x = (self.embed(token) + self.places(place))[:, None]
        here = ops.one_hot(place, self.length, dtype=x.dtype)[:, :, None]
        so_far = ops.arange(self.length, dtype="int32")[None] <= place[:, None]
        hidden = ops.where(so_far, 0.0, -1e9)[:, None]
        kept = []
        for block, cache in zip(self.blocks, caches):
            cache = [old + here * new for old, new in zip(cache, block.remember(x))]
            x = block.read(x, *cache, hidden, self._reading(given))
            kept.append(cache)
        return self.norm(x)[:, 0], (place + 1, kept)

    def features(self, tokens, condition=None):
        places = ops.arange(tokens.shape[1], dtype="int32")
        x = self.embed(self.before(tokens)) + self.places(places)
        hidden = ops.where(places[:, None] >= places[None], 0.0, -1e9)[None]
        reading = self._reading(self._told(condition))
        for block in self.blocks:
            x = block.read(x, *block.remember(x), hidden, reading)
        return self.norm(x)

    def head(self, features):
        return self.dense(features)

    def _told(self, condition):
        return () if self.given is None else self.given(condition)

    def _reading(self, given):
        return None if self.given is None else lambda hidden: self.given.read(given, hidden)

    def get_config(self):
        return {
            **super().get_config(),
            "width": self.width,
            "heads": self.heads,
            "depth": self.depth,
            "given": self.given and keras.saving.serialize_keras_object(self.given),
        }

    @classmethod
    def from_config(cls, config):
        given = config["given"] and keras.saving.deserialize_keras_object(config["given"])
        return cls(**{**config, "given": given})
