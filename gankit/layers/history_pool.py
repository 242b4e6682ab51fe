import keras
from keras import ops

from gankit import backend


@keras.saving.register_keras_serializable(package="gankit")
class HistoryPool(keras.layers.Layer):
    """Every other sample, by chance, is exchanged for one that was seen before.

    Shows a discriminator earlier fakes too: Shrivastava et al. (2017),
    https://arxiv.org/abs/1612.07828, section 2.3, as used by CycleGAN. The first `size` samples are
    kept and passed on. Replicas have one pool in common.

    Args:
        size: how many samples are kept, at least 1.
        seed: of the choices.

    Call arguments:
        inputs: (batch, ...), a batch of known size.

    Returns:
        The same shape.

    Example:

    ```python
    import keras

    import gankit

    pool = gankit.layers.HistoryPool(size=50, seed=0)
    pool(keras.random.normal((4, 8, 8, 3)))  # the first ones come back as they are
    ```
    """

    def __init__(self, size=50, seed=None, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        if size < 1:
            raise ValueError(f"`size` must be at least 1. Received: size={size}")
        self.size, self.seed = size, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        options = {"initializer": "zeros", "trainable": False}
        self.kept = self.add_weight(name="kept", shape=(self.size, *input_shape[1:]), **options)
        self.count = self.add_weight(name="count", shape=(), dtype="int32", **options)

    def call(self, inputs):
        own, (index, replicas) = inputs.shape[0], backend.replica()
        if own is None:
            raise ValueError(
                "HistoryPool takes batches of one size, all of them: use a gankit dataset, or "
                "`batch(..., drop_remainder=True)`, or arrays that the batch size divides."
            )
        batch = replicas * own
        inputs = ops.reshape(backend.all_rows(inputs), (batch, *inputs.shape[1:]))
        chance = keras.random.uniform((2, batch), seed=self.seed_generator)
        kept, count, outputs = ops.convert_to_tensor(self.kept), self.count + 0, []
        for i in range(batch):  # one after the other: each may meet those before it
            sample = inputs[i]
            room = count < self.size
            exchange = ops.logical_or(room, chance[0, i] < 0.5)
            place = ops.cast(ops.floor(chance[1, i] * self.size), "int32")
            place = ops.where(room, count, ops.minimum(place, self.size - 1))
            before = ops.take(kept, place, axis=0)
            outputs.append(
                ops.where(ops.logical_and(exchange, ops.logical_not(room)), before, sample)
            )
            here = ops.equal(ops.arange(self.size, dtype="int32"), place)
            here = ops.reshape(ops.logical_and(here, exchange), (-1,) + (1,) * len(sample.shape))
            kept = ops.where(here, sample[None], kept)
            count = ops.minimum(count + 1, self.size)
        self.kept.assign(kept)
        self.count.assign(count)
        return ops.stack(outputs)[index * own :][:own]

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "size": self.size, "seed": self.seed}
