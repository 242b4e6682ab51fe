"""What each token of a sampled sequence has earned."""

import keras
from keras import ops, tree

from gankit import backend, noise
from gankit.text.places import masked_mean, whole
from gankit.text.sampling import choose


class Rewards(keras.layers.Layer):
    """Base class: from sampled tokens to advantages, one for each token.

    Subclasses define `earned(gan, tokens, condition)`, (batch, length).

    Args:
        baseline: decay, in [0, 1), of the moving average of rewards that is subtracted from them; None
            subtracts nothing. A baseline lowers the variance of the gradient and leaves its mean as it
            is (Williams (1992)). The average is corrected for its start at 0, as Adam's averages are;
            before the first value nothing is subtracted.
    """

    def __init__(self, baseline=None, **kwargs):
        super().__init__(**kwargs)
        if baseline is not None and not 0 <= baseline < 1:
            raise ValueError(f"`baseline` must be in [0, 1). Received: baseline={baseline}")
        self.baseline = baseline
        self.average, self.seen = (
            self.add_weight(name=name, shape=(), initializer="zeros", trainable=False)
            for name in ("average", "seen")
        )
        self.built = True

    def earned(self, gan, tokens, condition):
        raise NotImplementedError(f"{type(self).__name__} must define earned().")

    def advantages(self, gan, tokens, condition):
        """Advantages (batch, length), 0 where nothing counts, and scalars to log."""
        counts = gan.generator.counts(tokens)
        earned = self.earned(gan, tokens, condition)
        mean = masked_mean(earned, counts)
        if self.baseline is not None:
            earned = earned - self.average / ops.maximum(self.seen, 1e-6)
            for kept, new in ((self.average, backend.all_mean(mean)), (self.seen, 1.0)):
                kept.assign(self.baseline * kept + (1 - self.baseline) * new)
        return earned * counts, {"reward": mean}

    def get_config(self):
        return {**super().get_config(), "baseline": self.baseline}


def believed(gan, tokens, condition):
    """The discriminators' mean probability that sequences are real, in the shape of their logits."""
    found = [
        ops.sigmoid(gan.judge(one, tokens, condition, training=False)["logits"])
        for one in gan.discriminators
    ]
    return sum(found) / len(found)


@keras.saving.register_keras_serializable(package="gankit")
class WholeSequence(Rewards):
    """Every token earns the probability that the whole sequence is real: plain REINFORCE.

    Example:

    ```python
    from gankit import text

    gan = text.PolicyGAN(
        text.Recurrent(vocabulary=100, length=12, units=8),
        text.cnn_discriminator(vocabulary=100, length=12, filters={1: 8}),
        text.WholeSequence(baseline=0.9),
    )
    gan.compile()
    ```
    """

    def earned(self, gan, tokens, condition):
        believing = whole(believed(gan, tokens, condition), gan.generator.counts(tokens))
        return ops.broadcast_to(believing[:, None], ops.shape(tokens))


@keras.saving.register_keras_serializable(package="gankit")
class RollOuts(Rewards):
    """A token earns the mean probability that sequences which begin as its own does are real.

    SeqGAN's Monte Carlo search, Yu et al. (2017), https://arxiv.org/abs/1609.05473, equation 4: after
    each token the generator itself continues to the end, `n` times. All continuations are drawn side
    by side, each from the state after its beginning: at each position, those that began earlier are
    joined by those that begin there.

    Args:
        n: continuations of each beginning.
        seed: of the continuations.
        baseline: as in `Rewards`.

    Example:

    ```python
    from gankit import text

    gan = text.PolicyGAN(
        text.Recurrent(vocabulary=100, length=12, units=8),
        text.cnn_discriminator(vocabulary=100, length=12, filters={1: 8}),
        text.RollOuts(n=4, baseline=0.9),
    )
    gan.compile()
    ```
    """

    def __init__(self, n=16, seed=None, baseline=None, **kwargs):
        super().__init__(baseline, **kwargs)
        if n < 1:
            raise ValueError(f"`n` must be at least 1. Received: n={n}")
        self.n, self.seed = n, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def earned(self, gan, tokens, condition):
        batch, length = ops.shape(tokens)[0], tokens.shape[1]
        continued = self.continuations(gan.generator, tokens, condition)
        groups = ops.reshape(continued, (length - 1, self.n * batch, length))
        several = repeat(condition, self.n)

        def judge(_, group):  # one after the other, since features of all at once are large
            return whole(believed(gan, group, several), gan.generator.counts(group))

        believing = backend.scan(judge, ops.zeros((self.n * batch,)), groups)
        believing = ops.mean(ops.reshape(believing, (length - 1, self.n, batch)), axis=1)
        itself = whole(believed(gan, tokens, condition), gan.generator.counts(tokens))
        return ops.transpose(ops.concatenate([believing, itself[None]], axis=0))

    def continuations(self, model, tokens, condition):
        """Sequences that begin as `tokens` do: `n` with their first token, `n` with the first two, ...

        Args:
            model: the `LanguageModel` that drew `tokens` (batch, length).
            condition: of the sequences, or None.

        Returns:
            ((length - 1) * n * batch, length) tokens.
        """
        batch, length = ops.shape(tokens)[0], tokens.shape[1]
        given, state = model.begin(batch, condition)
        before, ended = model.before(tokens), self._ended(model, tokens)
        columns, carry = [repeat(tokens[:, 0], (length - 1) * self.n)], None
        for place in range(1, length):
            _, state = model.advance(before[:, place - 1], given, state)
            begun = repeat((state, tokens[:, place - 1], ended[:, place - 1]), self.n)
            carry = begun if carry is None else tree.map_structure(join, carry, begun)
            carry = self._draw(model, repeat(given, place * self.n), carry)
            kept = repeat(tokens[:, place], (length - 1 - place) * self.n)
            columns.append(join(carry[1], kept))
        return ops.stack(columns, axis=1)

    def _draw(self, model, given, carry):
        """The next token of every row, and the state after the last one."""
        state, token, done = carry
        features, state = model.advance(token, given, state)
        uniform = noise.uniform((ops.shape(token)[0],), self.seed_generator)
        return state, *model.close(choose(model.logits(features), uniform), done)

    def _ended(self, model, tokens):
        """Whether a sequence is at its end, or behind it, at each place."""
        padded = ops.equal(model.counts(tokens), 0.0)
        return padded if model.end is None else ops.logical_or(padded, ops.equal(tokens, model.end))

    def get_config(self):
        return {**super().get_config(), "n": self.n, "seed": self.seed}


