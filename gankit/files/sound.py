"""Folders of sound files: what is in them, and every recording as one channel at one sample rate."""

import dataclasses
import math
import os
import pathlib
import struct

import numpy as np

from gankit.files import folders

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
SHORTEST = 0.02  # seconds
LONGEST = 3600.0  # seconds; a file is decoded whole
LOWEST, HIGHEST = 1000, 768_000  # sample rates in hertz
SILENT = 1e-4  # of full scale (-80 dB), between the lowest sample and the highest
FRAME = 0.01  # seconds, whose power is compared where silence is trimmed
FADE = 0.005  # seconds at an end
PEAK = 0.95  # of a recording that is normalised
CHANNELS = {
    "mix": lambda x: x.mean(axis=1, dtype="float64"),
    "left": lambda x: x[:, 0],
    "right": lambda x: x[:, -1],
}
STREAMED = 0x7FFFF000  # bytes or more, or 0, are announced by a WAV that was written to a pipe


@dataclasses.dataclass
class Header:
    """What the first bytes of a sound file tell.

    Attributes:
        path: the file.
        sample_rate: in hertz.
        samples: how many, of each channel.
        channels: 1 or 2.
    """

    path: pathlib.Path
    sample_rate: int
    samples: int
    channels: int

    @property
    def seconds(self):
        return self.samples / self.sample_rate


def find(folder):
    """The sound files in a folder and below it, as `gankit.files.folders.find` has them."""
    return folders.find(folder, SUFFIXES, "sound file")


def header(path):
    """What the first bytes of a sound file tell.

    Raises:
        ValueError: naming the file: it can't be read, is no sound or truncated, has no samples, too
            few, too many, a sample rate that no sound has, or more than two channels.
    """
    import soundfile

    try:
        _refuse_truncated(path)
        info = soundfile.info(os.fsencode(path))
    except OSError as error:
        raise ValueError(f"{path}: can't be read: {error.strerror}.") from error
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"{path}: not a sound file, whatever its name says, or a damaged one: "
            f"{error.error_string}"
        ) from error
    found = Header(path, info.samplerate, info.frames, info.channels)
    if found.channels > 2:
        raise ValueError(
            f"{path}: recordings have one channel or two. Received: {found.channels}. Mix it down."
        )
    if not LOWEST <= found.sample_rate <= HIGHEST:
        raise ValueError(
            f"{path}: its header says {found.sample_rate:,} Hz, and sample rates are {LOWEST:,} to "
            f"{HIGHEST:,} Hz. Is it damaged?"
        )
    if not found.samples:
        raise ValueError(f"{path}: there are no samples in it.")
    refuse_short(path, found.seconds)
    if found.seconds > LONGEST:
        raise ValueError(
            f"{path}: {found.seconds / 60:,.0f} minutes are too many, at most {LONGEST / 60:.0f}. "
            "Cut it into several files."
        )
    return found


def decode(path, sample_rate, channels="mix"):
    """A recording as an array.

    Args:
        path: its file.
        sample_rate: to resample it to, in hertz.
        channels: what is taken of two channels: `"mix"`, `"left"` or `"right"`.

    Returns:
        (samples,) float32 within [-1, 1]; a recording that goes beyond is scaled down.

    Raises:
        ValueError: naming the file: what `header` refuses, fewer samples than announced, NaN or
            infinity, silence.
    """
    import soundfile

    announced = header(path)
    try:
        stored, _ = soundfile.read(os.fsencode(path), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"{path}: can't be decoded: {error.error_string}") from error
    except MemoryError as error:
        raise ValueError(
            f"{path}: can't be decoded: {announced.samples:,} samples, as it announces, do not fit "
            "in memory."
        ) from error
    if len(stored) < announced.samples:
        raise ValueError(
            f"{path}: truncated: it announces {announced.samples:,} samples, and {len(stored):,} can "
            "be read."
        )
    return prepare(stored, announced.sample_rate, sample_rate, path, channels)


