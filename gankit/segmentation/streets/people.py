"""Pedestrians."""

import numpy as np

from gankit.segmentation.streets.classes import PEDESTRIAN
from gankit.segmentation.streets.shapes import CIRCLE, Thing, lying, paints, swept, upright


def make_people(street, camera, light, cars, rng):
    """On the pavements and, where no car is, on the road."""
    people = []
    farthest = max(min(camera.reach(0.55, PEDESTRIAN), 25), 4)
    for _ in range(rng.integers(4, 12)):
        side, z = rng.choice([-1, 1]), rng.uniform(min(5, farthest), farthest)
        x = street.kerbs[side] + side * rng.uniform(0.3, street.pavement - 0.3)
        if rng.random() < 0.25:
            x, z = rng.uniform(street.kerbs[-1], street.kerbs[1]), min(street.zebra, max(z, 8))
        if camera.sees(x, z) and not any(car.covers(x, z, 0.4) for car in cars):
            people.append(_person(x, z, light, rng))
    return people


def _person(x, z, light, rng):
    """Legs, arms, trunk, head and hair, flat."""
    size = rng.uniform(0.88, 1.08) if rng.random() < 0.85 else rng.uniform(0.65, 0.8)
    surfaces = [
        (upright(np.array(shape) * size, x, z), colour, (0, 0.5, -0.5))
        for shape, colour in _body(rng)
    ]
    shadow = swept(x - 0.2, x + 0.2, z, z, light.cast(1.75 * size)), light.shadow
    beneath = lying(0.3 * CIRCLE, x, z), 0.6
    return Thing(PEDESTRIAN, z, surfaces, [shadow, beneath])


def _body(rng):
    """Shapes, in metres, and colours of someone 1.75 m tall."""
    coat, trousers = paints(2, rng) * rng.choice([0.5, 1.35], (2, 1))  # dark or bright
    step = rng.uniform(0, 0.3)
    for side in (-1, 1):
        foot, hip = side * (step + 0.09), side * 0.1
        leg = [(foot - 0.09, 0), (foot + 0.09, 0), (hip + 0.12, 0.85), (hip - 0.12, 0.85)]
        yield leg, trousers
    for side in (-1, 1):
        hand = side * (0.3 - 0.3 * step)
        arm = [(side * 0.2, 1.42), (side * 0.28, 1.38), (hand + 0.06, 0.8), (hand - 0.06, 0.8)]
        yield arm, coat * 0.85
    yield [(-0.2, 0.75), (0.2, 0.75), (0.25, 1.42), (0.1, 1.5), (-0.1, 1.5), (-0.25, 1.42)], coat
    head = (0, 1.62) + CIRCLE * (0.115, 0.14)
    yield head, np.array([205, 160, 135]) * rng.uniform(0.4, 1.1)  # skin
    yield np.maximum(head, (-1, 1.65)), np.array([90, 70, 55]) * rng.uniform(0.3, 1.5)  # hair
