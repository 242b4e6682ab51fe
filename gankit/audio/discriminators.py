"""Discriminators of waves: lists of networks, each with its own view, for `GAN(discriminator=[...])`.

Each maps (batch, samples) to `{"logits": (batch, ...), "features": [...]}`, the features being every
layer's, the logits last. A wave is judged by itself: none is told the mels.
"""

import math

import keras
from keras import layers

from gankit.audio.layers import FoldPeriod, Spectrogram
from gankit.audio.stft import STFT
from gankit.layers import GroupedConv1D, SpectralNormalization, WeightNormalization


def multi_period(samples, periods=(2, 3, 5, 7, 11), width=32):
    """HiFi-GAN's discriminators of periods: each sees every p-th sample as one sequence.

    Kong et al. (2020), https://arxiv.org/abs/2010.05646, section 2.3 and figure 2.

    Args:
        samples: length of a wave.
        periods: one discriminator each.
        width: channels of the first layer; then 4, 16, 32 and 32 times as many. Published is 32.

    Returns:
        A list of `keras.Model`.

    Example:

    ```python
    from gankit import audio

    networks = audio.multi_period(1024, periods=(2, 3), width=2)  # a list, for `GAN`
    ```
    """
    _require(samples, 2 * max(periods), f"periods up to {max(periods)}")
    return [_of_period(samples, period, width) for period in periods]


def _of_period(samples, period, width):
    waves, features = keras.Input((samples,), name="waves"), []
    x = FoldPeriod(period)(waves)
    for factor, stride in ((1, 3), (4, 3), (16, 3), (32, 3), (32, 1)):
        layer = layers.Conv2D(factor * width, (5, 1), strides=(stride, 1), padding="same")
        x = layers.LeakyReLU(0.1)(WeightNormalization(layer)(x))
        features.append(x)
    layer = layers.Conv2D(1, (3, 1), padding="same", dtype="float32")
    return _discriminator(waves, features, WeightNormalization(layer)(x), f"period_{period}")


def multi_scale(samples, scales=3, width=128):
    """HiFi-GAN's discriminators of scales, which are MelGAN's: the wave, and averages of it.

    Kong et al. (2020), section 2.3; Kumar et al. (2019), https://arxiv.org/abs/1910.06711. The first is
    spectrally normalised, the others have weight normalisation.

    Args:
        samples: length of a wave.
        scales: how many; each sees half the rate of the one before.
        width: channels of the first layer; 8 times as many in the last. Published is 128.

    Returns:
        A list of `keras.Model`.

    Example:

    ```python
    from gankit import audio

    networks = audio.multi_scale(1024, scales=2, width=16)
    ```
    """
    _require(samples, 64 * 2 ** (scales - 1), f"{scales} scales")
    return [_of_scale(samples, scale, width) for scale in range(scales)]


def _of_scale(samples, scale, width):
    waves, features = keras.Input((samples,), name="waves"), []
    normalize = WeightNormalization if scale else SpectralNormalization
    x = layers.Reshape((samples, 1))(waves)
    for _ in range(scale):
        x = layers.AveragePooling1D(4, 2, padding="same")(x)
    for factor, kernel, stride, groups in (
        (1, 15, 1, 1),
        (1, 41, 2, 4),
        (2, 41, 2, 16),
        (4, 41, 4, 16),
        (8, 41, 4, 16),
        (8, 41, 1, 16),
        (8, 5, 1, 1),
    ):
        groups = math.gcd(groups, width)
        x = normalize(GroupedConv1D(factor * width, kernel, stride, groups))(x)
        x = layers.LeakyReLU(0.1)(x)
        features.append(x)
    logits = normalize(layers.Conv1D(1, 3, padding="same", dtype="float32"))(x)
    return _discriminator(waves, features, logits, f"scale_{scale}")


def multi_resolution(samples, ffts=(512, 1024, 2048), width=64):
    """UnivNet's discriminators of resolutions, as Vocos has them: each sees a magnitude spectrogram.

    Jang et al. (2021), https://arxiv.org/abs/2106.07889, section 2.2; the strides, which halve the
    bands at every layer, are those of Vocos's published code (Siuzdak (2023),
    https://arxiv.org/abs/2306.00814).

    Args:
        samples: length of a wave.
        ffts: samples in a frame, one discriminator each; frames are a quarter apart.
        width: channels. Published are 32 and 64.

    Returns:
        A list of `keras.Model`.

    Example:

    ```python
    from gankit import audio

    networks = audio.multi_resolution(1024, ffts=(128, 256), width=4)
    ```
    """
    longest = max(ffts)
    _require(samples, STFT(longest, longest // 4).least, f"frames of {longest} samples")
    return [_of_resolution(samples, fft, width) for fft in ffts]


def _of_resolution(samples, fft, width):
    waves, features = keras.Input((samples,), name="waves"), []
    x = Spectrogram(fft, fft // 4)(waves)
    for kernel, strides in (
        ((5, 7), (2, 2)),
        ((3, 5), (1, 2)),
        ((3, 5), (2, 2)),
        ((3, 3), (1, 2)),
        ((3, 3), (2, 2)),
    ):
        layer = layers.Conv2D(width, kernel, strides=strides, padding="same")
        x = layers.LeakyReLU(0.1)(WeightNormalization(layer)(x))
        features.append(x)
    logits = WeightNormalization(layers.Conv2D(1, 3, padding="same", dtype="float32"))(x)
    return _discriminator(waves, features, logits, f"resolution_{fft}")


def _discriminator(waves, features, logits, name):
    outputs = {"logits": logits, "features": [*features, logits]}
    return keras.Model(waves, outputs, name=name)


def _require(samples, least, what):
    if samples < least:
        raise ValueError(f"{what} need waves of at least {least} samples. Received: {samples}")
