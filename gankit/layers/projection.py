import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class Projection(keras.layers.Layer):
    """A conditional discriminator's head: logit = w . phi(x) + b + V[label] . phi(x).

    Miyato & Koyama (2018), https://arxiv.org/abs/1802.05637, eq. 3.

    Args:
        classes: number of classes, at least 1.

    Call arguments:
        inputs: `[features, labels]`: (batch, channels) and integers (batch,) in [0, classes).

    Returns:
        (batch, 1) logits.

    Example:

    ```python
    import keras

    import gankit

    labels = keras.ops.array([0, 1, 2, 0])
    gankit.layers.Projection(classes=3)([keras.random.normal((4, 64)), labels])  # (4, 1) logits
    ```
    """

    def __init__(self, classes, **kwargs):
        super().__init__(**kwargs)
        if classes < 1:
            raise ValueError(f"`classes` must be at least 1. Received: classes={classes}")
        self.classes = classes

    def build(self, input_shape):
        features, _ = input_shape
        self.kernel = self.add_weight(name="kernel", shape=(features[-1], 1))
        self.bias = self.add_weight(name="bias", shape=(1,), initializer="zeros")
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.classes, features[-1]), initializer="glorot_uniform"
        )

    def call(self, inputs):
        features, labels = inputs
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        of_class = ops.take(self.embeddings, labels, axis=0)
        match = ops.sum(of_class * features, axis=-1, keepdims=True)
        return ops.matmul(features, self.kernel) + self.bias + match

    def compute_output_shape(self, input_shape):
        return (input_shape[0][0], 1)

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}
