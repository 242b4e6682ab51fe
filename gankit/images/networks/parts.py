"""What generators and discriminators of pictures share: the inputs, the head."""

import keras
from keras import layers

from gankit.layers import Projection


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
