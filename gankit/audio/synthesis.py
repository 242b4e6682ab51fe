"""Sound from a run, to disk: samples, spoken labels, and recordings made again from their mels."""

import pathlib

import numpy as np
from keras import ops

from gankit import runs
from gankit.audio import conditions
from gankit.audio.model import Vocoder, waves_of
from gankit.audio.samples import draw, require_finite, write
from gankit.audio.streaming import stream
from gankit.files import folders, sound
from gankit.files.names import require_apart, with_ending

SHOWN = 16  # clips, where nobody says how many
PAUSE = 0.15  # seconds between two spoken labels
PIECE = 4096  # frames that are analysed at once


def open_vocoder(directory, sample_rate=None, mels=None, **frames):
    """The game of a vocoder's run, for spectrograms of its kind.

    Args:
        directory: of the run, which has finished.
        sample_rate, mels, frames: what its mels must be, `fft`, `hop` and `window` among them; None
            is whatever they are.

    Returns:
        A `Vocoder`.

    Raises:
        ValueError: it is no run, no vocoder's, or has other mels; the message says how they differ.

    Example:

    ```python
    from gankit import audio

    gan = audio.open_vocoder("runs/audio-vowels-default-0/vocoder", sample_rate=8_000)
    ```
    """
    gan = runs.Run.open(directory).load()
    if not isinstance(gan, Vocoder):
        raise ValueError(f"{directory}: this run is no vocoder's.")
    mel = gan.representation
    has = {"sample_rate": mel.sample_rate, "mels": mel.bins, **mel.stft.get_config()}
    asked = {"sample_rate": sample_rate, "mels": mels, **frames}
    differs = [
        f"--{name.replace('_', '-')} {value}, and the vocoder's is {has[name]}"
        for name, value in asked.items()
        if value not in (None, has[name])
    ]
    if differs:
        raise ValueError(
            f"{directory}: this vocoder was trained on other mels: {'; '.join(differs)}. Leave these "
            "options out, or train a vocoder with them."
        )
    return gan


# --- samples --------------------------------------------------------------------------------------


def generate(run, out, n=None, seed=None, truncation=None, label=None, speaker=None, input=None):
    """Sound from a run's model, written to disk: `gankit generate`.

    Args:
        run: a `gankit.runs.Run`.
        out: a path without suffix: of a folder of WAVs, and of a sheet of spectrograms.
        n, seed, truncation: as in `GAN.generate`; `SHOWN` samples of seed 0 by default.
        label, speaker: names; by default all in turn.
        input: of a vocoder's run: a recording, or a folder of them, to make again from its mels.

    Returns:
        The paths written: of the sheet, and of the folder.

    Raises:
        ValueError: a label or speaker that the run does not know, or a run that needs `input`.

    Example:

    ```python
    import pathlib

    from gankit import audio, runs

    run = runs.Run.open("runs/audio-vowels-default-0")
    sheet, folder = audio.generate(run, pathlib.Path("vowels"), n=4, label="a")
    ```
    """
    gan = run.load()
    if isinstance(gan, Vocoder):
        asked = {"--n": n, "--seed": seed, "--truncation": truncation}
        asked |= {"--label": label, "--speaker": speaker}
        for option, value in asked.items():
            if value is not None:
                raise ValueError(f"This run is a vocoder's, and {option} means nothing for it.")
        peak = sound.PEAK if run.config["normalise"] else None
        return resynthesise(gan, input, out, peak)
    if input is not None:
        raise ValueError("This run makes sound from labels: --input is for a vocoder's run.")
    n, seed = n or SHOWN, seed or 0
    names, sheet = run.config["names"], with_ending(pathlib.Path(out), ".png")
    condition = conditions.in_turn(names, n)
    for field, name in (("label", label), ("speaker", speaker)):
        if name is not None:
            condition = {
                **(condition or {}),
                field: np.full(n, conditions.number(names, field, name)),
            }
    features = gan.generate(n, condition, seed=seed, truncation=truncation)
    waves = waves_of(features, gan.representation, run.kept("vocoder"))
    draw(
        waves,
        sheet,
        gan.representation.sample_rate,
        gan.representation,
        conditions.titles(names, condition, n),
    )
    return [sheet, sheet.with_suffix("")]


def say(run, out, text, speaker=None, seed=0):
    """Labels of a run spoken one after the other, as a WAV file: `gankit say`.

    Args:
        run: a `gankit.runs.Run` of spectrograms.
        out: a `.wav` file to write.
        text: labels, separated by spaces; or by commas, where labels have spaces.
        speaker: who speaks, by name; by default the seed draws one.
        seed: of the latents and the speaker.

    Returns:
        The path.

    Raises:
        ValueError: a label or speaker that the run does not know, a run that has no labels, or another
            kind of file.

    Example:

    ```python
    import pathlib

    from gankit import audio, runs

    run = runs.Run.open("runs/audio-vowels-default-0")
    audio.say(run, pathlib.Path("said.wav"), "a e i")
    ```
    """
    out = pathlib.Path(out)
    if out.suffix.lower() != ".wav":
        raise ValueError(f"{out}: speech is written as WAV: name it {out.with_suffix('.wav')}.")
    gan = run.load()
    if isinstance(gan, Vocoder):
        raise ValueError(
            "A vocoder's run has no labels to speak: give a run of spectrograms, or use gankit "
            "generate RUN --input FILE."
        )
    names = run.config["names"]
    words = words_of(text, names.get("label", ()))
    condition = {"label": np.array([conditions.number(names, "label", word) for word in words])}
    if speaker is not None or "speaker" in names:
        condition["speaker"] = np.full(len(words), _voice(names, speaker, seed))
    features = gan.generate(len(words), condition, seed=seed)
    waves = waves_of(features, gan.representation, run.kept("vocoder"))
    require_finite(waves, out)
    write(joined(waves, gan.representation.sample_rate), out, gan.representation.sample_rate)
    return out


