"""Small games whose every reduction over the batch must be one over all replicas."""

import keras
import numpy as np
from keras import layers

import gankit
from gankit import audio, images, segmentation, text
from gankit.reconstruction import CrossEntropy, Jaccard
from tests.helpers import mlp, some_points
from tests.text.models import L, V, language_model

BATCH, STEPS = 64, 4
SAMPLES = 512
MEL = audio.LogMel(8_000, fft=256, hop=64, mels=20)


def sgd(**options):
    """What hides no factor: twice the gradient is twice the step."""
    return {
        "generator_optimizer": keras.optimizers.SGD(0.1, **options),
        "discriminator_optimizer": keras.optimizers.SGD(0.1, **options),
    }


def points():
    gan = gankit.GAN(mlp(2, 2), mlp(2, 1), seed=3)
    penalties = [
        gankit.penalties.R1(0.1),
        gankit.penalties.GradientPenalty(0.1, seed=1),
        gankit.penalties.LeCam(0.1),
    ]
    gan.compile(
        **sgd(clipnorm=0.05),
        loss="relativistic_average",
        penalties=penalties,
        ema=gankit.EMA(half_life=500),
    )
    return gan


def pairs():
    """Terms that divide by how many places count, of which the replicas have different shares."""
    generator = segmentation.unet((None, None, 3), 3, width=4, depth=1)
    judge = segmentation.patchgan((8, 8, 3), (8, 8, 3), width=4, halvings=1)
    gan = segmentation.Segmenter(generator, judge, seed=1)
    gan.compile(
        **sgd(), reconstruction=[CrossEntropy(), Jaccard()], adversarial_weight=0.1, ema=0.9
    )
    return gan


def normalised():
    """Batch statistics in both networks."""

    def network(inputs, outputs):
        return keras.Sequential(
            [
                keras.Input((inputs,)),
                layers.Dense(8, activation="leaky_relu"),
                layers.BatchNormalization(momentum=0.5),
                layers.Dense(outputs),
            ]
        )

    gan = gankit.GAN(network(2, 2), network(2, 1), seed=3)
    gan.compile(**sgd(), ema=0.9)
    return gan


def labelled():
    """Batch statistics whose scale and offset are a class's."""
    latents, labels = keras.Input((2,)), keras.Input((), dtype="int32")
    x = layers.Dense(8)(latents)
    x = gankit.layers.ConditionalBatchNormalization(3, momentum=0.5)([x, labels])
    generator = keras.Model([latents, labels], layers.Dense(2)(layers.LeakyReLU()(x)))
    seen = keras.Input((2,))
    given = keras.Input((), dtype="int32")
    x = layers.Concatenate()([seen, gankit.layers.OneHot(3)(given)])
    judge = keras.Model([seen, given], mlp(5, 1)(x))
    gan = gankit.GAN(generator, judge, seed=3)
    gan.compile(**sgd(), ema=0.9)
    return gan


def vocoder():
    """Spectral convergence: norms over a batch of which one replica has the loud waves."""
    judges = audio.multi_period(SAMPLES, periods=(2, 3), width=1)
    gan = audio.Vocoder(audio.vocos(20, 256, 64, width=8, blocks=1), judges, MEL, seed=1)
    gan.compile(
        **sgd(),
        loss=["least_squares", audio.SummedFeatureMatching(0.1)],
        reconstruction=[audio.MelL1(MEL, weight=0.1), audio.MultiResolutionSTFT((64, 128))],
    )
    return gan


def random():
    """Dropout and an adaptive augmentation: draws of the batch's rows, and what adapts to it."""
    judge = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(8, activation="leaky_relu"),
            gankit.layers.Dropout(0.5, seed=5),
            layers.Dense(1),
        ]
    )
    generator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(64, activation="tanh"), layers.Reshape((8, 8, 1))]
    )
    augment = images.AdaptiveAugment(target=-0.9, horizon=500, seed=4)
    gan = gankit.GAN(generator, judge, augment=augment, seed=3)
    gan.compile(**sgd())
    return gan


def tokens():
    """The policy gradient: a moving average of rewards, and means over the tokens that count."""
    judge = text.recurrent_discriminator(V, L, units=4)
    rewards = text.PerToken(baseline=0.5)
    gan = text.PolicyGAN(language_model(), judge, rewards, seed=3)
    gan.compile(**sgd())
    return gan


def shares():
    """MaliGAN's rewards: a share of the whole batch's."""
    judge = text.recurrent_discriminator(V, L, units=4)
    gan = text.PolicyGAN(language_model(), judge, text.Reweighted(), seed=3)
    gan.compile(**sgd())
    return gan


def pictures(channels=1, seed=0):
    shape = (BATCH * STEPS, 8, 8, channels)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def labels():
    return np.random.default_rng(1).integers(3, size=BATCH * STEPS).astype("int32")


def waves():
    """Unequally loud, by a factor of a thousand."""
    rng = np.random.default_rng(0)
    loud = 10 ** rng.uniform(-3, 0, (BATCH * STEPS, 1))
    return (loud * rng.uniform(-1, 1, (BATCH * STEPS, SAMPLES))).astype("float32")


def masks():
    found = np.random.default_rng(1).integers(3, size=(BATCH * STEPS, 8, 8)).astype("int32")
    found[:, 0], found[::3] = 255, 255
    return found


def sequences():
    found = np.random.default_rng(0).integers(4, V, size=(BATCH * STEPS, L)).astype("int32")
    found[::2, 3], found[::2, 4] = 2, 0
    return found


GAMES = {
    "points": (points, lambda: (some_points(BATCH * STEPS),)),
    "pairs": (pairs, lambda: (pictures(3), masks())),
    "vocoder": (vocoder, lambda: (waves(),)),
    "normalised": (normalised, lambda: (some_points(BATCH * STEPS),)),
    "labelled": (labelled, lambda: (some_points(BATCH * STEPS), labels())),
    "random": (random, lambda: (pictures(),)),
    "tokens": (tokens, lambda: (sequences(),)),
    "shares": (shares, lambda: (sequences(),)),
}
CONDITIONS = {  # of five samples, where there are any
    "pairs": lambda: pictures(3)[:5],
    "vocoder": lambda: np.asarray(MEL(waves()[:5])),
    "labelled": lambda: labels()[:5],
}


def train(name, scope, data=None, **fit):
    """A game, built within a strategy's scope and trained for a few steps. It, and its last logs."""
    make, arrays = GAMES[name]
    keras.utils.set_random_seed(0)
    with scope:
        gan = make()
    if data is None:
        data = gankit.files.Dataset.from_arrays(*arrays(), batch_size=BATCH, seed=0)
    history = gan.fit(data, epochs=1, verbose=0, **fit).history
    return gan, {key: values[-1] for key, values in history.items()}
