"""Streets as a driver sees them, rendered with the class of every pixel: no download needed.

A street is laid out in metres (x to the right, y up, z ahead) and painted from far to near through
a perspective camera. Every surface goes into two images at once, one of colours and one of classes,
at twice the size; then both are reduced, so that picture and mask agree in every outline.
"""

import dataclasses

import numpy as np

CLASSES = ("sky", "building", "tree", "road", "lane mark", "pavement", "car", "pedestrian")
SKY, BUILDING, TREE, ROAD, MARK, PAVEMENT, CAR, PEDESTRIAN = range(len(CLASSES))
PALETTE = np.uint8([
    (128, 128, 128), (128, 0, 0), (128, 128, 0), (128, 64, 128),
    (128, 0, 192), (0, 0, 192), (64, 0, 128), (64, 64, 0),
])  # fmt: skip

# Walls, cars and clothes share their colours, so that a colour alone names none of them.
PAINTS = np.array([
    (150, 150, 150), (105, 108, 112), (190, 188, 182), (70, 72, 78), (165, 140, 110), (140, 75, 60),
    (120, 50, 45), (60, 75, 110), (95, 110, 95), (45, 60, 45), (200, 180, 140), (110, 90, 75),
])  # fmt: skip
LEAVES = np.array([(70, 95, 45), (95, 110, 60), (50, 70, 45), (130, 100, 50), (95, 95, 80)])
TYRE, LAMPLIGHT = (24, 24, 26), (245, 205, 130)
# How strongly coarse, medium and fine noise change each class's brightness.
TEXTURE = np.float32([
    (0.00, 0.00, 0.00), (0.05, 0.03, 0.06), (0.08, 0.22, 0.22), (0.06, 0.03, 0.07),
    (0.04, 0.04, 0.05), (0.05, 0.06, 0.04), (0.00, 0.01, 0.02), (0.02, 0.05, 0.04),
])  # fmt: skip

NEAR, FAR = 1.2, 85.0  # metres; nothing nearer is drawn, and houses across end the view
MARK_WIDTH = 0.22  # metres
NARROWEST = {MARK: 1.5, PEDESTRIAN: 3.5, CAR: 6.0}  # pixels; what would be narrower is left out
# Metres: a car's length, the heights of its bonnet, of its windows' lower edge and of its roof; and
# where, counted from its rear, the cabin's back begins and ends, and its front.
CARS = (
    (4.4, 0.76, 0.92, 1.43, 0.70, 1.25, 2.50, 3.20),
    (3.9, 0.80, 0.95, 1.50, 0.05, 0.45, 2.20, 2.95),
    (4.5, 0.90, 1.05, 1.72, 0.05, 0.30, 2.60, 3.30),
    (4.9, 0.95, 1.10, 2.05, 0.01, 0.10, 3.60, 4.20),
)
CIRCLE = np.exp(2j * np.pi * np.arange(10) / 10).view(float).reshape(-1, 2)


