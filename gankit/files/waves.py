"""Many recordings in one array."""

import dataclasses
import math
from collections import Counter

import numpy as np

from gankit.files import arrays, folders, sound

FULL_SCALE = 32768  # of 16 bits
FIELDS = ("label", "speaker")  # what may be known of a recording


@dataclasses.dataclass
class Waves:
    """Recordings one after the other, in 16 bits.

    Attributes:
        samples: (total,) int16; may be on disk, and hold other recordings, too.
        starts, lengths: (n,) int64, where in `samples` each recording lies.
        labels, speakers: (n,) int64, or None.
        names: n names, of files for instance.
    """

    samples: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray | None
    speakers: np.ndarray | None
    names: list

    def __len__(self):
        return len(self.starts)

    def wave(self, i):
        """Recording number `i`: (samples,) float32 in [-1, 1)."""
        stored = self.samples[self.starts[i] : self.starts[i] + self.lengths[i]]
        return np.float32(stored) / FULL_SCALE

    def padded(self, samples, rows=slice(None)):
        """Recordings, (n, samples) float32 in [-1, 1), with silence after their ends."""
        rows = np.arange(len(self))[rows]
        waves = np.zeros((len(rows), samples), "float32")
        for wave, i in zip(waves, rows):
            wave[: self.lengths[i]] = self.wave(i)[:samples]
        return waves

    def numbers(self, field):
        """The labels or the speakers, (n,) int64, or None where they are not known."""
        return getattr(self, f"{field}s")

    def condition(self, rows=slice(None)):
        """What is known of recordings, `{field: (n,) int64}`, or None where nothing is."""
        known = [field for field in FIELDS if self.numbers(field) is not None]
        return {field: self.numbers(field)[rows] for field in known} or None

    def take(self, rows):
        """Some of them; the samples are shared."""
        chosen = {
            one: None if getattr(self, one) is None else getattr(self, one)[rows]
            for one in ("starts", "lengths", "labels", "speakers")
        }
        names = np.array(self.names, object)[rows].tolist()
        return dataclasses.replace(self, names=names, **chosen)


class Collector:
    """Prepares the recordings of a set, and puts them one after the other.

    Args:
        name: of the set, for errors.
        sample_rate: of all, in hertz; or None for their own.
        seconds: where longer ones are cut; or None.
        trim: whether silence before and after is cut off.
        normalise: whether each peak becomes the same.
        skip: leave out what can't be used, instead of an error.

    Attributes:
        notes: what the reader of the data should be told, sentences.
    """

    def __init__(self, name, sample_rate, seconds, trim, normalise, skip):
        if sample_rate is not None and not sound.LOWEST <= sample_rate <= sound.HIGHEST:
            raise ValueError(
                f"A sample rate is in hertz, at most {sound.HIGHEST} and at least {sound.LOWEST}. "
                f"Received: sample_rate={sample_rate}"
            )
        if seconds is not None and not sound.SHORTEST <= seconds < math.inf:
            raise ValueError(
                f"Recordings have at least {sound.SHORTEST} s. Received: seconds={seconds}"
            )
        self.name, self.sample_rate, self.seconds = name, sample_rate, seconds
        self.trim, self.normalise, self.skip = trim, normalise, skip
        self.notes, self.cut = [], []

    def each(self, function, items, what):
        """Results of what can be read, and their numbers; what can't be is left out, or an error."""
        results, bad = folders.each(function, items, self.skip, what)
        if not results:
            first = f" The first: {bad[0][1]}" if bad else ""
            raise ValueError(f"{self.name}: no recording in it can be used.{first}")
        self.notes += [f"Left out: {message}" for _, message in bad]
        gone = {i for i, _ in bad}
        return results, [i for i in range(len(results) + len(bad)) if i not in gone]

    def settle(self, rates):
        """The sample rate of all, from the sample rates of each."""
        counts = Counter(rates)
        if self.sample_rate is None and len(counts) > 1:
            listed = ", ".join(f"{rate} Hz ({counts[rate]} files)" for rate in sorted(counts))
            raise ValueError(
                f"{self.name}: the recordings have {len(counts)} different sample rates: {listed}. Say "
                f"which to resample them to, such as --sample-rate {counts.most_common(1)[0][0]}."
            )
        self.sample_rate = self.sample_rate or next(iter(counts))
        others = sorted(set(counts) - {self.sample_rate})
        if others:
            self.notes.append(
                f"{sum(counts[rate] for rate in others):,} recordings were resampled to "
                f"{self.sample_rate} Hz, from {', '.join(map(str, others))} Hz."
            )

    def room(self, samples, rate):
        """Samples that a recording may need."""
        room = -(-samples * self.sample_rate // rate)
        return room if self.seconds is None else min(room, self._most())

    def prepare(self, wave, name):
        """A wave, (samples,) float32 in [-1, 1], as it is stored: int16."""
        if self.trim:
            wave = sound.trim(wave, self.sample_rate)
        if self.seconds is not None and len(wave) > self._most():
            wave = wave[: self._most()]
            self.cut.append(name)
            sound.refuse_silent(f"{name}, up to {self.seconds} s", wave)
        sound.refuse_short(name, len(wave) / self.sample_rate)
        if self.normalise:
            wave = sound.normalise(wave)
        return np.clip(np.round(wave * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype("int16")

    def collect(self, names, rooms, items, decode):
        """`Waves`, without labels, of what can be read, and the numbers of those.

        Args:
            names: of the recordings.
            rooms: how many samples each may need.
            items: one for each, or what gives them one by one.
            decode: a function from a number and an item to a wave.
        """
        lengths, rooms = np.zeros(len(names), "int64"), np.asarray(rooms, "int64")
        starts = np.cumsum(rooms) - rooms
        samples = arrays.empty((int(rooms.sum()),), "int16")

        def store(numbered):
            i, item = numbered
            wave = self.prepare(decode(i, item), names[i])
            samples[starts[i] : starts[i] + len(wave)] = wave
            lengths[i] = len(wave)

        _, kept = self.each(store, enumerate(items), "Decoding")
        if self.cut:
            self.notes.append(
                f"{len(self.cut):,} recordings are longer than {self.seconds} s and were cut there, "
                f"such as {self.cut[0]}."
            )
        return Waves(samples, starts, lengths, None, None, list(names)).take(kept), kept

    def _most(self):
        return round(self.seconds * self.sample_rate)
