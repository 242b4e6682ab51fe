"""The games on tokens, which have no gradient of their own."""

import functools

import keras
import numpy as np
from keras import ops

from gankit import backend, noise, sampling, schedules
from gankit.gan import GAN, norm
from gankit.losses import AdversarialLoss
from gankit.model import batch_size, global_batch_size, to_float
from gankit.text import places
from gankit.text.places import masked_mean
from gankit.text.sampling import require_settings


class Sampler(keras.Model):
    """Sequences drawn by a language model, as a model of latents: what `predict` compiles.

    Args:
        model: a `LanguageModel`.
        top_k, top_p, without: as in `LanguageModel.sample`.

    Call arguments:
        inputs: a dict of `"latents"` (batch, length), `"temperature"` (batch, 1) and, for a conditional
            model, `"condition"`.
    """

    def __init__(self, model, top_k=None, top_p=None, without=(), **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})  # latents keep all their digits
        self.model, self.top_k, self.top_p, self.without = model, top_k, top_p, without
        self.built = True

    def call(self, inputs, training=False):
        uniform, condition = uniform_of(inputs["latents"]), inputs.get("condition")
        settings = (inputs["temperature"], self.top_k, self.top_p, self.without)
        return self.model.sample(uniform, condition, *settings)


BELOW_1 = float(np.nextafter(np.float32(1), np.float32(0)))


def uniform_of(latents):
    """Uniform numbers in [0, 1) from standard normal ones, by the normal distribution function."""
    return ops.minimum(0.5 * (1.0 + ops.erf(latents / 2.0**0.5)), BELOW_1)


class SequenceGAN(GAN):
    """What the games on sequences share: a language model draws, and discriminators judge tokens.

    A dataset yields tokens (batch, length), or `(tokens, condition)`. Latents are one number for each
    token, so that `generate` gives the same sequences on every backend but for rounding.

    In the game the unknown token is drawn as often as the generator has it: real sequences hold it too,
    and a discriminator would know fake ones by its absence. What `generate` and `evaluate` draw has none.

    Args:
        generator: a `LanguageModel`.
        discriminator: from tokens, or `[tokens, condition]`, to logits.
        conditional: whether the generator takes a condition.
        kwargs: as in `GAN`.

    Example:

    ```python
    from gankit import text

    gan = text.PolicyGAN(  # a SequenceGAN, as GumbelGAN is
        text.Recurrent(vocabulary=100, length=12, units=8),
        text.cnn_discriminator(vocabulary=100, length=12, filters={1: 8}),
        text.WholeSequence(),
    )
    gan.compile()
    gan.generate(5, seed=0, temperature=0.8, top_p=0.95)  # (5, 12) tokens
    ```
    """

    def __init__(self, generator, discriminator, conditional=None, **kwargs):
        if conditional is None:
            conditional = getattr(generator, "given", None) is not None
        kwargs = {"latent_dim": generator.length, "conditional": conditional, **kwargs}
        super().__init__(generator, discriminator, **kwargs)
        # The same sampler for the same settings, so that each is compiled once. Not in a dict, whose
        # layers Keras would save with the model.
        self._drawing = functools.cache(Sampler)

    def generate(
        self,
        n,
        condition=None,
        seed=None,
        temperature=1.0,
        top_k=None,
        top_p=None,
        batch_size=256,
    ):
        """Sequences from the averaged generator, or from the generator where there is no average.

        Args:
            n: how many.
            condition: as in `GAN.generate`.
            seed: of the latents; None draws others each time.
            temperature, top_k, top_p: as in `sampling.choose`.
            batch_size: how many at a time.

        Returns:
            Tokens (n, length) int32, padded behind the end, none of them unknown.
        """
        settings = (temperature, top_k, top_p)
        return self.generate_with(self.sampler, n, condition, seed, *settings, batch_size)

    def generate_with(
        self,
        model,
        n,
        condition=None,
        seed=None,
        temperature=1.0,
        top_k=None,
        top_p=None,
        batch_size=256,
    ):
        """As `generate`, by another language model, such as a twin."""
        require_settings(temperature, top_k, top_p)
        if condition is not None and not self.conditional:
            raise ValueError("This generator takes no condition: leave `condition` out.")
        latents = sampling.latents(n, self.latent_dim, seed)
        sampler = self._drawing(model, top_k, top_p, (model.unknown,))
        return self._draw(sampler, latents, condition, temperature, batch_size)

    def generate_from(self, generator, latents, condition=None, training=None, batch_size=None):
        if training is not None:
            return generator.sample(uniform_of(latents), condition)
        sampler = self._drawing(generator, None, None, (generator.unknown,))
        return self._draw(sampler, latents, condition, 1.0, batch_size)

    def side_by_side(self, batch, seed=0):
        """As in `GAN`; the unknown token is drawn, as discriminators see it in the game."""
        real, condition = self.unpack(batch)
        latents = sampling.latents(len(real), self.latent_dim, seed)
        sampler = self._drawing(self.sampler, None, None, ())
        return real, self._draw(sampler, latents, condition, 1.0, len(real)), condition

    def _draw(self, sampler, latents, condition, temperature, batch_size):
        """Sequences from a `Sampler`, compiled, in batches."""
        if self.conditional and condition is None:
            raise ValueError("This generator takes a condition: give `condition`. Received: None")
        heat = np.full((len(latents), 1), temperature, "float32")
        inputs = {"latents": latents, "temperature": heat}
        if self.conditional:
            inputs["condition"] = sampling.rows(condition, len(latents))
        draw = functools.partial(backend.predict, sampler)
        return sampling.in_batches(draw, inputs, batch_size).astype("int32")


