"""How speech sounds to listeners, as two standards predict it: PESQ and STOI.

Their packages, pesq and pystoi, are the extra `speech-metrics`.
"""

import importlib.util

import keras
import numpy as np

from gankit.audio.paired import pairs
from gankit.files import sound
from gankit.metrics import Metric

TOGETHER = 8.0  # seconds of a speaker that are measured at once; PESQ's standard wants 8 to 12
LEAST = 1.0  # seconds that are measured at all
INSTALL = "pip install 'gankit[speech-metrics]'"
NARROW, WIDE = 8000, 16_000  # Hz, of PESQ


def missing():
    """The packages of the extra `speech-metrics` that are not installed, a list of names."""
    return [name for name in ("pesq", "pystoi") if importlib.util.find_spec(name) is None]


class JoinedWaves(Metric):
    """Base class: clips of one speaker are joined into pieces of at least 8 seconds, which are measured.

    Both measures take waves that are longer than a word. What is left of a speaker at the end is measured
    too, if it is a second or more. Values are means weighted by length.

    Subclasses define `name`, `package`, `measure(real, fake)`, from two waves (samples,) to a number,
    and `protocol`.

    Args:
        sample_rate: of the waves, in hertz, at least 8,000.
    """

    def __init__(self, sample_rate):
        if sample_rate < NARROW:
            raise ValueError(
                f"{type(self).__name__} takes at least {NARROW} samples a second. Received: "
                f"sample_rate={sample_rate}"
            )
        self.sample_rate = sample_rate
        self.reset()

    def reset(self):
        self._open, self._values = {}, []  # clips by speaker; (value, samples) of whole pieces

    def update(self, real, fake, condition=None, lengths=None):
        """Takes a batch of waves, (n, samples) each.

        Args:
            real, fake: waves in [-1, 1].
            condition: a dict whose `"speaker"`, (n,), says who speaks; all are one speaker by default.
            lengths: (n,), how many samples count of each.
        """
        told = isinstance(condition, dict) and "speaker" in condition
        speakers = np.asarray(condition["speaker"]).tolist() if told else len(real) * [None]
        for speaker, pair in zip(speakers, pairs(real, fake, lengths)):
            clips = self._open.setdefault(speaker, [])
            clips.append(pair)
            if self._seconds(clips) >= TOGETHER:
                self._values.append(self._joined(clips))
                del self._open[speaker]

    def result(self):
        rests = [clips for clips in self._open.values() if self._seconds(clips) >= LEAST]
        values = self._values + [self._joined(clips) for clips in rests]
        if not values:
            raise ValueError(
                f"{type(self).__name__} takes at least {LEAST:g} s of a speaker. Received: "
                f"{max(map(self._seconds, self._open.values()), default=0):.2f} s"
            )
        scores, samples = np.transpose(values)
        return {self.name: float(np.average(scores, weights=samples))}

    def _seconds(self, clips):
        return sum(len(real) for real, _ in clips) / self.sample_rate

    def _joined(self, clips):
        if self.package in missing():
            raise ValueError(f"{type(self).__name__} needs the package {self.package}: {INSTALL}")
        real, fake = (np.concatenate(waves) for waves in zip(*clips))
        return self.measure(real, fake), len(real)

    def measure(self, real, fake):
        raise NotImplementedError(f"{type(self).__name__} must define measure().")

    def get_config(self):
        return {"sample_rate": self.sample_rate}


@keras.saving.register_keras_serializable(package="gankit")
class PESQ(JoinedWaves):
    """The perceptual evaluation of speech quality: from about 1, bad, to 4.5, indistinguishable.

    ITU-T P.862, with the mapping to opinion scores of P.862.1 (narrow band, 8 kHz) or P.862.2 (wide
    band, 16 kHz). Waves of at least 16 kHz are measured in wide band, lower ones in narrow band. A
    piece in which the standard finds no speech counts as 1.

    Example:

    ```python
    from gankit import audio

    metric = audio.PESQ(8_000)  # needs pip install 'gankit[speech-metrics]' to measure
    ```
    """

    name, package = "pesq", "pesq"

    def measure(self, real, fake):
        from pesq import PesqError, pesq

        pair = (sound.resample(wave, self.sample_rate, self._rate()) for wave in (real, fake))
        mode = "wb" if self._rate() == WIDE else "nb"
        value = pesq(self._rate(), *pair, mode, on_error=PesqError.RETURN_VALUES)
        return value if value > 1 else 1.0  # errors are negative, and silence gives NaN

    def _rate(self):
        return WIDE if self.sample_rate >= WIDE else NARROW

    def protocol(self):
        band = "P.862.2, wide" if self._rate() == WIDE else "P.862.1, narrow"
        return f"{band} band at {self._rate()} Hz, {_JOINED}"


@keras.saving.register_keras_serializable(package="gankit")
class STOI(JoinedWaves):
    """Short-time objective intelligibility: a correlation of envelopes, at most 1.

    Taal et al. (2011), https://doi.org/10.1109/TASL.2011.2114881, at 10 kHz.

    Example:

    ```python
    from gankit import audio

    metric = audio.STOI(10_000)  # needs pip install 'gankit[speech-metrics]' to measure
    ```
    """

    name, package = "stoi", "pystoi"

    def measure(self, real, fake):
        from pystoi import stoi

        return stoi(real, fake, self.sample_rate)

    def protocol(self):
        return f"Taal et al. (2011), {_JOINED}"


_JOINED = f"clips of a speaker joined to at least {TOGETHER:g} s, mean weighted by length"
