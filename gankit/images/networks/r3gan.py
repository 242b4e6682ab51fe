"""R3GAN: residual blocks turned outwards, without normalisation."""

import math

import keras
from keras import layers

from gankit.images.networks.parts import head, latents_and_labels, pictures_and_labels
from gankit.layers import (
    DiscriminativeBasis,
    Downsample,
    GenerativeBasis,
    GroupedConv2D,
    Upsample,
)
from gankit.networks.grids import cut, grid


def r3gan_generator(
    shape, latent_dim=64, widths=(256, 192, 128, 96), blocks=2, group=16, classes=None
):
    """R3GAN's generator: residual blocks without normalisation, interpolated between stages.

    Huang et al. (2025), https://arxiv.org/abs/2501.05441, appendix. No tanh: the range is learned.

    Args:
        shape: (height, width, channels).
        latent_dim: length of a latent vector.
        widths: channels of the stages, coarsest first; the last goes on for finer ones.
        blocks: residual blocks in a stage.
        group: channels in a group of the 3 x 3 convolutions.
        classes: number of classes, or None.

    Returns:
        A `keras.Model` to (batch, *shape).

    Example:

    ```python
    from gankit import images

    network = images.r3gan_generator((32, 32, 3), widths=(16, 8), blocks=1, group=8)
    ```
    """
    doublings, (height, columns) = grid(shape)
    inputs, x = latents_and_labels(latent_dim, classes)
    widths = _stages(widths, doublings + 1)
    count = blocks * len(widths)
    x = layers.Dense(widths[0], use_bias=False, kernel_initializer=_scaled(1.0))(x)
    x = GenerativeBasis(height, columns)(x)
    for stage, width in enumerate(widths):
        if stage:
            if width != widths[stage - 1]:
                x = _conv(x, width)
            x = Upsample()(x)
        for _ in range(blocks):
            x = _r3gan_block(x, width, group, count)
    return keras.Model(inputs, cut(_conv(x, shape[-1]), shape), name="generator")


def r3gan_discriminator(shape, widths=(256, 192, 128, 96), blocks=2, group=16, classes=None):
    """R3GAN's discriminator, the generator's mirror image.

    Args:
        shape: (height, width, channels).
        widths: channels of the stages, coarsest first; the last goes on for finer ones.
        blocks: residual blocks in a stage.
        group: channels in a group of the 3 x 3 convolutions.
        classes: number of classes, or None.

    Returns:
        A `keras.Model` to (batch, 1) logits.

    Example:

    ```python
    from gankit import images

    network = images.r3gan_discriminator((32, 32, 3), widths=(16, 8), blocks=1, group=8)
    ```
    """
    halvings, _ = grid(shape)
    inputs, x, labels = pictures_and_labels(shape, classes)
    widths = _stages(widths, halvings + 1)[::-1]
    count = blocks * len(widths)
    x = _conv(x, widths[0])
    for stage, width in enumerate(widths):
        if stage:
            x = Downsample()(x)
            if width != widths[stage - 1]:
                x = _conv(x, width)
        for _ in range(blocks):
            x = _r3gan_block(x, width, group, count)
    x = DiscriminativeBasis()(x)
    return keras.Model(inputs, head(x, labels, classes), name="discriminator")


def _r3gan_block(x, width, group, blocks):
    """x + a bottleneck turned outwards: wide, grouped, and zero at the start."""
    gain = math.sqrt(2 / 1.04) * blocks**-0.25

    start = _scaled(gain)
    groups = max(2 * width // group, 1)
    y = layers.LeakyReLU(0.2)(layers.Conv2D(2 * width, 1, kernel_initializer=start)(x))
    y = layers.LeakyReLU(0.2)(GroupedConv2D(2 * width, 3, groups, kernel_initializer=start)(y))
    y = layers.Conv2D(width, 1, use_bias=False, kernel_initializer="zeros")(y)
    return layers.Add()([x, y])


def _conv(x, filters):
    return layers.Conv2D(filters, 1, use_bias=False, kernel_initializer=_scaled(1.0))(x)


def _scaled(gain):
    return keras.initializers.VarianceScaling(gain**2, "fan_in", "untruncated_normal")


def _stages(widths, count):
    """So many widths, coarsest first: the last goes on."""
    return [widths[min(i, len(widths) - 1)] for i in range(count)]