def draw_streets(size=None, seed=0, n=600):
    """Street scenes with the class of every pixel.

    Args:
        size: (height, width), at least 32 x 32; 96 x 128 by default.
        seed: of the scenes; each depends on nothing but the seed, its number and the size.
        n: how many.

    Returns:
        Pictures (n, height, width, 3) uint8; masks (n, height, width) uint8, the classes' numbers;
        and the classes' names.
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

    street, light = _street(rng), _light(rng)
    camera = _camera(2 * height, 2 * width, street, rng)
    cars = _cars(street, camera, light, rng)
    people = _people(street, camera, light, cars, rng)
    things = _houses(street, light, rng) + _trees(street, light, rng) + cars + people
    shadows = [shadow for thing in things for shadow in thing.shadows]
    ground, labels = _ground(street, camera, light, shadows, rng)
    colours = np.where((labels == SKY)[..., None], _sky(camera, light, rng), ground)
    images = Image.fromarray(colours.clip(0, 255).astype("uint8")), Image.fromarray(labels)
    pens = [ImageDraw.Draw(image) for image in images]
    for thing in sorted(things, key=lambda thing: -thing.depth):
        _paint(thing, camera, light, pens)
    return _expose(*map(np.asarray, images), rng)


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


def _street(rng):
    lane, lanes = rng.uniform(2.9, 3.5), int(rng.choice([1, 1, 1, 2]))
    room = lane * lanes + rng.choice([0.3, 2.3], 2)  # with or without a strip to park on
    zebra = rng.uniform(7, 12) if rng.random() < 0.3 else np.inf
    dashed, edges = rng.random(2) < (0.8, 0.7)
    side, pavement = int(rng.choice([-1, 1])), rng.uniform(2.2, 4.5)
    kerbs = {-1: -room[0], 1: room[1]}
    return _Street(side, lane, lanes, kerbs, pavement, zebra, dashed, edges)


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


def _camera(height, width, street, rng):
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


def _light(rng):
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


@dataclasses.dataclass
class _Thing:
    """Something on the ground."""

    label: int
    depth: float  # metres; what is deeper is painted earlier
    surfaces: list  # (corners (k, 3), colour (3,), normal (3,)), each painted over those before
    shadows: list  # (outline (k, 3) on the ground, brightness in it)
    foot: tuple = ()  # left, right, near, far, in metres, where nothing else may stand

    def covers(self, x, z, margin):
        left, right, near, far = self.foot
        return left - margin < x < right + margin and near - margin < z < far + margin


def _sky(camera, light, rng):
    """(height, width, 3) a gradient with clouds."""
    up = np.clip(1 - np.arange(camera.height)[:, None, None] / camera.horizon, 0, 1) ** 0.7
    shape = (camera.height, camera.width)
    billows = sum(w * _noise(shape, cells, rng) for w, cells in ((0.5, 3), (0.3, 7), (0.15, 16)))
    cover = np.clip(billows + rng.uniform(-1, 0.2), 0, 0.85)[..., None]
    return (light.haze * (1 - up) + light.zenith * up) * (1 - cover) + 1.08 * light.haze * cover


def _ground(street, camera, light, shadows, rng):
    """Colours (height, width, 3) and classes (height, width) of the ground, SKY above it."""
    from PIL import Image, ImageDraw

    x, z, below = camera.ground()
    beyond = np.maximum(street.kerbs[-1] - x, x - street.kerbs[1])  # metres from the kerb
    marks = street.marks(x, z) & (z < camera.reach(MARK_WIDTH, MARK))
    labels = np.where(beyond > 0, PAVEMENT, np.where(marks, MARK, ROAD)).astype("uint8")
    lit = light.shade(_surface(labels, beyond, z, rng), np.array([0, 1, 0]), z)
    shade = Image.new("F", labels.shape[::-1], 1.0)
    for outline, brightness in shadows:
        ImageDraw.Draw(shade).polygon(_pairs(camera.project(outline)), fill=brightness)
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


def _paint(thing, camera, light, pens):
    """A thing's surfaces, one over the other, with a pen for colours and one for classes."""
    corners, colours, normals = zip(*thing.surfaces)
    sizes = np.array([len(one) for one in corners])
    starts = np.cumsum(sizes) - sizes
    corners = np.concatenate(corners)
    depths = np.add.reduceat(corners[:, 2], starts) / sizes
    lit = light.shade(np.array(colours), np.array(normals), depths).clip(0, 255).astype(int)
    pixels = _pairs(camera.project(corners))
    for start, size, colour in zip(starts.tolist(), sizes.tolist(), _pairs(lit)):
        pens[0].polygon(pixels[start : start + size], fill=colour)
        pens[1].polygon(pixels[start : start + size], fill=thing.label)


def _expose(colours, labels, rng):
    """The picture and the mask, both uint8, half as high and wide as the images drawn."""
    from PIL import Image, ImageFilter

    layers = [_noise(labels.shape, cells, rng) for cells in (8, 32, 96)]
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


def _noise(shape, cells, rng):
    """Smooth noise of a shape, mostly within [-2, 2]; so many cells along the shorter side."""
    from PIL import Image

    cell = min(shape) / cells
    coarse = rng.standard_normal([int(side / cell) + 2 for side in shape], "float32")
    return np.asarray(Image.fromarray(coarse).resize(shape[::-1], Image.Resampling.BICUBIC))


def _pairs(rows):
    """An array's rows as Pillow wants them."""
    return [tuple(row) for row in rows.tolist()]


def _paints(n, rng):
    """(n, 3) colours for walls, cars or clothes."""
    return PAINTS[rng.integers(len(PAINTS), size=n)] * rng.uniform(0.8, 1.2, (n, 1))


def _rectangle(left, low, right, high):
    return np.array([(left, low), (right, low), (right, high), (left, high)])


def _upright(points, x, z):
    """Points (k, 2), metres to the right and up from x, z, as (k, 3) that face the camera."""
    return np.asarray(points) @ np.eye(3)[[0, 1]] + (x, 0, z)


def _lying(points, x, z):
    """Points (k, 2), metres to the right and ahead of x, z, as (k, 3) on the ground."""
    return np.asarray(points) @ np.eye(3)[[0, 2]] + (x, 0, z)


def _swept(left, right, near, far, shift):
    """The outline, on the ground, of a rectangle's way when it is moved by shift (3,)."""
    a, b = (left, right) if shift[0] > 0 else (right, left)
    c, d = (near, far) if shift[2] > 0 else (far, near)
    moved = _lying([(b, c), (b, d), (a, d)], shift[0], shift[2])
    return np.concatenate([_lying([(a, d), (a, c), (b, c)], 0, 0), moved])


