import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class WeightNormalization(keras.layers.Wrapper):
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
        # Most Keras layers keep the variable in `_kernel` behind a property that can't be set.
        for attribute in ("_kernel", "kernel"):
            if isinstance(getattr(self.layer, attribute, None), keras.Variable):
                self._attribute = attribute
                break
        else:
            raise ValueError(
                f"WeightNormalization wraps a layer with a `kernel`. Received: {self.layer}"
            )
        kernel = getattr(self.layer, self._attribute)
        self.lengths = self.add_weight(
            name="lengths",
            shape=(kernel.shape[-1],),
            initializer=lambda shape, dtype: ops.cast(_lengths(kernel), dtype),
        )

    def call(self, inputs, **kwargs):
        kernel = getattr(self.layer, self._attribute)
        scale = ops.cast(self.lengths, "float32") / _lengths(kernel)
        normalized = ops.cast(ops.convert_to_tensor(kernel), "float32") * scale
        setattr(self.layer, self._attribute, ops.cast(normalized, self.layer.compute_dtype))
        try:
            return self.layer(inputs, **kwargs)
        finally:
            setattr(self.layer, self._attribute, kernel)


def _lengths(kernel):
    """Euclidean norms over all axes but the last; a little more than 0 where all is 0."""
    kernel = ops.cast(ops.convert_to_tensor(kernel), "float32")
    axes = tuple(range(len(kernel.shape) - 1))
    return ops.sqrt(ops.sum(ops.square(kernel), axis=axes) + 1e-12)
