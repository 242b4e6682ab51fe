"""Vowels of made-up speakers, from a source and a filter: no download needed.

The source is the derivative of the glottal flow (Rosenberg's pulses with jitter, shimmer and breath);
the filter is a cascade of resonators, one for each formant (Klatt 1980,
https://doi.org/10.1121/1.383940). Formants are those of Peterson and Barney (1952,
https://doi.org/10.1121/1.1906875, table II, men), scaled by the length of the vocal tract.
"""

import dataclasses
import math

import numpy as np

VOWELS = ("a", "e", "i", "o", "u")
FORMANTS = np.array([  # Hz; the fourth and fifth hardly depend on the vowel
    (730, 1090, 2440, 3400, 4500), (530, 1840, 2480, 3500, 4500), (270, 2290, 3010, 3600, 4500),
    (570, 840, 2410, 3300, 4500), (300, 870, 2240, 3300, 4500),
])  # fmt: skip
NEUTRAL = np.array([500, 1500, 2500, 3500, 4500])  # Hz, of a tube as long as a man's tract
BANDWIDTHS = np.array([60, 90, 140, 200, 280])  # Hz
TRACT = 17.5  # cm, of a man
AT_ONCE = 500  # clips
VOICED = 0.75  # of a clip, at most
BLOCK = 0.01  # seconds for which the filter stays as it is
FADE = 0.005  # seconds in which a clip's background comes and goes
LOWEST_RATE = 16_000  # Hz, of the synthesis, so that five formants have room

# Pitch in Hz and length of the vocal tract in cm, from and to.
KINDS = {
    "man": ((85, 150), (16.0, 18.5)),
    "woman": ((165, 240), (14.0, 15.5)),
    "child": ((240, 310), (12.3, 13.5)),
}
OF_FIVE = ("man", "woman", "man", "woman", "child")
SPEAKERS = [f"{kind} {number}" for number, kind in enumerate(4 * OF_FIVE, start=1)]
HELD_OUT = SPEAKERS[-5:]  # whom a model never hears in training


def draw_vowels(sample_rate=8000, seed=0, n=2000, seconds=0.5):
    """Spoken vowels, as many of each vowel and of each of 20 speakers.

    Args:
        sample_rate: in hertz, from 6,000.
        seed: of the speakers and the clips; a clip depends on nothing but the seed, its number, the
            sample rate and the seconds.
        n: how many.
        seconds: the longest that a clip may be, at least 0.2; most are shorter.

    Returns:
        Waves (n, samples) float32 in [-1, 1], zero after their ends; lengths (n,), in samples; vowels
        and speakers, (n,) numbers; and the names of both, `(VOWELS, SPEAKERS)`.

    Example:

    ```python
    from gankit import audio

    waves, lengths, vowels, speakers, names = audio.draw_vowels(n=20, seconds=0.2)
    ```
    """
    if sample_rate < 6000 or seconds < 0.2:
        raise ValueError(
            "vowels need at least 6,000 samples a second and 0.2 seconds. "
            f"Received: sample_rate={sample_rate}, seconds={seconds}"
        )
    numbers = np.arange(n)
    vowels, speakers = numbers % len(VOWELS), numbers // len(VOWELS) % len(SPEAKERS)
    people = [draw_speaker(number, seed) for number in range(len(SPEAKERS))]
    waves = np.zeros((n, round(seconds * sample_rate)), "float32")
    lengths = np.zeros(n, "int64")
    for start in range(0, n, AT_ONCE):
        some = range(start, min(start + AT_ONCE, n))
        clips = [
            _Clip(people[speakers[i]], vowels[i], seconds, np.random.default_rng([seed, 1, i]))
            for i in some
        ]
        for i, wave in zip(some, _voices(clips, sample_rate)):
            lengths[i] = min(len(wave), waves.shape[1])
            waves[i, : lengths[i]] = wave[: lengths[i]]
    return waves, lengths, vowels, speakers, (list(VOWELS), list(SPEAKERS))


