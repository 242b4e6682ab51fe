"""Streets as a driver sees them, rendered with the class of every pixel: no download needed.

A street is laid out in metres (x to the right, y up, z ahead) and painted from far to near through
a perspective camera. Every surface goes into two images at once, one of colours and one of classes,
at twice the size; then both are reduced, so that picture and mask agree in every outline.
"""

import numpy as np

from gankit.segmentation.streets.cars import make_cars
from gankit.segmentation.streets.classes import CLASSES, SKY, TEXTURE
from gankit.segmentation.streets.ground import make_street, paint_ground
from gankit.segmentation.streets.houses import make_houses
from gankit.segmentation.streets.people import make_people
from gankit.segmentation.streets.shapes import noise, pairs
from gankit.segmentation.streets.trees import make_trees
from gankit.segmentation.streets.view import make_camera, make_light, paint_sky


def draw_streets(size=None, seed=0, n=600):
    """Street scenes with the class of every pixel.

    Args:
        size: (height, width), at least 32 x 32; 96 x 128 by default.
        seed: of the scenes; each depends on nothing but the seed, its number and the size.
        n: how many.

    Returns:
        Pictures (n, height, width, 3) uint8; masks (n, height, width) uint8, the classes' numbers;
        and the classes' names.

    Example:

    ```python
    from gankit import segmentation

    pictures, masks, classes = segmentation.draw_streets((32, 48), seed=0, n=4)
    ```
    """
    height, width = size or (96, 128)
    if min(height, width) < 32:
        raise ValueError(f"streets are at least 32 x 32 pixels. Received: {height} x {width}")
    pictures = np.empty((n, height, width, 3), "uint8")
    masks = np.empty((n, height, width), "uint8")
    for i in range(n):
        pictures[i], masks[i] = _scene(height, width, np.random.default_rng([seed, i]))
    return pictures, masks, list(CLASSES)


def _scene(height, width, rng):
    """One picture and its mask: the ground, what stands on it from far to near, then the lens."""
    from PIL import Image, ImageDraw

    street, light = make_street(rng), make_light(rng)
    camera = make_camera(2 * height, 2 * width, street, rng)
    cars = make_cars(street, camera, light, rng)
    people = make_people(street, camera, light, cars, rng)
    things = make_houses(street, light, rng) + make_trees(street, light, rng) + cars + people
    shadows = [shadow for thing in things for shadow in thing.shadows]
    ground, labels = paint_ground(street, camera, light, shadows, rng)
    colours = np.where((labels == SKY)[..., None], paint_sky(camera, light, rng), ground)
    images = Image.fromarray(colours.clip(0, 255).astype("uint8")), Image.fromarray(labels)
    pens = [ImageDraw.Draw(image) for image in images]
    for thing in sorted(things, key=lambda thing: -thing.depth):
        _paint(thing, camera, light, pens)
    return _expose(*map(np.asarray, images), rng)


def _paint(thing, camera, light, pens):
    """A thing's surfaces, one over the other, with a pen for colours and one for classes."""
    corners, colours, normals = zip(*thing.surfaces)
    sizes = np.array([len(one) for one in corners])
    starts = np.cumsum(sizes) - sizes
    corners = np.concatenate(corners)
    depths = np.add.reduceat(corners[:, 2], starts) / sizes
    lit = light.shade(np.array(colours), np.array(normals), depths).clip(0, 255).astype(int)
    pixels = pairs(camera.project(corners))
    for start, size, colour in zip(starts.tolist(), sizes.tolist(), pairs(lit)):
        pens[0].polygon(pixels[start : start + size], fill=colour)
        pens[1].polygon(pixels[start : start + size], fill=thing.label)


def _expose(colours, labels, rng):
    """The picture and the mask, both uint8, half as high and wide as the images drawn."""
    from PIL import Image, ImageFilter

    layers = [noise(labels.shape, cells, rng) for cells in (8, 32, 96)]
    grain = 1 + sum(strength[labels] * layer for strength, layer in zip(TEXTURE.T, layers))
    grainy = Image.fromarray((colours * grain[..., None]).clip(0, 255).astype("uint8"))
    blurred = grainy.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 1)))
    picture = np.asarray(blurred.reduce(2), "float32") / 255
    gain = rng.uniform(0.8, 1.3) * rng.normal(1, 0.04, 3)  # exposure and white balance
    picture = 255 * gain * picture ** rng.uniform(0.75, 1.1)
    picture += rng.uniform(2, 5) * rng.standard_normal(picture.shape, "float32")
    return picture.clip(0, 255).astype("uint8"), _majority(labels)


def _majority(labels):
    """The most frequent class of every 2 x 2 pixels; of equally frequent ones the last."""
    a, b, c, d = np.sort([labels[i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=0)
    return np.where(c == d, d, np.where(b == c, c, np.where(a == b, a, d)))
