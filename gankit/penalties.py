"""Penalties on the discriminator: functions of its outputs and of their gradient by its input.

A penalty names the samples at which it looks, and turns `(logits, gradient)` there into a scalar, a
mean over the batch, which `gankit.GAN` multiplies by the penalty's weight. Squared norms are summed over a sample's elements. Of P patch
logits the sum over the square root of P is differentiated: where patches don't overlap, the squared norm
is the mean of theirs, so a weight means the same for any number of them. `gankit.GAN` runs the
discriminator once on every set of samples, however many penalties look at it.
"""

import keras
from keras import ops

from gankit import backend, noise, schedules


def squared_norms(logits, gradient):
    """The squared norm of each row's gradient, summed over the elements of a sample.

    Args:
        logits: (rows, ...) logits. A packed discriminator judges several samples in one row.
        gradient: as `View.slope` gives it, any structure of (batch, ...).

    Returns:
        (rows,) squared norms.

    Example:

    ```python
    import keras

    import gankit

    gradient = keras.ops.array([[3.0, 4.0], [0.0, 1.0]])
    gankit.penalties.squared_norms(keras.ops.zeros((2, 1)), gradient)  # [25, 1]
    ```
    """
    rows = ops.shape(logits)[0]
    return sum(
        ops.sum(ops.square(ops.reshape(leaf, (rows, -1))), axis=-1)
        for leaf in keras.tree.flatten(gradient)
    )


class View:
    """What a discriminator says of sets of samples, each passed through it once.

    Args:
        judge: from samples to a dict of outputs.

    Example:

    ```python
    import keras

    import gankit

    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    view = gankit.penalties.View(lambda samples: {"logits": network(samples)})
    logits, gradient = view.slope(keras.ops.ones((4, 2)))  # the gradient is the kernel, four times
    ```
    """

    def __init__(self, judge):
        self._judge = judge
        self._seen = {}

    def outputs(self, samples):
        """The discriminator's outputs."""
        if id(samples) not in self._seen:
            self._seen[id(samples)] = samples, self._judge(samples), None
        return self._seen[id(samples)][1]

    def slope(self, samples):
        """The logits, and the gradient by the samples of their sum over the square root of how many there
        are in a row.

        Raises:
            ValueError: the same samples' outputs were asked for before, without a gradient.
        """
        if id(samples) not in self._seen:

            def total(samples):
                outputs = self._judge(samples)
                rows = ops.reshape(outputs["logits"], (ops.shape(outputs["logits"])[0], -1))
                patches = ops.cast(ops.shape(rows)[1], rows.dtype)
                return ops.sum(rows) / ops.sqrt(patches), outputs

            (_, outputs), gradient = backend.value_and_input_gradient(total, samples)
            self._seen[id(samples)] = samples, outputs, gradient
        _, outputs, gradient = self._seen[id(samples)]
        if gradient is None:
            raise ValueError("Ask a view for the slope at samples before their outputs.")
        return outputs["logits"], gradient