@keras.saving.register_keras_serializable(package="gankit")
class PolicyGAN(SequenceGAN):
    """The generator follows the policy gradient: tokens that earned more become likelier.

    Williams (1992); SeqGAN, Yu et al. (2017), https://arxiv.org/abs/1609.05473, equation 7. The
    generator minimises -a_t log p(x_t | x_1 .. x_t-1), averaged over tokens, where `rewards` gives the
    advantage a_t of each token.

    Args:
        generator, discriminator, kwargs: as in `SequenceGAN`.
        rewards: a layer such as `RollOuts` or `PerToken`.
        share_forward: let the sequences of the last discriminator update serve the generator's, too. By
            default it draws fresh ones: the discriminator has just learned that those are fake.

    Example:

    ```python
    import numpy as np

    from gankit import text

    gan = text.PolicyGAN(
        text.Recurrent(vocabulary=100, length=6, units=8),
        text.cnn_discriminator(vocabulary=100, length=6, filters={1: 8}),
        text.RollOuts(n=2),
    )
    gan.compile()
    gan.fit(np.random.default_rng(0).integers(4, 100, (32, 6)), batch_size=16, verbose=0)
    ```
    """

    def __init__(self, generator, discriminator, rewards, share_forward=False, **kwargs):
        super().__init__(generator, discriminator, share_forward=share_forward, **kwargs)
        self.rewards = rewards

    def update(self, batch):
        for minibatch in self.split(batch):
            real, condition = self.unpack(minibatch)
            fake = self.draw(real, condition)
            logs = self.update_discriminator(real, fake, condition)
        if not self.share_forward:
            fake = self.draw(real, condition)
        advantages, more = self.rewards.advantages(self, fake, condition)
        advantages = ops.stop_gradient(advantages)
        loss, _, gradients = backend.minimise(
            lambda: (self.policy_loss(fake, advantages, condition), {}),
            self.generator_variables,
            self.generator_optimizer,
        )
        if self.ema is not None:
            self.ema.update(self.generator, self.optimizer.iterations, global_batch_size(real))
        self.optimizer.iterations.assign_add(1)
        return self.log({**logs, **more, "g_loss": loss, "g_gradient": norm(gradients)})

    # A discriminator may give a logit for every token; then padding is left out of all means.

    def judge(self, discriminator, samples, condition=None, training=True):
        outputs = super().judge(discriminator, samples, condition, training)
        counts = places.counts_of(outputs["logits"], self.generator.counts(samples))
        return {**outputs, "counts": counts}

    def discriminator_term(self, loss, real, fake, condition):
        if isinstance(loss, AdversarialLoss):
            return places.discriminator_loss(loss, real, fake)
        return super().discriminator_term(loss, real, fake, condition)

    def discriminator_logs(self, real, fake):
        above = to_float(real["logits"] > fake["logits"])
        return {
            "d_real": masked_mean(real["logits"], real["counts"]),
            "d_fake": masked_mean(fake["logits"], fake["counts"]),
            "d_accuracy": masked_mean(above, real["counts"] * fake["counts"]),
        }

    def log_names(self, real, fake, condition):
        _, logs = self.discriminator_loss(real, fake, condition)
        return {*logs, "reward"}

    def draw(self, real, condition):
        """Draws as many sequences as there are real ones."""
        latents = noise.normal((batch_size(real), self.latent_dim), self.seed_generator)
        return self.generator.sample(uniform_of(latents), condition)

    def policy_loss(self, tokens, advantages, condition):
        """-a_t log p(x_t | x_1 .. x_t-1), averaged over the tokens that count."""
        likelihood = self.generator.log_probability(tokens, condition)
        return -masked_mean(advantages * likelihood, self.generator.counts(tokens))

    def get_config(self):
        return {
            **super().get_config(),
            "rewards": keras.saving.serialize_keras_object(self.rewards),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        rewards = keras.saving.deserialize_keras_object(config["rewards"], custom_objects)
        return super().from_config({**config, "rewards": rewards}, custom_objects)


@keras.saving.register_keras_serializable(package="gankit")
class GumbelGAN(SequenceGAN):
    """The generator draws softened tokens, through which the discriminator's gradient reaches it.

    Gumbel-softmax, Jang et al. (2017), https://arxiv.org/abs/1611.01144; RelGAN, Nie et al. (2019), with
    the relativistic loss. Discriminators take (batch, length, vocabulary) probabilities.

    Args:
        generator, discriminator, kwargs: as in `SequenceGAN`.
        sharpness: the inverse of the temperature, a positive number or a schedule of the generator's
            steps; RelGAN's is `Exponential(1, 100, steps)`, or to 1000.

    Example:

    ```python
    from gankit import text

    gan = text.GumbelGAN(
        text.Recurrent(vocabulary=100, length=6, units=8, cell="relational"),
        text.relgan_discriminator(vocabulary=100, length=6, copies=8, filters={2: 8}),
        sharpness=10.0,
    )
    gan.compile(loss="relativistic_pairing")
    ```
    """

    def __init__(self, generator, discriminator, sharpness=100.0, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.sharpness = schedules.deserialize(sharpness)

    def play(self, batch):
        real, condition = self.unpack(batch)
        sharpness = schedules.value(self.sharpness, self.generator_optimizer.iterations)
        shape = (batch_size(real), self.latent_dim, self.generator.vocabulary)
        uniform = noise.uniform(shape, self.seed_generator)
        gumbel = -ops.log(-ops.log(ops.clip(uniform, 1e-10, 1 - 1e-7)))
        fake = self.generator.soften(gumbel, sharpness, condition)
        return self._one_hot(real), fake, condition

    def side_by_side(self, batch, seed=0):
        real, fake, condition = super().side_by_side(batch, seed)
        return self._one_hot(real), self._one_hot(fake), condition

    def _one_hot(self, tokens):
        return ops.one_hot(ops.cast(tokens, "int32"), self.generator.vocabulary)

    def get_config(self):
        return {**super().get_config(), "sharpness": schedules.serialize(self.sharpness)}
