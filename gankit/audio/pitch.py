"""The pitch of a voice, and how far off that of a generated one is."""

import math

import keras
import numpy as np

from gankit.audio.paired import PairedWaves, pairs

DIP = 0.15  # of the normalised difference: a lag below it may be a period
NEAR = 0.05  # above the deepest dip: or half a period counts where an even harmonic is strong
QUIET = 40.0  # dB below the loudest frame of a wave: taken for unvoiced
HOP = 0.01  # seconds


def normalised_difference(frames, window):
    """The cumulative mean normalised difference of a wave and the wave `lag` samples later.

    de Cheveigne and Kawahara (2002), https://doi.org/10.1121/1.1458024, eqs. 6 and 8:
    d(lag) = sum over the window of (x_j - x_{j + lag})^2, divided by the mean of d(1) ... d(lag). 0 where
    the lag is a period of a wave without noise, 1 at lag 0 and in silence.

    Args:
        frames: (n, samples).
        window: how many samples are compared.

    Returns:
        (n, samples - window + 1), of the lags from 0 to samples - window.
    """
    frames = np.asarray(frames, "float64")
    lags = np.arange(frames.shape[-1] - window + 1)
    size = frames.shape[-1]
    spectra = np.fft.rfft(frames) * np.conj(np.fft.rfft(frames[:, :window], size))
    products = np.fft.irfft(spectra, size)[:, : len(lags)]
    sums = np.pad(np.cumsum(np.square(frames), axis=-1), [(0, 0), (1, 0)])
    power = sums[:, lags + window] - sums[:, lags]
    difference = np.maximum(power[:, :1] + power - 2 * products, 0)[:, 1:]
    total = np.cumsum(difference, axis=-1)
    heard = total > 1e-10 * power[:, :1]  # a constant differs by rounding errors alone
    ratio = np.divide(difference * lags[1:], total, out=np.ones_like(total), where=heard)
    return np.pad(ratio, [(0, 0), (1, 0)], constant_values=1.0)


def pitch(wave, sample_rate, low=60.0, high=500.0):
    """The fundamental frequency of a voice every 10 ms, by YIN.

    de Cheveigne and Kawahara (2002), https://doi.org/10.1121/1.1458024. The period is the first lag at
    which `normalised_difference` has a minimum below 0.15 that is hardly shallower than the deepest,
    refined by a parabola. A frame without one, or 40 dB below the wave's loudest, is unvoiced.
    librosa's `yin` gives no voicing, and compiles at its first call.

    Args:
        wave: (samples,).
        sample_rate: in hertz.
        low, high: the range that is searched, in hertz.

    Returns:
        (frames,) hertz, 0 where unvoiced. Frames lie inside the wave; one that is shorter than a frame is
        padded with silence.
    """
    longest, shortest = math.ceil(sample_rate / low), math.floor(sample_rate / high)
    frames = _frames(np.asarray(wave, "float64"), 2 * longest + 1, round(HOP * sample_rate))
    curve = normalised_difference(frames, longest)  # one lag more than the longest period
    power = np.square(frames).mean(axis=-1)
    loud = (power > 0) & (power >= power.max() * 10 ** (-QUIET / 10))
    periods = _periods(curve, shortest)
    voiced = loud & (periods > 0)
    return np.divide(sample_rate, periods, out=np.zeros_like(periods), where=voiced)


def _periods(curve, shortest):
    """The period in samples that each normalised difference shows, 0 where it shows none."""
    centre, before, after = curve[:, 1:-1], curve[:, :-2], curve[:, 2:]
    dips = (centre < DIP) & (centre <= before) & (centre < after)
    dips[:, : shortest - 1] = False
    deepest = np.where(dips, centre, np.inf).min(axis=-1, keepdims=True)
    dips &= centre <= deepest + NEAR
    rows, lags = np.arange(len(curve)), dips.argmax(axis=-1)
    a, b, c = (part[rows, lags] for part in (before, centre, after))
    found = dips.any(axis=-1)
    bottom = np.divide(a - c, 2 * (a - 2 * b + c), out=np.zeros_like(a), where=found)
    return np.where(found, lags + 1 + bottom, 0.0)


def _frames(wave, size, hop):
    wave = np.pad(wave, (0, max(size - len(wave), 0)))
    return np.lib.stride_tricks.sliding_window_view(wave, size)[::hop]


@keras.saving.register_keras_serializable(package="gankit")
class PitchError(PairedWaves):
    """How far the pitch of waves is from that of their targets: smaller is better.

    `log_f0_rmse`: the root mean square of ln F0 - ln F0', over the frames that are voiced in both (ln 2 is an
    octave); left out where there is none. `voicing_error`: the share of frames that are voiced in one
    and unvoiced in the other. Both are over all frames of all waves, frame by frame.

    Args:
        sample_rate: of the waves, in hertz.
        low, high: the range of pitch that is searched, in hertz.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    metric, times = audio.PitchError(8_000), np.arange(4000) / 8_000
    tones = np.sin(2 * np.pi * np.array([[150.0], [160.0]]) * times).astype("float32")
    metric.update(tones[:1], tones[1:])
    metric.result()["log_f0_rmse"]  # about log(160 / 150)
    ```
    """

    def __init__(self, sample_rate, low=60.0, high=500.0):
        if not 0 < low < high <= sample_rate / 4:
            raise ValueError(
                "The range of pitch must be above 0 Hz, and end at a quarter of the sample rate at "
                f"most. Received: low={low}, high={high}, sample_rate={sample_rate}"
            )
        self.sample_rate, self.low, self.high = sample_rate, low, high
        super().__init__()

    def reset(self):
        self._frames, self._wrong, self._both, self._squares = 0, 0, 0, 0.0

    def update(self, real, fake, condition=None, lengths=None):
        for pair in pairs(real, fake, lengths):
            real, fake = (pitch(wave, self.sample_rate, self.low, self.high) for wave in pair)
            both = (real > 0) & (fake > 0)
            self._frames += len(real)
            self._wrong += np.sum((real > 0) != (fake > 0))
            self._both += both.sum()
            self._squares += np.square(np.log(real[both] / fake[both])).sum()

    def result(self):
        if not self._frames:
            raise ValueError("No wave was seen.")
        found = {"voicing_error": float(self._wrong / self._frames)}
        if self._both:
            found["log_f0_rmse"] = float(np.sqrt(self._squares / self._both))
        return found

    def protocol(self):
        return (
            f"YIN from {self.low:g} to {self.high:g} Hz every {1000 * HOP:g} ms, voiced below a "
            f"difference of {DIP:g} and within {QUIET:g} dB of the loudest frame; natural logarithm"
        )

    def get_config(self):
        return {"sample_rate": self.sample_rate, "low": self.low, "high": self.high}
