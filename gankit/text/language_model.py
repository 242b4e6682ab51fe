"""What every generator of token sequences is: a model of each token given those before it."""

import keras
import numpy as np
from keras import ops

from gankit import backend
from gankit.text.ids import END, PADDING, START, UNKNOWN
from gankit.text.sampling import choose


def with_condition(inputs):
    """`tokens, condition` from tokens, or from `[tokens, condition]`; the condition may be None."""
    tokens, condition = inputs if isinstance(inputs, (list, tuple)) else (inputs, None)
    return ops.cast(tokens, "int32"), condition


def at_minus_infinity(vocabulary, *tokens):
    """What makes these tokens impossible when it is added to logits: (vocabulary,)."""
    found = np.zeros(vocabulary, "float32")
    found[[token for token in tokens if token is not None and token < vocabulary]] = -1e9
    return found


class LanguageModel(keras.Model):
    """A distribution over sequences of tokens: p(x) is the product of p(x_t | x_1 .. x_t-1).

    Subclasses define `begin`, what is known before the first token; `advance`, from a token and a
    state to features and the next state; and `head`, from features to logits of the next token.
    Everything else follows: `call` gives the logits of given sequences, which maximum likelihood
    trains, and `sample` draws. One that can see all places of a given sequence at once overrides
    `features`.

    A sequence ends with its first end token; padding follows. Padding and the start token are never
    predicted. The unknown token is one like others: where given sequences have it, it is learned, and
    drawn in games, where real sequences have it too. Text for people is drawn `without` it.

    Args:
        vocabulary: how many tokens there are.
        length: of a sequence, its end token included.
        width: length of the features.
        start, end, padding, unknown: the tokens with these meanings. `end=None` and `padding=None` make
            every sequence of full length, of any tokens, none of them unknown.

    Example:

    ```python
    from keras import ops

    from gankit import text


    class Bigrams(text.LanguageModel):
        def __init__(self, vocabulary, length, **kwargs):
            super().__init__(vocabulary, length, width=vocabulary, **kwargs)
            self.table = self.add_weight(shape=(vocabulary, vocabulary), name="table")
            self.built = True

        def begin(self, batch, condition=None):
            return (), ops.zeros((batch, 1))  # nothing is given, and a state that nothing needs

        def advance(self, token, given, state):
            return ops.take(self.table, token, axis=0), state

        def head(self, features):
            return features
    ```
    """

    def __init__(
        self,
        vocabulary,
        length,
        width,
        start=START,
        end=END,
        padding=PADDING,
        unknown=UNKNOWN,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocabulary, self.length = vocabulary, length
        self.start, self.end, self.padding = start, end, padding
        self.unknown = None if end is None else unknown
        self.width = width
        self.never = at_minus_infinity(vocabulary, *(() if end is None else (start, padding)))

    def begin(self, batch, condition=None):
        """What stays the same at every token, and the state before the first one.

        Both are structures of tensors whose first axis is the batch.
        """
        raise NotImplementedError(f"{type(self).__name__} must define begin().")

    def advance(self, token, given, state):
        """Features (batch, width) after `token`, and the state after it.

        Args:
            token: (batch,) int32.
            given, state: as `begin` gives them.
        """
        raise NotImplementedError(f"{type(self).__name__} must define advance().")

    def head(self, features):
        """Logits (..., vocabulary) of the next token from features (..., width)."""
        raise NotImplementedError(f"{type(self).__name__} must define head().")

    def call(self, inputs, training=False):
        """Logits of every token of given sequences, each given those before it.

        Args:
            inputs: tokens (batch, length), or `[tokens, condition]`.

        Returns:
            (batch, length, vocabulary) float32.
        """
        return self.logits(self.features(*with_condition(inputs)))

    def features(self, tokens, condition=None):
        """What is known before each token of given sequences: (batch, length, width)."""
        batch = ops.shape(tokens)[0]
        given, state = self.begin(batch, condition)

        def move(carry, token):
            return self.advance(token, given, carry[1])

        nothing = ops.zeros((batch, self.width), self.compute_dtype)
        features, _ = backend.scan(move, (nothing, state), ops.transpose(self.before(tokens)))
        return ops.transpose(features, (1, 0, 2))

    def logits(self, features):
        """The output of `head` as float32, with tokens that are never predicted at -1e9."""
        logits = ops.cast(self.head(features), "float32")
        return logits + ops.convert_to_tensor(self.never) if self.never.any() else logits

    def _without(self, tokens, logits):
        """Logits with those of these tokens at -1e9."""
        banned = at_minus_infinity(self.vocabulary, *tokens)
        return logits + ops.convert_to_tensor(banned) if banned.any() else logits

    def sample(self, uniform, condition=None, temperature=1.0, top_k=None, top_p=None, without=()):
        """Draws sequences, one token after the other, in one loop.

        Args:
            uniform: (batch, length) numbers in [0, 1), one for each token: the same numbers give the
                same sequence.
            condition: a structure of (batch, ...), or None.
            temperature, top_k, top_p: as in `sampling.choose`.
            without: tokens that are not drawn; the others have all of the probability.

        Returns:
            Tokens (batch, length) int32.
        """
        uniform = ops.convert_to_tensor(uniform)
        batch = ops.shape(uniform)[0]
        given, state = self.begin(batch, condition)

        def draw(place, carry):
            place = ops.cast(place, "int32")  # eagerly it begins as Python's
            state, token, done, tokens = carry
            features, state = self.advance(token, given, state)
            number = ops.take(uniform, place, axis=1)
            logits = self._without(without, self.logits(features))
            token = choose(logits, number, temperature, top_k, top_p)
            token, done = self.close(token, done)
            here = ops.arange(self.length, dtype="int32") == place
            return state, token, done, ops.where(here, token[:, None], tokens)

        first = ops.full((batch,), self.start, dtype="int32")
        nothing = ops.zeros((batch, self.length), dtype="int32")
        carry = (state, first, ops.zeros((batch,), dtype="bool"), nothing)
        return ops.fori_loop(0, self.length, draw, carry)[-1]

    def soften(self, gumbel, sharpness, condition=None):
        """Draws sequences and softens them: each token is a softmax of its logits plus noise.

        As in RelGAN, Nie et al. (2019), the model continues from the token that was drawn, and not
        from the softened one. The largest of logits plus Gumbel noise is a draw from their softmax
        (the Gumbel-max trick).

        Args:
            gumbel: (batch, length, vocabulary) Gumbel noise.
            sharpness: the inverse of the temperature; a large one gives nearly one token.
            condition: as in `sample`.

        Returns:
            (batch, length, vocabulary) probabilities; after an end token that was drawn there is
            padding.
        """
        batch = ops.shape(gumbel)[0]
        given, state = self.begin(batch, condition)

        def move(carry, gumbel):
            state, token, done, _ = carry
            features, state = self.advance(token, given, state)
            noisy = self.logits(features) + gumbel
            soft = ops.softmax(sharpness * noisy, axis=-1)
            if self.end is not None:
                soft = ops.where(done[:, None], ops.one_hot([self.padding], self.vocabulary), soft)
            token = ops.cast(ops.argmax(ops.stop_gradient(noisy), axis=-1), "int32")
            return state, *self.close(token, done), soft

        first = ops.full((batch,), self.start, dtype="int32")
        nothing = ops.zeros((batch, self.vocabulary))
        carry = (state, first, ops.zeros((batch,), dtype="bool"), nothing)
        *_, soft = backend.scan(move, carry, ops.transpose(gumbel, (1, 0, 2)))
        return ops.transpose(soft, (1, 0, 2))

    def before(self, tokens):
        """The token before each one: the start, and all but the last."""
        return ops.concatenate([ops.full_like(tokens[:, :1], self.start), tokens[:, :-1]], axis=1)

    def close(self, token, done):
        """A token, or padding where the sequence is done; and whether it is done now."""
        if self.end is None:
            return token, done
        token = ops.where(done, self.padding, token)
        return token, ops.logical_or(done, ops.equal(token, self.end))

    def counts(self, tokens):
        """1.0 where a token counts, its sequence's end included, and 0.0 where there is padding."""
        if self.padding is None:
            return ops.ones_like(ops.cast(tokens, "float32"))
        return ops.cast(ops.not_equal(ops.cast(tokens, "int32"), self.padding), "float32")

    def log_probability(self, tokens, condition=None, temperature=1.0, without=()):
        """log p(x_t | x_1 .. x_t-1) of each token, 0 where there is padding: (batch, length).

        Args:
            tokens: (batch, length) integers.
            condition: as in `sample`.
            temperature, without: p is the distribution that `sample` draws from with these.
        """
        logits = self(tokens if condition is None else [tokens, condition])
        logits = self._without(without, logits) / temperature
        tokens = ops.cast(tokens, "int32")
        losses = keras.losses.sparse_categorical_crossentropy(tokens, logits, from_logits=True)
        return -losses * self.counts(tokens)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary": self.vocabulary,
            "length": self.length,
            "start": self.start,
            "end": self.end,
            "padding": self.padding,
            "unknown": self.unknown,
        }
