import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="gankit")
class SPADE(layers.Layer):
    """Normalisation whose scale and offset, at every place, follow from a map of what is there.

    y = (x - mean) / std * (1 + gamma(map)) + beta(map), gamma and beta by two convolutions on the map
    at the features' size. Park et al. (2019), https://arxiv.org/abs/1903.07291, equation 1; the
    statistics are each sample's own, per channel, so that batches of any size are alike.

    Args:
        hidden: channels between the two convolutions.
        epsilon: added to the variance.

    Call arguments:
        inputs: `[features, map]`: (batch, height, width, channels) and (batch, height', width', c),
            height' and width' multiples of the features'.

    Returns:
        The shape of `features`.

    Example:

    ```python
    import keras

    import gankit

    features, mask = keras.random.normal((2, 4, 4, 8)), keras.random.normal((2, 16, 16, 3))
    gankit.layers.SPADE(hidden=16)([features, mask])  # (2, 4, 4, 8)
    ```
    """

    def __init__(self, hidden=64, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.hidden, self.epsilon = hidden, epsilon
        policy = self.dtype_policy
        self.shared = layers.Conv2D(hidden, 3, padding="same", activation="relu", dtype=policy)

    def build(self, input_shape):
        features, of_map = input_shape
        self.shared.build(of_map)
        self.both = layers.Conv2D(2 * features[-1], 3, padding="same", dtype=self.dtype_policy)
        self.both.build((*of_map[:-1], self.hidden))

    def call(self, inputs):
        features, of_map = inputs
        nearest = of_map
        for axis in (1, 2):  # a slice whose stride is a tensor would lose its shape
            side = ops.shape(features)[axis]
            stride = ops.shape(of_map)[axis] // side
            nearest = ops.take(nearest, ops.arange(side) * stride, axis=axis)
        exact = ops.cast(features, "float32")  # a mean in bfloat16 is off by up to a twentieth
        mean, variance = ops.moments(exact, axes=(1, 2), keepdims=True)
        normal = ops.cast((exact - mean) * ops.rsqrt(variance + self.epsilon), self.compute_dtype)
        gamma, beta = ops.split(self.both(self.shared(nearest)), 2, axis=-1)
        return normal * (1 + gamma) + beta

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "hidden": self.hidden, "epsilon": self.epsilon}
