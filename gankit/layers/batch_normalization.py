import keras
from keras import ops

from gankit import backend


@keras.saving.register_keras_serializable(package="gankit")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's, by TensorFlow's own kernel where that can do it: in training, on (batch, height, width,
    channels). It passes over the features fewer times, in bfloat16 without copies in float32.

    Args:
        kwargs: as in `keras.layers.BatchNormalization`.

    Example:

    ```python
    import keras

    import gankit

    layer = gankit.layers.BatchNormalization(momentum=0.9)
    layer(keras.random.normal((4, 8, 8, 16)), training=True)  # (4, 8, 8, 16)
    ```
    """

    def call(self, inputs, training=None, mask=None):
        if not (training and self.trainable and mask is None and self._kernel_can(inputs)):
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        outputs, mean, variance = backend.batch_normalization(
            inputs,
            self.gamma if self.scale else ops.ones(channels),
            self.beta if self.center else ops.zeros(channels),
            self.epsilon,
        )
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + value * (1.0 - self.momentum))
        return outputs

    def _kernel_can(self, inputs):
        if backend.batch_normalization is None or self.synchronized or self.renorm:
            return False
        return len(inputs.shape) == 4 and self.axis in (-1, 3)
