import keras
from keras import ops

from gankit import backend
from gankit.layers.grouped_conv2d import refuse_fixed


@keras.saving.register_keras_serializable(package="gankit")
class GroupedConv1D(keras.layers.Conv1D):
    """A convolution in time within groups of channels, padded by zeros alike at both ends.

    Keras's own hands groups to XLA on TensorFlow, which is far slower on a CPU; this one calls
    TensorFlow's kernel. That knows no strides, so `strides` successive steps become channels first,
    and the kernel's taps with them: the same sums.

    Args:
        filters, kernel_size, kwargs: as in `keras.layers.Conv1D`.
        strides: of the convolution; output t is centred on input t * strides.
        groups: of channels; divides the channels and `filters`.

    Example:

    ```python
    import keras

    import gankit

    layer = gankit.layers.GroupedConv1D(8, 5, strides=2, groups=4)
    layer(keras.random.normal((2, 20, 8)))  # (2, 10, 8)
    ```
    """

    def __init__(self, filters, kernel_size, strides=1, groups=1, **kwargs):
        padding = kwargs.setdefault("padding", "same")
        if padding != "same":
            raise ValueError(f'GroupedConv1D pads: padding="same". Received: padding={padding!r}')
        refuse_fixed(self, kwargs, "dilation_rate", "data_format")
        super().__init__(filters, kernel_size, strides=strides, groups=groups, **kwargs)

    def call(self, inputs):
        outputs = self.convolve(inputs, ops.convert_to_tensor(self.kernel))
        if self.use_bias:
            outputs = outputs + ops.convert_to_tensor(self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def convolve(self, x, kernel):
        stride = self.strides[0]
        if stride > 1:
            x, kernel = _fold(x, stride, self.groups), _fold_kernel(kernel, stride)
        if backend.grouped_convolution is None:
            return ops.conv(x, kernel, 1, "same")
        return backend.grouped_convolution(x[:, None], kernel[None])[:, 0]

    def get_config(self):
        config = super().get_config()
        for fixed in ("padding", "data_format", "dilation_rate"):
            config.pop(fixed)
        return config


def _fold(x, stride, groups):
    """(batch, time, channels) to (batch, time / stride, channels * stride), group by group."""
    x = ops.pad(x, [[0, 0], [0, -ops.shape(x)[1] % stride], [0, 0]])
    time, channels = ops.shape(x)[1] // stride, x.shape[2]
    x = ops.reshape(x, (-1, time, stride, groups, channels // groups))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4)), (-1, time, channels * stride))


def _fold_kernel(kernel, stride):
    """The kernel on what `_fold` gives: (taps, in, out) to (an odd number of taps, in * stride, out)."""
    taps, inputs, outputs = kernel.shape
    before = (taps - 1) // 2
    half = -(-max(before, taps - 1 - before) // stride)
    front = half * stride - before
    back = (2 * half + 1) * stride - taps - front
    kernel = ops.pad(kernel, [[front, back], [0, 0], [0, 0]])
    return ops.reshape(kernel, (2 * half + 1, inputs * stride, outputs))
