"""Augmentation of what the discriminator sees, real and fake alike, that gradients pass through.

Both kinds are layers for `GAN(augment=...)`. They are made of sums, products and gathers, so that an
input penalty differentiates them twice on every backend. Pictures are (batch, height, width, channels)
in about [-1, 1].
"""

import math

import keras
from keras import ops

from gankit import backend, noise

POLICIES = ("color", "translation", "cutout")


@keras.saving.register_keras_serializable(package="gankit")
class DiffAugment(keras.layers.Layer):
    """Brightness, saturation, contrast; translation; cutout: always, drawn anew for every picture.

    Zhao et al. (2020), https://arxiv.org/abs/2006.10738, section 4 and table 5.

    Args:
        policy: which, of `"color"`, `"translation"` and `"cutout"`.
        seed: of the draws.

    Example:

    ```python
    import gankit
    from gankit import images

    shape = (16, 16, 3)
    gan = gankit.GAN(
        images.dcgan_generator(shape, width=4),
        images.dcgan_discriminator(shape, width=4),
        augment=images.DiffAugment(policy=("translation", "cutout"), seed=0),
    )
    ```
    """

    def __init__(self, policy=POLICIES, seed=None, **kwargs):
        super().__init__(**kwargs)
        unknown = set(policy) - set(POLICIES)
        if unknown:
            raise ValueError(
                f"Unknown augmentation. Known: {', '.join(POLICIES)}. Received: {sorted(unknown)}"
            )
        self.policy, self.seed = tuple(policy), seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training:
            return inputs
        x = ops.cast(inputs, "float32")
        for name in self.policy:
            x = getattr(self, f"_{name}")(x)
        return ops.cast(x, self.compute_dtype)

    def _uniform(self, x, low, high):
        shape = (ops.shape(x)[0], 1, 1, 1)
        return noise.uniform(shape, self.seed_generator, low=low, high=high)

    def _color(self, x):
        x = x + self._uniform(x, -0.5, 0.5)
        mean = ops.mean(x, axis=3, keepdims=True)
        x = (x - mean) * self._uniform(x, 0.0, 2.0) + mean
        mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
        return (x - mean) * self._uniform(x, 0.5, 1.5) + mean

    def _translation(self, x):
        """By up to an eighth of each side; what comes in is 0, mid-grey."""
        for axis in (1, 2):
            size = x.shape[axis]
            most = round(size / 8)
            shift = ops.floor(self._uniform(x, -most, most + 1))
            x = _shift(x, ops.reshape(shift, (-1, 1)), axis)
        return x

    def _cutout(self, x):
        """A rectangle of half of each side becomes 0; its middle may lie anywhere."""
        outside = []
        for axis in (1, 2):
            size = x.shape[axis]
            half = max(round(size / 2), 1) / 2
            middle = ops.floor(self._uniform(x, 0, size + 1))
            places = ops.reshape(
                ops.arange(size, dtype="float32") + 0.5, [-1 if i == axis else 1 for i in range(4)]
            )
            outside.append(ops.cast(ops.abs(places - middle) > half, "float32"))
        return x * ops.maximum(*outside)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "policy": list(self.policy), "seed": self.seed}


