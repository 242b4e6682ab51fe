"""The first GAN (2014): dense layers."""

import math

import keras
from keras import layers

from gankit.images.networks.parts import head, latents_and_labels, pictures_and_labels
from gankit.layers import Maxout


def mlp_generator(shape, latent_dim=100, units=1200, classes=None):
    """The first GAN's generator: two hidden layers of rectifiers.

    Goodfellow et al. (2014), https://arxiv.org/abs/1406.2661, and their published settings for MNIST;
    ends in tanh where theirs ends in a sigmoid, since pictures lie in [-1, 1] here.

    Args:
        shape: (height, width, channels).
        latent_dim: length of a latent vector.
        units: width of a hidden layer.
        classes: number of classes, or None.

    Returns:
        A `keras.Model` to (batch, *shape) in [-1, 1].

    Example:

    ```python
    from gankit import images

    network = images.mlp_generator((8, 8, 1), units=64)
    network.output_shape  # (None, 8, 8, 1)
    ```
    """
    inputs, x = latents_and_labels(latent_dim, classes)
    start = keras.initializers.RandomUniform(-0.05, 0.05)
    for _ in range(2):
        x = layers.Dense(units, activation="relu", kernel_initializer=start)(x)
    x = layers.Dense(math.prod(shape), activation="tanh", kernel_initializer=start)(x)
    return keras.Model(inputs, layers.Reshape(shape)(x), name="generator")


def mlp_discriminator(shape, units=240, pieces=5, dropout=0.5, classes=None):
    """The first GAN's discriminator: two hidden layers of maxout units with dropout.

    Args:
        shape: (height, width, channels).
        units, pieces: of a hidden layer.
        dropout: share of hidden units left out at each step.
        classes: number of classes, or None.

    Returns:
        A `keras.Model` to (batch, 1) logits.

    Example:

    ```python
    from gankit import images

    network = images.mlp_discriminator((8, 8, 1), units=16)
    network.output_shape  # (None, 1)
    ```
    """
    inputs, x, labels = pictures_and_labels(shape, classes)
    x = layers.Flatten()(x)
    for _ in range(2):
        x = layers.Dropout(dropout)(Maxout(units, pieces)(x))
    return keras.Model(inputs, head(x, labels, classes), name="discriminator")
