"""SN-GAN: residual blocks, and a spectrally normalised discriminator."""

import keras
from keras import layers

from gankit.images.networks.parts import pictures_and_labels
from gankit.layers import (
    BatchNormalization,
    ConditionalBatchNormalization,
    SelfAttention,
    SpectralNormalization,
)
from gankit.networks.grids import cut, grid


def sngan_generator(shape, latent_dim=128, width=256, classes=None, attention=False):
    """SN-GAN's residual generator, with conditional batch normalisation where there are classes.

    Miyato et al. (2018), https://arxiv.org/abs/1802.05957, appendix B.4.

    Args:
        shape: (height, width, channels).
        latent_dim: length of a latent vector.
        width: channels of every block.
        classes: number of classes, or None.
        attention: whether there is self-attention before the last doubling (SAGAN).

    Returns:
        A `keras.Model` to (batch, *shape) in [-1, 1].

    Example:

    ```python
    from gankit import images

    network = images.sngan_generator((32, 32, 3), width=8, attention=True)  # SAGAN's
    ```
    """
    stages, (height, columns) = grid(shape)
    labels = layers.Input((), dtype="int32", name="labels") if classes else None
    latents = layers.Input((latent_dim,), name="latents")

    def normalize(x):
        if classes:
            return ConditionalBatchNormalization(classes)([x, labels])
        return BatchNormalization()(x)

    x = layers.Dense(height * columns * width)(latents)
    x = layers.Reshape((height, columns, width))(x)
    for stage in reversed(range(stages)):
        if attention and stage == 0:
            x = SelfAttention()(x)
        y = layers.UpSampling2D()(layers.ReLU()(normalize(x)))
        y = layers.Conv2D(width, 3, padding="same", kernel_initializer="glorot_uniform")(y)
        y = layers.Conv2D(width, 3, padding="same")(layers.ReLU()(normalize(y)))
        x = layers.Add()([y, layers.Conv2D(width, 1)(layers.UpSampling2D()(x))])
    x = layers.ReLU()(BatchNormalization()(x))
    x = layers.Conv2D(shape[-1], 3, padding="same", activation="tanh")(x)
    inputs = [latents, labels] if classes else latents
    return keras.Model(inputs, cut(x, shape), name="generator")


def sngan_discriminator(shape, width=128, classes=None, attention=False):
    """SN-GAN's residual discriminator, spectrally normalised, with a projection head for classes.

    Args:
        shape: (height, width, channels).
        width: channels of every block.
        classes: number of classes, or None.
        attention: whether there is self-attention after the first halving (SAGAN).

    Returns:
        A `keras.Model` to (batch, 1) logits.

    Example:

    ```python
    from gankit import images

    network = images.sngan_discriminator((32, 32, 3), width=8, attention=True)
    ```
    """
    stages, _ = grid(shape)
    inputs, x, labels = pictures_and_labels(shape, classes)

    def convolution(x, size, filters=width):
        return SpectralNormalization(layers.Conv2D(filters, size, padding="same"))(x)

    def block(x, first=False, halve=True):
        y = convolution(x if first else layers.ReLU()(x), 3)
        y = convolution(layers.ReLU()(y), 3)
        if not halve:
            return layers.Add()([y, x])
        y = layers.AveragePooling2D(2, padding="same")(y)
        if first:  # the order that costs less on few channels
            return layers.Add()([y, convolution(layers.AveragePooling2D(2, padding="same")(x), 1)])
        return layers.Add()([y, layers.AveragePooling2D(2, padding="same")(convolution(x, 1))])

    halvings = max(stages - 1, 1)
    for i in range(halvings):
        x = block(x, first=i == 0)
        if attention and i == 0:
            x = SelfAttention(spectral=True)(x)
    for _ in range(2):
        x = block(x, halve=False)
    x = layers.ReLU()(x)
    x = layers.Rescaling(x.shape[1] * x.shape[2])(layers.GlobalAveragePooling2D()(x))  # the sum
    logits = SpectralNormalization(layers.Dense(1))(x)
    if classes:
        of_class = SpectralNormalization(layers.Embedding(classes, width))(labels)
        logits = layers.Add()([logits, layers.Dot(axes=-1)([x, of_class])])
    return keras.Model(inputs, logits, name="discriminator")