@keras.saving.register_keras_serializable(package="gankit")
class AdaptiveAugment(keras.layers.Layer):
    """Augmentation whose strength follows how far the discriminator has learned the data by heart.

    ADA, Karras et al. (2020), https://arxiv.org/abs/2006.06676: each transformation is made with
    probability p, and p rises while r = E sign(D(real)) is above `target`. The sign is taken of
    D(real) - D(fake), pair by pair, so that it means the same for every loss, as in R3GAN. The paper's
    transformations: mirroring, quarter turns, integer translation; scaling, rotation, anisotropic
    scaling, fractional translation; brightness, contrast, luma flip, hue, saturation. Resampling is
    bilinear, with the picture mirrored beyond its edges; the paper's wavelet filters are not there.

    p and r are state: saved, resumed and distributed with the model.

    Args:
        target: of r, in (-1, 1).
        horizon: training samples in which p may go from 0 to 1.
        mirror: whether mirroring and quarter turns are among the transformations; better not for
            letters or digits, which they make others of.
        seed: of the draws.

    Example:

    ```python
    import gankit
    from gankit import images

    shape = (16, 16, 3)
    gan = gankit.GAN(
        images.dcgan_generator(shape, width=4),
        images.dcgan_discriminator(shape, width=4),
        augment=images.AdaptiveAugment(target=0.6, mirror=True, seed=0),
    )
    ```
    """

    def __init__(self, target=0.6, horizon=500_000, mirror=False, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not -1 < target < 1 or horizon <= 0:
            raise ValueError(
                "`target` must be in (-1, 1) and `horizon` positive. "
                f"Received: target={target}, horizon={horizon}"
            )
        self.target, self.horizon, self.mirror, self.seed = target, horizon, mirror, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

        def scalar(name):
            options = {"trainable": False, "dtype": "float32", "autocast": False}
            return self.add_weight(name=name, shape=(), initializer="zeros", **options)

        self.p, self.r = scalar("p"), scalar("r")
        self.built = True

    def adapt(self, real, fake):
        """One step of p, with a discriminator step.

        Args:
            real, fake: the logits of each discriminator, two lists.

        Returns:
            p, to log.
        """
        signs = [ops.mean(ops.sign(one - other)) for one, other in zip(real, fake)]
        sign = backend.all_mean(sum(signs) / len(signs))
        r = self.r + 0.1 * (sign - self.r)  # smoothed, as the paper's mean over four batches
        _, replicas = backend.replica()
        step = ops.cast(ops.shape(real[0])[0] * replicas, "float32") / self.horizon
        self.r.assign(r)
        p = ops.clip(self.p + ops.sign(r - self.target) * step, 0.0, 1.0)
        self.p.assign(p)
        return p

    def call(self, inputs, training=False):
        if not training:
            return inputs
        x = ops.cast(inputs, "float32")
        x = warp(x, self._geometry(x))
        if x.shape[-1] >= 3:
            colour = self._recolour(x)
            alpha = x[..., 3:]
            rgb = ops.einsum("bhwc,bdc->bhwd", x[..., :3], colour[:, :3, :3])
            x = ops.concatenate([rgb + colour[:, None, None, :3, 3], alpha], axis=-1)
        else:
            x = x * self._lognormal(x, 0.5)[:, None, None] + self._normal(x, 0.2)[:, None, None]
        return ops.cast(x, self.compute_dtype)

    # Each draw is (batch, 1), neutral with probability 1 - p.

    def _gate(self, drawn, neutral):
        u = noise.uniform(ops.shape(drawn), self.seed_generator)
        return ops.where(u < self.p, drawn, neutral)

    def _uniform(self, x, low, high, neutral=0.0):
        drawn = noise.uniform((ops.shape(x)[0], 1), self.seed_generator, low=low, high=high)
        return self._gate(drawn, neutral)

    def _integer(self, x, low, high):
        """Of low, ..., high - 1."""
        return ops.floor(self._uniform(x, low, high))

    def _normal(self, x, deviation):
        drawn = noise.normal((ops.shape(x)[0], 1), self.seed_generator)
        return self._gate(deviation * drawn, 0.0)

    def _lognormal(self, x, deviation):
        drawn = noise.normal((ops.shape(x)[0], 1), self.seed_generator)
        return self._gate(ops.exp(deviation * math.log(2.0) * drawn), 1.0)

    def _geometry(self, x):
        """(batch, 2, 3) maps from places in the outcome to places in the picture, in pixels from the middle."""
        height, width = x.shape[1:3]
        one, zero = ops.ones((ops.shape(x)[0], 1)), ops.zeros((ops.shape(x)[0], 1))

        def matrix(a, b, c, d):
            return ops.reshape(ops.concatenate([a, b, c, d], axis=-1), (-1, 2, 2))

        def turn(angle):
            return matrix(ops.cos(angle), -ops.sin(angle), ops.sin(angle), ops.cos(angle))

        linear = matrix(one, zero, zero, one)
        if self.mirror:
            flip = 1 - 2 * self._integer(x, 0, 2)
            linear = matrix(flip, zero, zero, one)
            quarters = self._integer(x, 0, 4)
            if height != width:
                quarters = 2 * ops.floor(quarters / 2)
            linear = ops.matmul(linear, turn(quarters * (math.pi / 2)))
        scale = self._lognormal(x, 0.2)
        linear = ops.matmul(linear, matrix(scale, zero, zero, scale))
        linear = ops.matmul(linear, turn(self._uniform(x, -math.pi, math.pi)))
        stretch = self._lognormal(x, 0.2)
        linear = ops.matmul(linear, matrix(stretch, zero, zero, 1 / stretch))
        shift = []
        for size in (width, height):
            whole = ops.round(self._uniform(x, -0.125, 0.125) * size)
            shift.append(whole + self._normal(x, 0.125) * size)
        shift = ops.reshape(ops.concatenate(shift, axis=-1), (-1, 2, 1))
        return ops.concatenate([linear, shift], axis=-1)

    def _recolour(self, x):
        """(batch, 4, 4) maps of (red, green, blue, 1)."""
        batch = ops.shape(x)[0]
        eye = ops.eye(4)[None]
        luma = ops.convert_to_tensor([1, 1, 1, 0], "float32") / math.sqrt(3.0)
        outer = (luma[:, None] * luma[None])[None]
        rgb = ops.convert_to_tensor([1, 1, 1, 0], "float32")

        def column(drawn):
            return ops.reshape(drawn, (batch, 1, 1))

        last = ops.convert_to_tensor([[0, 0, 0, 1]], "float32")[None]
        brightness = eye + column(self._normal(x, 0.2)) * rgb[None, :, None] * last
        contrast = column(self._lognormal(x, 0.5))
        contrast = eye + (contrast - 1) * (rgb[:, None] * ops.eye(4))[None]
        flip = eye - 2 * column(self._integer(x, 0, 2)) * outer
        angle = column(self._uniform(x, -math.pi, math.pi))
        cross = ops.convert_to_tensor(
            [[0, -1, 1, 0], [1, 0, -1, 0], [-1, 1, 0, 0], [0, 0, 0, 0]], "float32"
        )[None] / math.sqrt(3.0)
        rgb_eye = (rgb[:, None] * ops.eye(4))[None]
        hue = outer + (rgb_eye - outer) * ops.cos(angle) + cross * ops.sin(angle) + (eye - rgb_eye)
        saturation = column(self._lognormal(x, 1.0))
        saturation = outer + (rgb_eye - outer) * saturation + (eye - rgb_eye)
        result = brightness
        for step in (contrast, flip, hue, saturation):
            result = ops.matmul(step, result)
        return result

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "target": self.target,
            "horizon": self.horizon,
            "mirror": self.mirror,
            "seed": self.seed,
        }


