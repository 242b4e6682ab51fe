"""Where one looks from, and in which light."""

import dataclasses

import numpy as np

from gankit.segmentation.streets.classes import NARROWEST
from gankit.segmentation.streets.shapes import noise

NEAR, FAR = 1.2, 85.0  # metres; nothing nearer is drawn, and houses across end the view


@dataclasses.dataclass
class _Camera:
    """Perspective from the street's metres to the pixels of the images drawn."""

    height: int  # of the images
    width: int
    focal: float  # pixels that a metre spans, one metre ahead
    column: float  # the pixel of what is straight ahead
    horizon: float
    x: float  # metres, its place across the road
    eye: float  # metres above the road
    bend: float  # the road leaves to the right by bend * z ** 2 metres
    tilt: float  # pixels that the horizon sinks, a pixel to the right

    def project(self, points):
        """Points (..., 3) in metres become (..., 2) in pixels, column first."""
        x, y, z = np.asarray(points, float).T
        z = np.maximum(z, NEAR)
        across = self.focal * ((x - self.x) / z + self.bend * z)
        down = self.focal * (self.eye - y) / z + self.tilt * across
        return np.stack([self.column + across, self.horizon + down]).T

    def ground(self):
        """For each pixel x and z, at most FAR, of the ground there; and whether there is any."""
        across = np.arange(self.width, dtype="float32") + 0.5 - self.column
        rows = np.arange(self.height, dtype="float32")[:, None] + 0.5
        down = rows - self.horizon - self.tilt * across
        z = self.focal * self.eye / np.maximum(down, self.focal * self.eye / FAR)
        return self.x + (across / self.focal - self.bend * z) * z, z, down > 0

    def reach(self, metres, label):
        """How far away so many metres of a class are still wide enough to be drawn."""
        return self.focal / 2 * metres / NARROWEST[label]

    def sees(self, x, z):
        return 0 < self.project([x, 0, z])[0] < self.width


def make_camera(height, width, street, rng):
    """In the outer lane of one's own side."""
    focal = rng.uniform(0.78, 0.98) * np.sqrt(height * width)
    column, horizon = width * rng.uniform(0.36, 0.64), height * rng.uniform(0.36, 0.52)
    x = street.side * street.lane * (street.lanes - 0.5) + rng.normal(0, 0.3)
    eye, bend, tilt = rng.uniform(1.3, 2), rng.uniform(-0.004, 0.004), rng.normal(0, 0.015)
    return _Camera(height, width, focal, column, horizon, x, eye, bend, tilt)


@dataclasses.dataclass
class _Light:
    """Sun, sky and air; colours are (3,), red, green and blue."""

    sun: np.ndarray  # (3,) towards the sun, of length 1
    direct: np.ndarray  # from the sun, on a surface that faces it; 1 shows a colour as it is
    ambient: np.ndarray  # from the sky, everywhere
    zenith: np.ndarray  # the sky's colour above
    haze: np.ndarray  # at the horizon
    sight: float  # metres after which a third of a colour is left
    lamps: float  # the share of windows that are lit

    def shade(self, colours, normals, depths):
        """Colours (n, 3) of surfaces facing along normals (n, 3), through metres (n,) of air."""
        facing = np.maximum(normals @ self.sun, 0)
        lit = colours * (self.ambient + self.direct * facing[..., None])
        clear = np.exp(-depths / self.sight)[..., None]
        return lit * clear + self.haze * (1 - clear)

    def cast(self, height):
        """(3,) on the ground, how far a point so high throws its shadow; a low sun's are cut."""
        return -self.sun * (1, 0, 1) / max(self.sun[1], 0.4) * height

    @property
    def shadow(self):
        """The brightness of level ground in a shadow, relative to that in the sun."""
        return self.ambient.sum() / (self.ambient + self.direct * self.sun[1]).sum()


def make_light(rng):
    """A clear day or a grey one, at any hour."""
    azimuth, height = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.1)
    sun = np.array([np.sin(azimuth), np.tan(height), np.cos(azimuth)]) * np.cos(height)
    red = rng.uniform(0, 1.1 - height)
    ambient = rng.uniform(0.5, 0.7) * np.array([0.95, 1, 1.08])
    sight = rng.uniform(120, 500)
    if rng.random() < 0.6:
        direct = rng.uniform(0.6, 1) * np.array([1.1, 1 - 0.1 * red, 0.95 - 0.35 * red])
        zenith = np.array([80, 125, 195]) * rng.uniform(0.75, 1.15)
        haze = np.array([195, 205, 220]) + red * np.array([35, 0, -60])
        return _Light(sun, direct, ambient, zenith, haze, sight, rng.uniform(0, 0.05))
    haze = rng.uniform(130, 225) + rng.normal(0, 4, 3)
    zenith, direct = haze * rng.uniform(0.8, 1.05), np.full(3, rng.uniform(0, 0.15))
    return _Light(sun, direct, ambient + 0.25, zenith, haze, sight, rng.uniform(0, 0.3))


def paint_sky(camera, light, rng):
    """(height, width, 3) a gradient with clouds."""
    up = np.clip(1 - np.arange(camera.height)[:, None, None] / camera.horizon, 0, 1) ** 0.7
    shape = (camera.height, camera.width)
    billows = sum(w * noise(shape, cells, rng) for w, cells in ((0.5, 3), (0.3, 7), (0.15, 16)))
    cover = np.clip(billows + rng.uniform(-1, 0.2), 0, 0.85)[..., None]
    return (light.haze * (1 - up) + light.zenith * up) * (1 - cover) + 1.08 * light.haze * cover
