"""Random draws inside the training step.

Every replica of a distribution strategy holds the same seeds. So that each plays its own noise, all
draw the noise of the global batch and each takes its slice, which also makes two replicas of 32
samples draw what one device draws for 64.
"""

import keras

from gankit import backend


def normal(shape, seed, dtype="float32"):
    """Standard normal noise; the first axis of `shape` is this replica's batch."""
    return _own_part(keras.random.normal, shape, seed, dtype)


def uniform(shape, seed, dtype="float32", low=0.0, high=1.0):
    """Noise uniform in [low, high); the first axis of `shape` is this replica's batch."""
    return _own_part(keras.random.uniform, shape, seed, dtype, minval=low, maxval=high)


def _own_part(draw, shape, seed, dtype, **options):
    index, replicas = backend.replica()
    if replicas == 1:
        return draw(shape, dtype=dtype, seed=seed, **options)
    batch, *rest = shape
    drawn = draw((replicas * batch, *rest), dtype=dtype, seed=seed, **options)
    return drawn[index * batch :][:batch]
