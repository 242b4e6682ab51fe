import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class ConditionalBatchNormalization(keras.layers.Layer):
    """Batch normalisation whose scale and offset belong to the sample's class.

    y = gamma[label] (x - mean) / std + beta[label]. Dumoulin et al. (2017),
    https://arxiv.org/abs/1610.07629, section 2.2; de Vries et al. (2017).

    Args:
        classes: number of classes, at least 1.
        momentum, epsilon: as in `keras.layers.BatchNormalization`.

    Call arguments:
        inputs: `[features, labels]`: (batch, ..., channels) and integers (batch,) in [0, classes).
        training: whether the statistics are the batch's or the running ones.

    Returns:
        The shape of `features`.

    Example:

    ```python
    import keras

    import gankit

    layer = gankit.layers.ConditionalBatchNormalization(classes=3)
    labels = keras.ops.array([0, 1, 2, 0])
    layer([keras.random.normal((4, 8, 8, 16)), labels], training=True)  # (4, 8, 8, 16)
    ```
    """

    def __init__(self, classes, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        if classes < 1:
            raise ValueError(f"`classes` must be at least 1. Received: classes={classes}")
        self.classes, self.momentum, self.epsilon = classes, momentum, epsilon
        self.normalization = keras.layers.BatchNormalization(
            momentum=momentum, epsilon=epsilon, center=False, scale=False, dtype=self.dtype_policy
        )

    def build(self, input_shape):
        features, _ = input_shape
        self.normalization.build(features)
        shape = (self.classes, features[-1])
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros")

    def call(self, inputs, training=False):
        features, labels = inputs
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        broadcast = (-1,) + (1,) * (len(features.shape) - 2) + (features.shape[-1],)
        gamma = ops.reshape(ops.take(self.gamma, labels, axis=0), broadcast)
        beta = ops.reshape(ops.take(self.beta, labels, axis=0), broadcast)
        return self.normalization(features, training=training) * gamma + beta

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {
            **super().get_config(),
            "classes": self.classes,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }
