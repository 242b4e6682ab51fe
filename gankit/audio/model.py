"""The domain's own games: a dataset yields waves, and what is played for is made of them on the device."""

import keras
import numpy as np
from keras import ops

from gankit import sampling
from gankit.gan import GAN
from gankit.model import to_float
from gankit.translation import Translation

BATCH = 64


class OnWaves:
    """What both games have in common: a `Representation` of the waves, which is saved with the model."""

    def __init__(self, generator, discriminator, representation, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.representation = representation

    def get_config(self):
        representation = keras.saving.serialize_keras_object(self.representation)
        return {**super().get_config(), "representation": representation}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        representation = keras.saving.deserialize_keras_object(config["representation"])
        return super().from_config({**config, "representation": representation}, custom_objects)


@keras.saving.register_keras_serializable(package="gankit")
class SpectrogramGAN(OnWaves, GAN):
    """A game for spectrograms, whose dataset yields waves.

    SpecGAN: Donahue et al. (2019), https://arxiv.org/abs/1802.04208. A dataset yields waves (batch,
    samples), or `(waves, condition)`; both players see `representation(waves)` as pictures, (batch,
    frames, bins, channels). `waves_of` leads back.

    Args:
        generator, discriminator, kwargs: as in `GAN`.
        representation: a `gankit.audio.representations.Representation`, whose features lie in the range
            of the generator's.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    waves = np.random.default_rng(0).uniform(-0.5, 0.5, (16, 1024)).astype("float32")
    mel = audio.in_range(audio.LogMel(8_000, fft=256, hop=64, mels=20), waves)
    shape = (*mel.shape(1024), 1)
    gan = audio.SpectrogramGAN(
        audio.spectrogram_generator(shape, width=4),
        audio.spectrogram_discriminator(shape, width=4),
        mel,
    )
    gan.compile(loss="relativistic_pairing", penalties=["r1", "r2"], ema=0.999)
    gan.fit(waves, batch_size=8, epochs=1, verbose=0)
    spectrograms = gan.generate(4, seed=0)  # `waves_of` makes them sound
    ```
    """

    def unpack(self, batch):
        waves, condition = super().unpack(batch)
        return pictures(self.representation(waves)), condition


@keras.saving.register_keras_serializable(package="gankit")
class Vocoder(OnWaves, Translation):
    """The game of a vocoder, whose dataset yields waves alone: the generator makes them again.

    HiFi-GAN: Kong et al. (2020), https://arxiv.org/abs/2010.05646. The generator maps
    `representation(waves)`, (batch, frames, mels), to waves; discriminators see waves and are not told
    the mels; reconstruction terms compare waves. Labels in the data are not looked at.

    Args:
        generator, discriminator, kwargs: as in `GAN`.
        representation: what the generator is given; its hop is the generator's.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    mel = audio.LogMel(8_000, fft=256, hop=64, mels=20)
    judges = audio.multi_period(1024, periods=(2, 3), width=1)
    gan = audio.Vocoder(audio.vocos(20, 256, 64, width=8, blocks=1), judges, mel)
    gan.compile(
        loss=["least_squares", audio.SummedFeatureMatching(1.0)],
        adversarial_weight=2.0,
        reconstruction=audio.MelL1(mel),
    )
    waves = np.random.default_rng(0).uniform(-0.5, 0.5, (8, 1024)).astype("float32")
    gan.fit(waves, batch_size=4, epochs=1, verbose=0)
    made = gan.translate(mel(waves))
    ```
    """

    def __init__(self, generator, discriminator, representation, **kwargs):
        super().__init__(generator, discriminator, representation, **kwargs)
        made = generator.compute_output_shape((1, 8, representation.bins))[1]
        if made is not None and made != representation.samples(8):
            raise ValueError(
                f"The generator makes {made / 8:g} samples of a frame, and the representation's hop is "
                f"{representation.hop}: they must be equal."
            )

    def unpack(self, batch):
        waves, _ = GAN.unpack(self, batch)
        return waves, self.representation(waves)


class CopySynthesis(keras.Model):
    """A generator behind its representation, waves to waves: for Keras's own `fit`.

    This is how a vocoder's twin is trained that has no adversary. Save its `generator`.

    Args:
        generator: a network from features to waves.
        representation: of the waves.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    mel = audio.LogMel(8_000, fft=256, hop=64, mels=20)
    twin = audio.CopySynthesis(audio.vocos(20, 256, 64, width=8, blocks=1), mel)
    twin.compile("adam", loss=audio.MelL1(mel))
    waves = np.random.default_rng(0).uniform(-0.5, 0.5, (8, 1024)).astype("float32")
    twin.fit(waves, waves, batch_size=4, verbose=0)
    ```
    """

    def __init__(self, generator, representation, **kwargs):
        super().__init__(**kwargs)
        self.generator, self.representation = generator, representation

    def call(self, inputs, training=None):
        return to_float(self.generator(self.representation(inputs), training=training))


def pictures(features):
    """(batch, frames, bins) features with a channel; with channels, as they are.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    audio.pictures(np.zeros((2, 16, 20))).shape  # (2, 16, 20, 1)
    ```
    """
    return features[..., None] if len(features.shape) == 3 else features


def waves_of(features, representation, vocoder=None, batch_size=BATCH):
    """Waves of a spectrogram game's samples.

    Args:
        features: (n, frames, bins, channels), as `representation` makes them.
        representation: theirs; before a vocoder, one with a `normalise`, which is undone.
        vocoder: a network from log-mels, not normalised, to waves; without one, `inverse` of the
            representation.
        batch_size: spectrograms in a batch.

    Returns:
        (n, samples) float32.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    waves = np.random.default_rng(0).uniform(-0.5, 0.5, (4, 1024)).astype("float32")
    mel = audio.in_range(audio.LogMel(8_000, fft=256, hop=64, mels=20), waves)
    vocoder = audio.vocos(20, 256, 64, width=8, blocks=1)
    audio.waves_of(audio.pictures(mel(waves)), mel, vocoder)  # (4, 1024)
    ```
    """
    features = np.asarray(features, "float32")
    features = features[..., 0] if features.shape[-1] == 1 else features
    if vocoder is None:
        parts = [
            np.asarray(ops.convert_to_numpy(representation.inverse(features[i : i + batch_size])))
            for i in range(0, len(features), batch_size)
        ]
        return np.concatenate(parts)
    mels = ops.convert_to_numpy(representation.normalise.inverse(features))
    return sampling.in_batches(vocoder.predict_on_batch, np.asarray(mels), batch_size)
