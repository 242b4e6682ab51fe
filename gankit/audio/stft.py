"""The short-time Fourier transform and its inverse, on the device."""

import math
import numbers

import keras
import numpy as np
from keras import ops

AT_ONCE = 2**18  # samples whose spectra are computed at once


def hann(length):
    """The periodic Hann window, (length,) float32: 0.5 - 0.5 cos(2 pi n / length)."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype("float32")


def overlap_add(frames, hop):
    """The sum of frames, each `hop` samples after the one before.

    Args:
        frames: (batch, frames, length).
        hop: in samples.

    Returns:
        (batch, (frames + ceil(length / hop) - 1) hop): zeros where no frame reaches.
    """
    batch, count, length = ops.shape(frames)
    reach = -(-length // hop)  # a frame is so many blocks of one hop
    frames = ops.pad(frames, [[0, 0], [0, 0], [0, reach * hop - length]])
    blocks = ops.reshape(frames, (batch, count, reach, hop))
    shifted = (ops.pad(blocks[:, :, i], [[0, 0], [i, reach - 1 - i], [0, 0]]) for i in range(reach))
    return ops.reshape(sum(shifted), (batch, (count + reach - 1) * hop))


@keras.saving.register_keras_serializable(package="gankit")
class STFT:
    """The short-time Fourier transform under a Hann window, `samples // hop` frames for a wave.

    Waves are reflected by (fft - hop) / 2 samples at either end, so frame t has its middle in the
    middle of the t-th hop, as in HiFi-GAN (Kong et al. (2020), https://arxiv.org/abs/2010.05646). The
    inverse is Griffin and Lim's least squares (1984), https://doi.org/10.1109/TASSP.1984.1164317,
    eq. 6: overlapping frames are windowed, added, and divided by the sum of the squared windows.
    Since the hop is at most half the window, that sum is nowhere below 1/4.

    Args:
        fft: samples that are transformed, even.
        hop: samples from one frame to the next, at most half the window.
        window: samples under the window, in the middle of the FFT; all of it by default.

    Raises:
        ValueError: sizes that can't work, with the nearest that do.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    stft, waves = audio.STFT(fft=256, hop=64), np.random.default_rng(0).normal(size=(2, 1024))
    real, imaginary = stft(waves.astype("float32"))  # (2, 16, 129) each
    stft.inverse(real, imaginary)  # the waves again
    ```
    """

    def __init__(self, fft, hop, window=None):
        self.fft, self.hop = whole("fft", fft, 4), whole("hop", hop)
        self.window = self.fft if window is None else whole("window", window, 4)
        if self.fft % 2:
            raise ValueError(
                f"`fft` must be even. Received: fft={fft}. The nearest that work are {fft - 1} and "
                f"{fft + 1}."
            )
        if self.window > self.fft:
            raise ValueError(
                f"`fft` must be at least the window. Received: fft={fft}, window={window}. The "
                f"nearest that work are fft={window + window % 2}, or window={fft}."
            )
        if self.hop > self.window // 2:
            raise ValueError(
                "`hop` must be at most half the window, or there is no way back. Received: "
                f"hop={hop}, window={self.window}. The nearest that works is {self.window // 2}."
            )
        self.before = (self.fft - self.hop) // 2
        self.after = self.fft - self.hop - self.before
        space = self.fft - self.window
        self.taper = np.pad(hann(self.window), (space // 2, space - space // 2))

    @property
    def bins(self):
        """Frequencies from 0 to half the sample rate: fft / 2 + 1."""
        return self.fft // 2 + 1

    @property
    def least(self):
        """The samples that a wave must have at least, for its ends to be reflected."""
        return max(self.after + 1, self.hop)

    def __call__(self, waves):
        """Waves, (batch, samples) float32, to a real and an imaginary part, (batch, frames, bins)."""
        self.check(waves)
        # The FFT takes float32 alone, and networks in mixed precision give less.
        waves = ops.cast(waves, "float32")
        waves = ops.pad(waves, [[0, 0], [self.before, self.after]], mode="reflect")
        # By name, TensorFlow's window of an odd length is another.
        window = hann(self.window)
        return ops.stft(waves, self.window, self.hop, self.fft, window=window, center=False)

    def inverse(self, real, imaginary):
        """The waves whose transform is nearest, (batch, frames hop) float32.

        Keras's own inverse divides by the wrong sum at the ends on TensorFlow.
        """
        parts = (ops.cast(real, "float32"), ops.cast(imaginary, "float32"))
        frames = ops.multiply(ops.irfft(parts, self.fft), self.taper)
        count = ops.shape(frames)[1]
        squares = ops.ones_like(frames[:1, :, :1]) * np.square(self.taper)
        kept = slice(self.before, self.before + count * self.hop)
        return overlap_add(frames, self.hop)[:, kept] / overlap_add(squares, self.hop)[:, kept]

    def check(self, waves):
        """Refuses waves of another shape than (batch, samples), and those that are too short."""
        shape = tuple(waves.shape)
        if len(shape) != 2:
            raise ValueError(f"Waves are (batch, samples). Received: {shape}")
        if shape[1] is not None and shape[1] < self.least:
            raise ValueError(
                f"An FFT of {self.fft} with a hop of {self.hop} takes waves of at least {self.least} "
                f"samples. Received: {shape[1]}"
            )

    def get_config(self):
        return {"fft": self.fft, "hop": self.hop, "window": self.window}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def magnitude(real, imaginary):
    """The absolute value of complex numbers.

    The root has no derivative at 0, which is silence. The 1e-20 gives it one, 0, and is too small to show
    beside the 1e-6 that is added before a logarithm.
    """
    return ops.sqrt(ops.square(real) + ops.square(imaginary) + 1e-20)


def in_parts(function, waves):
    """`function` of a batch of waves, of a few waves at a time where the batch is large.

    Spectra of many waves at once fit into no cache: their way through memory, from one operation to the
    next, takes longer than their transforms.

    Args:
        function: from (batch, samples) to (batch, ...), of each wave by itself.
        waves: (batch, samples).
    """
    shape = tuple(waves.shape)
    if None in shape or math.prod(shape) <= AT_ONCE:
        return function(waves)
    rows = max(AT_ONCE // math.prod(shape[1:]), 1)
    return ops.concatenate([function(waves[i : i + rows]) for i in range(0, shape[0], rows)])


def griffin_lim(magnitudes, stft, iterations=32, seed=0):
    """Waves whose transform has these magnitudes, nearly: phases are guessed and made consistent.

    Griffin and Lim (1984), with the momentum of Perraudin et al. (2013),
    https://doi.org/10.1109/WASPAA.2013.6701851; by librosa, on the host, whose first call in an
    installation compiles for half a minute.

    Args:
        magnitudes: (batch, frames, fft / 2 + 1), at least 0.
        stft: the `STFT` that they are of.
        iterations: of the algorithm.
        seed: of the phases that it starts from.

    Returns:
        (batch, frames hop) float32, NumPy.
    """
    import librosa

    magnitudes = np.asarray(magnitudes, "float32")
    waves = librosa.griffinlim(
        np.swapaxes(magnitudes, -1, -2),
        n_iter=whole("iterations", iterations),
        hop_length=stft.hop,
        win_length=stft.window,
        n_fft=stft.fft,
        center=False,
        random_state=seed,
    )
    return waves[..., stft.before : stft.before + magnitudes.shape[-2] * stft.hop]


def whole(name, value, least=1):
    """`value` as an int, where it is a whole number of at least `least`; else a ValueError."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < least:
        raise ValueError(
            f"`{name}` must be a whole number of at least {least}. Received: {name}={value!r}"
        )
    return int(value)
