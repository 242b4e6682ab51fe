"""A discriminator that knows few pictures by heart, and the same with augmentation."""

import dataclasses
import warnings

import keras

import gankit
from figures import canvas
from gankit import images

PICTURES = 30


def few(seed=0):
    """`digits` with so few pictures to train on; what is held out stays."""
    data = images.load("digits", seed=seed)
    return dataclasses.replace(
        data, samples=data.samples[:PICTURES], labels=data.labels[:PICTURES], controls=0
    )


def play(augment, epochs=3000, seed=0):
    """A game on few digits. Returns the data, the model and what the diagnostics said."""
    keras.utils.set_random_seed(seed)
    data = few(seed)
    gan = gankit.GAN(
        images.dcgan_generator(data.shape, width=32, normalize=False),
        images.dcgan_discriminator(data.shape, width=64, normalize=False),
        augment=augment,
        seed=seed,
    )
    gan.compile(
        generator_optimizer=gankit.optimizers.Adam(1e-4, 0.5, 0.999),
        discriminator_optimizer=gankit.optimizers.Adam(5e-4, 0.5, 0.999),
    )
    watch = images.PictureDiagnostics(data)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", gankit.callbacks.TrainingWarning)
        dataset = data.dataset(PICTURES, seed, conditional=False)
        every = min(100, epochs)  # the diagnostics look at the end of a Keras epoch
        gan.fit(
            dataset,
            steps_per_epoch=every,
            epochs=epochs // every,
            callbacks=[watch],
            verbose=0,
        )
    kind = gankit.callbacks.TrainingWarning
    return data, gan, [str(one.message) for one in said if issubclass(one.category, kind)]


def draw(path, epochs=3000):
    """The logits of training pictures, held-out ones and samples, without and with augmentation.

    Returns:
        What the diagnostics said in either run.
    """
    figure = canvas.figure(9, 2.8)
    said = []
    for axes, (title, augment) in zip(
        figure.subplots(1, 2),
        (("as it is", None), ("with DiffAugment", images.DiffAugment(seed=0))),
    ):
        data, gan, warned = play(augment, epochs)
        said.append(warned)
        parts = (
            ("training pictures", data.preparation(data.samples), "black"),
            ("held-out pictures", data.preparation(data.validation), canvas.JUDGE),
            ("samples", gan.generate(300, seed=0), canvas.FAKE),
        )
        for label, pictures, color in parts:
            logits = gan.discriminator.predict_on_batch(pictures).ravel()
            axes.hist(logits, bins=25, density=True, color=color, alpha=0.55, label=label)
        axes.set(title=title, xlabel="logit", yticks=[])
    axes.legend(fontsize=8)
    canvas.write(figure, path)
    return said
