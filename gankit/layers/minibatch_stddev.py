import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class MinibatchStddev(keras.layers.Layer):
    """Appends the standard deviation over a group of samples as one more channel.

    The discriminator then sees how much the samples differ from each other, which works against
    mode collapse. Karras et al. (2018), https://arxiv.org/abs/1710.10196, section 3: the deviation
    over the group is taken per feature and position, then averaged to one number per sample.

    Args:
        group_size: how many consecutive samples form a group; a batch that it does not divide is
            one group.

    Call arguments:
        inputs: (batch, ..., channels).

    Returns:
        (batch, ..., channels + 1).

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.MinibatchStddev(group_size=4)(keras.random.normal((8, 4, 4, 32)))  # (8, 4, 4, 33)
    ```
    """

    def __init__(self, group_size=4, **kwargs):
        super().__init__(**kwargs)
        if group_size < 2:
            raise ValueError(f"`group_size` must be at least 2. Received: group_size={group_size}")
        self.group_size = group_size
        self.built = True

    def call(self, inputs):
        shape = ops.shape(inputs)
        batch = shape[0]
        group = ops.where(batch % self.group_size == 0, self.group_size, batch)
        if isinstance(batch, int):  # a static batch size keeps static shapes
            group = self.group_size if batch % self.group_size == 0 else batch
        grouped = ops.reshape(inputs, (batch // group, group, -1))
        # The square root has no derivative at 0, where all samples of a group are equal.
        deviation = ops.sqrt(ops.var(grouped, axis=1, keepdims=True) + 1e-8)
        statistic = ops.mean(deviation, axis=-1, keepdims=True)
        statistic = ops.reshape(
            ops.broadcast_to(statistic, (batch // group, group, 1)),
            (batch,) + (1,) * (len(inputs.shape) - 1),
        )
        return ops.concatenate([inputs, ops.broadcast_to(statistic, (*shape[:-1], 1))], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        return {**super().get_config(), "group_size": self.group_size}