def join(one, other):
    return ops.concatenate([one, other], axis=0)


def repeat(structure, times):
    """All rows so many times, one after the other."""

    def of_one(leaf):
        return leaf if leaf is None else ops.tile(leaf, (times, *[1] * (len(leaf.shape) - 1)))

    return tree.map_structure(of_one, structure)


@keras.saving.register_keras_serializable(package="gankit")
class PerToken(Rewards):
    """A token earns what the discriminator says of it, and a discounted part of what later ones do.

    ScratchGAN, de Masson d'Autume et al. (2019), https://arxiv.org/abs/1905.09922, equations 4 and 5:
    r_t = 2 D(x_t | x_1 .. x_t-1) - 1, and a token earns the sum over s >= t of discount^(s - t) r_s. The
    discriminator gives a logit for each token, and sees none after it.

    Args:
        discount: in [0, 1]; ScratchGAN's is 0.23. Where the discriminator is ahead, rewards are
            negative, and with a discount near 1 a sequence earns more the sooner it ends.
        baseline: as in `Rewards`; in the authors' code the decay is 0.08, so that little but the last
            batch counts.

    Example:

    ```python
    from gankit import text

    gan = text.PolicyGAN(
        text.Recurrent(vocabulary=100, length=12, units=8),
        text.recurrent_discriminator(vocabulary=100, length=12, units=8),
        text.PerToken(discount=0.23),
    )
    gan.compile()
    ```
    """

    def __init__(self, discount=0.23, baseline=0.9, **kwargs):
        super().__init__(baseline, **kwargs)
        if not 0 <= discount <= 1:
            raise ValueError(f"`discount` must be in [0, 1]. Received: discount={discount}")
        self.discount = discount

    def earned(self, gan, tokens, condition):
        rewards = (2 * believed(gan, tokens, condition) - 1) * gan.generator.counts(tokens)
        return discounted(rewards, self.discount)

    def get_config(self):
        return {**super().get_config(), "discount": self.discount}


def discounted(rewards, discount):
    """sum over s >= t of discount^(s - t) r_s, for every t: (batch, length) to the same."""
    length = rewards.shape[1]
    gaps = ops.arange(length)[:, None] - ops.arange(length)[None]  # s - t
    powers = ops.where(
        gaps >= 0, ops.power(float(discount), ops.cast(ops.maximum(gaps, 0), "float32")), 0.0
    )
    return ops.matmul(rewards, powers)


@keras.saving.register_keras_serializable(package="gankit")
class Reweighted(Rewards):
    """Every token earns its sequence's share of the batch's total of D / (1 - D), less a baseline.

    MaliGAN, Che et al. (2017), https://arxiv.org/abs/1702.07983, equation 8: with an optimal
    discriminator, D / (1 - D) is the data's density over the generator's. Shares are multiplied by the
    batch size, which makes their mean 1, so that a learning rate means the same at any batch size.

    Args:
        subtract: the baseline b; MaliGAN lets it rise to 1.

    Example:

    ```python
    from gankit import text

    gan = text.PolicyGAN(
        text.Recurrent(vocabulary=100, length=12, units=8),
        text.cnn_discriminator(vocabulary=100, length=12, filters={1: 8}),
        text.Reweighted(),
    )
    gan.compile()
    ```
    """

    def __init__(self, subtract=1.0, **kwargs):
        super().__init__(None, **kwargs)
        self.subtract = subtract

    def earned(self, gan, tokens, condition):
        logits = sum(
            gan.judge(one, tokens, condition, training=False)["logits"]
            for one in gan.discriminators
        )
        logits = whole(logits, gan.generator.counts(tokens)) / len(gan.discriminators)
        logits = backend.all_rows(logits)
        shares = ops.softmax(logits, axis=0) * ops.cast(ops.shape(logits)[0], "float32")
        (index, _), batch = backend.replica(), ops.shape(tokens)[0]
        weights = shares[index * batch :][:batch] - self.subtract
        return ops.broadcast_to(weights[:, None], ops.shape(tokens))

    def get_config(self):
        config = {**super().get_config(), "subtract": self.subtract}
        config.pop("baseline")
        return config
