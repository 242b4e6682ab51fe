"""Cars, parked and driving."""

import numpy as np

from gankit.segmentation.streets.classes import CAR
from gankit.segmentation.streets.shapes import (
    CIRCLE,
    Thing,
    lying,
    paints,
    rectangle,
    swept,
    upright,
)

TYRE = (24, 24, 26)
# Metres: a car's length, the heights of its bonnet, of its windows' lower edge and of its roof; and
# where, counted from its rear, the cabin's back begins and ends, and its front.
CARS = (
    (4.4, 0.76, 0.92, 1.43, 0.70, 1.25, 2.50, 3.20),
    (3.9, 0.80, 0.95, 1.50, 0.05, 0.45, 2.20, 2.95),
    (4.5, 0.90, 1.05, 1.72, 0.05, 0.30, 2.60, 3.30),
    (4.9, 0.95, 1.10, 2.05, 0.01, 0.10, 3.60, 4.20),
)


def make_cars(street, camera, light, rng):
    """Parked along the kerbs where there is room, and driving in every lane."""
    places, farthest = [], camera.reach(1.8, CAR)
    for side in (-1, 1):
        oncoming = side != street.side
        if abs(street.kerbs[side]) > street.lane * street.lanes + 1:
            z = rng.uniform(3, 12)
            while z < farthest:
                places.append((street.kerbs[side] - side * 1.15, z, oncoming))
                z += rng.choice([1, 1, 2, 3]) * rng.uniform(5.5, 7)
        for lane in range(street.lanes):
            z = rng.uniform(5, 20) if oncoming else rng.uniform(7.5, 25)
            while z < farthest:
                x = side * (lane + 0.5) * street.lane + rng.normal(0, 0.15)
                places.append((x, z, oncoming))
                z += rng.uniform(8, 30)
    cars = [_car(*place, camera, light, rng) for place in places]
    return [car for car in cars if not car.covers(car.foot[0], street.zebra, 2)]


def _car(x, depth, oncoming, camera, light, rng):
    """A side view drawn out to a car's width: from the far end to the near one, then a side."""
    length, bonnet, belt, roof, *cabin = CARS[rng.integers(len(CARS))]
    half, (paint,), glass = rng.uniform(0.85, 0.95), paints(1, rng), rng.uniform(60, 90, 3)
    heights = [0.3, belt, belt, roof, roof, belt, bonnet, 0.3]
    profile = np.array([[0, 0, *cabin, length, length], heights]).T
    if oncoming:
        profile = (profile * (-1, 1) + (length, 0))[::-1]

    def at(side, points):
        """Points (z, y) of one side; above the windows' lower edge the car is narrower."""
        z, y = points.T
        narrow = 1 - 0.2 * np.clip((y - belt) / (roof - belt), 0, 1)
        return np.stack([x + side * half * narrow, y, depth + z], axis=-1)

    surfaces = []
    for i in reversed(range(len(profile) - 1)):
        edge = profile[i : i + 2]
        dz, dy = (edge[1] - edge[0]) / np.linalg.norm(edge[1] - edge[0])
        strip = np.concatenate([at(-1, edge), at(1, edge[::-1])])
        surfaces.append((strip, glass if i in (2, 4) else paint, (0, dz, -dy)))
    for shape, colour in _end(half, profile[1, 1], oncoming):
        surfaces.append((upright(shape, x, depth), colour, (0, 0, -1)))
    for side in (-1, 1):
        near, far = camera.project(at(side, rectangle(0, 0, length, 0)))[:2, 0]
        if side * (far - near) > 0:  # the camera sees this side
            for shape, colour in _side(profile, paint, glass):
                surfaces.append((at(side, shape), colour, (side, 0, 0)))
    foot = (x - half, x + half, depth, depth + length)
    beneath = lying(rectangle(-half, -0.1, half, length), x, depth)
    shadows = [(swept(*foot, light.cast(0.8 * roof)), light.shadow), (beneath, 0.3)]
    return Thing(CAR, depth, surfaces, shadows, foot)


def _end(half, top, oncoming):
    """Shapes and colours on the nearer end of a car: bumper, number plate, tyres and lamps."""
    yield rectangle(-half, 0.15, half, 0.3), TYRE
    yield rectangle(-0.26, 0.42, 0.26, 0.54), (225, 215, 170)
    for outer, inner in ((-0.96 * half, -0.62 * half), (0.62 * half, 0.96 * half)):
        yield rectangle(outer, 0, inner, 0.3), TYRE
        lamp = (235, 230, 205) if oncoming else (190, 40, 35)
        yield rectangle(outer, top - 0.28, inner, top - 0.1), lamp


def _side(profile, paint, glass):
    """Shapes and colours on the side of a car: all of it, its windows and wheels."""
    cabin = profile[2:6]
    yield profile, paint
    yield cabin.mean(axis=0) + (cabin - cabin.mean(axis=0)) * (0.86, 0.75), glass
    for z in (0.8, profile[:, 0].max() - 0.8):
        yield 0.33 * CIRCLE + (z, 0.33), TYRE
        yield 0.17 * CIRCLE + (z, 0.33), (110, 110, 110)
