import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class GenerativeBasis(keras.layers.Layer):
    """Learned pictures of a small grid, each scaled by one entry of a vector: R3GAN's first layer.

    Huang et al. (2025), https://arxiv.org/abs/2501.05441: y[i, j, c] = x[c] basis[i, j, c], the basis
    normal at the start.

    Args:
        height, width: of the grid.

    Call arguments:
        inputs: (batch, channels).

    Returns:
        (batch, height, width, channels).

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.GenerativeBasis(4, 4)(keras.random.normal((8, 64)))  # (8, 4, 4, 64)
    ```
    """

    def __init__(self, height, width, **kwargs):
        super().__init__(**kwargs)
        self.height, self.width = height, width

    def build(self, input_shape):
        self.basis = self.add_weight(
            name="basis",
            shape=(self.height, self.width, input_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )

    def call(self, inputs):
        return inputs[:, None, None, :] * self.basis

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.height, self.width, input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "height": self.height, "width": self.width}


@keras.saving.register_keras_serializable(package="gankit")
class DiscriminativeBasis(keras.layers.Layer):
    """The inner product of each channel with a learned picture: R3GAN's layer before the last.

    `GenerativeBasis` the other way round: y[c] = sum over i, j of x[i, j, c] basis[i, j, c].

    Call arguments:
        inputs: (batch, height, width, channels).

    Returns:
        (batch, channels).

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.DiscriminativeBasis()(keras.random.normal((8, 4, 4, 64)))  # (8, 64)
    ```
    """

    def build(self, input_shape):
        _, height, width, channels = input_shape
        self.basis = self.add_weight(
            name="basis",
            shape=(height, width, channels),
            initializer=keras.initializers.RandomNormal(stddev=(height * width) ** -0.5),
        )

    def call(self, inputs):
        return ops.sum(inputs * self.basis, axis=(1, 2))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])