def warp(x, maps):
    """Pictures resampled bilinearly, mirrored beyond their edges.

    Args:
        x: (batch, height, width, channels).
        maps: (batch, 2, 3): the place (column, row), in pixels from the middle, where each place of
            the outcome is taken from.

    Returns:
        The shape of `x`.
    """
    _, height, width, channels = x.shape
    batch = ops.shape(x)[0]
    columns = ops.arange(width, dtype="float32") - (width - 1) / 2
    rows = ops.arange(height, dtype="float32") - (height - 1) / 2
    rows, columns = ops.meshgrid(rows, columns, indexing="ij")
    places = ops.stack(
        [ops.reshape(columns, (-1,)), ops.reshape(rows, (-1,)), ops.ones((height * width,))]
    )
    source = ops.matmul(maps, places)  # (batch, 2, height * width)
    u = source[:, 0] + (width - 1) / 2
    v = source[:, 1] + (height - 1) / 2
    left, top = ops.floor(u), ops.floor(v)
    flat = ops.reshape(x, (-1, channels))
    start = ops.reshape(ops.arange(batch), (-1, 1)) * (height * width)

    def corner(down, right):
        row = ops.cast(_reflect(top + down, height), "int32")
        column = ops.cast(_reflect(left + right, width), "int32")
        weight = (1 - ops.abs(u - left - right)) * (1 - ops.abs(v - top - down))
        found = ops.take(flat, ops.reshape(start + row * width + column, (-1,)), axis=0)
        return found * ops.reshape(weight, (-1, 1))

    total = corner(0, 0) + corner(0, 1) + corner(1, 0) + corner(1, 1)
    return ops.reshape(total, (-1, height, width, channels))


def _reflect(index, size):
    """Places beyond an edge, mirrored at it: -1 is 1, size is size - 2."""
    period = 2 * max(size - 1, 1)
    index = ops.mod(index, period)
    return ops.minimum(index, period - index)


def _shift(x, shift, axis):
    """Each picture moved along an axis by a whole number of pixels of its own; 0 comes in."""
    size = x.shape[axis]
    places = ops.arange(size, dtype="float32")
    source = places[None, None, :] + shift[:, :, None]  # where the value at each place goes
    moves = ops.cast(ops.equal(places[None, :, None], source), "float32")  # (batch, to, from)
    return ops.einsum("bij,bjwc->biwc" if axis == 1 else "bij,bhjc->bhic", moves, x)
