"""Latents for samples that people look at: drawn in NumPy, the same on every backend."""

import keras
import numpy as np
from scipy import special


def latent_dim(generator):
    """The length of a latent vector, read off the generator's first input."""
    inputs = getattr(generator, "inputs", None)
    shape = tuple(inputs[0].shape) if inputs else ()
    if len(shape) != 2 or shape[1] is None:
        raise ValueError(
            "The generator's input does not tell the length of a latent vector: give `latent_dim`. "
            f"Received: {generator.name} with first input shape {shape or 'unknown'}"
        )
    return shape[1]


def latents(n, dim, seed=None, truncation=None):
    """Standard normal latents; row i depends on the seed and on i alone.

    Args:
        n: how many, at least 1.
        dim: the length of each.
        seed: an integer of at least 0, a tuple of them, or None for another draw each time.
        truncation: draw from the normal distribution cut to [-truncation, truncation]. None for the
            whole.

    Returns:
        (n, dim) float32.
    """
    if n < 1:
        raise ValueError(f"`n` must be at least 1. Received: n={n}")
    if truncation is not None and truncation <= 0:
        raise ValueError(f"`truncation` must be positive. Received: truncation={truncation}")
    # By inversion, so that truncated latents are the same draws, drawn in.
    uniform = np.random.default_rng(seed).random((n, dim))
    low = 0.0 if truncation is None else special.ndtr(-truncation)
    uniform = low + (1.0 - 2.0 * low) * np.clip(uniform, 1e-12, 1.0 - 1e-12)
    return special.ndtri(uniform).astype("float32")


def great_circle(start, end, steps):
    """Points on the arc from `start` to `end`: spherical interpolation, White (2016), section 2.1.

    Gaussian latents lie near a sphere, and so do these; those on the straight line do not.

    Args:
        start, end: (dim,) latents.
        steps: how many points, both ends included; at least 2.

    Returns:
        (steps, dim) float32.
    """
    if steps < 2:
        raise ValueError(f"`steps` must be at least 2. Received: steps={steps}")
    cosine = np.dot(start, end) / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    way = np.linspace(0.0, 1.0, steps)[:, None]
    if np.sin(angle) < 1e-6:  # parallel: the arc is a line
        return ((1 - way) * start + way * end).astype("float32")
    arc = (np.sin((1 - way) * angle) * start + np.sin(way * angle) * end) / np.sin(angle)
    return arc.astype("float32")


def rows(condition, n):
    """`condition` with one row a sample: one condition for all is repeated.

    Args:
        condition: a number, a list of numbers, or a structure of arrays with `n` rows each.
        n: how many rows.
    """
    if isinstance(condition, list) and all(np.ndim(one) == 0 for one in condition):
        condition = np.asarray(condition)

    def of_one(leaf):
        leaf = np.asarray(leaf)
        leaf = np.repeat(leaf[None], n, axis=0) if leaf.ndim == 0 else leaf
        if len(leaf) != n:
            raise ValueError(
                f"A condition has one row for each of the {n} samples. "
                f"Received: an array of shape {leaf.shape}"
            )
        return leaf

    return keras.tree.map_structure(of_one, condition)


def in_batches(function, inputs, batch_size):
    """A function of a batch on any number of rows, every call on as many, so it is compiled once.

    Args:
        function: from a batch of `inputs` to a structure of arrays with as many rows, or more.
        inputs: a structure of arrays, (n, ...) each.
        batch_size: rows in a call, at most.

    Returns:
        Float32 arrays, (n, ...).
    """
    if batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1. Received: batch_size={batch_size}")
    n = len(keras.tree.flatten(inputs)[0])
    size = min(n, batch_size)
    outputs = []
    for start in range(0, n, size):
        chosen = np.minimum(np.arange(start, start + size), n - 1)  # the last batch is filled up
        batch = keras.tree.map_structure(lambda leaf: leaf[chosen], inputs)  # noqa: B023
        outputs.append(
            keras.tree.map_structure(lambda leaf: np.asarray(leaf)[:size], function(batch))
        )
    return keras.tree.map_structure(
        lambda *leaves: np.concatenate(leaves)[:n].astype("float32"), *outputs
    )
