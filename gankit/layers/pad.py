import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class PadToMultiple(keras.layers.Layer):
    """Pictures grown on all sides by repeating their edge, until both sides are multiples of a number.

    Where the margin is odd, the bottom and the right get one more. `CropLike` takes it away again.

    Args:
        multiple: at least 1.

    Call arguments:
        inputs: (batch, height, width, channels).

    Returns:
        (batch, height rounded up, width rounded up, channels).

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.PadToMultiple(8)(keras.random.normal((2, 13, 16, 3)))  # (2, 16, 16, 3)
    ```
    """

    def __init__(self, multiple, **kwargs):
        super().__init__(**kwargs)
        if multiple < 1:
            raise ValueError(f"`multiple` must be at least 1. Received: multiple={multiple}")
        self.multiple = multiple
        self.built = True

    def call(self, inputs):
        for axis in (1, 2):
            side = ops.shape(inputs)[axis]
            # Not -side % multiple: ONNX has the remainder of a negative number below 0.
            margin = (self.multiple - side % self.multiple) % self.multiple
            if isinstance(margin, int) and margin == 0:
                continue
            places = ops.arange(side + margin) - margin // 2
            inputs = ops.take(inputs, ops.clip(places, 0, side - 1), axis=axis)
        return inputs

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        up = [side and side + -side % self.multiple for side in (height, width)]
        return (batch, *up, channels)

    def get_config(self):
        return {**super().get_config(), "multiple": self.multiple}


@keras.saving.register_keras_serializable(package="gankit")
class CropLike(keras.layers.Layer):
    """The middle of pictures, as high and wide as others are.

    Call arguments:
        inputs: `[pictures, others]`: (batch, height, width, channels) each, the first no smaller.

    Returns:
        (batch, others' height, others' width, channels).

    Example:

    ```python
    import keras

    import gankit

    pictures = keras.random.normal((2, 13, 16, 3))
    grown = gankit.layers.PadToMultiple(8)(pictures)
    gankit.layers.CropLike()([grown, pictures])  # the pictures again
    ```
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.built = True

    def call(self, inputs):
        pictures, others = inputs
        large, small = ops.shape(pictures), ops.shape(others)
        top, left = [(large[i] - small[i]) // 2 for i in (1, 2)]
        return pictures[:, top : top + small[1], left : left + small[2]]

    def compute_output_shape(self, input_shape):
        pictures, others = input_shape
        return (pictures[0], *others[1:3], pictures[3])
