"""Layers between waves and what networks make of them: spectra, and pictures."""

import math

import keras
import numpy as np
from keras import ops

from gankit.audio.stft import STFT, magnitude, overlap_add, whole

TINY = 1e-9  # beside magnitudes, which are 1e-5 in silence


@keras.saving.register_keras_serializable(package="gankit")
class PolarSpectrum(keras.layers.Layer):
    """Spectra from the logarithms of their magnitudes and their phases: exp(m) (cos p + i sin p).

    The head of Vocos: Siuzdak (2023), https://arxiv.org/abs/2306.00814, section 3, where magnitudes are cut
    at 100. Under mixed precision it wants `dtype="float32"`: phases may be large.

    Args:
        limit: the largest magnitude, above 0; beyond it no gradient passes. Under a window, a wave in
            [-1, 1] has magnitudes up to the window's sum.

    Call arguments:
        inputs: `[log_magnitudes, phases]`, (batch, frames, bins) each, phases in radians.

    Returns:
        `[real, imaginary]`, of the same shape.
    """

    def __init__(self, limit=100.0, **kwargs):
        super().__init__(**kwargs)
        if not limit > 0:
            raise ValueError(f"`limit` must be above 0. Received: limit={limit}")
        self.limit = float(limit)
        self.built = True

    def call(self, inputs):
        log_magnitude, phase = inputs
        size = ops.exp(ops.minimum(log_magnitude, math.log(self.limit)))
        return [size * ops.cos(phase), size * ops.sin(phase)]

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "limit": self.limit}


@keras.saving.register_keras_serializable(package="gankit")
class InverseSTFT(keras.layers.Layer):
    """Waves from spectra: `STFT.inverse`. Under mixed precision it wants `dtype="float32"`.

    Args:
        fft, hop, window: as in `gankit.audio.stft.STFT`.
        matrices: transform by products with matrices, window included: slower, for runtimes that have
            no Fourier transform. Real parts make what is even about the middle of a frame, imaginary
            parts what is odd: half a frame is computed, and the other half is its mirror image.

    Call arguments:
        inputs: `[real, imaginary]`, (batch, frames, fft / 2 + 1) each.

    Returns:
        (batch, frames * hop).
    """

    def __init__(self, fft, hop, matrices=False, window=None, **kwargs):
        super().__init__(**kwargs)
        self.stft, self.matrices = STFT(fft, hop, window), matrices
        if matrices:
            bins, taper = self.stft.bins, self.stft.taper
            unit = np.eye(bins)
            self.cosines = (np.fft.irfft(unit) * taper)[:, :bins].astype("float32")
            self.sines = (np.fft.irfft(1j * unit) * taper)[:, :bins].astype("float32")
        self.built = True

    def call(self, inputs):
        return ops.cast(self.synthesise(*inputs), self.compute_dtype)

    def synthesise(self, real, imaginary):
        if not self.matrices:
            return self.stft.inverse(real, imaginary)
        even = ops.matmul(real, self.constant(self.cosines))
        odd = ops.matmul(imaginary, self.constant(self.sines))
        mirrored = ops.flip((even - odd)[..., 1:-1], axis=-1)
        frames = ops.concatenate([even + odd, mirrored], axis=-1)
        squares = ops.ones_like(real[:1, :, :1]) * self.constant(np.square(self.stft.taper))
        return self.overlapped(frames) / self.overlapped(squares)

    def constant(self, array):
        return ops.convert_to_tensor(array, self.compute_dtype)

    def overlapped(self, frames):
        """(batch, frames, fft) to (batch, frames * hop), the ends cut off."""
        before, count = self.stft.before, ops.shape(frames)[1]
        hop = self.stft.hop
        return overlap_add(frames, hop)[:, before : before + count * hop]

    def compute_output_shape(self, input_shape):
        batch, frames, _ = input_shape[0]
        return (batch, frames and frames * self.stft.hop)

    def get_config(self):
        own = {name: getattr(self.stft, name) for name in ("fft", "hop", "window")}
        return {**super().get_config(), **own, "matrices": self.matrices}


