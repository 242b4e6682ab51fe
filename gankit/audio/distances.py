"""Distances between the spectra of waves and of their targets."""

import keras
import numpy as np

from gankit.audio.losses import FLOOR
from gankit.audio.paired import PairedWaves, analysis, magnitudes
from gankit.audio.stft import STFT

INAUDIBLE = 1e-4  # of full scale (-80 dB): bands below it are taken for silent

# --- formulas -------------------------------------------------------------------------------------


def stft_distances(real, fake):
    """Spectral convergence |S - S'|_F / |S|_F and log-magnitude distance mean |log S - log S'|.

    Yamamoto et al. (2020), https://arxiv.org/abs/1910.11480, section 2.2, as
    `gankit.audio.losses` has them, for one wave on the host.

    Args:
        real, fake: (frames, bins) positive magnitudes.

    Returns:
        Two floats.
    """
    convergence = np.linalg.norm(real - fake) / np.linalg.norm(real)
    return convergence, np.abs(np.log(real / fake)).mean()


def mel_cepstra(log_mels, order):
    """c_1 to c_order of log S(m) = c_0 + sum over k of c_k cos(pi k (m + 1/2) / M), by a DCT-II.

    Args:
        log_mels: (frames, M) natural logarithms of magnitudes in mel bands.
        order: how many, less than M.

    Returns:
        (frames, order).
    """
    from scipy.fft import dct

    return dct(log_mels, type=2, axis=-1)[:, 1 : order + 1] / log_mels.shape[-1]


def mel_cepstral_distortion(real, fake):
    """10 / ln 10 sqrt(2 sum over k of (c_k - c'_k)^2) in dB, averaged over frames.

    Kubichek (1993), https://doi.org/10.1109/PACRIM.1993.407206. With cepstra as `mel_cepstra` has
    them it is the root mean square, over the bands, of the smoothed spectra's difference in dB.

    Args:
        real, fake: (frames, order) mel cepstra without c_0.

    Returns:
        A float.
    """
    squares = np.square(real - fake).sum(axis=-1)
    return 10 / np.log(10) * np.sqrt(2 * squares).mean()


# --- metrics --------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable(package="gankit")
class MultiResolutionSTFTDistance(PairedWaves):
    """How far apart magnitude spectrograms are, at several frame lengths: smaller is better.

    `spectral_convergence`, `log_magnitude` (in nats) and `stft_distance`, their sum, each the mean over
    frame lengths and then over waves: what `gankit.audio.losses.MultiResolutionSTFT` is of a single
    wave.

    Args:
        ffts: samples in a frame; frames are a quarter of that apart. Published are 512, 1024 and 2048
            at 24 kHz.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    metric = audio.MultiResolutionSTFTDistance(ffts=(128, 256))
    waves = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 1024)).astype("float32")
    metric.update(waves, 0.5 * waves)
    metric.result()
    ```
    """

    def __init__(self, ffts=(512, 1024, 2048)):
        self.stfts = [STFT(fft, fft // 4) for fft in ffts]
        super().__init__()

    def measure(self, real, fake):
        found = []
        for stft in self.stfts:
            pair = (np.maximum(magnitudes(wave, stft), FLOOR) for wave in (real, fake))
            found.append(stft_distances(*pair))
        convergence, log_magnitude = np.mean(found, axis=0)
        return {
            "stft_distance": convergence + log_magnitude,
            "spectral_convergence": convergence,
            "log_magnitude": log_magnitude,
        }

    def protocol(self):
        ffts = ", ".join(str(stft.fft) for stft in self.stfts)
        return (
            f"spectral convergence + |log-magnitude difference| in nats, Hann frames of {ffts} "
            f"samples a quarter apart, magnitudes at least {FLOOR:.2g}, mean over waves"
        )

    def get_config(self):
        return {"ffts": [stft.fft for stft in self.stfts]}


@keras.saving.register_keras_serializable(package="gankit")
class MelCepstralDistortion(PairedWaves):
    """The mel-cepstral distortion in dB: how far apart spectral envelopes are; smaller is better.

    The mean of `mel_cepstral_distortion` over a wave's frames, and over waves. Loudness, c_0, does
    not count. Frames are compared one by one, without alignment in time, since a vocoder's wave has
    the frames of its target. The value depends on how cepstra are computed: compare it only with
    values of this protocol.

    Args:
        sample_rate: of the waves, in hertz.
        order: of the cepstra, from 1 to 39.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    metric = audio.MelCepstralDistortion(8_000)
    real, fake = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 3, 4000)).astype("float32")
    metric.update(real, fake)
    metric.result()
    ```
    """

    def __init__(self, sample_rate, order=13):
        self.mels = analysis(sample_rate, overlap=4, floor=INAUDIBLE)
        if not 1 <= order < self.mels.bins:
            raise ValueError(
                f"`order` must be from 1 to {self.mels.bins - 1}. Received: order={order}"
            )
        self.order = order
        super().__init__()

    def measure(self, real, fake):
        pair = (mel_cepstra(self._log_mels(wave), self.order) for wave in (real, fake))
        return {"mel_cepstral_distortion": mel_cepstral_distortion(*pair)}

    def _log_mels(self, wave):
        bands = magnitudes(wave, self.mels.stft) @ self.mels.filters.T
        return np.log(np.maximum(bands, self.mels.floor))

    def protocol(self):
        return (
            f"dB, cepstra 1 to {self.order} of {self.mels.protocol()}, frame by frame without "
            "alignment, mean over frames and waves"
        )

    def get_config(self):
        return {"sample_rate": self.mels.sample_rate, "order": self.order}
