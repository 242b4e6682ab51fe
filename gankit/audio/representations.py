"""What networks see of sound: spectrograms of several kinds, and the way back to a wave.

`gankit.audio.instantaneous_frequency` has one more, which keeps the phase.
"""

import keras
import numpy as np
from keras import ops

from gankit.audio.mel import mel_filters, mel_frequencies, nyquist
from gankit.audio.normalisation import BinNormalisation, RangeNormalisation
from gankit.audio.stft import STFT, griffin_lim, in_parts, magnitude, whole

FLOOR = 1e-6  # of magnitudes, before their logarithm


class Representation:
    """Base class. Waves, (batch, samples) float32 in [-1, 1], to features and back.

    Subclasses define `bins`, `frequencies` (of the bins, in Hz), `log_magnitude`, `inverse`,
    `describe` and `get_config`. `forward` is differentiable; waves may be tensors or NumPy arrays.

    Args:
        sample_rate: in Hz.
        stft: the `STFT` beneath.
        normalise: a `Normalisation` of log-magnitudes, or None to leave them as they are.

    Attributes:
        name: of the kind.
        hop: samples from one frame to the next.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    mel = audio.LogMel(sample_rate=8_000, fft=256, hop=64, mels=20)  # is one
    mel(np.zeros((2, 1024), "float32")).shape, mel.samples(16)  # (2, 16, 20), 1024
    ```
    """

    name = "representation"

    def __init__(self, sample_rate, stft, normalise=None):
        self.sample_rate = whole("sample_rate", sample_rate)
        self.stft, self.normalise = stft, normalise

    @property
    def hop(self):
        return self.stft.hop

    def __call__(self, waves):
        return in_parts(self.forward, waves)

    def forward(self, waves):
        """Waves, (batch, samples), to features, (batch, *shape(samples)) float32."""
        self._check(waves)
        return self._normalised(self.log_magnitude(waves))

    def inverse(self, features):
        """Features, (batch, *shape(samples)), to waves, (batch, samples) float32."""
        raise NotImplementedError(f"{type(self).__name__} must define inverse().")

    def log_magnitude(self, waves):
        """The natural logarithm of magnitudes, (batch, frames, bins), before normalisation."""
        raise NotImplementedError(f"{type(self).__name__} must define log_magnitude().")

    def fit(self, waves, batch_size=64):
        """The same representation, its normalisation fitted to recordings.

        Args:
            waves: (n, samples) floats; an array on disk will do.
            batch_size: how many are in memory at a time.

        Raises:
            ValueError: there is nothing to fit, or samples are no numbers.
        """
        if self.normalise is None:
            raise ValueError(
                f"This {self.name} has nothing to fit. Received: normalise=None. Make it with "
                "`normalise=RangeNormalisation()`, for instance."
            )
        batches = (
            ops.convert_to_numpy(self.log_magnitude(waves[start : start + batch_size]))
            for start in range(0, len(waves), batch_size)
        )
        return type(self)(**{**self._arguments(), "normalise": self.normalise.fit(batches)})

    def frames(self, samples):
        """The number of frames of a wave.

        Raises:
            ValueError: `samples` is no multiple of the hop, or too short, with the nearest that work.
        """
        least = -(-self.stft.least // self.hop)
        below, above = samples // self.hop, -(-samples // self.hop)
        if below == above >= least:
            return below
        works = sorted({max(below, least) * self.hop, max(above, least) * self.hop})
        raise ValueError(
            f"A wave must be a multiple of the hop, {self.hop} samples, and at least "
            f"{least * self.hop} long. Received: {samples} samples. The nearest that work: "
            f"{' and '.join(str(value) for value in works)}."
        )

    def samples(self, frames):
        """The number of samples of a wave with so many frames."""
        return frames * self.hop

    def shape(self, samples):
        """The shape of the features of a wave: (frames, bins), or (frames, bins, channels)."""
        return (self.frames(samples), self.bins)

    def protocol(self):
        """What the features are, in words."""
        stft, normalise = self.stft, self.normalise
        return (
            f"{self.describe()}; Hann window of {stft.window} samples, FFT {stft.fft}, hop "
            f"{stft.hop}, {self.sample_rate} Hz, ends reflected"
            + ("" if normalise is None else f"; {normalise.protocol()}")
        )

    def get_config(self):
        normalise = keras.saving.serialize_keras_object(self.normalise)
        return {**self._arguments(), "normalise": normalise}

    @classmethod
    def from_config(cls, config):
        normalise = keras.saving.deserialize_keras_object(config["normalise"])
        return cls(**{**config, "normalise": normalise})

    def _arguments(self):
        return {
            "sample_rate": self.sample_rate,
            **self.stft.get_config(),
            "normalise": self.normalise,
        }

    def _normalised(self, features):
        return features if self.normalise is None else self.normalise(features)

    def _denormalised(self, features):
        return features if self.normalise is None else self.normalise.inverse(features)

    def _check(self, waves):
        if len(waves.shape) == 2 and waves.shape[1] is not None:
            self.frames(waves.shape[1])


def _numpy(features):
    return np.asarray(ops.convert_to_numpy(features), "float32")


@keras.saving.register_keras_serializable(package="gankit")
class LinearLogMagnitude(Representation):
    """log(|X| + 1e-6) of evenly spaced frequencies, the highest left out: SpecGAN's.

    Donahue et al. (2019), https://arxiv.org/abs/1802.04208, section 3.2. Without the frequency at half
    the sample rate there are fft / 2 bins. The published setting is 16,000 Hz, an FFT of 256 and a
    hop of 128: 16,384 samples become 128 x 128. What normalisation clips, and the phase, are lost;
    `inverse` guesses phases.

    Args:
        sample_rate: in Hz.
        fft, hop, window: in samples, as in `STFT`.
        normalise: a `Normalisation`; by default one for each bin, to be fitted first.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    waves = np.random.default_rng(0).uniform(-0.5, 0.5, (4, 1024)).astype("float32")
    spectrogram = audio.LinearLogMagnitude(8_000, fft=256, hop=64).fit(waves)
    spectrogram(waves)  # (4, 16, 128) in [-1, 1]
    ```
    """

    name = "linear log-magnitude"

    def __init__(self, sample_rate, fft=256, hop=128, window=None, normalise=None):
        super().__init__(sample_rate, STFT(fft, hop, window), normalise or BinNormalisation())
        self.bins = self.stft.bins - 1
        self.frequencies = np.arange(self.bins) * self.sample_rate / self.stft.fft

    def log_magnitude(self, waves):
        return ops.log(magnitude(*self.stft(waves))[..., :-1] + FLOOR)

    def inverse(self, features, iterations=32, seed=0):
        """Waves with nearly these magnitudes, by `griffin_lim`; NumPy."""
        magnitudes = np.exp(_numpy(self._denormalised(features))) - FLOOR
        magnitudes = np.pad(np.maximum(magnitudes, 0), [(0, 0), (0, 0), (0, 1)])
        return griffin_lim(magnitudes, self.stft, iterations, seed)

    def describe(self):
        return f"log(magnitude + {FLOOR:g}) of {self.bins} frequencies from 0 Hz"


@keras.saving.register_keras_serializable(package="gankit")
class LogMel(Representation):
    """log max(M |X|, floor) with mel filters M: what vocoders are given.

    HiFi-GAN: Kong et al. (2020), https://arxiv.org/abs/2010.05646, whose settings are the defaults
    and `hifigan()`. It adds 1e-9 to squared magnitudes before their root, which shows in very quiet
    bands; here they are librosa's.

    Args:
        sample_rate: in Hz.
        fft, hop, window: in samples, as in `STFT`.
        mels: number of bands.
        low, high: range of the bands in Hz; `high` is half the sample rate by default.
        floor: the least magnitude of a band.
        normalise: a `Normalisation`, or None.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    mel = audio.LogMel(sample_rate=8_000, fft=256, hop=64, mels=20)
    mel(np.zeros((2, 1024), "float32"))  # (2, 16, 20)
    ```
    """

    name = "log-mel"

    def __init__(
        self,
        sample_rate,
        fft=1024,
        hop=256,
        window=None,
        mels=80,
        low=0.0,
        high=None,
        floor=1e-5,
        normalise=None,
    ):
        super().__init__(sample_rate, STFT(fft, hop, window), normalise)
        if not floor > 0:
            raise ValueError(f"`floor` must be above 0. Received: floor={floor}")
        self.bins, self.floor = whole("mels", mels), floor
        self.low, self.high = low, nyquist(sample_rate) if high is None else high
        self.filters = mel_filters(sample_rate, self.stft.fft, self.bins, self.low, self.high)
        self.frequencies = mel_frequencies(self.bins + 2, self.low, self.high)[1:-1]

    @classmethod
    def hifigan(cls, **changes):
        """HiFi-GAN's: 22,050 Hz, FFT 1024, hop 256, 80 bands up to 8,000 Hz.

        Its loss takes `hifigan(high=None)`.
        """
        return cls(**{"sample_rate": 22050, "high": 8000.0, **changes})

    @classmethod
    def narrowband(cls, **changes):
        """For speech at 8,000 Hz, as of a telephone: FFT 256, hop 64, 64 bands up to 4,000 Hz."""
        return cls(**{"sample_rate": 8000, "fft": 256, "hop": 64, "mels": 64, **changes})

    def log_magnitude(self, waves):
        bands = ops.matmul(magnitude(*self.stft(waves)), self.filters.T)
        return ops.log(ops.maximum(bands, self.floor))

    def inverse(self, features, iterations=32, seed=0):
        """Waves with nearly these bands: non-negative least squares, then `griffin_lim`; NumPy."""
        import librosa

        bands = np.exp(_numpy(self._denormalised(features)))
        magnitudes = librosa.util.nnls(self.filters, np.swapaxes(bands, -1, -2))
        return griffin_lim(np.swapaxes(magnitudes, -1, -2), self.stft, iterations, seed)

    def describe(self):
        return (
            f"log of magnitudes in {self.bins} Slaney mel bands from {self.low:g} to {self.high:g} "
            f"Hz, at least {self.floor:g}"
        )

    def _arguments(self):
        return {
            **super()._arguments(),
            "mels": self.bins,
            "low": self.low,
            "high": self.high,
            "floor": self.floor,
        }


def changed(representation, **changes):
    """The same representation with some of its configuration changed.

    Example:

    ```python
    from gankit import audio

    mel = audio.LogMel(sample_rate=8_000, fft=256, hop=64, mels=20, high=3_000)
    audio.changed(mel, high=None)  # the same, up to 4,000 Hz
    ```
    """
    return type(representation).from_config({**representation.get_config(), **changes})


def in_range(representation, waves, decibels=80.0):
    """The same representation, scaled to [-1, 1] for a generator that ends in tanh.

    Args:
        representation: one without a normalisation, such as a vocoder's mels.
        waves: (n, samples) recordings, whose loudest place becomes 1.
        decibels: what is this far below the loudest, or farther, becomes -1.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    waves = np.random.default_rng(0).uniform(-0.5, 0.5, (4, 1024)).astype("float32")
    mel = audio.in_range(audio.LogMel(8_000, fft=256, hop=64, mels=20), waves)
    mel(waves)  # in [-1, 1]
    ```
    """
    serialize = keras.saving.serialize_keras_object
    fitted = changed(representation, normalise=serialize(RangeNormalisation())).fit(waves).normalise
    low = max(fitted.low, fitted.high - decibels * np.log(10) / 20)
    return changed(representation, normalise=serialize(RangeNormalisation(float(low), fitted.high)))