@keras.saving.register_keras_serializable(package="gankit")
class GriffinLim(InverseSTFT):
    """Spectra with the same magnitudes, whose phases agree with each other better.

    Griffin and Lim (1984), https://doi.org/10.1109/TASSP.1984.1164317: a spectrum becomes a wave, whose
    spectrum lends its phases to the first one's magnitudes, again and again; with the momentum of
    Perraudin et al. (2013), https://doi.org/10.1109/WASPAA.2013.6701851. As a layer behind a network that
    guesses phases, as in Masuyama et al. (2019), https://arxiv.org/abs/1903.03971. The gradient takes each
    phase to be turned by a constant: through the iterations, each of which divides by magnitudes, it would
    drown in noise.

    Args:
        fft, hop, matrices, window: as in `InverseSTFT`.
        iterations: of the algorithm, each of which looks `(fft - 1) // hop` frames further; 0 for none.
        momentum: share of an iteration's change that is repeated in the next.
        limit: the largest factor by which an iteration raises a magnitude, or None for no limit. Where the
            wave holds next to nothing of what a magnitude asks for, its phase is a rounding error, which
            the next iterations would spread; magnitudes there end smaller than they were.

    Call arguments:
        inputs: `[real, imaginary]`, (batch, frames, fft / 2 + 1) each, of at least as many frames as the
            transform takes, usually two.

    Returns:
        `[real, imaginary]`, of the same shape.
    """

    def __init__(
        self,
        fft,
        hop,
        iterations=8,
        momentum=0.99,
        matrices=False,
        limit=None,
        window=None,
        **kwargs,
    ):
        super().__init__(fft, hop, matrices, window, **kwargs)
        self.iterations, self.momentum = whole("iterations", iterations, 0), momentum
        self.limit = float("inf") if limit is None else float(limit)
        if matrices:
            bins = np.arange(self.stft.bins)
            angles = 2 * np.pi * np.outer(bins, bins) / self.stft.fft
            self.analysis = [np.cos(angles).astype("float32"), -np.sin(angles).astype("float32")]

    def call(self, inputs, training=None):
        if not self.iterations:
            return inputs
        start = [ops.stop_gradient(part) for part in inputs]
        sizes = magnitude(*start)
        spectra, previous = start, None
        for _ in range(self.iterations):
            found = further = self.consistent(spectra)
            if previous is not None:
                further = [new + self.momentum * (new - old) for new, old in zip(found, previous)]
            scale = ops.minimum(sizes / magnitude(*further), self.limit)
            spectra, previous = [part * scale for part in further], found
        if not training:
            return spectra
        real, imaginary = (part / ops.square(sizes) for part in start)
        turn = _product(spectra, (real, -imaginary))
        return list(_product(inputs, turn))  # the same numbers, with a gradient

    def consistent(self, spectra):
        """The spectra of the waves that fit these best."""
        waves = self.synthesise(*spectra)
        found = self.analyse(waves) if self.matrices else self.stft(waves)
        return [ops.cast(part, self.compute_dtype) for part in found]

    def analyse(self, waves):
        """(batch, frames * hop) to spectra: the windowed frames, folded about their middles."""
        stft, hop = self.stft, self.stft.hop
        stft.check(waves)
        count, reach = ops.shape(waves)[1] // hop, -(-stft.fft // hop)
        waves = ops.pad(waves, [[0, 0], [stft.before, stft.after]], mode="reflect")
        waves = ops.pad(waves, [[0, 0], [0, reach * hop - stft.fft]])
        blocks = ops.reshape(waves, (-1, count + reach - 1, hop))
        frames = ops.concatenate([blocks[:, i : i + count] for i in range(reach)], axis=-1)
        frames = frames[..., : stft.fft] * self.constant(stft.taper)
        first, mirrored = frames[..., : stft.bins], ops.flip(frames[..., stft.bins :], axis=-1)
        mirrored = ops.pad(mirrored, [[0, 0], [0, 0], [1, 1]])  # 0 and fft / 2 have no mirror image
        cosines, sines = map(self.constant, self.analysis)
        return ops.matmul(first + mirrored, cosines), ops.matmul(first - mirrored, sines)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        limit = self.limit if np.isfinite(self.limit) else None
        own = {"iterations": self.iterations, "momentum": self.momentum, "limit": limit}
        return {**super().get_config(), **own}


def _product(one, other):
    """Of complex numbers, as real and imaginary parts."""
    (a, b), (c, d) = one, other
    return a * c - b * d, a * d + b * c


@keras.saving.register_keras_serializable(package="gankit")
class MelEnvelope(keras.layers.Layer):
    """Log-magnitudes, as far as log-mels determine them.

    A band is a weighted sum of magnitudes. Magnitudes with these bands are found by multiplicative updates,
    which keep them positive: Lee & Seung (2000), https://papers.nips.cc/paper/1861, for the
    Kullback-Leibler divergence. Frequencies that no filter covers are as loud as the nearest that one
    covers.

    Args:
        mel: the `gankit.audio.LogMel` that the inputs are of.
        updates: how often the magnitudes, which all begin at 1, are corrected. Beyond three the logarithms
            come no nearer.

    Call arguments:
        inputs: (batch, frames, mels).

    Returns:
        (batch, frames, bins).
    """

    def __init__(self, mel, updates=3, **kwargs):
        super().__init__(**kwargs)
        if isinstance(mel, dict):
            mel = keras.saving.deserialize_keras_object(mel)
        self.mel, self.updates = mel, whole("updates", updates)
        filters = mel.filters
        sums = filters.sum(axis=0)
        covered = np.flatnonzero(sums > 1e-3 * sums.max())  # at an edge a filter is nearly 0
        nearest = covered[np.abs(np.arange(mel.stft.bins)[:, None] - covered).argmin(axis=1)]
        self.shares = (filters / np.maximum(sums, TINY))[:, nearest].astype("float32")
        self.first = self.shares / (filters.sum(axis=1, keepdims=True) + TINY).astype("float32")
        self.built = True

    def call(self, inputs):
        shares, back = self.constant(self.shares), self.constant(self.mel.filters.T)
        bands = ops.exp(inputs)
        sizes = ops.matmul(bands, self.constant(self.first))
        for _ in range(self.updates - 1):
            told = ops.matmul(sizes, back)
            sizes = sizes * ops.matmul(bands / (told + TINY), shares)
        return ops.log(sizes + TINY)

    def constant(self, array):
        return ops.convert_to_tensor(array, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.mel.stft.bins)

    def get_config(self):
        mel = keras.saving.serialize_keras_object(self.mel)
        return {**super().get_config(), "mel": mel, "updates": self.updates}


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
    completed by reflection.

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
