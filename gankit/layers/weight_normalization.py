import keras
from keras import ops

from gankit.layers.kernel_wrapper import KernelWrapper


@keras.saving.register_keras_serializable(package="gankit")
class WeightNormalization(KernelWrapper):
    """Runs a layer whose kernel's lengths and directions are weights of their own.

    w = g v / |v|. Salimans & Kingma (2016), https://arxiv.org/abs/1602.07868, eq. 2. v is the layer's
    kernel, and g has an entry for each index of the kernel's last axis: an output of a dense layer or
    a convolution, an input of a transposed convolution, as in PyTorch. At the start g = |v|, so that
    the layer starts as it would without.

    Args:
        layer: a layer with a `kernel` (Dense, convolutions).

    Call arguments:
        inputs, ...: the wrapped layer's.

    Returns:
        The wrapped layer's outputs.

    Example:

    ```python
    import keras

    import gankit

    layer = gankit.layers.WeightNormalization(keras.layers.Conv1D(16, 7, padding="same"))
    layer(keras.random.normal((2, 20, 8)))  # (2, 20, 16)
    ```
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.lengths = self.add_weight(
            name="lengths",
            shape=(self.kernel.shape[-1],),
            initializer=lambda shape, dtype: ops.cast(_lengths(self.kernel), dtype),
        )

    def call(self, inputs, **kwargs):
        scale = ops.cast(self.lengths, "float32") / _lengths(self.kernel)
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), "float32") * scale
        return self.run(kernel, inputs, **kwargs)


def _lengths(kernel):
    """Euclidean norms over all axes but the last; a little more than 0 where all is 0."""
    kernel = ops.cast(ops.convert_to_tensor(kernel), "float32")
    axes = tuple(range(len(kernel.shape) - 1))
    return ops.sqrt(ops.sum(ops.square(kernel), axis=axes) + 1e-12)
