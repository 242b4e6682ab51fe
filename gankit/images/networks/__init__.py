"""Generators and discriminators for pictures of any height, width and number of channels.

Every builder takes the picture's shape first. A generator doubles a small grid until it covers the
picture, and cuts off what is over; a discriminator halves the picture, rounding up. With `classes` a
generator takes `[latents, labels]` and a discriminator `[pictures, labels]`.
"""

from gankit.images.networks.dcgan import dcgan_discriminator, dcgan_generator
from gankit.images.networks.mlp import mlp_discriminator, mlp_generator
from gankit.images.networks.r3gan import r3gan_discriminator, r3gan_generator
from gankit.images.networks.sngan import sngan_discriminator, sngan_generator

__all__ = [
    "dcgan_discriminator",
    "dcgan_generator",
    "mlp_discriminator",
    "mlp_generator",
    "r3gan_discriminator",
    "r3gan_generator",
    "sngan_discriminator",
    "sngan_generator",
]