@dataclasses.dataclass
class Speaker:
    """How somebody speaks."""

    pitch: float  # Hz, on average
    tract: float  # cm from the glottis to the lips
    accent: np.ndarray  # (vowels, formants), factors
    open: float  # the share of a period in which the glottis is open
    tilt: float  # Hz, above which the source falls by 6 dB an octave more
    breath: float  # the noise's amplitude, relative to the pulses'
    jitter: float  # of a period's length, relative
    shimmer: float  # of a period's amplitude, relative

    def formants(self, vowel):
        """(5,) Hz."""
        return FORMANTS[vowel] * self.accent[vowel] * TRACT / self.tract


def draw_speaker(number, seed=0):
    """Number `number` of `SPEAKERS`."""
    rng = np.random.default_rng([seed, 0, number])
    pitch, tract = KINDS[OF_FIVE[number % 5]]
    return Speaker(
        pitch=rng.uniform(*pitch),
        tract=rng.uniform(*tract),
        accent=1 + 0.03 * rng.standard_normal(FORMANTS.shape).clip(-2, 2),
        open=rng.uniform(0.45, 0.7),
        tilt=rng.uniform(1200, 3500),
        breath=10 ** (rng.uniform(-32, -14) / 20),
        jitter=rng.uniform(0.003, 0.012),
        shimmer=rng.uniform(0.02, 0.08),
    )


def glottis(pitch, sample_rate, speaker, rng):
    """What a speaker's vocal folds send into the vocal tract: the derivative of the flow, of power 1.

    Args:
        pitch: (samples,) Hz.
        sample_rate: in hertz.
        speaker: `Speaker`.
        rng: a NumPy generator, of jitter, shimmer and breath.

    Returns:
        (samples,) float64.
    """
    from scipy.signal import lfilter

    passed = np.cumsum(pitch) / sample_rate  # periods
    starts = np.arange(-1, math.ceil(passed[-1]) + 3)
    uneven = starts + speaker.jitter * rng.standard_normal(len(starts)).clip(-3, 3)
    phase = np.interp(passed, uneven, starts)
    period = np.floor(phase)
    amplitude = 1 + speaker.shimmer * rng.standard_normal(len(starts))
    flow = amplitude[period.astype(int) + 1] * rosenberg(phase - period, speaker.open)
    pulses = np.diff(flow, prepend=flow[0])
    pulses /= np.sqrt(np.mean(pulses**2))
    breath = speaker.breath * (0.3 + flow) * rng.standard_normal(len(flow))
    decay = math.exp(-2 * math.pi * speaker.tilt / sample_rate)
    return lfilter([1 - decay], [1, -decay], pulses) + breath


def rosenberg(phase, open_share):
    """The flow through the glottis (Rosenberg 1971, https://doi.org/10.1121/1.1912389, type C).

    Args:
        phase: of the period, in [0, 1).
        open_share: of the period in which flow rises, two thirds of it, or falls.

    Returns:
        Flow in [0, 1].
    """
    rise, fall = open_share * 2 / 3, open_share / 3
    rising = 0.5 * (1 - np.cos(np.pi * phase / rise))
    falling = np.cos(0.5 * np.pi * np.clip((phase - rise) / fall, 0, 1))
    return np.where(phase < rise, rising, falling)


def resonate(sources, formants, sample_rate):
    """Sources through a resonator for each formant, all of gain 1 at 0 Hz.

    Args:
        sources: (samples, clips).
        formants: (blocks, formants, clips) Hz; each block holds for `BLOCK` seconds.
        sample_rate: in hertz.

    Returns:
        (samples, clips) float64, late by a sample for each formant.
    """
    radius = np.exp(-np.pi * BANDWIDTHS / sample_rate)[:, None]
    b = 2 * radius * np.cos(2 * np.pi * formants / sample_rate)
    c = -(radius**2)
    a = 1 - b - c
    block = round(BLOCK * sample_rate)
    last = before = np.zeros(formants.shape[1:])  # outputs of every resonator
    voices = np.empty_like(sources)
    for t, source in enumerate(sources):
        inputs = np.concatenate([source[None], last[:-1]])
        k = t // block
        last, before = a[k] * inputs + b[k] * last + c * before, last
        voices[t] = last[-1]
    return voices


