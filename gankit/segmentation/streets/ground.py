"""The road, its marks and its pavements."""

import dataclasses

import numpy as np

from gankit.segmentation.streets.classes import MARK, PAVEMENT, ROAD, SKY
from gankit.segmentation.streets.shapes import pairs

MARK_WIDTH = 0.22  # metres


@dataclasses.dataclass
class _Street:
    """A road's cross-section, and what is painted on it, in metres; x is 0 in the middle."""

    side: int  # 1 where one drives on the right, -1 on the left
    lane: float  # a lane's width
    lanes: int  # each way
    kerbs: dict  # x of the kerb on side -1 and 1
    pavement: float  # its width, from the kerb to the houses
    zebra: float  # z of the middle of a crossing; inf where there is none
    dashed: bool  # the middle line
    edges: bool  # whether lines run along the outer lanes

    def marks(self, x, z):
        """Where there is paint, for points x, z of the ground."""

        def line(at):
            return np.abs(np.abs(x) - at) < MARK_WIDTH / 2

        dash = z % 5 < 3
        paint = line(0) & (dash | (not self.dashed))
        for k in range(1, self.lanes):
            paint |= line(k * self.lane) & dash
        if self.edges:
            paint |= line(self.lanes * self.lane)
        crossing = np.abs(z - self.zebra)
        bars = (x > self.kerbs[-1] + 0.2) & (x < self.kerbs[1] - 0.2) & (x % 1.1 < 0.55)
        return (paint & (crossing > 2)) | (bars & (crossing < 1.5))


def make_street(rng):
    lane, lanes = rng.uniform(2.9, 3.5), int(rng.choice([1, 1, 1, 2]))
    room = lane * lanes + rng.choice([0.3, 2.3], 2)  # with or without a strip to park on
    zebra = rng.uniform(7, 12) if rng.random() < 0.3 else np.inf
    dashed, edges = rng.random(2) < (0.8, 0.7)
    side, pavement = int(rng.choice([-1, 1])), rng.uniform(2.2, 4.5)
    kerbs = {-1: -room[0], 1: room[1]}
    return _Street(side, lane, lanes, kerbs, pavement, zebra, dashed, edges)


def paint_ground(street, camera, light, shadows, rng):
    """Colours (height, width, 3) and classes (height, width) of the ground, SKY above it."""
    from PIL import Image, ImageDraw

    x, z, below = camera.ground()
    beyond = np.maximum(street.kerbs[-1] - x, x - street.kerbs[1])  # metres from the kerb
    marks = street.marks(x, z) & (z < camera.reach(MARK_WIDTH, MARK))
    labels = np.where(beyond > 0, PAVEMENT, np.where(marks, MARK, ROAD)).astype("uint8")
    lit = light.shade(_surface(labels, beyond, z, rng), np.array([0, 1, 0]), z)
    shade = Image.new("F", labels.shape[::-1], 1.0)
    for outline, brightness in shadows:
        ImageDraw.Draw(shade).polygon(pairs(camera.project(outline)), fill=brightness)
    return lit * np.asarray(shade)[..., None], np.where(below, labels, np.uint8(SKY))


def _surface(labels, beyond, z, rng):
    """The ground's colours: asphalt, slabs about as bright, paint, gutter, kerb, joints."""
    asphalt = rng.uniform(75, 130) + rng.normal(0, 4, 3)
    slabs = asphalt * rng.uniform(0.85, 1.35) + rng.normal(0, 9, 3)
    paint = rng.uniform(170, 235) * np.array([1, 1, rng.choice([1, 1, 1, 1, 0.55])])
    shade = np.ones_like(z)
    shade[(beyond > -0.25) & (beyond < 0)] = 0.8
    shade[(beyond > 0) & (beyond < 0.18)] = rng.uniform(1.1, 1.4)
    length = rng.uniform(0.6, 1.2)
    joints = np.minimum(beyond % length, z % length) < 0.05
    shade[(beyond > 0.18) & (z < 14) & joints] = 0.8
    return np.float32([asphalt, paint, slabs])[labels - ROAD] * shade[..., None]
