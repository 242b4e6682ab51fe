"""The tutorial's last game: handwritten digits of 8 x 8 pixels, asked for by class."""

import keras
import numpy as np

import gankit
from gankit import images

EPOCHS = 120


def play(epochs=EPOCHS, seed=0):
    """The tutorial's code with more epochs. Returns the data and the trained model."""
    keras.utils.set_random_seed(seed)
    data = images.load("digits")
    given = {"width": 32, "classes": 10, "normalize": False}
    gan = gankit.GAN(
        images.dcgan_generator(data.shape, **given),
        images.dcgan_discriminator(data.shape, **given),
        seed=seed,
    )
    gan.compile(
        generator_optimizer=gankit.optimizers.Adam(5e-4, 0.0, 0.9),
        discriminator_optimizer=gankit.optimizers.Adam(5e-4, 0.0, 0.9),
        loss="relativistic_pairing",
        penalties=["r1", "r2"],
        ema=0.995,
    )
    gan.fit(data.dataset(64), epochs=epochs, verbose=0)
    return data, gan


def draw(path, epochs=EPOCHS):
    """Sixty samples, ten of each class in turn, and below a line twenty real digits."""
    data, gan = play(epochs)
    labels = images.in_turn(10, 60)
    samples = data.preparation.to_bytes(gan.generate(60, labels, seed=0))
    order = [
        np.flatnonzero(data.validation_labels == one)[k] for k in range(2) for one in range(10)
    ]
    images.draw(np.concatenate([samples, data.validation[order]]), path, columns=10, scale=5)
