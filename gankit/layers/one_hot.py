import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class OneHot(keras.layers.Layer):
    """Class indices as vectors with a one at the class, and none where the index is no class.

    Args:
        classes: how many, at least 1.

    Call arguments:
        inputs: integers of any shape; those outside [0, classes), such as an ignore label, become
            zeros.

    Returns:
        (*inputs' shape, classes).

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.OneHot(3)(keras.ops.array([[0, 2, 255]]))  # [1, 0, 0], [0, 0, 1], [0, 0, 0]
    ```
    """

    def __init__(self, classes, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        if classes < 1:
            raise ValueError(f"`classes` must be at least 1. Received: classes={classes}")
        self.classes = classes
        self.built = True

    def call(self, inputs):
        numbers = ops.arange(self.classes, dtype="int32")
        hit = ops.equal(ops.expand_dims(ops.cast(inputs, "int32"), -1), numbers)
        return ops.cast(hit, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.classes)

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}
