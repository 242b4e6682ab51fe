"""`GAN`: two networks that play the adversarial game, as one `keras.Model`."""

import functools

import keras
from keras import ops, tree

from gankit import backend, noise, sampling, schedules
from gankit.model import (
    AdversarialModel,
    batch_size,
    global_batch_size,
    has_several_inputs,
    to_float,
)
from gankit.penalties import View


@keras.saving.register_keras_serializable(package="gankit")
class GAN(AdversarialModel):
    """A generator and one or several discriminators, trained against each other by `fit`.

    A dataset yields `sample` or `(sample, condition)`. The generator maps `latents`, or
    `[latents, condition]`, to samples; a discriminator maps `samples`, or `[samples, condition]`, to
    logits of any shape (batch, ...), or to a dict `{"logits": ..., "features": [...],
    "classes": ...}`. A condition is a label or any structure of arrays.

    A domain whose game differs overrides hooks. What the data mean: `unpack`. What is played: `play`,
    `judge`. What is minimised: `discriminator_loss`, or of it `discriminator_term` and
    `discriminator_logs`; `generator_loss`. The steps: `update_discriminator`, or `update`, the whole
    step, and with it `log_names`. What is sampled: `generate_from`, `side_by_side`.

    Args:
        generator: a `keras.Model`.
        discriminator: a `keras.Model`, or a list of them whose losses and penalties add up.
        latent_dim: length of a latent vector; by default the generator's first input's. With 0 there
            are no latents, and the generator maps the condition alone to samples.
        conditional: whether the generator takes `[latents, condition]`; by default whether it has
            more than one input. Needed for a subclassed generator only. A subclassed discriminator
            takes `[samples, condition]` where the generator takes a condition, unless an attribute
            `conditional` of its own says otherwise.
        discriminator_steps: discriminator updates for each generator update, the k of Goodfellow et
            al.'s algorithm 1. Each sees samples of its own: a batch is split in k.
        share_forward: let one generator forward serve the last discriminator update and the
            generator's. False draws fresh latents for the latter, as algorithm 1 is written.
        augment: a layer applied to whatever a discriminator sees, real or fake; its gradient reaches
            the generator. One with a method `adapt(real, fake)` is shown, at every discriminator
            step, the logits of each discriminator, two lists, and returns a scalar to log.
        seed: of the latents drawn in training.

    Example:

    ```python
    import keras

    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=32), points.discriminator(units=32), seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(1e-3, 0.0, 0.99),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, 0.0, 0.99),
        loss="relativistic_pairing",
        penalties=[gankit.penalties.R1(0.1), gankit.penalties.R2(0.1)],
        ema=0.999,
    )
    gan.fit(points.ring(n=2_000).dataset(batch_size=100), epochs=2, verbose=0)
    samples = gan.generate(100, seed=0)
    ```
    """

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim=None,
        conditional=None,
        discriminator_steps=1,
        share_forward=True,
        augment=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if discriminator_steps != int(discriminator_steps) or discriminator_steps < 1:
            raise ValueError(
                "`discriminator_steps` must be a whole number of at least 1. "
                f"Received: discriminator_steps={discriminator_steps}"
            )
        self.generator = generator
        self.discriminators = (
            list(discriminator) if isinstance(discriminator, (list, tuple)) else [discriminator]
        )
        self.latent_dim = sampling.latent_dim(generator) if latent_dim is None else latent_dim
        if conditional is None:
            conditional = self.latent_dim == 0 or has_several_inputs(generator)
        self.conditional = bool(conditional)
        self.discriminator_steps = discriminator_steps
        self.share_forward = share_forward
        self.augment = augment
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = all(network.built for network in self.networks)

    # --- the game ---------------------------------------------------------------------------

    # --8<-- [start:update]
    def update(self, batch):
        """Hook: one step of the game, whole: algorithm 1 of Goodfellow et al. (2014), with averaging.

        Args:
            batch: `sample` or `(sample, condition)`, tensors.

        Returns:
            The scalars to log, a dict.
        """
        minibatches = self.split(batch)
        for minibatch in minibatches[:-1]:  # "for k steps do": all but the last
            real, fake, condition = self.play(minibatch)
            self.update_discriminator(real, fake, condition)

        fake, (real, condition), pullback = self.play_with_pullback(minibatches[-1])
        logs = self.update_discriminator(real, fake, condition)  # D descends its loss

        if not self.share_forward:
            fake, (real, condition), pullback = self.play_with_pullback(minibatches[-1])
        (loss, more), slope = backend.value_and_input_gradient(
            lambda fake: self.generator_loss(real, fake, condition), fake
        )
        gradients = pullback(slope)  # from the samples back to G's weights
        self.generator_optimizer.apply(gradients, self.generator_variables)  # G descends its loss

        if self.ema is not None:
            self.ema.update(self.generator, self.optimizer.iterations, global_batch_size(real))
        self.optimizer.iterations.assign_add(1)
        return self.log({**logs, **more, "g_loss": loss, "g_gradient": norm(gradients)})

    # --8<-- [end:update]

    def update_discriminator(self, real, fake, condition):
        """Hook: one step of the discriminators' optimizer. Returns the scalars to log."""
        fake = tree.map_structure(ops.stop_gradient, fake)
        loss, logs, gradients = backend.minimise(
            lambda: self.discriminator_loss(real, fake, condition),
            self.discriminator_variables,
            self.discriminator_optimizer,
        )
        return {**logs, "d_loss": loss, "d_gradient": norm(gradients)}

    def play(self, batch):
        """Hook: one batch played. Returns `real, fake, condition`, `fake` with its gradient."""
        real, condition = self.unpack(batch)
        if condition is None and any(self.takes_condition(one) for one in self.discriminators):
            raise ValueError(
                "This discriminator takes a condition: a dataset yields `(sample, condition)`. "
                "Received: samples alone"
            )
        latents = noise.normal((batch_size(real), self.latent_dim), self.seed_generator)
        fake = self.generate_from(self.generator, latents, condition, training=True)
        return tree.map_structure(to_float, real), fake, condition

    # --8<-- [start:discriminator_loss]
    def discriminator_loss(self, real, fake, condition):
        """Hook: what the discriminators minimise: losses, and penalties times their weights.

        Returns:
            A scalar, and a dict of scalars to log.
        """
        total, logs, logits = 0.0, {}, []
        step = self.discriminator_optimizer.iterations
        for discriminator in self.discriminators:
            view = View(functools.partial(self.judge, discriminator, condition=condition))
            for penalty in self.penalties:  # first, so that one pass gives gradient and outputs
                value = penalty.measure(view, real, fake)
                total += schedules.value(penalty.weight, step) * value
                add(logs, log_name(penalty), value)
            seen = view.outputs(real), view.outputs(fake)
            for loss in self.objectives:
                value = self.discriminator_term(loss, *seen, condition)
                total += value
                add(logs, f"d_{loss.name}", value)
            for name, value in self.discriminator_logs(*seen).items():
                add(logs, name, value / len(self.discriminators))
            logits.append([one["logits"] for one in seen])
        if hasattr(self.augment, "adapt"):
            logs["augmentation"] = self.augment.adapt(*zip(*logits))
        return total, logs

    # --8<-- [end:discriminator_loss]

    def discriminator_term(self, loss, real, fake, condition):
        """Hook: what one of the losses adds to `discriminator_loss`, for one discriminator.

        Args:
            loss: a `gankit.losses.Loss`.
            real, fake: the discriminator's outputs, as `judge` gives them.
            condition: the batch's.

        Returns:
            A scalar.
        """
        return loss.discriminator(real, fake, condition)

    def discriminator_logs(self, real, fake):
        """Hook: scalars to log of one discriminator's outputs, as `judge` gives them."""
        real, fake = real["logits"], fake["logits"]
        return {
            "d_real": ops.mean(real),
            "d_fake": ops.mean(fake),
            "d_accuracy": ops.mean(to_float(real > fake)),
        }

    def generator_loss(self, real, fake, condition):
        """Hook: what the generator minimises, as a function of the samples it made.

        Returns:
            A scalar, and a dict of scalars to log.
        """
        total, logs = 0.0, {}
        sees_real = any(loss.generator_sees_real for loss in self.objectives)
        for discriminator in self.discriminators:
            seen_real = self.judge(discriminator, real, condition) if sees_real else None
            seen_fake = self.judge(discriminator, fake, condition)
            for loss in self.objectives:
                value = loss.generator(seen_real, seen_fake, condition)
                total += value
                if len(self.objectives) > 1:
                    add(logs, f"g_{loss.name}", value)
        return total, logs

    def require_known(self, batch):
        """Hook: refuses values in a first batch of data that this game has no meaning for."""

    def log_names(self, real, fake, condition):
        """Hook: the names of what a step logs, besides the two losses and their gradients' norms."""
        _, of_discriminator = self.discriminator_loss(real, fake, condition)
        _, of_generator = self.generator_loss(real, fake, condition)
        return {*of_discriminator, *of_generator}

    def judge(self, discriminator, samples, condition=None, training=True):
        """Hook: a discriminator's outputs, a dict of float32 tensors with at least `"logits"`."""
        if self.augment is not None:
            samples = self.augment(samples, training=training)
        inputs = [samples, condition] if self.takes_condition(discriminator) else samples
        outputs = discriminator(inputs, training=training)
        outputs = outputs if isinstance(outputs, dict) else {"logits": outputs}
        return tree.map_structure(to_float, outputs)

    def play_with_pullback(self, batch):
        """`play`, with the pullback from `fake` to the generator's weights."""

        def played():
            real, fake, condition = self.play(batch)
            return fake, (real, condition)

        (fake, others), pullback = backend.vjp(played, self.generator_variables)
        return fake, others, pullback

    def split(self, batch):
        """The batch in as many parts as there are discriminator steps."""
        k = self.discriminator_steps
        if k == 1:
            return [batch]
        size = batch_size(batch)
        if isinstance(size, int) and size % k:
            raise ValueError(
                f"discriminator_steps={k} splits each batch in {k}: use a batch size that is a "
                f"multiple of {k}. Received: a batch of {size}"
            )
        parts = [[None] * k if leaf is None else ops.split(leaf, k) for leaf in tree.flatten(batch)]
        return [tree.pack_sequence_as(batch, list(leaves)) for leaves in zip(*parts)]

    # --- configuration ----------------------------------------------------------------------

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "generator": serialize(self.generator),
            "discriminator": [serialize(network) for network in self.discriminators],
            "latent_dim": self.latent_dim,
            "conditional": self.conditional,
            "discriminator_steps": self.discriminator_steps,
            "share_forward": self.share_forward,
            "augment": self.augment and serialize(self.augment),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        deserialize = functools.partial(
            keras.saving.deserialize_keras_object, custom_objects=custom_objects
        )
        config = dict(config)
        config["generator"] = deserialize(config["generator"])
        config["discriminator"] = [deserialize(network) for network in config["discriminator"]]
        config["augment"] = config["augment"] and deserialize(config["augment"])
        return cls(**config)


def norm(gradients):
    """The global norm of a list of gradients."""
    return ops.sqrt(sum(ops.sum(ops.square(g)) for g in gradients if g is not None))


def add(logs, name, value):
    logs[name] = logs[name] + value if name in logs else value


def log_name(penalty):
    return type(penalty).__name__.lower()
