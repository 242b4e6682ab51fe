"""What is asked of a vocoder besides fooling the discriminators: to sound like its target.

Terms are functions of real and made waves, (batch, samples) each.
"""

import keras
from keras import ops

from gankit import backend, losses
from gankit.audio.stft import STFT, magnitude
from gankit.reconstruction import Reconstruction

FLOOR = 10**-3.5  # of magnitudes, below which nothing is compared: that of the authors' code

# --- formulas -------------------------------------------------------------------------------------


def spectral_convergence(real, fake):
    """|S - S'|_F / |S|_F of magnitude spectrograms. Yamamoto et al. (2020), section 2.2.

    The norms are over the whole batch, of all replicas, so that one silent wave does not divide by 0.
    The gradient at equal spectrograms is 0.

    Args:
        real, fake: (batch, frames, bins) magnitudes.

    Returns:
        A scalar.
    """
    apart, whole = (backend.all_sum(ops.sum(ops.square(x))) for x in (real - fake, real))
    return ops.sqrt(ops.maximum(apart, 1e-12) / ops.maximum(whole, 1e-12))


def log_magnitude(real, fake):
    """The mean of |log S - log S'|. Yamamoto et al. (2020), section 2.2.

    Args:
        real, fake: (batch, frames, bins) positive magnitudes.

    Returns:
        A scalar.
    """
    return ops.mean(ops.abs(ops.log(real) - ops.log(fake)))


# --- terms ----------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable(package="gankit")
class MelL1(Reconstruction):
    """The mean absolute difference of log-mel spectrograms. HiFi-GAN, Kong et al. (2020),
    https://arxiv.org/abs/2010.05646, section 2.4, with weight 45.

    Args:
        representation: a serialisable object whose `forward` maps waves to spectrograms.
        weight: the factor of the term.

    Example:

    ```python
    import keras

    from gankit import audio

    term = audio.MelL1(audio.LogMel(8_000, fft=256, hop=64, mels=20), weight=45.0)
    waves = 0.1 * keras.random.normal((2, 1024))
    term(waves, 0.5 * waves)
    ```
    """

    name = "mel_l1"

    def __init__(self, representation, weight=45.0):
        super().__init__(weight)
        self.representation = representation

    def formula(self, real, fake):
        return ops.abs(self.representation.forward(real) - self.representation.forward(fake))

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {**super().get_config(), "representation": serialize(self.representation)}

    @classmethod
    def from_config(cls, config):
        representation = keras.saving.deserialize_keras_object(config["representation"])
        return cls(**{**config, "representation": representation})


@keras.saving.register_keras_serializable(package="gankit")
class MultiResolutionSTFT(Reconstruction):
    """Spectral convergence and log-magnitude distance, averaged over frames of several lengths.

    Yamamoto et al. (2020), https://arxiv.org/abs/1910.11480, section 2.2, with frames a quarter apart.

    Args:
        ffts: samples in a frame. Published are 512, 1024 and 2048 at 24 kHz.
        weight: the factor of the term.

    Example:

    ```python
    import keras

    from gankit import audio

    term, waves = audio.MultiResolutionSTFT(ffts=(128, 256)), 0.1 * keras.random.normal((2, 1024))
    term(waves, 0.5 * waves)
    ```
    """

    name = "multi_resolution_stft"

    def __init__(self, ffts=(512, 1024, 2048), weight=1.0):
        super().__init__(weight)
        self.stfts = [STFT(fft, fft // 4) for fft in ffts]

    def formula(self, real, fake):
        distances = []
        for stft in self.stfts:
            pair = [ops.maximum(magnitude(*stft(waves)), FLOOR) for waves in (real, fake)]
            distances.append(spectral_convergence(*pair) + log_magnitude(*pair))
        return sum(distances) / len(distances)

    def get_config(self):
        return {**super().get_config(), "ffts": [stft.fft for stft in self.stfts]}


@keras.saving.register_keras_serializable(package="gankit")
class SummedFeatureMatching(losses.FeatureMatching):
    """`gankit.losses.FeatureMatching` added up over the layers, instead of averaged: HiFi-GAN's.

    Kong et al. (2020), https://arxiv.org/abs/2010.05646, section 2.4, with weight 2.

    Args:
        weight: the factor of the term, at least 0.

    Example:

    ```python
    import keras

    from gankit import audio

    term = audio.SummedFeatureMatching(2.0)  # as in compile(loss=["least_squares", term])
    layers = [keras.ops.zeros((2, 3)), keras.ops.zeros((2, 5))]
    term.generator({"features": layers}, {"features": [layer + 1.0 for layer in layers]})  # 2 (1 + 1)
    ```
    """

    def __init__(self, weight=2.0):
        super().__init__(weight)

    def generator(self, real, fake, condition=None):
        mean = super().generator(real, fake, condition)
        return len(fake["features"]) * mean
