"""Trees along the kerbs."""

import numpy as np

from gankit.segmentation.streets.classes import TREE
from gankit.segmentation.streets.shapes import CIRCLE, Thing, lying, upright
from gankit.segmentation.streets.view import FAR

LEAVES = np.array([(70, 95, 45), (95, 110, 60), (50, 70, 45), (130, 100, 50), (95, 95, 80)])


def make_trees(street, light, rng):
    """Of one kind, along one kerb or both."""
    trees, leaf = [], LEAVES[rng.integers(len(LEAVES))]
    for side in (-1, 1):
        z, spacing = rng.uniform(6, 14), rng.uniform(6, 16)
        while z < 0.8 * FAR and spacing < 14:
            x = street.kerbs[side] + side * rng.uniform(0.8, 1.3)
            trees.append(_tree(x, z, leaf * rng.uniform(0.8, 1.2), light, rng))
            z += spacing * rng.uniform(0.7, 1.5)
    return trees


def _tree(x, z, leaf, light, rng):
    """A trunk, then clumps of leaves, brighter where they look to the sun."""
    radius, bare = rng.uniform(1.1, 2.2), rng.uniform(2.2, 3.2)  # of the crown; the trunk's height
    foot, fork = 0.08 + 0.06 * radius, 0.04 + 0.03 * radius
    trunk = [(-foot, 0), (foot, 0), (fork, bare + 1), (-fork, bare + 1)]
    surfaces = [(upright(trunk, x, z), (85, 70, 58), (0, 0, -1))]
    n = 20 if z < 25 else 10
    ball = rng.normal(size=(n, 3))
    ball *= rng.uniform(0.4, 0.75, (n, 1)) / np.linalg.norm(ball, axis=1, keepdims=True)
    ball = ball[np.argsort(-ball[:, 2])]
    draws = [(rng.uniform(0.3, 0.55), rng.normal(0, 0.08)) for _ in ball]
    sizes, tones = np.array(draws).T[..., None]
    clumps = (0, 1.1) + ball[:, None, :2] * (1, 1.2) + sizes[..., None] * CIRCLE
    tones += 0.95 + 0.5 * (ball @ light.sun)[:, None]
    for clump, colour in zip(upright((0, bare) + radius * clumps, x, z), leaf * tones):
        surfaces.append((clump, colour, (0, 1, 0)))
    shadow = lying(radius * CIRCLE, x, z) + light.cast(bare + radius)
    return Thing(TREE, z, surfaces, [(shadow, light.shadow)])
