import functools

import keras
import numpy as np
from keras import ops

from gankit.audio.mel import mel_warp, nyquist
from gankit.audio.normalisation import RangeNormalisation
from gankit.audio.representations import FLOOR, Representation
from gankit.audio.stft import STFT, whole


@keras.saving.register_keras_serializable(package="gankit")
class MelInstantaneousFrequency(Representation):
    """Log-magnitude and instantaneous frequency on a mel scale: GANSynth's.

    Engel et al. (2019), https://arxiv.org/abs/1902.08710, section 2. The second channel is the step of
    the unwrapped phase from frame to frame, divided by pi; in the first frame, the phase itself, in the
    middle of the window. Both channels are averaged over the rows of `mel_warp`, squared magnitudes before
    their logarithm. Averages of steps stay in [-1, 1], and no phase needs to be unwrapped again: the way
    back is a linear map, exact where the mel scale is finer than the transform's frequencies and least
    squares where it is coarser.

    `inverse` needs no iteration, and runs on the device; but phases are sums of all steps before, so
    that an error in one step stays to the end.

    Args:
        sample_rate: in Hz.
        fft, hop, window: in samples, as in `STFT`.
        bins: of the mel scale, at most fft / 2 + 1; fft / 2 by default.
        normalise: of the first channel; by default a `RangeNormalisation` from 1e-6 to the largest
            magnitude that a wave in [-1, 1] can have, which `fit` narrows to that of recordings.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    features = audio.MelInstantaneousFrequency(8_000, fft=256, hop=64)
    features(np.zeros((2, 1024), "float32"))  # (2, 16, 128, 2)
    ```
    """

    name = "mel and instantaneous frequency"
    CUT = 0.1  # of the largest singular value: smaller ones would magnify a network's errors

    def __init__(self, sample_rate, fft=2048, hop=512, window=None, bins=None, normalise=None):
        stft = STFT(fft, hop, window)
        loudest = float(np.log(stft.taper.sum()))
        super().__init__(
            sample_rate, stft, normalise or RangeNormalisation(float(np.log(FLOOR)), loudest)
        )
        self.bins = whole("bins", stft.fft // 2 if bins is None else bins, 2)
        if self.bins > stft.bins:
            raise ValueError(
                f"An FFT of {fft} has {stft.bins} frequencies. Received: bins={bins}. The nearest "
                f"that work are bins={stft.bins}, or fft={2 * (self.bins - 1)}."
            )
        self.warp, self.frequencies = mel_warp(self.sample_rate, stft.fft, self.bins)
        self._rows = self.warp.T.astype("float32")

    def shape(self, samples):
        return (*super().shape(samples), 2)

    def forward(self, waves):
        self._check(waves)
        real, imaginary = self._centred(*self.stft(waves))
        channels = (
            self._normalised(self._log_magnitude(real, imaginary)),
            self._steps(real, imaginary),
        )
        return ops.stack(channels, axis=-1)

    def log_magnitude(self, waves):
        return self._log_magnitude(*self.stft(waves))

    def inverse(self, features):
        """Waves: phases are summed up, and transformed back; on the device, differentiable."""
        back = self._unwarp
        power = ops.matmul(ops.exp(2 * self._denormalised(features[..., 0])), back)
        phase = np.pi * ops.cumsum(ops.matmul(features[..., 1], back), axis=1)
        size = ops.sqrt(ops.maximum(power, FLOOR**2))
        return self.stft.inverse(*self._centred(size * ops.cos(phase), size * ops.sin(phase)))

    def describe(self):
        return (
            f"log-magnitude and instantaneous frequency at {self.bins} frequencies from 0 to "
            f"{nyquist(self.sample_rate):g} Hz on Slaney's mel scale"
        )

    @functools.cached_property
    def _unwarp(self):
        return np.linalg.pinv(self.warp, rcond=self.CUT).T.astype("float32")

    def _centred(self, real, imaginary):
        """Phases in the middle of the FFT instead of at its start, or the other way round."""
        signs = np.where(np.arange(self.stft.bins) % 2, -1, 1).astype("float32")
        return ops.multiply(real, signs), ops.multiply(imaginary, signs)

    def _log_magnitude(self, real, imaginary):
        power = ops.square(real) + ops.square(imaginary)
        return 0.5 * ops.log(ops.matmul(power, self._rows) + FLOOR**2)

    def _steps(self, real, imaginary):
        """The angle of X_t conj(X_{t-1}), divided by pi and averaged: (batch, frames, bins) in [-1, 1].

        The angle of 0, which is silence, has no derivative: 1e-12 is added.
        """
        first = ops.ones_like(real[:, :1]), ops.zeros_like(real[:, :1])
        before = [
            ops.concatenate([one, part[:, :-1]], axis=1)
            for one, part in zip(first, (real, imaginary))
        ]
        along = real * before[0] + imaginary * before[1]
        across = imaginary * before[0] - real * before[1]
        angles = ops.arctan2(across, along + FLOOR**2)
        return ops.matmul(angles / np.pi, self._rows)

    def _arguments(self):
        return {**super()._arguments(), "bins": self.bins}
