"""Functions run as training runs them."""

import keras
from keras import ops

from gankit import backend
from tests.helpers import numpy


def run(function, *inputs):
    """On JAX one compilation, instead of one for each operation."""
    if keras.backend.backend() == "jax":
        import jax

        function = jax.jit(function)
    return keras.tree.map_structure(numpy, function(*inputs))


def slope(function, waves):
    """The value of a function of waves, and its gradient."""

    def both(waves):
        (value, _), gradient = backend.value_and_input_gradient(
            lambda waves: (function(waves), None), waves
        )
        return value, gradient

    return run(both, ops.convert_to_tensor(waves, "float32"))
