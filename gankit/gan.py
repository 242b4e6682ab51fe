"""`GAN`: two networks that play the adversarial game, as one `keras.Model`."""

import functools

import keras
import numpy as np
from keras import ops, tree

from gankit import backend, check, feeding, losses, noise, sampling, schedules, summary
from gankit.ema import get as get_ema
from gankit.logs import Logs
from gankit.penalties import View
from gankit.penalties import get as get_penalty


@keras.saving.register_keras_serializable(package="gankit")
class GAN(keras.Model):
    """A generator and one or several discriminators, trained against each other by `fit`.

    A dataset yields `sample` or `(sample, condition)`. The generator maps `latents`, or
    `[latents, condition]`, to samples; a discriminator maps `samples`, or `[samples, condition]`, to
    logits of any shape (batch, ...), or to a dict `{"logits": ..., "features": [...],
    "classes": ...}`. A condition is a label or any structure of arrays.

    A domain whose game differs overrides one of four hooks: `play`, `discriminator_loss`,
    `generator_loss`, `update`.

    Args:
        generator: a `keras.Model`.
        discriminator: a `keras.Model`, or a list of them whose losses and penalties add up.
        latent_dim: length of a latent vector; by default the generator's first input's.
        conditional: whether the generator takes `[latents, condition]`; by default whether it has
            more than one input. Needed for a subclassed generator only.
        discriminator_steps: discriminator updates for each generator update, the k of Goodfellow et
            al.'s algorithm 1. Each sees samples of its own: a batch is split in k.
        share_forward: let one generator forward serve the last discriminator update and the
            generator's. False draws fresh latents for the latter, as algorithm 1 is written.
        augment: a layer applied to whatever a discriminator sees, real or fake; its gradient reaches
            the generator.
        seed: of the latents drawn in training.

    Example:

    ```python
    gan = gankit.GAN(gankit.points.generator(), gankit.points.discriminator())
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(1e-3, 0.0, 0.99),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, 0.0, 0.99),
        loss="relativistic_pairing",
        penalties=[gankit.penalties.R1(0.1), gankit.penalties.R2(0.1)],
        ema=0.999,
    )
    gan.fit(gankit.points.ring().dataset(batch_size=128), epochs=2)
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
        if discriminator_steps < 1:
            raise ValueError(
                "`discriminator_steps` must be at least 1. "
                f"Received: discriminator_steps={discriminator_steps}"
            )
        self.generator = generator
        self.discriminators = (
            list(discriminator) if isinstance(discriminator, (list, tuple)) else [discriminator]
        )
        self.latent_dim = latent_dim or sampling.latent_dim(generator)
        self.conditional = takes_condition(generator) if conditional is None else conditional
        self.discriminator_steps = discriminator_steps
        self.share_forward = share_forward
        self.augment = augment
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.ema = None
        self.penalties = []
        self.logs = None
        self.built = all(network.built for network in self.networks)

    # --- the game ---------------------------------------------------------------------------

    # --8<-- [start:update]
    def update(self, batch):
        """One step of the game, whole: algorithm 1 of Goodfellow et al. (2014), with averaging.

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

        self.optimizer.iterations.assign_add(1)
        if self.ema is not None:
            self.ema.update(self.generator, self.optimizer.iterations, batch_size(real))
        return self.log({**logs, **more, "g_loss": loss, "g_gradient": norm(gradients)})

    # --8<-- [end:update]

    def update_discriminator(self, real, fake, condition):
        """One step of the discriminators' optimizer. Returns the scalars to log."""
        fake = tree.map_structure(ops.stop_gradient, fake)
        loss, logs, gradients = backend.minimise(
            lambda: self.discriminator_loss(real, fake, condition),
            self.discriminator_variables,
            self.discriminator_optimizer,
        )
        return {**logs, "d_loss": loss, "d_gradient": norm(gradients)}

    def play(self, batch):
        """Hook: one batch played. Returns `real, fake, condition`, `fake` with its gradient."""
        real, condition, _ = keras.utils.unpack_x_y_sample_weight(batch)
        latents = noise.normal((batch_size(real), self.latent_dim), self.seed_generator)
        fake = self.generate_from(self.generator, latents, condition, training=True)
        return tree.map_structure(to_float, real), fake, condition

    # --8<-- [start:discriminator_loss]
    def discriminator_loss(self, real, fake, condition):
        """Hook: what the discriminators minimise: losses, and penalties times their weights.

        Returns:
            A scalar, and a dict of scalars to log.
        """
        total, logs = 0.0, {}
        step = self.discriminator_optimizer.iterations
        for discriminator in self.discriminators:
            view = View(functools.partial(self.judge, discriminator, condition=condition))
            for penalty in self.penalties:  # first, so that one pass gives gradient and outputs
                value = penalty.look(view, real, fake)
                total += schedules.value(penalty.weight, step) * value
                add(logs, log_name(penalty), value)
            seen_real, seen_fake = view.outputs(real), view.outputs(fake)
            for loss in self.objectives:
                value = loss.discriminator(seen_real, seen_fake, condition)
                total += value
                add(logs, f"d_{loss.name}", value)
            share = 1 / len(self.discriminators)
            logits_real, logits_fake = seen_real["logits"], seen_fake["logits"]
            add(logs, "d_real", share * ops.mean(logits_real))
            add(logs, "d_fake", share * ops.mean(logits_fake))
            add(logs, "d_accuracy", share * ops.mean(to_float(logits_real > logits_fake)))
        return total, logs

    # --8<-- [end:discriminator_loss]

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

    def judge(self, discriminator, samples, condition=None):
        """A discriminator's outputs, as a dict of float32 tensors with at least `"logits"`."""
        if self.augment is not None:
            samples = self.augment(samples, training=True)
        inputs = [samples, condition] if takes_condition(discriminator) else samples
        outputs = discriminator(inputs, training=True)
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

    # --- the model --------------------------------------------------------------------------

    def compile(
        self,
        generator_optimizer="adam",
        discriminator_optimizer="adam",
        loss="non_saturating",
        penalties=(),
        ema=None,
        metrics=(),
        **kwargs,
    ):
        """Sets the rules of the game. Networks must be built.

        Args:
            generator_optimizer, discriminator_optimizer: Keras optimizers, two different objects.
                Clipping, gradient accumulation, weight decay and schedules are theirs.
            loss: a `gankit.losses.Loss`, a name (`gankit.losses.get`), or a list of them, added up.
            penalties: a list of `gankit.penalties.Penalty`, or of names (`gankit.penalties.get`).
            ema: a `gankit.EMA`, a number that is its decay per step, or None to sample from the
                generator as it is.
            metrics: a list of `gankit.metrics.Metric`, for `evaluate` and `validation_data`.
            kwargs: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in Keras.
        """
        self.require_playable()
        if keras.mixed_precision.dtype_policy().name == "mixed_float16":
            raise ValueError(
                "float16 overflows in adversarial training (R3GAN, appendix: FP16 cripples, BF16 is "
                'fine). Use `keras.mixed_precision.set_dtype_policy("mixed_bfloat16")`.'
            )
        self.generator_optimizer = keras.optimizers.get(generator_optimizer)
        self.discriminator_optimizer = keras.optimizers.get(discriminator_optimizer)
        if self.generator_optimizer is self.discriminator_optimizer:
            raise ValueError(
                "The players need an optimizer each: give two objects. "
                f"Received twice: {self.generator_optimizer}"
            )
        self.objectives = [losses.get(one) for one in as_list(loss)]
        self.penalties = sorted(
            [get_penalty(one) for one in as_list(penalties)],
            key=lambda one: not one.needs_gradient,
        )
        self.ema = get_ema(ema)
        if self.ema is not None:
            self.ema.track(self.generator)
        self.host_metrics = as_list(metrics)
        self.logs = None
        generator_ids = {id(variable) for variable in self.generator_variables}
        players = keras.optimizers.MultiOptimizer(
            lambda variable: (
                self.generator_optimizer
                if id(variable) in generator_ids
                else self.discriminator_optimizer
            )
        )
        super().compile(optimizer=players, **kwargs)
        players.build(self.trainable_variables)  # now, inside whatever strategy scope this is
        self._compile_kwargs = kwargs

    def train_step(self, *arguments):
        """`update` behind the signature of the active backend's trainer."""
        return backend.train_step(self, *arguments)

    def call(self, inputs, training=False):
        """Samples from latents, or from `[latents, condition]`, by the averaged generator."""
        return self.sampler(inputs, training=training)

    def log(self, values):
        """Adds a step's scalars to the running means; returns what Keras shows."""
        if self.logs is None:
            return values
        self.logs.update_state(values)
        return self.logs.result()

    def fit(
        self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None, **kwargs
    ):
        """As Keras's `fit`, after `check` on the first batch and a summary of what will train.

        Args:
            x, y: a gankit dataset, or whatever Keras takes: arrays of samples and conditions,
                `tf.data.Dataset`, `PyDataset`, ...
            batch_size, epochs, verbose, callbacks, kwargs: as in Keras. A callback with a method
                `before_fit(model, arguments)` may change the arguments, as `callbacks.Resume` does.
        """
        arguments = {"x": x, "y": y, "batch_size": batch_size, "epochs": epochs}
        arguments.update(kwargs, verbose=verbose, callbacks=list(callbacks or ()))
        check.callbacks(arguments["callbacks"])
        for callback in arguments["callbacks"]:
            if hasattr(callback, "before_fit"):
                arguments = callback.before_fit(self, arguments)
        batch, arguments = feeding.first_batch(arguments)
        self.prepare(batch)
        if verbose:
            print(summary.text(self, batch, feeding.count_steps(arguments)))
        return super().fit(**feeding.for_keras(arguments, self.steps_per_execution))

    def train_on_batch(self, x, y=None, **kwargs):
        """As Keras's, after `check` on the first batch."""
        self.prepare((x, y) if y is not None else (x,))
        return super().train_on_batch(x, y, **kwargs)

    def prepare(self, batch):
        """Checks the game on a first batch, once, and learns which scalars a step logs."""
        if self.logs is None:
            batch = tree.map_structure(ops.convert_to_tensor, batch)
            names = check.game(self, batch)
            with backend.variable_scope(self):
                self.logs = Logs(names)

    def check(self, batch):
        """Looks for what would fail silently, on a batch and randomly perturbed networks.

        Every kernel of the discriminators that shapes the logits gets a finite, non-zero gradient
        from every penalty; the augmentation passes gradient to the generator; no BatchNormalization
        together with an input penalty; the generator's samples have the data's shape and, where its
        last activation bounds them, the data's range. `fit` does this on its first batch. Nothing in
        the model changes.

        Args:
            batch: `sample` or `(sample, condition)`, arrays.

        Raises:
            ValueError: naming the layer or value, and the remedy.
        """
        check.game(self, tree.map_structure(ops.convert_to_tensor, batch))

    # --- samples ----------------------------------------------------------------------------

    def generate(self, n, condition=None, seed=None, truncation=None, batch_size=256):
        """Samples from the averaged generator, or from the generator where there is no average.

        The i-th sample depends on the seed and on i alone: neither on `n`, nor on the batch size,
        nor on the backend.

        Args:
            n: how many.
            condition: one condition for all, or arrays with `n` rows.
            seed: of the latents; None draws another set each time.
            truncation: keep latents within [-truncation, truncation]: better samples, fewer kinds
                (Brock et al. (2019), section 3.1). None for no truncation.
            batch_size: how many at a time.

        Returns:
            Float32 arrays, (n, ...).
        """
        latents = sampling.latents(n, self.latent_dim, seed, truncation)
        return self.generate_from(self.sampler, latents, condition, batch_size=batch_size)

    def interpolate(self, steps, seeds=(0, 1), condition=None, batch_size=256):
        """Samples along the great circle between the first latents of two seeds.

        Args:
            steps: how many samples, both ends included; at least 2.
            seeds: of the two ends.
            condition: as in `generate`.
            batch_size: how many at a time.

        Returns:
            Float32 arrays, (steps, ...).
        """
        ends = [sampling.latents(1, self.latent_dim, seed)[0] for seed in seeds]
        latents = sampling.great_circle(*ends, steps)
        return self.generate_from(self.sampler, latents, condition, batch_size=batch_size)

    def generate_from(self, generator, latents, condition=None, training=None, batch_size=None):
        """`generator` on latents and, where it takes one, a condition, as float32.

        With `training` it is a differentiable call on a batch; without, it runs compiled in batches
        of `batch_size` and gives NumPy arrays.
        """
        if self.conditional and condition is None:
            raise ValueError("This generator takes a condition: give `condition`. Received: None")
        if training is None:
            condition = sampling.rows(condition, len(latents)) if self.conditional else None
            inputs = [latents, condition] if self.conditional else latents
            samples = generator.predict(inputs, batch_size=batch_size, verbose=0)
            return tree.map_structure(lambda leaf: np.asarray(leaf, "float32"), samples)
        inputs = [latents, condition] if self.conditional else latents
        return tree.map_structure(to_float, generator(inputs, training=training))

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        return_dict=True,
        seed=0,
        **kwargs,
    ):
        """The compiled metrics on data and as many samples, accumulated in float64 on the host.

        Args:
            x, y, batch_size, steps: the data, as in `fit`.
            seed: of the latents.
            return_dict: a dict of values; False gives a list.
            verbose, sample_weight, callbacks, kwargs: for Keras's `fit`; not used.

        Returns:
            `{name: value}`.
        """
        for metric in self.host_metrics:
            metric.reset()
        for i, batch in enumerate(feeding.batches(x, y, batch_size, steps)):
            real, condition, _ = keras.utils.unpack_x_y_sample_weight(batch)
            size = len(tree.flatten(real)[0])
            latents = sampling.latents(size, self.latent_dim, (seed, i))
            fake = self.generate_from(self.sampler, latents, condition, batch_size=size)
            for metric in self.host_metrics:
                metric.update(real, fake, condition)
        values = {}
        for metric in self.host_metrics:
            values.update(metric.result())
        return values if return_dict else list(values.values())

    # --- state ------------------------------------------------------------------------------

    @property
    def metrics(self):
        """The running means of what a step logs."""
        return [] if self.logs is None else [self.logs]

    @property
    def networks(self):
        return [self.generator, *self.discriminators]

    @property
    def discriminator(self):
        return self.discriminators[0]

    @property
    def sampler(self):
        """The network to sample from: the averaged generator where there is one."""
        return self.generator if self.ema is None else self.ema.network

    @property
    def generator_variables(self):
        return self.generator.trainable_variables

    @property
    def discriminator_variables(self):
        return [v for network in self.discriminators for v in network.trainable_variables]

    def require_playable(self):
        for network in self.networks:
            if not network.built:
                raise ValueError(
                    f"{network.name} has no variables yet: call it once on a batch of the data's "
                    "shape (or give its first layer an `Input`), then compile."
                )
            for weight in network.trainable_weights:
                if weight.regularizer is not None:
                    raise ValueError(
                        f"{weight.path} has a regularizer, which is no part of the game: use the "
                        "player's optimizer with `weight_decay`."
                    )

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for i, state in enumerate(self.seed_states):
            store[f"seed_{i}"] = state

    def load_own_variables(self, store):
        for i, state in enumerate(self.seed_states):
            state.assign(store[f"seed_{i}"])

    @property
    def seed_states(self):
        """The states of all seed generators, which Keras does not save."""
        weights = {id(weight) for weight in self.weights}
        return [variable for variable in self.variables if id(variable) not in weights]

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

    def get_compile_config(self):
        if not self.compiled:
            return None
        serialize = keras.saving.serialize_keras_object
        return {
            **self._compile_kwargs,
            "generator_optimizer": serialize(self.generator_optimizer),
            "discriminator_optimizer": serialize(self.discriminator_optimizer),
            "loss": serialize(self.objectives),
            "penalties": serialize(self.penalties),
            "ema": serialize(self.ema),
            "metrics": serialize(self.host_metrics),
        }

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))


def takes_condition(network):
    """Whether a network takes `[samples, condition]`: a functional one with several inputs does."""
    inputs = getattr(network, "inputs", None)
    return bool(getattr(network, "conditional", inputs is not None and len(inputs) > 1))


def batch_size(batch):
    """The number of samples in a batch of any structure."""
    return ops.shape(tree.flatten(batch)[0])[0]


def to_float(tensor):
    """Losses, penalties and samples are float32, whatever precision the networks compute in."""
    return ops.cast(tensor, "float32")


def norm(gradients):
    """The global norm of a list of gradients."""
    _, replicas = backend.replica()  # each of which has its share of the gradient of the mean
    squares = [ops.sum(ops.square(g)) for g in gradients if g is not None]
    return replicas * ops.sqrt(sum(squares))


def add(logs, name, value):
    logs[name] = logs[name] + value if name in logs else value


def log_name(penalty):
    return type(penalty).__name__.lower()


def as_list(one_or_several):
    several = isinstance(one_or_several, (list, tuple))
    return list(one_or_several) if several else [one_or_several]