class Penalty(keras.layers.Layer):
    """Base class. A penalty is a Keras layer, so that the state some have is saved with the model.

    Subclasses define `call`, and `samples` where they look elsewhere than the loss does.

    Args:
        weight: a number of at least 0, or a schedule of the discriminator's steps.

    Example:

    ```python
    import keras

    import gankit


    class SmallLogits(gankit.penalties.Penalty):
        def samples(self, real, fake):
            return real

        def call(self, logits, gradient):
            return keras.ops.mean(keras.ops.square(logits))


    penalty = SmallLogits(weight=0.001)  # as in compile(penalties=[penalty])
    ```
    """

    needs_gradient = True
    remembers = False  # whether it keeps state about one discriminator

    def __init__(self, weight, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        weight = schedules.deserialize(weight)
        if not callable(weight) and not 0 <= weight < float("inf"):
            raise ValueError(f"`weight` must be at least 0. Received: weight={weight}")
        self.weight = weight
        self.built = True

    def samples(self, real, fake):
        """The samples at which the penalty looks: `real`, `fake`, or new ones made of them."""
        raise NotImplementedError(f"{type(self).__name__} must define samples().")

    def call(self, logits, gradient):
        """The unweighted penalty, a scalar, from the logits at `samples` and their gradient."""
        raise NotImplementedError(f"{type(self).__name__} must define call().")

    def measure(self, view, real, fake):
        """The unweighted penalty on what a discriminator says, a `View`. Overridden, it chooses what `call`
        takes."""
        return self(*view.slope(self.samples(real, fake)))

    def get_config(self):
        config = {**super().get_config(), "weight": schedules.serialize(self.weight)}
        config.pop("dtype", None)
        return config


@keras.saving.register_keras_serializable(package="gankit")
class R1(Penalty):
    """gamma/2 E |grad D(x)|^2 at real samples. Mescheder et al. (2018), https://arxiv.org/abs/1801.04406.

    Args:
        weight: gamma.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile(penalties=[gankit.penalties.R1(gankit.schedules.Cosine(1.0, 0.1, steps=10_000))])
    ```
    """

    def __init__(self, weight=1.0, **kwargs):
        super().__init__(weight, **kwargs)

    def samples(self, real, fake):
        return real

    def call(self, logits, gradient):
        return 0.5 * ops.mean(squared_norms(logits, gradient))


@keras.saving.register_keras_serializable(package="gankit")
class R2(R1):
    """gamma/2 E |grad D(G(z))|^2 at fake samples. Mescheder et al. (2018), eq. 9.

    Args:
        weight: gamma.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile(penalties=[gankit.penalties.R1(0.1), gankit.penalties.R2(0.1)])
    ```
    """

    def samples(self, real, fake):
        return fake


@keras.saving.register_keras_serializable(package="gankit")
class GradientPenalty(Penalty):
    """WGAN-GP: E (|grad D| - 1)^2 between real and fake. Gulrajani et al. (2017), https://arxiv.org/abs/1704.00028, eq. 3.

    Args:
        weight: lambda.
        one_sided: punish only norms above 1, as Petzka et al. (2018) advise.
        seed: seed of the mixing.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8), discriminator_steps=5)
    gan.compile(loss="wasserstein", penalties=[gankit.penalties.GradientPenalty(10.0)])
    ```
    """

    def __init__(self, weight=10.0, one_sided=False, seed=None, **kwargs):
        super().__init__(weight, **kwargs)
        self.one_sided = one_sided
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def samples(self, real, fake):
        batch = ops.shape(keras.tree.flatten(real)[0])[0]
        mix = noise.uniform((batch,), self.seed_generator)

        def between(x, y):
            of_rows = ops.reshape(mix, (-1,) + (1,) * (len(x.shape) - 1))
            return x + of_rows * (ops.stop_gradient(y) - x)

        return keras.tree.map_structure(between, real, fake)

    def call(self, logits, gradient):
        # The root has no derivative at 0; there, a norm of 1e-6 has one that is finite.
        norm = ops.sqrt(squared_norms(logits, gradient) + 1e-12)
        excess = ops.relu(norm - 1.0) if self.one_sided else norm - 1.0
        return ops.mean(ops.square(excess))

    def get_config(self):
        return {**super().get_config(), "one_sided": self.one_sided, "seed": self.seed}


@keras.saving.register_keras_serializable(package="gankit")
class DRAGAN(GradientPenalty):
    """E (|grad D| - 1)^2 around real samples. Kodali et al. (2017), https://arxiv.org/abs/1705.07215.

    The samples are x + 0.5 std(x) u with u uniform in [0, 1), as in the authors' code.

    Args:
        weight: lambda.
        one_sided: punish only norms above 1.
        seed: seed of the perturbation.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile(loss="non_saturating", penalties=[gankit.penalties.DRAGAN(10.0, seed=0)])
    ```
    """

    def samples(self, real, fake):
        def around(x):
            shift = noise.uniform(ops.shape(x), self.seed_generator)
            mean = backend.all_mean(ops.mean(x))
            deviation = ops.sqrt(backend.all_mean(ops.mean(ops.square(x - mean))))
            return x + 0.5 * deviation * shift

        return keras.tree.map_structure(around, real)


@keras.saving.register_keras_serializable(package="gankit")
class LeCam(Penalty):
    """E (D(x) - a_F)^2 + E (D(G(z)) - a_R)^2. Tseng et al. (2021), https://arxiv.org/abs/2104.03310, eq. 6.

    a_R and a_F are running means of the logits of real and of fake samples. Looks at logits alone.

    Args:
        weight: lambda.
        decay: of the running means, in [0, 1).

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile(loss="hinge", penalties=[gankit.penalties.LeCam(0.3)])
    ```
    """

    needs_gradient = False
    remembers = True

    def __init__(self, weight=0.3, decay=0.99, **kwargs):
        super().__init__(weight, **kwargs)
        if not 0 <= decay < 1:
            raise ValueError(f"`decay` must be in [0, 1). Received: decay={decay}")
        self.decay = decay
        self.real_anchor, self.fake_anchor = (
            self.add_weight(
                name=name, initializer="zeros", trainable=False, dtype="float32", aggregation="mean"
            )
            for name in ("real_anchor", "fake_anchor")
        )

    def measure(self, view, real, fake):
        return self(view.outputs(real)["logits"], view.outputs(fake)["logits"])

    def call(self, real, fake):
        for anchor, logits in ((self.real_anchor, real), (self.fake_anchor, fake)):
            mean = ops.stop_gradient(ops.mean(logits))
            anchor.assign(self.decay * anchor + (1.0 - self.decay) * mean)
        return ops.mean(ops.square(real - self.fake_anchor)) + ops.mean(
            ops.square(fake - self.real_anchor)
        )

    def get_config(self):
        return {**super().get_config(), "decay": self.decay}


_BY_NAME = {
    "r1": R1,
    "r2": R2,
    "gradient_penalty": GradientPenalty,
    "dragan": DRAGAN,
    "lecam": LeCam,
}


def get(identifier):
    """The penalty that `identifier` names.

    Args:
        identifier: a `Penalty`, or one of the names `r1`, `r2`, `gradient_penalty`, `dragan`,
            `lecam`, each with its default weight.

    Raises:
        ValueError: the name is not known; the message lists the known ones.

    Example:

    ```python
    import gankit

    gankit.penalties.get("r1")  # a gankit.penalties.R1 of weight 1
    ```
    """
    if isinstance(identifier, Penalty):
        return identifier
    if isinstance(identifier, str) and identifier in _BY_NAME:
        return _BY_NAME[identifier]()
    raise ValueError(
        f"Unknown penalty. Known: {', '.join(sorted(_BY_NAME))}, or a `gankit.penalties.Penalty`. "
        f"Received: {identifier!r}"
    )
