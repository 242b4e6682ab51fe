"""Small convolutional classifiers, by whose features data are compared: their parts and their training."""

import keras
from keras import layers


def convolution_block(x, filters, repeats):
    """3 x 3 convolutions, each with batch normalisation and ReLU."""
    for _ in range(repeats):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
    return x


def classification_head(x, classes):
    """Probabilities of classes, from 128 features with mean 0 and mean square 1, the layer `features`."""
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    x = layers.Dense(128, activation="relu")(x)
    x = layers.LayerNormalization(center=False, scale=False, name="features")(x)
    return layers.Dense(classes, activation="softmax", name="classes", dtype="float32")(x)


def fit(model, stream, steps):
    """Trains a classifier by cross-entropy, with a learning rate that falls to 0.

    Args:
        model: to probabilities of classes.
        stream: batches of samples and labels, at least so many.
        steps: batches to train on.
    """
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(stream, steps_per_epoch=steps, shuffle=False, verbose=0)
