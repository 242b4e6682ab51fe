import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class SelfAttention(keras.layers.Layer):
    """SAGAN's attention over all places of a picture.

    Zhang et al. (2019), https://arxiv.org/abs/1805.08318, eq. 1-3: x + gamma o(softmax(f(x) g(x)') h(x)),
    gamma trained from 0. f and g have an eighth of the channels, h half of them; g and h look at a
    picture that is pooled by two where that divides, as in the authors' code. Memory grows with
    (height x width)^2.

    Args:
        spectral: whether its four projections are spectrally normalised, as they are in SAGAN.

    Call arguments:
        inputs: (batch, height, width, channels).

    Returns:
        The shape of `inputs`.

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.SelfAttention()(keras.random.normal((2, 8, 8, 16)))  # (2, 8, 8, 16)
    ```
    """

    def __init__(self, spectral=False, **kwargs):
        super().__init__(**kwargs)
        self.spectral = spectral

    def build(self, input_shape):
        from gankit.layers.spectral_normalization import SpectralNormalization

        channels = input_shape[-1]

        def projection(filters, inputs, name):
            layer = keras.layers.Conv2D(
                filters, 1, use_bias=False, name=name, dtype=self.dtype_policy
            )
            layer = SpectralNormalization(layer, name=name) if self.spectral else layer
            layer.build((None, None, None, inputs))
            return layer

        small, half = max(channels // 8, 1), max(channels // 2, 1)
        self.queries = projection(small, channels, "queries")
        self.keys = projection(small, channels, "keys")
        self.values = projection(half, channels, "values")
        self.output_projection = projection(channels, half, "output")
        self.gamma = self.add_weight(name="gamma", shape=(), initializer="zeros")

    def call(self, inputs, training=False):
        _, height, width, _ = inputs.shape
        options = {"training": training} if self.spectral else {}

        def rows(x, pooled=False):
            if pooled and height % 2 == 0 and width % 2 == 0:
                x = ops.max_pool(x, 2, 2)
            return ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))

        queries = rows(self.queries(inputs, **options))
        keys = rows(self.keys(inputs, **options), pooled=True)
        values = rows(self.values(inputs, **options), pooled=True)
        weights = ops.softmax(ops.matmul(queries, ops.transpose(keys, (0, 2, 1))), axis=-1)
        attended = ops.matmul(weights, values)
        attended = ops.reshape(attended, (-1, height, width, attended.shape[-1]))
        return inputs + self.gamma * self.output_projection(attended, **options)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "spectral": self.spectral}
