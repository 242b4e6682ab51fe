import keras
import numpy as np
from keras import ops


class Resample(keras.layers.Layer):
    """A linear map of a picture's rows, and one of its columns.

    Two matrix products: penalties differentiate them twice on every backend, at the speed of one.
    """

    def weights_of(self, size):
        """The (size out, size in) matrix for an axis of so many places."""
        raise NotImplementedError(f"{type(self).__name__} must define weights_of().")

    def call(self, inputs):
        _, height, width, channels = inputs.shape
        rows = ops.convert_to_tensor(self.weights_of(height), dtype=self.compute_dtype)
        columns = ops.convert_to_tensor(self.weights_of(width), dtype=self.compute_dtype)
        x = ops.matmul(rows, ops.reshape(inputs, (-1, height, width * channels)))
        x = ops.matmul(columns, ops.reshape(x, (-1, width, channels)))
        return ops.reshape(x, (-1, rows.shape[0], columns.shape[0], channels))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, len(self.weights_of(height)), len(self.weights_of(width)), channels)


@keras.saving.register_keras_serializable(package="gankit")
class Upsample(Resample):
    """Twice the height and width, interpolated: zeros between, then the filter [1, 2, 1] / 2.

    The resampling of StyleGAN (Karras et al. (2019), section 2) and R3GAN, which keeps high
    frequencies from folding into low ones; beyond an edge a picture goes on as it ends. Keras's
    bilinear `UpSampling2D` has no second derivative on TensorFlow.

    Call arguments:
        inputs: (batch, height, width, channels).

    Returns:
        (batch, 2 height, 2 width, channels).

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.Upsample()(keras.random.normal((2, 8, 8, 3)))  # (2, 16, 16, 3)
    ```
    """

    def weights_of(self, size):
        """Each place, and between it and the next their mean."""
        weights = np.zeros((2 * size, size))
        here = np.arange(size)
        after = np.minimum(here + 1, size - 1)
        weights[2 * here, here] = 1
        np.add.at(weights, (2 * here + 1, here), 0.5)
        np.add.at(weights, (2 * here + 1, after), 0.5)
        return weights


@keras.saving.register_keras_serializable(package="gankit")
class Downsample(Resample):
    """Half the height and width, smoothed first by the filter [1, 2, 1] / 4. See `Upsample`.

    Call arguments:
        inputs: (batch, height, width, channels).

    Returns:
        (batch, ceil(height / 2), ceil(width / 2), channels).

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.Downsample()(keras.random.normal((2, 7, 8, 3)))  # (2, 4, 4, 3)
    ```
    """

    def weights_of(self, size):
        """Every other place, with a quarter of each neighbour."""
        kept = np.arange(0, size, 2)
        weights = np.zeros((len(kept), size))
        for offset, share in ((-1, 0.25), (0, 0.5), (1, 0.25)):
            np.add.at(weights, (np.arange(len(kept)), np.clip(kept + offset, 0, size - 1)), share)
        return weights
