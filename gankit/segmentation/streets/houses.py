"""Houses along the road and across its end."""

import numpy as np

from gankit.segmentation.streets.classes import BUILDING
from gankit.segmentation.streets.shapes import Thing, paints, rectangles, swept
from gankit.segmentation.streets.view import FAR, NEAR

LAMPLIGHT = (245, 205, 130)


def make_houses(street, light, rng):
    """A row along each side, with gaps, and one across at the far end."""
    houses = []
    for side in (-1, 1):
        z, usual = rng.uniform(-6, 2), rng.uniform(5, 11)
        while z < FAR - 15:
            end = z + rng.uniform(6, 15)
            x = street.kerbs[side] + side * (street.pavement + rng.choice([0, 0, 1.5]))
            tall = max(usual + rng.normal(0, 2), 3.5)
            if end > 2 * NEAR:
                houses.append(_house(x, max(z, NEAR), end, side * 12, tall, light, rng))
            z = end + rng.choice([0, 0, 0, 2, 7])
    for x in range(-100, 100, 14):
        houses.append(_house(x, FAR, FAR, 14, rng.uniform(3, 11), light, rng))
    return houses


def _house(x, near, far, width, height, light, rng):
    """A box with windows along the road at x; to the right of that if the width is positive."""
    (wall, roof), side, shop = paints(2, rng), np.sign(width), rng.random() < 0.35
    middle, end, ridge = x + width / 2, x + width, height + rng.choice([0, 0, 2, 3])
    slope = [(x, height, near), (x, height, far), (middle, ridge, far), (middle, ridge, near)]
    gable = [(x, height, near), (end, height, near), (middle, ridge, near)]
    surfaces = [(slope, roof, (-0.4 * side, 0.9, 0))]
    # The wall towards the camera is last: it hides the other where the road bends away.
    for length, along, normal in ((far - near, 2, (-side, 0, 0)), (abs(width), 0, (0, 0, -1))):
        axes = np.eye(3)[[along, 1]] * (side, 1, 1)
        boxes, colours = zip(*_wall(length, height, wall, shop, near < 0.6 * FAR, light, rng))
        corners = rectangles(boxes) @ axes + (x, 0, near)
        surfaces += [(one, colour, normal) for one, colour in zip(corners, colours)]
    surfaces.append((gable, wall, (0, 0, -1)))
    shadow = swept(min(x, end), max(x, end), near, far, light.cast(height)), light.shadow
    return Thing(BUILDING, far, surfaces, [shadow])  # what stands before its wall is less deep


def _wall(length, height, paint, shop, windows, light, rng):
    """Boxes (left, low, right, high) and colours: the wall, its trim, a shop, a door, windows."""
    base, trim = 3.2 if shop else 0.0, paint * rng.uniform(0.7, 1.25)
    storeys, columns = max(round((height - base) / 3), 1), max(round(length / 2.6), 1)
    step, rise = length / columns, (height - base) / storeys
    yield (0, 0, length, height), paint
    yield (0, height - 0.4, length, height), trim
    if shop:
        yield (0.3, 0.4, length - 0.3, 2.5), (55, 58, 62)
        yield (0, 2.5, length, 3.2), paints(1, rng)[0]
    door = (rng.integers(columns) + 0.3) * step
    yield (door, 0, door + 1, 2.2), trim * 0.55
    if not windows:
        return
    panes = [(50, 55, 62), (75, 82, 92), light.haze * 0.6]
    for i in range(storeys):
        for j in range(columns):
            left, low = (j + 0.27) * step, base + (i + 0.32) * rise
            pane = LAMPLIGHT if rng.random() < light.lamps else panes[rng.integers(3)]
            yield (left, low, left + 0.46 * step, low + 0.5 * rise), pane
