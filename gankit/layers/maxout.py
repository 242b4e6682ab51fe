import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class Maxout(keras.layers.Layer):
    """The largest of several linear maps, unit by unit.

    Goodfellow et al. (2013), https://arxiv.org/abs/1302.4389; the activation of the first GAN's
    discriminator.

    Args:
        units: outputs, at least 1.
        pieces: linear maps that each output is the largest of, at least 1.

    Call arguments:
        inputs: (batch, features).

    Returns:
        (batch, units).

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.Maxout(units=16, pieces=5)(keras.random.normal((8, 32)))  # (8, 16)
    ```
    """

    def __init__(self, units, pieces, **kwargs):
        super().__init__(**kwargs)
        if units < 1 or pieces < 1:
            raise ValueError(
                f"`units` and `pieces` must be at least 1. Received: units={units}, pieces={pieces}"
            )
        self.units, self.pieces = units, pieces
        self.maps = keras.layers.Dense(units * pieces, name="maps", dtype=self.dtype_policy)

    def build(self, input_shape):
        self.maps.build(input_shape)

    def call(self, inputs):
        return ops.max(ops.reshape(self.maps(inputs), (-1, self.units, self.pieces)), axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "pieces": self.pieces}
