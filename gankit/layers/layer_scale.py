import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class LayerScale(keras.layers.Layer):
    """A learned factor for each channel, at the end of a residual branch.

    Touvron et al. (2021), https://arxiv.org/abs/2103.17239, section 2.

    Args:
        initial: the factors at the start.

    Call arguments:
        inputs: (batch, ..., channels).

    Returns:
        The shape of `inputs`.

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.LayerScale(0.1)(keras.ops.ones((2, 5, 8)))  # 0.1 everywhere, before training
    ```
    """

    def __init__(self, initial, **kwargs):
        super().__init__(**kwargs)
        self.initial = initial

    def build(self, input_shape):
        self.factors = self.add_weight(
            name="factors",
            shape=(input_shape[-1],),
            initializer=keras.initializers.Constant(self.initial),
        )

    def call(self, inputs):
        return inputs * ops.convert_to_tensor(self.factors)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "initial": self.initial}
