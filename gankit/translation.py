"""`Translation`: the game in which the generator is told a source and has a target to meet."""

import keras

from gankit import schedules
from gankit.gan import GAN
from gankit.model import as_list


@keras.saving.register_keras_serializable(package="gankit")
class Translation(GAN):
    """A generator of targets from sources, against discriminators that see both: pix2pix.

    Isola et al. (2017), https://arxiv.org/abs/1611.07004. A dataset yields `(source, target)`, the
    generator maps `source` to targets, and a discriminator maps `[targets, sources]` to logits, one
    for each patch for instance. There are no latents: what is random, such as dropout, is the
    generator's own.

    Args:
        generator, discriminator, kwargs: as in `GAN`.

    Example:

    ```python
    import numpy as np

    import gankit
    from gankit import segmentation

    shape = (16, 16, 3)
    gan = gankit.Translation(
        segmentation.unet(shape, 3, width=4, depth=2, activation="tanh"),
        segmentation.patchgan(shape, shape, width=4, halvings=1),
    )
    gan.compile(loss="least_squares", reconstruction=gankit.reconstruction.L1(100.0))
    sources = np.random.default_rng(0).uniform(-1, 1, (8, *shape)).astype("float32")
    gan.fit(sources, -sources, batch_size=4, epochs=1, verbose=0)
    targets = gan.translate(sources)
    ```
    """

    def __init__(self, generator, discriminator, **kwargs):
        super().__init__(generator, discriminator, **{"latent_dim": 0, **kwargs})
        self.reconstruction, self.adversarial_weight = [], 1.0

    def compile(self, *args, reconstruction=(), adversarial_weight=1.0, **kwargs):
        """Sets the rules of the game.

        Args:
            reconstruction: a `gankit.reconstruction.Reconstruction`, or a list of them, which the
                generator minimises too.
            adversarial_weight: the factor of the adversarial losses in what the generator minimises: a
                number of at least 0, or a schedule of the generator's steps.
            args, kwargs: as in `GAN.compile`.
        """
        weight = schedules.deserialize(adversarial_weight)
        if not callable(weight) and weight < 0:
            raise ValueError(f"`adversarial_weight` must be at least 0. Received: {weight}")
        self.reconstruction, self.adversarial_weight = as_list(reconstruction), weight
        super().compile(*args, **kwargs)

    def unpack(self, batch):
        source, target = super().unpack(batch)
        if target is None:
            raise ValueError(
                "A translation learns from pairs: a dataset yields `(source, target)`. "
                "Received: one of them alone"
            )
        return target, source

    def play(self, batch):
        real, fake, source = super().play(batch)
        return self.encoded(real), fake, source

    def encoded(self, target):
        """Hook: a target as the losses compare it with the generator's output."""
        return target

    def shown(self, real, fake):
        """Hook: what a discriminator is shown of the generator's output."""
        return fake

    def side_by_side(self, batch, seed=0):
        real, fake, condition = super().side_by_side(batch, seed)
        real = self.encoded(real)
        return real, self.shown(real, fake), condition

    def discriminator_loss(self, real, fake, condition):
        return super().discriminator_loss(real, self.shown(real, fake), condition)

    def generator_loss(self, real, fake, condition):
        total, logs = super().generator_loss(real, self.shown(real, fake), condition)
        total *= schedules.value(self.adversarial_weight, self.generator_optimizer.iterations)
        for term in self.reconstruction:
            value = term(real, fake)
            total += value
            logs[f"g_{term.name}"] = value
        return total, logs

    def reconstruction_loss(self, target, output):
        """The reconstruction terms alone, as a loss for Keras's `compile`: for the generator's twin, which
        has no adversary."""
        return sum(term(self.encoded(target), output) for term in self.reconstruction)

    def translate(self, source, batch_size=16):
        """Targets of sources, by the averaged generator: float32 arrays, a row for each source."""
        n = len(keras.tree.flatten(source)[0])
        return self.generate(n, source, batch_size=batch_size)

    def get_compile_config(self):
        config = super().get_compile_config()
        return config and {
            **config,
            "reconstruction": keras.saving.serialize_keras_object(self.reconstruction),
            "adversarial_weight": schedules.serialize(self.adversarial_weight),
        }
