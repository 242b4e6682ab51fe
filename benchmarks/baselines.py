"""The settings of keras.io's two GAN examples, as their pages give them, on gankit's step.

Networks, losses, optimizers, discriminator steps and fresh latents for each player are the examples';
`DCGAN to generate face images` (2019) and `WGAN-GP overriding Model.train_step` (2020). Pictures of
other sizes get as many doublings as they need. Pictures lie in [-1, 1] here, so the last activation is
tanh in both.
"""

import keras
from keras import layers, ops

import gankit
from gankit.networks.grids import grid


@keras.saving.register_keras_serializable(package="benchmarks")
class NoisyLabels(gankit.losses.Loss):
    """Cross-entropy with noise of up to 0.05 on the discriminator's labels, fake 1 and real 0."""

    name = "noisy_labels"

    def __init__(self):
        self.seed_generator = keras.random.SeedGenerator(0)

    def discriminator(self, real, fake, condition=None):
        total = 0.0
        for outputs, label in ((real, 0.0), (fake, 1.0)):
            logits = outputs["logits"]
            labels = label + 0.05 * keras.random.uniform(
                ops.shape(logits), seed=self.seed_generator
            )
            total += ops.mean(ops.binary_crossentropy(labels, logits, from_logits=True))
        return total / 2  # the example's mean over real and fake together

    def generator(self, real, fake, condition=None):
        return ops.mean(ops.softplus(fake["logits"]))


def dcgan(shape, narrower=1):
    """`DCGAN to generate face images`: generator, discriminator and what `compile` is given.

    `narrower` divides the example's numbers of filters.
    """
    stages, (height, width) = grid(shape)
    generator = keras.Sequential(
        [keras.Input((128,)), layers.Dense(height * width * (128 // narrower))]
    )
    generator.add(layers.Reshape((height, width, 128 // narrower)))
    for filters in (128, 256, 512, 512, 512)[:stages]:
        generator.add(layers.Conv2DTranspose(filters // narrower, 4, strides=2, padding="same"))
        generator.add(layers.LeakyReLU(0.2))
    generator.add(layers.Conv2D(shape[-1], 5, padding="same", activation="tanh"))
    discriminator = keras.Sequential([keras.Input(shape)])
    for filters in (64, 128, 128):
        discriminator.add(layers.Conv2D(filters // narrower, 4, strides=2, padding="same"))
        discriminator.add(layers.LeakyReLU(0.2))
    for layer in (layers.Flatten(), layers.Dropout(0.2), layers.Dense(1)):
        discriminator.add(layer)
    rules = {
        "loss": NoisyLabels(),
        "generator_optimizer": keras.optimizers.Adam(1e-4),
        "discriminator_optimizer": keras.optimizers.Adam(1e-4),
    }
    return cropped(generator, shape), discriminator, rules, 1


def wgan_gp(shape, narrower=1):
    """`WGAN-GP overriding Model.train_step`: the same, with three discriminator steps."""
    stages, (height, width) = grid(shape)
    generator = keras.Sequential(
        [
            keras.Input((128,)),
            layers.Dense(height * width * (256 // narrower), use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.2),
            layers.Reshape((height, width, 256 // narrower)),
        ]
    )
    for filters in [128, 64, 32, 16][: stages - 1]:
        for layer in (
            layers.UpSampling2D(),
            layers.Conv2D(filters // narrower, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.2),
        ):
            generator.add(layer)
    for layer in (
        layers.UpSampling2D(),
        layers.Conv2D(shape[-1], 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("tanh"),
    ):
        generator.add(layer)
    discriminator = keras.Sequential([keras.Input(shape)])
    over = [height * 2**stages - shape[0], width * 2**stages - shape[1]]
    discriminator.add(layers.ZeroPadding2D([(one // 2, one - one // 2) for one in over]))
    for filters, dropout in ((64, 0.0), (128, 0.3), (256, 0.3), (512, 0.0)):
        discriminator.add(layers.Conv2D(filters // narrower, 5, strides=2, padding="same"))
        discriminator.add(layers.LeakyReLU(0.2))
        if dropout:
            discriminator.add(layers.Dropout(dropout))
    for layer in (layers.Flatten(), layers.Dropout(0.2), layers.Dense(1)):
        discriminator.add(layer)
    rules = {
        "loss": "wasserstein",
        "penalties": [gankit.penalties.GradientPenalty(10.0, seed=0)],
        "generator_optimizer": keras.optimizers.Adam(2e-4, 0.5, 0.9),
        "discriminator_optimizer": keras.optimizers.Adam(2e-4, 0.5, 0.9),
    }
    return cropped(generator, shape), discriminator, rules, 3


def cropped(generator, shape):
    """The middle of what a generator makes, where that is larger than the picture."""
    over = [generator.output_shape[1 + i] - shape[i] for i in range(2)]
    if any(over):
        generator.add(layers.Cropping2D([(one // 2, one - one // 2) for one in over]))
    return generator
