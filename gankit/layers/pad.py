import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class PadToMultiple(keras.layers.Layer):
    """Zeros below and on the right of pictures, until both sides are multiples of a number.

    `CropLike` takes them away again.

    Args:
        multiple: at least 1.

    Call arguments:
        inputs: (batch, height, width, channels).

    Returns:
        (batch, height rounded up, width rounded up, channels).
    """

    def __init__(self, multiple, **kwargs):
        super().__init__(**kwargs)
        if multiple < 1:
            raise ValueError(f"`multiple` must be at least 1. Received: multiple={multiple}")
        self.multiple = multiple
        self.built = True

    def call(self, inputs):
        over = [-side % self.multiple for side in ops.shape(inputs)[1:3]]
        if all(isinstance(one, int) and one == 0 for one in over):
            return inputs
        return ops.pad(inputs, [[0, 0], [0, over[0]], [0, over[1]], [0, 0]])

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        up = [side and side + -side % self.multiple for side in (height, width)]
        return (batch, *up, channels)

    def get_config(self):
        return {**super().get_config(), "multiple": self.multiple}


@keras.saving.register_keras_serializable(package="gankit")
class CropLike(keras.layers.Layer):
    """The top left of pictures, as high and wide as others are.

    Call arguments:
        inputs: `[pictures, others]`: (batch, height, width, channels) each, the first no smaller.

    Returns:
        (batch, others' height, others' width, channels).
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.built = True

    def call(self, inputs):
        pictures, others = inputs
        height, width = ops.shape(others)[1:3]
        return pictures[:, :height, :width]

    def compute_output_shape(self, input_shape):
        pictures, others = input_shape
        return (pictures[0], *others[1:3], pictures[3])
