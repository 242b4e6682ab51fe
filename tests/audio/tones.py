"""Recordings for tests: tones of two heights, by three speakers who differ in loudness of harmonics."""

import numpy as np

from gankit.audio.data import Recordings
from gankit.files.waves import FULL_SCALE, Waves

RATE = 8000
SAMPLES = 1024


def tone(frequency, samples=SAMPLES, rate=RATE, amplitude=0.5):
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(samples) / rate)


def noise(*shape, seed=0, amplitude=0.2):
    return amplitude * np.random.default_rng(seed).standard_normal(shape)


def tones(n=60, unseen_speaker=False, labels=True):
    """`Recordings` labelled by height and speaker; a fifth is held out, or a whole speaker."""
    rng = np.random.default_rng(0)
    kinds, speakers = np.arange(n) % 2, np.arange(n) // 2 % 3
    waves = [_spoken(kind, speaker, rng) for kind, speaker in zip(kinds, speakers)]
    lengths = np.array([len(wave) for wave in waves])
    given = (kinds, speakers) if labels else (None, None)
    stored = np.round(np.concatenate(waves) * FULL_SCALE).astype("int16")
    names = [f"{i}.wav" for i in range(n)]
    everything = Waves(stored, np.cumsum(lengths) - lengths, lengths, *given, names)
    held_out = speakers == 2 if unseen_speaker else rng.permutation(n) < n // 5
    return Recordings(
        name="tones",
        sample_rate=RATE,
        train=everything.take(~held_out),
        validation=everything.take(held_out),
        labels=["low", "high"] if labels else None,
        speakers=["anna", "ben", "carla"] if labels else None,
    )


def _spoken(kind, speaker, rng):
    length = int(rng.integers(SAMPLES // 2, SAMPLES + 1))
    height = (300, 900)[kind] * rng.uniform(0.95, 1.05)
    partials = [tone(height * k, length, amplitude=0.3 * (speaker / 2) ** (k - 1)) for k in (1, 2)]
    return sum(partials) + noise(length, seed=int(rng.integers(1 << 30)), amplitude=0.005)
