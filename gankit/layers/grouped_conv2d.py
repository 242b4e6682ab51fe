import keras

from gankit import backend


def refuse_fixed(layer, given, *names):
    """Refuses arguments of a convolution that its kernel knows one value of."""
    one = {"data_format": ("channels_last", None)}
    for name in names:
        value = given.get(name, 1)
        if name in given and value not in one.get(name, (1, (1,), (1, 1), [1], [1, 1])):
            raise ValueError(f"{type(layer).__name__} has no `{name}`. Received: {name}={value!r}")


@keras.saving.register_keras_serializable(package="gankit")
class GroupedConv2D(keras.layers.Conv2D):
    """A convolution within groups of channels, stride 1, `padding="same"`.

    Keras's own hands groups to XLA on TensorFlow, which is far slower on a CPU; this
    one calls TensorFlow's kernel. On JAX and PyTorch they are the same.

    Args:
        filters, kernel_size, kwargs: as in `keras.layers.Conv2D`.
        groups: of channels; divides the channels and `filters`.

    Example:

    ```python
    import keras

    import gankit

    gankit.layers.GroupedConv2D(32, 3, groups=2)(keras.random.normal((2, 8, 8, 32)))  # (2, 8, 8, 32)
    ```
    """

    def __init__(self, filters, kernel_size, groups=1, padding="same", **kwargs):
        if padding != "same":
            raise ValueError(f'GroupedConv2D pads: padding="same". Received: padding={padding!r}')
        refuse_fixed(self, kwargs, "strides", "dilation_rate", "data_format")
        super().__init__(filters, kernel_size, groups=groups, padding=padding, **kwargs)

    def convolution_op(self, inputs, kernel):
        if backend.grouped_convolution is None:
            return super().convolution_op(inputs, kernel)
        return backend.grouped_convolution(inputs, kernel)

    def get_config(self):
        config = super().get_config()
        for fixed in ("strides", "data_format", "dilation_rate"):
            config.pop(fixed)
        return config
