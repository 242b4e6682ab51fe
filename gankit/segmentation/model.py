"""The domain's own games: pictures to classes, and two kinds of pictures without pairs."""

import keras
import numpy as np
from keras import ops

from gankit.files.classes import IGNORED
from gankit.layers import HistoryPool, OneHot
from gankit.reconstruction import Reconstruction
from gankit.translation import Translation

SIDES = ("target", "source")


@keras.saving.register_keras_serializable(package="gankit")
class Segmenter(Translation):
    """Pictures to classes, judged as probabilities: Luc et al. (2016), https://arxiv.org/abs/1611.08408.

    A dataset yields `(picture, mask)`: masks are integers (batch, height, width), and places with 255 or
    less than 0 are of no class and ignored by every loss; other numbers that are no class are refused. The generator gives logits (batch, height, width, classes).
    Discriminators see probabilities, zeros where the mask is ignored, and the picture.

    Args:
        generator, discriminator, kwargs: as in `Translation`.

    Example:

    ```python
    import gankit
    from gankit import segmentation

    gan = segmentation.Segmenter(
        segmentation.unet((None, None, 3), outputs=8, width=4, depth=2),
        segmentation.patchgan((32, 48, 8), (32, 48, 3), width=4, halvings=1),
    )
    gan.compile(reconstruction=gankit.reconstruction.CrossEntropy(), adversarial_weight=0.1)
    ```
    """

    def __init__(self, generator, discriminator, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.one_hot = OneHot(generator.output_shape[-1], dtype="float32")

    def require_known(self, batch):
        target = ops.convert_to_numpy(self.unpack(batch)[0])
        classes, highest = self.one_hot.classes, int(np.max(target[target != IGNORED], initial=0))
        if highest >= classes:
            raise ValueError(
                f"Masks hold class {highest}, and the generator gives scores of the classes 0 to "
                f"{classes - 1}: build the networks for more, or mend the masks ({IGNORED} is ignored)."
            )

    def encoded(self, target):
        return self.one_hot(target)

    def shown(self, real, fake):
        return ops.softmax(fake, axis=-1) * ops.sum(real, axis=-1, keepdims=True)


def there_and_back(forward, backward, identity=True):
    """The generator of `CycleGAN`: two translations, each after the other, as one model.

    Args:
        forward, backward: `keras.Model`s, from sources to targets and the other way.
        identity: also translate what needs no translation, for the loss `Identity`: sources and
            targets must have the same shape then.

    Returns:
        A `keras.Model` from `[sources, targets]` to a dict of `target`, `source`, `source_again` and
        `target_again`, with `identity` of `target_same` and `source_same` too.

    Example:

    ```python
    from gankit import segmentation

    forward, backward = (segmentation.resnet((None, None, 3), 3, width=4, blocks=1) for _ in range(2))
    network = segmentation.there_and_back(forward, backward)
    sorted(network.output)  # source, source_again, source_same, target, ...
    ```
    """
    forward.name, backward.name = "forward", "backward"
    source, target = (keras.Input(one.input_shape[1:]) for one in (forward, backward))
    outputs = {"target": forward(source), "source": backward(target)}
    outputs["source_again"] = backward(outputs["target"])
    outputs["target_again"] = forward(outputs["source"])
    if identity:
        outputs["target_same"], outputs["source_same"] = forward(target), backward(source)
    return keras.Model([source, target], outputs, name="generator")


@keras.saving.register_keras_serializable(package="gankit")
class CycleGAN(Translation):
    """Sources to targets and back, learned from unpaired examples of both.

    Zhu et al. (2017), https://arxiv.org/abs/1703.10593. A dataset yields `(source, target)` that need
    not belong together.

    Args:
        generator: of `there_and_back`.
        discriminator: a list of two, of targets and of sources; each sees samples only, and of the
            fakes earlier ones too.
        earlier: how many earlier fakes are kept of each kind.
        seed, kwargs: as in `GAN`.

    Example:

    ```python
    from gankit import segmentation

    shape = (16, 16, 3)
    forward, backward = (segmentation.resnet(shape, 3, width=4, blocks=1) for _ in range(2))
    judges = [segmentation.patchgan(shape, None, width=4, halvings=1) for _ in range(2)]
    gan = segmentation.CycleGAN(segmentation.there_and_back(forward, backward), judges)
    terms = [segmentation.Cycle(10.0), segmentation.Identity(5.0)]
    gan.compile(loss="least_squares", reconstruction=terms)
    ```
    """

    def __init__(self, generator, discriminator, earlier=50, seed=None, **kwargs):
        super().__init__(generator, discriminator, seed=seed, **kwargs)
        if len(self.discriminators) != 2:
            raise ValueError(
                "CycleGAN has two discriminators, of targets and of sources. "
                f"Received: {len(self.discriminators)}"
            )
        self.earlier = earlier
        self.pools = [HistoryPool(earlier, None if seed is None else seed + i) for i in range(2)]
        for pool, network in zip(self.pools, self.discriminators):
            pool.build((None, *network.input_shape[1:]))

    def play(self, batch):
        target, source = self.unpack(batch)
        fake = self.generator([source, target], training=True)
        return self._wanted(fake, source, target), fake, None

    def side_by_side(self, batch, seed=0):
        target, source = self.unpack(batch)
        fake = self.sampler.predict_on_batch([source, target])
        return self._wanted(fake, source, target), fake, None

    def _wanted(self, fake, source, target):
        """What each of the generator's outputs should have been."""
        return {name: target if name.startswith("target") else source for name in fake}

    def update_discriminator(self, real, fake, condition):
        pooled = {name: pool(fake[name]) for name, pool in zip(SIDES, self.pools)}
        return super().update_discriminator(real, {**fake, **pooled}, condition)

    def judge(self, discriminator, samples, condition=None, training=True):
        side = SIDES[0] if discriminator is self.discriminators[0] else SIDES[1]
        return super().judge(discriminator, samples[side], training=training)

    def generate_from(self, generator, latents, condition=None, training=None, batch_size=None):
        forward = generator.get_layer("forward")
        return super().generate_from(forward, latents, condition, training, batch_size)

    def get_config(self):
        return {**super().get_config(), "earlier": self.earlier}


class _BetweenSides(Reconstruction):
    """The mean absolute difference of all outputs of a kind, added up over the two sides."""

    kind = None

    def __call__(self, real, fake):
        names = [name for name in real if name.endswith(f"_{self.kind}")]
        if not names:
            raise ValueError(
                f"{type(self).__name__} needs a generator of `there_and_back(..., identity=True)`. "
                f"Received: one with outputs {sorted(real)}"
            )
        return self.weight * sum(ops.mean(ops.abs(real[n] - fake[n])) for n in names)


@keras.saving.register_keras_serializable(package="gankit")
class Cycle(_BetweenSides):
    """|backward(forward(x)) - x| + |forward(backward(y)) - y|. Zhu et al. (2017), equation 2.

    Example:

    ```python
    import keras

    from gankit import segmentation

    zeros, ones = keras.ops.zeros((1, 4, 4, 3)), keras.ops.ones((1, 4, 4, 3))
    term = segmentation.Cycle(10.0)  # as in CycleGAN.compile(reconstruction=[term])
    term({"source_again": zeros, "target_again": zeros}, {"source_again": ones, "target_again": ones})
    ```
    """

    name, kind = "cycle", "again"


@keras.saving.register_keras_serializable(package="gankit")
class Identity(_BetweenSides):
    """|forward(y) - y| + |backward(x) - x|. Zhu et al. (2017), section 5.2; half of `Cycle`'s weight.

    Example:

    ```python
    import keras

    from gankit import segmentation

    zeros, ones = keras.ops.zeros((1, 4, 4, 3)), keras.ops.ones((1, 4, 4, 3))
    term = segmentation.Identity(5.0)  # as in CycleGAN.compile(reconstruction=[..., term])
    term({"source_same": zeros, "target_same": zeros}, {"source_same": ones, "target_same": ones})
    ```
    """

    name, kind = "identity", "same"