def _houses(street, light, rng):
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
    (wall, roof), side, shop = _paints(2, rng), np.sign(width), rng.random() < 0.35
    middle, end, ridge = x + width / 2, x + width, height + rng.choice([0, 0, 2, 3])
    slope = [(x, height, near), (x, height, far), (middle, ridge, far), (middle, ridge, near)]
    gable = [(x, height, near), (end, height, near), (middle, ridge, near)]
    surfaces = [(slope, roof, (-0.4 * side, 0.9, 0))]
    # The wall towards the camera is last: it hides the other where the road bends away.
    for length, along, normal in ((far - near, 2, (-side, 0, 0)), (abs(width), 0, (0, 0, -1))):
        axes = np.eye(3)[[along, 1]] * (side, 1, 1)
        for box, colour in _wall(length, height, wall, shop, near < 0.6 * FAR, light, rng):
            surfaces.append((_rectangle(*box) @ axes + (x, 0, near), colour, normal))
    surfaces.append((gable, wall, (0, 0, -1)))
    shadow = _swept(min(x, end), max(x, end), near, far, light.cast(height)), light.shadow
    return _Thing(BUILDING, far, surfaces, [shadow])  # what stands before its wall is less deep


def _wall(length, height, paint, shop, windows, light, rng):
    """Boxes (left, low, right, high) and colours: the wall, its trim, a shop, a door, windows."""
    base, trim = 3.2 if shop else 0.0, paint * rng.uniform(0.7, 1.25)
    storeys, columns = max(round((height - base) / 3), 1), max(round(length / 2.6), 1)
    step, rise = length / columns, (height - base) / storeys
    yield (0, 0, length, height), paint
    yield (0, height - 0.4, length, height), trim
    if shop:
        yield (0.3, 0.4, length - 0.3, 2.5), (55, 58, 62)
        yield (0, 2.5, length, 3.2), _paints(1, rng)[0]
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


def _trees(street, light, rng):
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
    surfaces = [(_upright(trunk, x, z), (85, 70, 58), (0, 0, -1))]
    n = 20 if z < 25 else 10
    ball = rng.normal(size=(n, 3))
    ball *= rng.uniform(0.4, 0.75, (n, 1)) / np.linalg.norm(ball, axis=1, keepdims=True)
    for place in ball[np.argsort(-ball[:, 2])]:
        clump = (0, 1.1) + place[:2] * (1, 1.2) + rng.uniform(0.3, 0.55) * CIRCLE
        tone = 0.95 + 0.5 * (place @ light.sun) + rng.normal(0, 0.08)
        surfaces.append((_upright((0, bare) + radius * clump, x, z), leaf * tone, (0, 1, 0)))
    shadow = _lying(radius * CIRCLE, x, z) + light.cast(bare + radius)
    return _Thing(TREE, z, surfaces, [(shadow, light.shadow)])


def _cars(street, camera, light, rng):
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
    half, (paint,), glass = rng.uniform(0.85, 0.95), _paints(1, rng), rng.uniform(60, 90, 3)
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
        surfaces.append((_upright(shape, x, depth), colour, (0, 0, -1)))
    for side in (-1, 1):
        near, far = camera.project(at(side, _rectangle(0, 0, length, 0)))[:2, 0]
        if side * (far - near) > 0:  # the camera sees this side
            for shape, colour in _side(profile, paint, glass):
                surfaces.append((at(side, shape), colour, (side, 0, 0)))
    foot = (x - half, x + half, depth, depth + length)
    beneath = _lying(_rectangle(-half, -0.1, half, length), x, depth)
    shadows = [(_swept(*foot, light.cast(0.8 * roof)), light.shadow), (beneath, 0.3)]
    return _Thing(CAR, depth, surfaces, shadows, foot)


def _end(half, top, oncoming):
    """Shapes and colours on the nearer end of a car: bumper, number plate, tyres and lamps."""
    yield _rectangle(-half, 0.15, half, 0.3), TYRE
    yield _rectangle(-0.26, 0.42, 0.26, 0.54), (225, 215, 170)
    for outer, inner in ((-0.96 * half, -0.62 * half), (0.62 * half, 0.96 * half)):
        yield _rectangle(outer, 0, inner, 0.3), TYRE
        lamp = (235, 230, 205) if oncoming else (190, 40, 35)
        yield _rectangle(outer, top - 0.28, inner, top - 0.1), lamp


def _side(profile, paint, glass):
    """Shapes and colours on the side of a car: all of it, its windows and wheels."""
    cabin = profile[2:6]
    yield profile, paint
    yield cabin.mean(axis=0) + (cabin - cabin.mean(axis=0)) * (0.86, 0.75), glass
    for z in (0.8, profile[:, 0].max() - 0.8):
        yield 0.33 * CIRCLE + (z, 0.33), TYRE
        yield 0.17 * CIRCLE + (z, 0.33), (110, 110, 110)


def _people(street, camera, light, cars, rng):
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
        (_upright(np.array(shape) * size, x, z), colour, (0, 0.5, -0.5))
        for shape, colour in _body(rng)
    ]
    shadow = _swept(x - 0.2, x + 0.2, z, z, light.cast(1.75 * size)), light.shadow
    beneath = _lying(0.3 * CIRCLE, x, z), 0.6
    return _Thing(PEDESTRIAN, z, surfaces, [shadow, beneath])


def _body(rng):
    """Shapes, in metres, and colours of someone 1.75 m tall."""
    coat, trousers = _paints(2, rng) * rng.choice([0.5, 1.35], (2, 1))  # dark or bright
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
