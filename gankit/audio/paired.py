"""Waves compared with their targets: `real[i]` is what `fake[i]` should be."""

import math

import numpy as np

from gankit.audio.representations import LogMel
from gankit.metrics import Metric


class PairedWaves(Metric):
    """Base class: means over pairs of waves, each pair measured by itself.

    Subclasses define `measure(real, fake)`, from two waves (samples,) float64 to `{name: value}`, and
    `protocol`.
    """

    def __init__(self):
        self.reset()

    def reset(self):
        self._values = []

    def update(self, real, fake, condition=None, lengths=None):
        """Takes a batch of waves, (n, samples) each.

        Args:
            real, fake: waves in [-1, 1].
            condition: ignored.
            lengths: (n,), how many samples count of each; what follows them is padding. All by
                default.
        """
        self._values += [self.measure(*pair) for pair in pairs(real, fake, lengths)]

    def measure(self, real, fake):
        raise NotImplementedError(f"{type(self).__name__} must define measure().")

    def result(self):
        if not self._values:
            raise ValueError("No wave was seen.")
        names = self._values[0]
        return {name: float(np.mean([one[name] for one in self._values])) for name in names}


def pairs(real, fake, lengths=None):
    """Pairs of waves without their padding.

    Args:
        real, fake: (n, samples).
        lengths: (n,) in samples, or None for all.

    Returns:
        A list of n pairs, (samples,) float64 each.

    Raises:
        ValueError: shapes that are wrong or differ, impossible lengths, samples that are no numbers.
    """
    real, fake = np.asarray(real, "float64"), np.asarray(fake, "float64")
    if real.ndim != 2 or real.shape != fake.shape:
        raise ValueError(
            "Paired waves must have one shape, (n, samples). Received: "
            f"{real.shape} and {fake.shape}"
        )
    n, samples = real.shape
    lengths = np.full(n, samples) if lengths is None else np.asarray(lengths)
    if lengths.shape != (n,) or np.any(lengths < 1) or np.any(lengths > samples):
        raise ValueError(
            f"`lengths` must be one for each of {n} waves, from 1 to {samples} samples. Received: "
            f"{lengths}"
        )
    for name, waves in (("real", real), ("fake", fake)):
        if not np.isfinite(waves).all():
            row = np.argmin(np.isfinite(waves).all(axis=1))
            raise ValueError(f"Sample values must be finite. Received: {name} wave {row} is not.")
    return [(a[:length], b[:length]) for a, b, length in zip(real, fake, lengths)]


def magnitudes(wave, stft):
    """The magnitude spectrogram of one wave of any length, on the host in float64.

    It is that of `gankit.audio.stft.STFT`, without a compilation for every length. A wave is padded with
    silence to a whole number of hops, and to the least that the transform takes.

    Args:
        wave: (samples,).
        stft: an `STFT`.

    Returns:
        (frames, fft / 2 + 1) float64.
    """
    hops = -(-max(len(wave), stft.least) // stft.hop)
    wave = np.pad(wave, (0, hops * stft.hop - len(wave)))
    wave = np.pad(wave, (stft.before, stft.after), mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(wave, stft.fft)[:: stft.hop]
    return np.abs(np.fft.rfft(frames * stft.taper))


def analysis(sample_rate, overlap, floor):
    """40 log-mel bands, whatever representation a run uses, so that runs can be compared.

    The length of a frame, in samples, is the power of two nearest to 32 ms.

    Args:
        sample_rate: in hertz.
        overlap: hops in a frame.
        floor: the least magnitude of a band. A sine of amplitude a is about a in its band.
    """
    fft = 2 ** max(round(math.log2(0.032 * sample_rate)), 7)
    return LogMel(sample_rate, fft, fft // overlap, mels=40, floor=floor)
