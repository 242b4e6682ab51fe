import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class PixelNormalization(keras.layers.Layer):
    """Divides each feature vector by its root mean square.

    y = x / sqrt(mean(x^2) + epsilon) over the last axis. Karras et al. (2018),
    https://arxiv.org/abs/1710.10196, section 4.2.

    Args:
        epsilon: a positive number.

    Call arguments:
        inputs: (batch, ..., channels).

    Returns:
        The same shape, each vector of mean square 1.

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.PixelNormalization()(keras.ops.array([[3.0, -3.0]]))  # [[1, -1]]
    ```
    """

    def __init__(self, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        if epsilon <= 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.epsilon = epsilon
        self.built = True

    def call(self, inputs):
        mean_square = ops.mean(ops.square(inputs), axis=-1, keepdims=True)
        return inputs * ops.rsqrt(mean_square + self.epsilon)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
