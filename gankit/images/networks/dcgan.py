"""DCGAN: strided and transposed convolutions."""

import keras
from keras import layers

from gankit.images.networks.parts import head, latents_and_labels, pictures_and_labels
from gankit.layers import AuxiliaryClassifier, BatchNormalization
from gankit.networks.grids import cut, grid


def dcgan_generator(shape, latent_dim=128, width=64, classes=None, normalize=True, mapping=0):
    """DCGAN's generator: transposed convolutions with batch normalisation and rectifiers.

    Radford et al. (2016), https://arxiv.org/abs/1511.06434, section 3.

    Args:
        shape: (height, width, channels).
        latent_dim: length of a latent vector.
        width: channels before the last layer; twice as many at each coarser one.
        classes: number of classes, or None.
        normalize: whether there is batch normalisation.
        mapping: dense layers that bend the latents before the first grid: StyleGAN's mapping network
            (Karras et al. (2019), https://arxiv.org/abs/1812.04948), with 256 units a layer.

    Returns:
        A `keras.Model` to (batch, *shape) in [-1, 1].

    Example:

    ```python
    from gankit import images

    network = images.dcgan_generator((32, 24, 3), width=8, classes=10)  # any height and width
    ```
    """
    start, upward = _starts(normalize)
    stages, (height, columns) = grid(shape)
    inputs, x = latents_and_labels(latent_dim, classes)
    for _ in range(mapping):
        x = layers.LeakyReLU(0.2)(layers.Dense(256, kernel_initializer=start)(x))

    def block(x):
        if normalize:
            x = BatchNormalization()(x)
        return layers.ReLU()(x)

    channels = width * 2 ** (stages - 1)
    x = layers.Dense(height * columns * channels, kernel_initializer=start)(x)
    x = block(layers.Reshape((height, columns, channels))(x))
    for stage in reversed(range(stages)):
        last = stage == 0
        filters = shape[-1] if last else width * 2 ** (stage - 1)
        x = layers.Conv2DTranspose(
            filters, 4, strides=2, padding="same", kernel_initializer=upward
        )(x)
        x = layers.Activation("tanh")(x) if last else block(x)
    return keras.Model(inputs, cut(x, shape), name="generator")


def dcgan_discriminator(shape, width=64, classes=None, normalize=True, auxiliary=False):
    """DCGAN's discriminator: strided convolutions with batch normalisation and leaky rectifiers.

    Args:
        shape: (height, width, channels).
        width: channels of the first layer; twice as many at each coarser one.
        classes: number of classes, or None.
        normalize: whether there is batch normalisation, which no input penalty goes with.
        auxiliary: tell classes apart (AC-GAN) instead of being told: the model takes pictures alone
            and returns `{"logits": (batch, 1), "classes": (batch, classes)}`.

    Returns:
        A `keras.Model` to (batch, 1) logits.

    Example:

    ```python
    from gankit import images

    network = images.dcgan_discriminator((32, 24, 3), width=8, classes=10, normalize=False)
    ```
    """
    start, _ = _starts(normalize)
    stages, _ = grid(shape)
    inputs, x, labels = pictures_and_labels(shape, None if auxiliary else classes)
    for stage in range(stages):
        x = layers.Conv2D(width * 2**stage, 4, strides=2, padding="same", kernel_initializer=start)(
            x
        )
        if normalize and stage:
            x = BatchNormalization()(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Flatten()(x)
    outputs = AuxiliaryClassifier(classes)(x) if auxiliary else head(x, labels, classes)
    return keras.Model(inputs, outputs, name="discriminator")


def _starts(normalize):
    """How kernels start, and those of transposed convolutions: as published where there is
    normalisation, and otherwise so that rectified signals keep their size from layer to layer."""
    initializers = keras.initializers
    if normalize:
        return initializers.RandomNormal(stddev=0.02), initializers.RandomNormal(stddev=0.02)
    # A transposed kernel is (height, width, out, in), and an output sees a fourth of its places.
    return initializers.HeNormal(), initializers.VarianceScaling(8.0, "fan_out")
