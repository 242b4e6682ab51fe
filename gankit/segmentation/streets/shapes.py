"""Things and the outlines they are made of, in metres: x to the right, y up, z ahead."""

import dataclasses

import numpy as np

# Walls, cars and clothes share their colours, so that a colour alone names none of them.
PAINTS = np.array([
    (150, 150, 150), (105, 108, 112), (190, 188, 182), (70, 72, 78), (165, 140, 110), (140, 75, 60),
    (120, 50, 45), (60, 75, 110), (95, 110, 95), (45, 60, 45), (200, 180, 140), (110, 90, 75),
])  # fmt: skip
UPRIGHT, LYING = np.eye(3)[[0, 1]], np.eye(3)[[0, 2]]  # the axes of a plane's two directions
CIRCLE = np.exp(2j * np.pi * np.arange(10) / 10).view(float).reshape(-1, 2)


@dataclasses.dataclass
class Thing:
    """Something on the ground."""

    label: int
    depth: float  # metres; what is deeper is painted earlier
    surfaces: list  # (corners (k, 3), colour (3,), normal (3,)), each painted over those before
    shadows: list  # (outline (k, 3) on the ground, brightness in it)
    foot: tuple = ()  # left, right, near, far, in metres, where nothing else may stand

    def covers(self, x, z, margin):
        left, right, near, far = self.foot
        return left - margin < x < right + margin and near - margin < z < far + margin


def paints(n, rng):
    """(n, 3) colours for walls, cars or clothes."""
    return PAINTS[rng.integers(len(PAINTS), size=n)] * rng.uniform(0.8, 1.2, (n, 1))


def rectangle(left, low, right, high):
    return np.array([(left, low), (right, low), (right, high), (left, high)])


def rectangles(boxes):
    """(n, 4, 2) corners of boxes (left, low, right, high)."""
    return np.array(boxes, float)[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]


def upright(points, x, z):
    """Points (..., 2), metres to the right and up from x, z, as (..., 3) that face the camera."""
    return np.asarray(points) @ UPRIGHT + (x, 0, z)


def lying(points, x, z):
    """Points (k, 2), metres to the right and ahead of x, z, as (k, 3) on the ground."""
    return np.asarray(points) @ LYING + (x, 0, z)


def swept(left, right, near, far, shift):
    """The outline, on the ground, of a rectangle's way when it is moved by shift (3,)."""
    a, b = (left, right) if shift[0] > 0 else (right, left)
    c, d = (near, far) if shift[2] > 0 else (far, near)
    moved = lying([(b, c), (b, d), (a, d)], shift[0], shift[2])
    return np.concatenate([lying([(a, d), (a, c), (b, c)], 0, 0), moved])


def pairs(rows):
    """An array's rows as Pillow wants them."""
    return [tuple(row) for row in rows.tolist()]


def noise(shape, cells, rng):
    """Smooth noise of a shape, mostly within [-2, 2]; so many cells along the shorter side."""
    from PIL import Image

    cell = min(shape) / cells
    coarse = rng.standard_normal([int(side / cell) + 2 for side in shape], "float32")
    return np.asarray(Image.fromarray(coarse).resize(shape[::-1], Image.Resampling.BICUBIC))
