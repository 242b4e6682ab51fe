import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class Pack(keras.layers.Layer):
    """Joins `size` consecutive samples into one, along the last axis.

    As a discriminator's first layer it makes PacGAN, Lin et al. (2018),
    https://arxiv.org/abs/1712.04086: the discriminator judges several samples in one row and so sees
    when they are too alike. Nothing else changes: losses and penalties count rows.

    Args:
        size: how many samples form a row, at least 1; it must divide the batch.

    Call arguments:
        inputs: (batch, ..., channels), or labels (batch,).

    Returns:
        (batch / size, ..., size * channels), or (batch / size, size).

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.Pack(2)(keras.random.normal((8, 3)))  # (4, 6)
    ```
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        if size < 1:
            raise ValueError(f"`size` must be at least 1. Received: size={size}")
        self.size = size
        self.built = True

    def call(self, inputs):
        rank = len(inputs.shape)
        batch = inputs.shape[0]
        if batch is not None and batch % self.size:
            raise ValueError(
                f"Pack joins {self.size} samples into one, so the batch must be a multiple of "
                f"{self.size}. Received: a batch of {batch}"
            )
        if rank == 1:
            return ops.reshape(inputs, (-1, self.size))
        rows = ops.reshape(inputs, (-1, self.size, *ops.shape(inputs)[1:]))
        rows = ops.moveaxis(rows, 1, -2)
        return ops.reshape(rows, (-1, *ops.shape(inputs)[1:-1], self.size * inputs.shape[-1]))

    def compute_output_shape(self, input_shape):
        batch = None if input_shape[0] is None else input_shape[0] // self.size
        if len(input_shape) == 1:
            return (batch, self.size)
        return (batch, *input_shape[1:-1], self.size * input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "size": self.size}
