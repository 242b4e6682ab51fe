import keras
import numpy as np
from keras import ops

from gankit.layers.kernel_wrapper import KernelWrapper


@keras.saving.register_keras_serializable(package="gankit")
class SpectralNormalization(KernelWrapper):
    """Runs a layer with its kernel divided by the kernel's largest singular value.

    SN-GAN, Miyato et al. (2018), https://arxiv.org/abs/1802.05957: W_SN = W / sigma(W) with
    sigma(W) = u' W v, where u and v follow by power iteration and are constants to the gradient,
    which passes through W in the numerator and in sigma (eq. 11). The kernel itself stays as the
    optimizer left it. A convolution's kernel counts as the matrix (height x width x in, out).

    One power iteration is made per update of the kernel, however often the layer is called: a
    training call iterates only when the kernel differs from the one it iterated on last. Evaluation
    never iterates.

    Args:
        layer: a layer with a `kernel` (Dense, convolutions) or `embeddings`.

    Call arguments:
        inputs, training, ...: the wrapped layer's.

    Returns:
        The wrapped layer's outputs.

    Example:

    ```python
    import keras

    import gankit

    layer = gankit.layers.SpectralNormalization(keras.layers.Conv2D(16, 4, strides=2, padding="same"))
    layer(keras.random.normal((2, 8, 8, 3)), training=True)  # (2, 4, 4, 16)
    ```
    """

    kernels = ("kernel", "embeddings")

    def build(self, input_shape):
        super().build(input_shape)
        rows, columns = self._matrix(self.kernel).shape

        def vector(name, size):
            return self.add_weight(
                name=name,
                shape=(size,),
                initializer=keras.initializers.RandomNormal(stddev=1.0),
                trainable=False,
                dtype="float32",
                autocast=False,
                aggregation="only_first_replica",
            )

        self.left = vector("left", rows)
        self.right = vector("right", columns)
        # What the last iteration saw: its kernel's checksum, which no kernel has at first. Finite, since
        # whatever is not is taken for divergence.
        self.seen = self.add_weight(
            name="seen",
            shape=(),
            initializer=keras.initializers.Constant(float(np.finfo("float32").max)),
            trainable=False,
            dtype="float32",
            autocast=False,
            aggregation="only_first_replica",
        )

    def call(self, inputs, training=False, **kwargs):
        sigma = self._sigma(self.kernel, training)
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), "float32") / sigma
        return self.run(kernel, inputs, **kwargs)

    def _sigma(self, kernel, training):
        """u' W v after this call's power iteration, if it makes one. Differentiable by W alone."""
        matrix = ops.cast(self._matrix(kernel), "float32")
        left, right = ops.convert_to_tensor(self.left), ops.convert_to_tensor(self.right)
        if training:
            constant = ops.stop_gradient(matrix)
            checksum = ops.sum(constant)
            moved = ops.not_equal(checksum, self.seen)
            new_right = _unit(ops.matmul(left, constant))
            new_left = _unit(ops.matmul(constant, new_right))
            left, right = ops.where(moved, new_left, left), ops.where(moved, new_right, right)
            self.left.assign(left)
            self.right.assign(right)
            self.seen.assign(checksum)
        return ops.sum(left * ops.matmul(matrix, right))

    @staticmethod
    def _matrix(kernel):
        return ops.reshape(kernel, (-1, kernel.shape[-1]))


def _unit(vector):
    return vector / (ops.norm(vector) + 1e-12)
