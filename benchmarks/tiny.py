"""A game of every domain in little: what is tried a hundred times over has to be quick.

Each has what its recipe's game has and what a checkpoint must hold: penalties, an average, several
random states, augmentation where the domain has one.
"""

import keras
import numpy as np

import gankit
from gankit import audio, files, images, points, segmentation, text
from gankit.files import Classes, JointAugment, Scaling
from gankit.penalties import R1, R2, GradientPenalty
from gankit.segmentation.streets import draw_streets
from gankit.segmentation.streets.classes import CLASSES
from gankit.text.corpora import draw_headlines


def rules(**more):
    """What `compile` is given."""
    optimizers = [keras.optimizers.Adam(1e-3, 0.0, 0.99) for _ in range(2)]
    return {**dict(zip(("generator_optimizer", "discriminator_optimizer"), optimizers)), **more}


def of_points():
    """The ring, with mixing noise in a penalty."""
    gan = gankit.GAN(points.generator(units=64), points.discriminator(units=64), seed=1)
    penalties = [R1(0.1), GradientPenalty(0.1, seed=2)]
    gan.compile(**rules(loss="relativistic_pairing", penalties=penalties, ema=0.999))
    return gan, points.ring(n=2500).dataset(100)


def of_images():
    """Handwritten digits, by class, augmented adaptively."""
    data, classes = images.load("digits"), 10
    gan = gankit.GAN(
        images.dcgan_generator(data.shape, 16, 8, classes, normalize=False),
        images.dcgan_discriminator(data.shape, 8, classes, normalize=False),
        augment=images.AdaptiveAugment(seed=2),
        seed=1,
    )
    gan.compile(**rules(loss="relativistic_pairing", penalties=[R1(1.0), R2(1.0)], ema=0.99))
    return gan, data.dataset(32)


def of_segmentation():
    """Streets to classes, with dropout, batch statistics and augmentation by chance."""
    size = (32, 48)
    streets, masks, _ = draw_streets(size, n=24)
    gan = segmentation.Segmenter(
        segmentation.unet((None, None, 3), len(CLASSES), width=4, depth=2, dropout=0.5),
        segmentation.patchgan((*size, len(CLASSES)), (*size, 3), width=4, halvings=1),
        seed=1,
    )
    gan.compile(
        **rules(
            penalties=[R1(0.1)],
            reconstruction=gankit.reconstruction.CrossEntropy(),
            adversarial_weight=0.02,
            ema=0.99,
        )
    )
    data = files.Dataset.from_arrays(
        streets,
        masks,
        batch_size=4,
        seed=0,
        prepare=(Scaling.of(streets), None),
        augment=JointAugment(size, masks=[False, True]),
    )
    assert len(Classes(CLASSES)) == gan.generator.output_shape[-1]
    return gan, data


def of_audio():
    """Spectrograms of spoken vowels, by label."""
    waves, _, labels, _, (names, _) = draw_vowels_in_little()
    representation = audio.LogMel(8000, 256, 64, mels=16)
    representation = audio.in_range(representation, waves)
    shape, told = (*representation.shape(waves.shape[1]), 1), {"label": len(names)}
    gan = audio.SpectrogramGAN(
        audio.spectrogram_generator(shape, 8, told, width=4),
        audio.spectrogram_discriminator(shape, told, width=4),
        representation,
        seed=1,
    )
    gan.compile(**rules(loss="relativistic_pairing", penalties=[R1(1.0), R2(1.0)], ema=0.99))
    return gan, files.Dataset.from_arrays(waves, {"label": labels}, batch_size=8, seed=0)


def draw_vowels_in_little():
    """Sixty vowels of a fifth of a second, as `draw_vowels` gives them."""
    return audio.draw_vowels(n=60, seconds=0.2)


def of_text():
    """Headlines by category, rewarded token by token."""
    categories, lines = zip(*draw_headlines(n=200))
    tokenizer = text.Tokenizer.train(lines)
    tokens = text.pad(tokenizer.encode(lines), 16)
    names = sorted(set(categories))
    labels = np.array([names.index(one) for one in categories], "int64")
    size = (tokenizer.vocabulary_size, 16)
    gan = text.PolicyGAN(
        text.Recurrent(*size, 16, 16, "gru", text.Category(len(names), 8)),
        text.recurrent_discriminator(*size, units=16, given=text.told_category(len(names))),
        text.PerToken(discount=0.23),
        discriminator_steps=2,
        seed=1,
    )
    gan.compile(**rules(loss="non_saturating"))
    return gan, files.Dataset.from_arrays(tokens, labels, batch_size=32, seed=0)


GAMES = {
    "points": of_points,
    "images": of_images,
    "segmentation": of_segmentation,
    "audio": of_audio,
    "text": of_text,
}


def make(domain):
    """A domain's compiled game and its data, the same in every process."""
    gankit.backend.deterministic()
    keras.utils.set_random_seed(0)
    return GAMES[domain]()


def train(domain, directory, epochs=6, steps=10):
    """Trains a domain's game from wherever the directory's checkpoints stand, saving every step."""
    gan, data = make(domain)
    callbacks = [
        gankit.callbacks.Scalars(directory, tensorboard=False),
        gankit.callbacks.Resume(directory / "checkpoints", every=1, every_seconds=None),
        keras.callbacks.LambdaCallback(on_train_begin=lambda logs: note_start(gan, directory)),
    ]
    gan.fit(data, epochs=epochs, steps_per_epoch=steps, callbacks=callbacks, verbose=0)


def note_start(gan, directory):
    """Writes down the step that a run goes on from, a line for each time that it is started."""
    step = int(keras.ops.convert_to_numpy(gan.optimizer.iterations))
    with open(directory / "started-at", "a") as file:
        file.write(f"{step}\n")


def last_start(directory):
    """The step that a run went on from when it was last started."""
    return int((directory / "started-at").read_text().split()[-1])
