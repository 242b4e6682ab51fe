"""What generators and discriminators of pictures share: the grid, the inputs, the head."""

import math

import keras
from keras import layers

from gankit.layers import Projection


def grid(shape):
    """How often a picture is halved, and the (height, width) of the grid that is left.

    The shorter side ends at 3 to 5 places, or at half of a picture that is smaller than that.
    """
    height, width, _ = shape
    stages = max(round(math.log2(min(height, width) / 4)), 1)
    return stages, (-(-height // 2**stages), -(-width // 2**stages))


def latents_and_labels(latent_dim, classes):
    """The generator's inputs, and latents with the label's embedding behind them."""
    latents = keras.Input((latent_dim,), name="latents")
    if not classes:
        return latents, latents
    labels = keras.Input((), dtype="int32", name="labels")
    embedded = layers.Embedding(
        classes, latent_dim, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0)
    )(labels)
    return [latents, labels], layers.Concatenate()([latents, embedded])


def pictures_and_labels(shape, classes):
    """The discriminator's inputs."""
    pictures = keras.Input(shape, name="pictures")
    if not classes:
        return pictures, pictures, None
    labels = keras.Input((), dtype="int32", name="labels")
    return [pictures, labels], pictures, labels


def head(x, labels, classes):
    """Logits from features."""
    return Projection(classes)([x, labels]) if classes else layers.Dense(1)(x)


def cut(x, shape):
    """The middle of a grid that covers more than the picture."""
    over = x.shape[1] - shape[0], x.shape[2] - shape[1]
    if over == (0, 0):
        return x
    return layers.Cropping2D([(one // 2, one - one // 2) for one in over])(x)