def prepare(stored, sample_rate, new_sample_rate, name, channels="mix"):
    """Samples as they are stored, as one channel at a sample rate.

    Args:
        stored: (samples,) or (samples, channels) floats.
        sample_rate, new_sample_rate: in hertz, whole numbers.
        name: of the recording, for errors.
        channels: as in `decode`.

    Returns, raises:
        As `decode`.
    """
    refuse_short(name, len(stored) / sample_rate)
    wave = stored if stored.ndim == 1 else CHANNELS[channels](stored)
    bad = ~np.isfinite(wave)
    if bad.any():
        raise ValueError(
            f"{name}: {bad.sum():,} samples are NaN or infinite, the first at "
            f"{bad.argmax() / sample_rate:.3f} s."
        )
    if stored.ndim > 1 and _extent(stored) >= SILENT > _extent(wave):
        raise ValueError(
            f"{name}: nothing is left of its channels taken together ({channels}): take one of them, or "
            "turn the phase of the other."
        )
    refuse_silent(name, wave)
    wave = _within(wave.astype("float32"))  # as float32 overflows
    return _within(resample(wave, sample_rate, new_sample_rate))


def refuse_silent(name, wave):
    """An error for a recording in which there is nothing to hear."""
    if _extent(wave) < SILENT:
        raise ValueError(f"{name}: silent from beginning to end.")


def refuse_short(name, seconds):
    """An error for a recording that is too short."""
    if seconds < SHORTEST:
        raise ValueError(
            f"{name}: {1000 * seconds:.3g} ms are too short, at least {1000 * SHORTEST:.0f} ms."
        )


def resample(wave, sample_rate, new_sample_rate):
    """A wave at another sample rate, ceil(samples * new / old) long, by polyphase filtering.

    Args:
        wave: (..., samples) floats.
        sample_rate, new_sample_rate: in hertz, whole numbers.
    """
    from scipy.signal import resample_poly

    if sample_rate == new_sample_rate:
        return wave
    shared = math.gcd(sample_rate, new_sample_rate)
    up, down = new_sample_rate // shared, sample_rate // shared
    return resample_poly(wave, up, down, axis=-1).astype(wave.dtype)


def trim(wave, sample_rate, decibels=40.0):
    """A wave without the silence before and after it.

    Args:
        wave: (samples,) floats.
        sample_rate: in hertz.
        decibels: silence is a hundredth of a second whose power is so far below that of the loudest.

    Returns:
        What lies from the first loud hundredth to the last, both included.
    """
    frame = max(round(FRAME * sample_rate), 1)
    padded = np.pad(wave, (0, -len(wave) % frame)).reshape(-1, frame)
    power = np.square(padded, dtype="float64").mean(axis=1)
    loud = np.flatnonzero(power >= power.max() * 10 ** (-decibels / 10))
    return wave[loud[0] * frame : (loud[-1] + 1) * frame]


def centred(wave):
    """A wave without its offset, which would hide silence; scaled down where it goes beyond [-1, 1]."""
    return _within(wave - np.float32(wave.mean(dtype="float64")))


def fade(wave, sample_rate):
    """A wave that ends in silence, so that silence behind it begins without a step.

    Args:
        wave: (samples,) floats.
        sample_rate: in hertz.

    Returns:
        As long; the last 5 ms fall as cos^2.
    """
    n = min(round(FADE * sample_rate), len(wave))
    falling = np.cos(np.linspace(0, np.pi / 2, n + 1)[1:]) ** 2
    return np.concatenate([wave[: len(wave) - n], wave[len(wave) - n :] * falling]).astype(
        wave.dtype
    )


def normalise(wave, peak=PEAK):
    """A wave, not all zero, scaled so that its largest absolute value is `peak`."""
    return wave * (np.float32(peak) / np.abs(wave).max())


def _extent(wave):
    """From the lowest sample to the highest, in float64: as float32 it overflows."""
    return float(wave.max()) - float(wave.min())


def _within(wave):
    """A wave, scaled down where it goes beyond [-1, 1]."""
    return wave / max(np.abs(wave).max(), np.float32(1))


def _refuse_truncated(path):
    """A WAV file that ends earlier than its header says, which libsndfile reads in silence."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        if not size:
            raise ValueError(f"{path}: an empty file.")
        start = file.read(12)
        if start[:4] != b"RIFF" or start[8:] != b"WAVE":
            return
        while len(chunk := file.read(8)) == 8:
            name, announced = struct.unpack("<4sI", chunk)
            there = size - file.tell()
            if name == b"data":
                if there < announced < STREAMED:
                    raise ValueError(
                        f"{path}: truncated: its header announces {announced:,} bytes of samples, and "
                        f"{there:,} follow."
                    )
                return
            file.seek(announced + announced % 2, 1)
