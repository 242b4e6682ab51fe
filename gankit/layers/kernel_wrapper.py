import keras
from keras import ops


class KernelWrapper(keras.layers.Wrapper):
    """Base class of wrappers that run a layer with something else in the place of its kernel.

    A subclass's `call` gives that to `run`.
    """

    kernels = ("kernel",)  # what the layer's may be called

    def build(self, input_shape):
        super().build(input_shape)
        # Most Keras layers keep the variable in `_kernel` behind a property that can't be set.
        names = [name for kernel in self.kernels for name in (f"_{kernel}", kernel)]
        found = [n for n in names if isinstance(getattr(self.layer, n, None), keras.Variable)]
        if not found:
            kinds = " or ".join(f"`{kernel}`" for kernel in self.kernels)
            raise ValueError(
                f"{type(self).__name__} wraps a layer with a {kinds}. Received: {self.layer}"
            )
        self._attribute = found[0]

    @property
    def kernel(self):
        """The layer's own, as the optimizer left it."""
        return getattr(self.layer, self._attribute)

    def run(self, kernel, inputs, **kwargs):
        """The layer's outputs with this kernel."""
        own = self.kernel
        setattr(self.layer, self._attribute, ops.cast(kernel, self.layer.compute_dtype))
        try:
            return self.layer(inputs, **kwargs)
        finally:
            setattr(self.layer, self._attribute, own)
