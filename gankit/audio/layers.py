"""Layers between waves and what networks make of them: spectra, and pictures."""

import keras
import numpy as np
from keras import ops

from gankit.audio.stft import STFT, magnitude, overlap_add, whole


@keras.saving.register_keras_serializable(package="gankit")
class PolarSpectrum(keras.layers.Layer):
    """Spectra from the logarithms of their magnitudes and their phases: exp(m) (cos p + i sin p).

    The head of Vocos: Siuzdak (2023), https://arxiv.org/abs/2306.00814, section 3, where magnitudes
    end at 100. Under mixed precision it wants `dtype="float32"`: phases may be large.

    Call arguments:
        inputs: (batch, frames, 2 bins), log-magnitudes and then phases in radians.

    Returns:
        (batch, frames, 2 bins), real parts and then imaginary parts.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.built = True

    def call(self, inputs):
        log_magnitude, phase = ops.split(inputs, 2, axis=-1)
        size = ops.exp(ops.minimum(log_magnitude, float(np.log(100.0))))
        return ops.concatenate([size * ops.cos(phase), size * ops.sin(phase)], axis=-1)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="gankit")
class InverseSTFT(keras.layers.Layer):
    """Waves from spectra: `STFT.inverse` of operations that every runtime has.

    The transform is a product with a matrix, window included, which is exported where no Fourier
    transform is. Real parts make what is even about the middle of a frame, imaginary parts what is odd:
    half a frame is computed, and the other half is its mirror image. Under mixed precision it wants
    `dtype="float32"`.

    Args:
        fft, hop: as in `gankit.audio.stft.STFT`.

    Call arguments:
        inputs: (batch, frames, fft + 2), real parts and then imaginary parts.

    Returns:
        (batch, frames * hop).
    """

    def __init__(self, fft, hop, **kwargs):
        super().__init__(**kwargs)
        self.stft = STFT(fft, hop)
        bins, taper = self.stft.bins, self.stft.taper
        unit = np.eye(bins)
        self.cosines = (np.fft.irfft(unit) * taper)[:, :bins].astype("float32")
        self.sines = (np.fft.irfft(1j * unit) * taper)[:, :bins].astype("float32")
        self.built = True

    def call(self, inputs):
        real, imaginary = ops.split(inputs, 2, axis=-1)
        even = ops.matmul(real, self.constant(self.cosines))
        odd = ops.matmul(imaginary, self.constant(self.sines))
        mirrored = ops.flip((even - odd)[..., 1:-1], axis=-1)
        frames = ops.concatenate([even + odd, mirrored], axis=-1)
        squares = ops.ones_like(inputs[:1, :, :1]) * self.constant(np.square(self.stft.taper))
        return self.overlapped(frames) / self.overlapped(squares)

    def constant(self, array):
        return ops.convert_to_tensor(array, self.compute_dtype)

    def overlapped(self, frames):
        """(batch, frames, fft) to (batch, frames * hop), the ends cut off."""
        before, count = self.stft.before, ops.shape(frames)[1]
        hop = self.stft.hop
        return overlap_add(frames, hop)[:, before : before + count * hop]

    def compute_output_shape(self, input_shape):
        batch, frames, _ = input_shape
        return (batch, frames and frames * self.stft.hop)

    def get_config(self):
        return {**super().get_config(), "fft": self.stft.fft, "hop": self.stft.hop}


@keras.saving.register_keras_serializable(package="gankit")
class Spectrogram(keras.layers.Layer):
    """Magnitude spectrograms of waves, as pictures with one channel.

    Computed in float32, whatever the policy: no backend transforms half precision.

    Args:
        fft, hop: as in `gankit.audio.stft.STFT`.

    Call arguments:
        inputs: (batch, samples).

    Returns:
        (batch, samples // hop, fft / 2 + 1, 1).
    """

    def __init__(self, fft, hop, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.stft = STFT(fft, hop)
        self.built = True

    def call(self, inputs):
        return ops.cast(magnitude(*self.stft(inputs))[..., None], self.compute_dtype)

    def compute_output_shape(self, input_shape):
        batch, samples = input_shape
        return (batch, samples and samples // self.stft.hop, self.stft.bins, 1)

    def get_config(self):
        return {**super().get_config(), "fft": self.stft.fft, "hop": self.stft.hop}


@keras.saving.register_keras_serializable(package="gankit")
class FoldPeriod(keras.layers.Layer):
    """Waves as pictures whose columns are every period-th sample: HiFi-GAN's view of a period.

    Kong et al. (2020), https://arxiv.org/abs/2010.05646, section 2.3. A last row that is not full is
    filled up by reflection.

    Args:
        period: samples in a row, at least 1.

    Call arguments:
        inputs: (batch, samples), at least as many samples as the period.

    Returns:
        (batch, ceil(samples / period), period, 1).
    """

    def __init__(self, period, **kwargs):
        super().__init__(**kwargs)
        self.period = whole("period", period)
        self.built = True

    def call(self, inputs):
        over = -ops.shape(inputs)[1] % self.period
        x = ops.pad(inputs, [[0, 0], [0, over]], mode="reflect")
        return ops.reshape(x, (-1, ops.shape(x)[1] // self.period, self.period, 1))

    def compute_output_shape(self, input_shape):
        batch, samples = input_shape
        return (batch, samples and -(-samples // self.period), self.period, 1)

    def get_config(self):
        return {**super().get_config(), "period": self.period}