def _voice(names, speaker, seed):
    if speaker is not None:
        return conditions.number(names, "speaker", speaker)
    return np.random.default_rng(seed).integers(len(names["speaker"]))


def words_of(text, labels=()):
    """The labels in a text: the whole of it if it is one, or what is between commas, or else spaces."""
    if text.strip() in labels:
        return [text.strip()]
    words = text.split(",") if "," in text else text.split()
    words = [word.strip() for word in words if word.strip()]
    if not words:
        raise ValueError('There is nothing to say. Give labels of the run, such as "3 1 4".')
    return words


def joined(waves, sample_rate, pause=PAUSE):
    """Clips one after the other, without the silence around each, faded into a pause between them.

    Args:
        waves: (n, samples).
        sample_rate: in hertz.
        pause: in seconds.

    Returns:
        (samples,) float32.
    """
    silence, parts = np.zeros(round(pause * sample_rate), "float32"), []
    for wave in waves:
        spoken = sound.trim(np.asarray(wave), sample_rate)
        parts += [silence, sound.fade(spoken, sample_rate)]
    return np.concatenate(parts[1:])


# --- copy synthesis -------------------------------------------------------------------------------


def resynthesise(gan, input, out, peak=sound.PEAK):
    """Recordings made again from their mels by a vocoder, piece by piece, as WAV files.

    Where samples are beyond full scale and so are clipped, their share is printed.

    Args:
        gan: a `Vocoder`.
        input: a recording's file, or a folder of them; any sample rate, which becomes the vocoder's.
        out: a folder to write to.
        peak: at which recordings are analysed, as the vocoder was trained; what is made of them is as
            loud as they were. None leaves them as they are.

    Returns:
        The paths written: the recordings' names with `.wav`.

    Raises:
        ValueError: there is no input, or a file can't be read.

    Example:

    ```python
    import pathlib

    from gankit import audio, runs

    run = runs.Run.open("runs/audio-vowels-default-0")
    audio.say(run, pathlib.Path("said.wav"), "a e i")
    vocoder = runs.Run.open("runs/audio-vowels-default-0/vocoder").load()
    audio.resynthesise(vocoder, pathlib.Path("said.wav"), pathlib.Path("again"))
    ```
    """
    if input is None:
        raise ValueError(
            "This run is a vocoder's: give --input FILE or --input FOLDER of recordings to make "
            "again. (What it makes of held-out recordings is in samples/.)"
        )
    given, paths, rate = pathlib.Path(input), [], gan.representation.sample_rate
    folder, found = (given.parent, [given]) if given.is_file() else (given, sound.find(given)[0])
    named = folders.by_stem(folder, found)
    require_apart(found, [pathlib.Path(out) / f"{name}.wav" for name in named])
    for name, file in named.items():
        wave = sound.centred(sound.decode(file, rate))
        loudest = np.abs(wave).max()
        gain = peak / loudest if peak and loudest else 1.0
        path = pathlib.Path(out) / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_again(gan, wave, gain, path)
        paths.append(path)
    return paths


def _make_again(gan, wave, gain, path):
    """A recording through a vocoder to a WAV file, which is there whole or not at all."""
    import soundfile

    rate, left, clipped = gan.representation.sample_rate, len(wave), 0
    partial = path.with_name(f"partial-{path.name}")
    try:
        with soundfile.SoundFile(partial, "w", rate, 1, "PCM_16") as written:
            for piece in stream(gan.sampler, mels_of(gain * wave, gan.representation)):
                require_finite(piece, path)
                made = piece[0, :left] / gain
                written.write(np.clip(made, -1, 1))
                clipped += np.sum(np.abs(made) > 1)
                left -= len(made)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    if clipped:
        print(f"{path}: {clipped / len(wave):.2%} of its samples are clipped.")


def mels_of(wave, representation, piece=PIECE):
    """The features of a recording of any length, computed in pieces; they are those of the whole.

    Args:
        wave: (samples,); silence is put behind it up to a whole frame.
        representation: a `Representation` whose frames depend on the samples under them alone.
        piece: frames at once.

    Returns:
        (1, frames, ...) float32.
    """
    hop, reach = representation.hop, -(-representation.stft.fft // representation.hop)
    samples = max(-(-len(wave) // hop), -(-representation.stft.least // hop)) * hop
    wave, frames, parts = np.pad(wave, (0, samples - len(wave))), samples // hop, []
    for start in range(0, frames, piece):
        first, last = max(start - reach, 0), min(start + piece + reach, frames)
        features = representation(wave[None, first * hop : last * hop])
        kept = slice(start - first, start - first + min(piece, frames - start))
        parts.append(np.asarray(ops.convert_to_numpy(features))[:, kept])
    return np.concatenate(parts, axis=1)
