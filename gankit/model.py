"""What a Keras user expects of a model, around the game: compile, fit, evaluate, generate, save."""

import contextlib
import functools

import keras
from keras import ops, tree

from gankit import backend, check, feeding, losses, optimizers, sampling, summary
from gankit.divergence import require_finite
from gankit.ema import get as get_ema
from gankit.logs import Logs
from gankit.penalties import get as get_penalty

OF_KERAS = {"run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"}


class AdversarialModel(keras.Model):
    """The model around a game. `GAN` plays the game and is what one uses.

    Subclasses set `generator`, `discriminators`, `latent_dim`, `conditional` and `seed_generator`,
    and define `update(batch)`, one step of the game.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.ema = None
        self.penalties = []
        self.objectives = []
        self.host_metrics = []
        self.logs = None

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        loss="non_saturating",
        penalties=(),
        ema=None,
        metrics=(),
        **kwargs,
    ):
        """Sets the rules of the game. Networks must be built.

        Args:
            generator_optimizer, discriminator_optimizer: Keras optimizers, two different objects; by
                default `gankit.optimizers.Adam()`. Clipping, gradient accumulation, weight decay and
                schedules are theirs.
            loss: a `gankit.losses.Loss`, a name (`gankit.losses.get`), or a list of them, added up.
            penalties: a list of `gankit.penalties.Penalty`, or of names (`gankit.penalties.get`).
            ema: a `gankit.EMA`, a number that is its decay per step, or None to sample from the
                generator as it is.
            metrics: a list of `gankit.metrics.Metric`, for `evaluate` and `validation_data`. Those that
                measure with a network of their own (`ModelFeatures`) are not saved with the model.
            kwargs: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in Keras.
        """
        if "optimizer" in kwargs:
            raise ValueError(
                "A game has two optimizers: give `generator_optimizer` and `discriminator_optimizer`."
            )
        unknown = sorted(set(kwargs) - OF_KERAS)
        if unknown:
            raise ValueError(
                f"Of Keras's arguments `compile` takes {', '.join(sorted(OF_KERAS))}. Received: {unknown[0]}"
            )
        check.players(self)
        self.generator_optimizer = optimizers.get(generator_optimizer)
        self.discriminator_optimizer = optimizers.get(discriminator_optimizer)
        if self.generator_optimizer is self.discriminator_optimizer:
            raise ValueError(
                "The players need an optimizer each: give two objects. "
                f"Received twice: {self.generator_optimizer}"
            )
        self.objectives = [losses.get(one) for one in as_list(loss)]
        if not self.objectives:
            raise ValueError(
                "A game needs a loss: leave `loss` out, or give one. Received: loss=[]"
            )
        self.penalties = sorted(
            [get_penalty(one) for one in as_list(penalties)],
            key=lambda one: not one.needs_gradient,
        )
        check.penalties(self)
        self.ema = get_ema(ema)
        if self.ema is not None:
            self.ema.track(self.generator)
        self.host_metrics = [get_metric(one) for one in as_list(metrics)]
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
        backend.adopt(self)
        self._compile_kwargs = kwargs

    def unpack(self, batch):
        """A batch as the data gives it: `sample, condition`; the latter may be None."""
        sample, condition, weights = keras.utils.unpack_x_y_sample_weight(batch)
        if weights is not None:
            raise ValueError(
                "A game has no sample weights: a dataset yields `sample` or `(sample, condition)`. "
                "Received: a batch of three parts"
            )
        return sample, condition

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
                `before_fit(model, arguments)` may change the arguments, as `callbacks.Resume` does;
                one with `recover(model, error)` may let it run again, as `callbacks.Recover` does;
                `after_fit()` is called however it ended.
        """
        self.require_compiled()
        backend.require_outside_scope()
        refuse_weights(kwargs)
        given = {"x": x, "y": y, "batch_size": batch_size, "epochs": epochs}
        given.update(kwargs, verbose=verbose, callbacks=list(callbacks or ()))
        check.callbacks(given["callbacks"])
        try:
            return self._fit(given)
        except Exception as error:
            if not any(hook(self, error) for hook in hooks(given, "recover")):
                raise
        finally:
            for hook in hooks(given, "after_fit"):
                hook()
        return self.fit(**given)

    def _fit(self, arguments):
        feeding.require_whole_executions(arguments, self.steps_per_execution)
        for hook in hooks(arguments, "before_fit"):
            arguments = hook(self, arguments)
        batch, arguments = feeding.first_batch(arguments)
        parts = backend.replicas_of(self) * self.discriminator_steps
        if parts > 1:
            feeding.require_even(arguments, batch_size(batch), parts)
        if self.logs is not None:
            check.data(self, batch)
        self.prepare(batch)
        self.start_alike()
        if arguments["verbose"]:
            print(summary.text(self, batch, feeding.count_steps(arguments)))
        return super().fit(**feeding.for_keras(arguments, self.steps_per_execution))

    def start_alike(self):
        """Gives every worker the chief's state, so that they go on as one model.

        Raises:
            ValueError: they are at different steps.
        """
        if backend.workers() == 1:
            return
        step = int(ops.convert_to_numpy(self.optimizer.iterations))
        of_chief = int(backend.from_chief(step))
        if backend.any_worker(step != of_chief):
            raise ValueError(
                f"The workers are at different steps: this one at {step}, the chief at {of_chief}. The "
                "checkpoints must be in a directory that all of them see, and each starts anew when one "
                "does."
            )
        state = [*self.variables, *self.optimizer.variables, *self.metrics_variables]
        of_chief = backend.from_chief([ops.convert_to_numpy(variable) for variable in state])
        for variable, value in zip(state, of_chief):
            variable.assign(value)

    def make_train_function(self, force=False):
        if backend.train_function is None or backend.replicas_of(self) == 1:
            super().make_train_function(force)
        elif self.train_function is None or force:
            self.train_function = backend.train_function(self)

    def _get_metrics_result_or_logs(self, logs):
        """The epoch's means; Keras compares them with the last step's scalars, if it was given any."""
        return super()._get_metrics_result_or_logs(logs) if logs else self.get_metrics_result()

    def train_on_batch(self, x, y=None, **kwargs):
        """As Keras's, after `check` on the first batch; on one device."""
        self.require_compiled()
        if backend.replicas_of(self) > 1:
            raise ValueError("`train_on_batch` knows of one device: use `fit` on several.")
        refuse_weights(kwargs)
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
        if condition is not None and not self.conditional:
            raise ValueError("This generator takes no condition: leave `condition` out.")
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

    def side_by_side(self, batch, seed=0):
        """Hook: held-out data beside as many samples, as the discriminators see both.

        Args:
            batch: as the data gives it: `sample`, `(sample, condition)` or `(source, target)`, arrays.
            seed: of the latents.

        Returns:
            `real, fake, condition`, for `judge`. Nothing in the model changes.
        """
        real, condition = self.unpack(batch)
        size = len(tree.flatten(real)[0])
        latents = sampling.latents(size, self.latent_dim, seed)
        return (
            real,
            self.generate_from(self.sampler, latents, condition, batch_size=size),
            condition,
        )

    def generate_from(self, generator, latents, condition=None, training=None, batch_size=None):
        """`generator` on latents and, where it takes one, a condition, as float32.

        With `training` it is a differentiable call on a batch; without, it runs compiled in batches
        of `batch_size` and gives NumPy arrays.
        """
        if self.conditional and condition is None:
            raise ValueError("This generator takes a condition: give `condition`. Received: None")
        if training is None:
            condition = sampling.rows(condition, len(latents)) if self.conditional else None
            inputs = self.inputs_of(latents, condition)
            draw = functools.partial(backend.predict, generator)
            return sampling.in_batches(draw, inputs, batch_size)
        outputs = generator(self.inputs_of(latents, condition), training=training)
        return tree.map_structure(to_float, outputs)

    def inputs_of(self, latents, condition):
        """What the generator takes: latents, a condition, or both."""
        if self.latent_dim == 0:
            return condition
        return [latents, condition] if self.conditional else latents

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
            verbose, callbacks, kwargs: for Keras's `fit`; not used. A `sample_weight` is refused.

        Returns:
            `{name: value}`.

        Raises:
            DivergenceError: a sample is NaN or infinite.
        """
        self.require_compiled()
        refuse_weights({"sample_weight": sample_weight})
        step = int(ops.convert_to_numpy(self.optimizer.iterations))
        for metric in self.host_metrics:
            metric.reset()
        for i, batch in enumerate(feeding.batches(x, y, batch_size, steps)):
            real, condition = self.unpack(batch)
            size = len(tree.flatten(real)[0])
            latents = sampling.latents(size, self.latent_dim, (seed, i))
            fake = self.generate_from(self.sampler, latents, condition, batch_size=size)
            require_finite(
                step, [(f"samples of {self.sampler.name}", x) for x in tree.flatten(fake)]
            )
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

    def takes_condition(self, discriminator):
        """Whether a discriminator takes `[samples, condition]`."""
        told = has_several_inputs(discriminator)
        return self.conditional if told is None else told

    @property
    def generator_variables(self):
        return self.generator.trainable_variables

    @property
    def discriminator_variables(self):
        return [v for network in self.discriminators for v in network.trainable_variables]

    def require_compiled(self):
        if not self.compiled:
            raise ValueError(
                "This model has no rules yet: call `compile` first, with the optimizers, the loss and "
                "the penalties."
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
            "metrics": list(serializable(self.host_metrics)),
        }

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))


def has_several_inputs(network):
    """Whether a functional network takes more than one input; None where it does not tell."""
    inputs = getattr(network, "inputs", None)
    return getattr(network, "conditional", None) if inputs is None else len(inputs) > 1


def hooks(arguments, name):
    """A method of that name of all callbacks that have it."""
    return [getattr(one, name) for one in arguments["callbacks"] if hasattr(one, name)]


def refuse_weights(arguments):
    for name in ("sample_weight", "class_weight"):
        if arguments.get(name) is not None:
            raise ValueError(f"A game has no weights of samples or classes: leave out `{name}`.")


def get_metric(one):
    """A `gankit.metrics.Metric`, or anything that counts on the host as one does."""
    if not all(hasattr(one, name) for name in ("reset", "update", "result")):
        raise ValueError(
            "`metrics` takes gankit.metrics, which compare real samples with fake ones; Keras's compare "
            f"labels with predictions. Received: {one!r}"
        )
    return one


def serializable(metrics):
    """The configurations of the metrics that have one: not of those with a network of their own."""
    for one in metrics:
        with contextlib.suppress(TypeError):
            yield keras.saving.serialize_keras_object(one)


def batch_size(batch):
    """The number of samples in a batch of any structure; within a step, in this replica's."""
    return ops.shape(tree.flatten(batch)[0])[0]


def global_batch_size(batch):
    """Within a step, the number of samples in the batches of all replicas."""
    return batch_size(batch) * backend.replica()[1]


def to_float(tensor):
    """Losses, penalties and samples are float32, whatever precision the networks compute in."""
    return ops.cast(tensor, "float32")


def as_list(one_or_several):
    several = isinstance(one_or_several, (list, tuple))
    return list(one_or_several) if several else [one_or_several]
