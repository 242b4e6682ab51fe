import keras
from keras import ops

from gankit import backend, noise


@keras.saving.register_keras_serializable(package="gankit")
class Dropout(keras.layers.Dropout):
    """Keras's Dropout, which on several replicas leaves out other features on each.

    Keras's own draws the same on all of them, since they hold the same seed.

    Args:
        rate, kwargs: as in `keras.layers.Dropout`; no `noise_shape`.

    Call arguments:
        inputs: (batch, ...).
        training: whether anything is left out.

    Returns:
        The shape of `inputs`.

    Example:

    ```python
    import keras

    import gankit

    layer = gankit.layers.Dropout(0.5)
    layer(keras.ops.ones((2, 4)), training=True)  # zeros and twos
    ```
    """

    def call(self, inputs, training=False):
        _, replicas = backend.replica()
        if replicas == 1 or not training or not self.rate:
            return super().call(inputs, training=training)
        drawn = noise.uniform(ops.shape(inputs), self.seed_generator)
        kept = ops.cast(drawn >= self.rate, inputs.dtype)
        return inputs * kept / (1.0 - self.rate)
