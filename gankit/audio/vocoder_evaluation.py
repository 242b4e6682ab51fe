"""A vocoder, measured beside Griffin-Lim and beside the same generator without an adversary."""

import math
import os
import time

import keras
import numpy as np

from gankit import backend
from gankit.audio.data import some_rows
from gankit.audio.metrics import speech_metrics_note, vocoder_metrics
from gankit.audio.speech import LEAST, JoinedWaves
from gankit.sampling import in_batches

LONGEST = 10.0  # seconds of a recording that are compared
VOICES = 200  # recordings, where nobody says how many
SPOKEN, CALLS = 4.0, 7  # seconds of sound whose making is timed, and how often
BATCH = 16


def evaluate_vocoder(gan, data, twin=None, twin_name="twin", n=VOICES, seed=1):
    """Measures a vocoder on held-out recordings, beside its twin and Griffin-Lim.

    All make waves from the same mels, and are compared with the recordings that the mels come from;
    `real_against_real` compares those with themselves: the best values possible. `untrained` is the same
    network with the weights that training begins at: what its fixed parts do alone.

    Args:
        gan: a `Vocoder`.
        data: `Recordings`.
        twin: the same generator, trained without an adversary.
        twin_name: such as `"mel_l1_only"`.
        n: how many recordings, of which the first `LONGEST` seconds count.
        seed: of which recordings.

    Returns:
        `metrics, controls, remarks` for a run's report.

    Example:

    ```python
    from gankit import audio, runs

    run = runs.Run.open("runs/audio-vowels-default-0/vocoder")
    data = audio.load("vowels", seconds=0.2)
    metrics, controls, remarks = audio.evaluate_vocoder(run.load(), data, n=5)
    ```
    """
    real, lengths, speakers = held_out(data, gan.representation, n, seed)
    mels = np.asarray(keras.ops.convert_to_numpy(gan.representation(real)))
    contenders = {
        "": gan.translate(mels),
        "griffin_lim/": gan.representation.inverse(mels),
        "real_against_real/": real,
        "untrained/": in_batches(untrained(gan.sampler).predict_on_batch, mels, BATCH),
    }
    if twin is not None:
        contenders[f"{twin_name}/"] = in_batches(twin.predict_on_batch, mels, BATCH)
    about = f"{len(real)} held-out recordings, at most {LONGEST:g} s of each, seed {seed}"
    ours, controls = {}, {}
    for prefix, fake in contenders.items():
        for metric in paired_metrics(data.sample_rate, lengths, speakers):
            metric.update(real, fake, speakers, lengths)
            for name, value in metric.result().items():
                protocol = f"{metric.protocol()}; {about}"
                row = {"value": value, "n": len(real), "protocol": protocol}
                (controls if prefix else ours)[prefix + name] = row
    ours["times_real_time"] = {
        "value": times_real_time(gan.sampler, mels[:1], gan.representation),
        "n": CALLS,
        "protocol": f"one recording at once, {SPOKEN:g} s long by repetition, {os.cpu_count()} cores, "
        f"median of {CALLS} calls after the first",
    }
    note = speech_metrics_note(data.sample_rate)
    sentences = vocoder_remarks(ours, controls, f"{twin_name}/")
    return ours, controls, [note, *sentences] if note else sentences


def untrained(network):
    """A network like another, with the weights that training begins at."""
    keras.utils.set_random_seed(0)
    return keras.models.clone_model(network)


def held_out(data, representation, n, seed=0):
    """Held-out recordings, the first `LONGEST` seconds of each, in whole frames.

    Args:
        data: `Recordings`.
        representation: whose frames.
        n: how many, drawn at random where there are more.
        seed: of the draw.

    Returns:
        Waves (n, samples), with silence after their ends; their lengths (n,); and `{"speaker": (n,)}`, or
        None.

    Example:

    ```python
    from gankit import audio

    data = audio.load("vowels", seconds=0.2)
    mel = audio.LogMel(8_000, fft=256, hop=64, mels=20)
    waves, lengths, speakers = audio.held_out(data, mel, n=10)
    ```
    """
    waves = data.validation
    rows = some_rows(len(waves), n, seed)
    lengths = np.minimum(waves.lengths[rows], round(LONGEST * data.sample_rate))
    padded = waves.padded(whole_frames(lengths.max(), representation), rows)
    for wave, length in zip(padded, lengths):
        wave[length:] = 0
    told = None if waves.speakers is None else {"speaker": waves.speakers[rows]}
    return padded, lengths, told


def paired_metrics(sample_rate, lengths, speakers):
    """The metrics that suit recordings of these lengths: PESQ and STOI take a second of a speaker."""
    who = np.zeros(len(lengths), int) if speakers is None else speakers["speaker"]
    longest = max(lengths[who == one].sum() for one in np.unique(who)) / sample_rate
    return [
        metric
        for metric in vocoder_metrics(sample_rate)
        if longest >= LEAST or not isinstance(metric, JoinedWaves)
    ]


def whole_frames(samples, representation):
    """The samples of the least number of whole frames that hold so many.

    Example:

    ```python
    from gankit import audio

    audio.whole_frames(1000, audio.LogMel(8_000, fft=256, hop=64, mels=20))  # 1024
    ```
    """
    hop = representation.hop
    return int(max(-(-samples // hop), -(-representation.stft.least // hop))) * hop


def times_real_time(generator, mels, representation):
    """Seconds of sound that a vocoder makes in a second: the median of some calls, the first apart.

    Args:
        generator: of waves from mels.
        mels: (1, frames, mels), repeated until they are `SPOKEN` seconds.
        representation: theirs.
    """
    frames = math.ceil(SPOKEN * representation.sample_rate / representation.hop)
    mels = np.resize(mels[0], (frames, mels.shape[-1]))[None]
    backend.predict(generator, mels)
    seconds = []
    for _ in range(CALLS):
        began = time.perf_counter()
        backend.predict(generator, mels)
        seconds.append(time.perf_counter() - began)
    return representation.samples(frames) / representation.sample_rate / float(np.median(seconds))


PAIRED = {
    "stft_distance": -1,
    "mel_cepstral_distortion": -1,
    "log_f0_rmse": -1,
    "voicing_error": -1,
    "pesq": 1,
    "stoi": 1,
}


def vocoder_remarks(ours, controls, twin):
    """What an honest reader should be told about the numbers, in sentences."""
    sentences = []
    others = {
        "griffin_lim/": "Griffin-Lim",
        "untrained/": "The network before any training",
        twin: "The twin without an adversary",
    }
    for prefix, who in others.items():
        for name, sign in PAIRED.items():
            other = controls.get(prefix + name)
            if name in ours and other and sign * ours[name]["value"] < sign * other["value"]:
                sentences.append(f"{who} has the better {name}.")
    return sentences
