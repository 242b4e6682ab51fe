"""The averaged generator: what one samples from after adversarial training."""

import weakref

import keras
from keras import ops

from gankit import schedules


@keras.saving.register_keras_serializable(package="gankit")
class EMA(keras.layers.Layer):
    """An exponential moving average of the generator's weights, in a network of its own.

    After each step `average = decay * average + (1 - decay) * generator`. Weights that are not
    trained (BatchNorm's statistics) are copied. The average is warmed up: an average that starts at
    the untrained weights is worse than none for thousands of steps.

    Give one of:

    Args:
        decay: the factor per step, in [0, 1); warmed up as min(decay, (1 + t) / (10 + t)) at step t.
        half_life: in samples, a number or a schedule of the generator's steps (R3GAN's way; Karras et
            al. (2018)); warmed up as min(half_life, 0.05 samples seen).

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile(ema=gankit.EMA(half_life=10_000))
    gan.sampler  # the averaged generator, which `generate` draws from
    ```
    """

    def __init__(self, decay=None, half_life=None, **kwargs):
        super().__init__(**kwargs)
        half_life = schedules.deserialize(half_life)
        if (decay is None) == (half_life is None):
            raise ValueError(
                "Give `decay` or `half_life`, and not both. "
                f"Received: decay={decay}, half_life={half_life}"
            )
        if decay is not None and not 0 <= decay < 1:
            raise ValueError(f"`decay` must be in [0, 1). Received: decay={decay}")
        if half_life is not None and not callable(half_life) and half_life <= 0:
            raise ValueError(f"`half_life` must be positive. Received: half_life={half_life}")
        self.decay, self.half_life = decay, half_life
        self.network = None
        self._of = None  # a weak reference: whose average it is
        self.built = True

    def track(self, generator):
        """Starts averaging `generator`, from its present weights; goes on where it does so already.

        Raises:
            ValueError: it is another network's average already.
        """
        if self._of is not None and self._of() is not generator:
            raise ValueError(
                "This EMA is the average of another generator: give each model an EMA of its own."
            )
        if self._of is not None and self.network is not None:
            return
        self._of = weakref.ref(generator)
        self.network = clone(generator)
        self.network.trainable = False

    def update(self, generator, step, batch_size):
        """One step of the average. `step` counts from 0; `batch_size` is in samples."""
        rest = 1.0 - self._decay_at(ops.cast(step, "float32"), ops.cast(batch_size, "float32"))
        trained = {id(weight) for weight in generator.trainable_weights}
        for average, weight in zip(self.network.weights, generator.weights):
            if id(weight) in trained:
                average.assign_add(ops.cast(rest, average.dtype) * (weight - average))
            else:
                average.assign(weight)

    def _decay_at(self, step, batch_size):
        if self.decay is not None:
            return ops.minimum(self.decay, (1.0 + step) / (10.0 + step))
        half_life = schedules.value(self.half_life, step)
        half_life = ops.minimum(half_life, 0.05 * (step + 1.0) * batch_size)
        return ops.power(0.5, batch_size / ops.maximum(half_life, 1e-8))

    def get_config(self):
        config = super().get_config()
        config.pop("dtype", None)
        return {**config, "decay": self.decay, "half_life": schedules.serialize(self.half_life)}


def get(identifier):
    """An `EMA`: as it is, or from a number that is its decay. None, and False, are no average."""
    if identifier is None or identifier is False:
        return None
    if isinstance(identifier, EMA):
        return identifier
    if identifier is True:
        raise ValueError("Say how long to average: a decay, such as ema=0.999, or a gankit.EMA.")
    return EMA(decay=float(identifier))


def clone(network):
    """A network of the same configuration and weights that shares no variable with `network`."""
    try:
        copy = type(network).from_config(network.get_config())
    except (NotImplementedError, TypeError) as error:
        raise ValueError(
            f"The averaged generator is a copy of it, and {type(network).__name__} can't be made "
            f"again from its `get_config()`: {error} Define `get_config` in it, or compile with "
            "`ema=None`."
        ) from error
    if not copy.built:
        copy.build_from_config(network.get_build_config())
    copy.set_weights(network.get_weights())
    return copy