@dataclasses.dataclass
class _Clip:
    """A vowel to be spoken; what is drawn for it comes from its generator alone."""

    speaker: Speaker
    vowel: int
    seconds: float  # at most
    rng: np.random.Generator

    def __post_init__(self):
        parts = self.rng.uniform((0.02, 0.4, 0.02), (0.1, VOICED, 0.12))
        self.before, self.voiced, self.after = self.seconds * parts  # seconds

    def source(self, rate):
        """(samples,) at a rate in hertz: a pitch of its own, a fall or rise, vibrato."""
        t = np.arange(round(self.voiced * rate)) / rate
        slope = self.rng.uniform(-3, 1) * (t / self.voiced - 0.5)
        beat = self.rng.uniform(4, 6.5) * t + self.rng.random()
        vibrato = self.rng.uniform(0, 0.25) * np.sin(2 * np.pi * beat)
        semitones = self.rng.normal(0, 0.8) + slope + vibrato
        return glottis(self.speaker.pitch * 2 ** (semitones / 12), rate, self.speaker, self.rng)

    def formants(self, blocks):
        """(blocks, formants) Hz: from near the neutral vowel to the target, and a little away."""
        t = np.minimum(BLOCK * np.arange(blocks), self.voiced)[:, None]
        target = self.speaker.formants(self.vowel)
        target = target * (1 + 0.02 * self.rng.standard_normal(len(target)))
        start = self.rng.uniform(0, 0.4) * np.exp(-t / self.rng.uniform(0.02, 0.05))
        end = self.rng.uniform(0, 0.2) * np.exp((t - self.voiced) / 0.03)
        return target + (start + end) * (NEUTRAL * TRACT / self.speaker.tract - target)

    def finish(self, voice, rate, factor):
        """The voice between silences, at a rate lower by a factor, with noise, at a random level."""
        from scipy.signal import resample_poly

        rise, fall = self.rng.uniform(0.01, 0.05), 0.15 * self.voiced
        voice = voice * _ramp(len(voice), rise * rate, fall * rate)
        wave = np.pad(voice, (round(self.before * rate), round(self.after * rate)))
        wave = resample_poly(wave, 1, factor)
        wave /= np.abs(wave).max()
        fade = FADE * rate / factor
        wave += _background(len(wave), self.rng) * _ramp(len(wave), fade, fade)
        return wave * (10 ** (self.rng.uniform(-20, -1) / 20) / np.abs(wave).max())


def _voices(clips, sample_rate):
    """The waves of clips, one by one, (samples,) float64 each."""
    factor = math.ceil(LOWEST_RATE / sample_rate)
    rate = factor * sample_rate
    longest = VOICED * max(clip.seconds for clip in clips)
    sources = np.zeros((math.ceil(longest * rate), len(clips)))
    formants = np.empty((math.ceil(longest / BLOCK) + 1, len(BANDWIDTHS), len(clips)))
    for i, clip in enumerate(clips):
        source = clip.source(rate)
        sources[: len(source), i] = source
        formants[..., i] = clip.formants(len(formants))
    for clip, voice in zip(clips, resonate(sources, formants, rate).T):
        yield clip.finish(voice[: round(clip.voiced * rate)], rate, factor)


def _ramp(samples, rise, fall):
    """From 0 to 1 within so many samples, and back at the end."""
    i = np.arange(samples)
    part = np.minimum((i + 0.5) / rise, (samples - i - 0.5) / fall)
    return np.sin(0.5 * np.pi * part.clip(0, 1)) ** 2


def _background(samples, rng):
    """Noise of a room, 38 to 60 dB below the voice's peak, fuller at low frequencies."""
    from scipy.signal import lfilter

    noise = lfilter([1], [1, -rng.uniform(0.3, 0.9)], rng.standard_normal(samples))
    return noise * (10 ** (rng.uniform(-60, -38) / 20) / np.std(noise))
