"""A run's sound, measured beside what one gets without an adversary, and beside real sound."""

import keras
import numpy as np

from gankit.audio.classifier import classifier_of, split
from gankit.audio.conditions import askable, in_turn, names_of
from gankit.audio.data import load
from gankit.audio.gaussians import maximum_likelihood
from gankit.audio.metrics import metrics_for
from gankit.audio.model import Vocoder, waves_of
from gankit.audio.vocoder_evaluation import VOICES, evaluate_vocoder, whole_frames
from gankit.files.waves import FIELDS
from gankit.metrics import (
    FrechetDistance,
    Neighbourhoods,
    OnFeatures,
    RandomFeatures,
    beside_controls,
    triples,
)

SAMPLES = 1000  # samples that a generator is measured by, where nobody says how many
SURE = 0.97  # of recordings that a classifier was not trained on, named rightly, to rely on it
LEARNT = 2000  # training recordings that the twin is fitted to, at most


def evaluate_run(run, n=None, seed=1):
    """The numbers of a run's report again: `gankit evaluate`.

    Args:
        run: a `gankit.runs.Run` that has finished.
        n: how many recordings or samples to measure; by default 200 for a vocoder and 1,000 otherwise.
        seed: of what is drawn.

    Returns:
        `metrics, controls, remarks`.

    Example:

    ```python
    from gankit import audio, runs

    run = runs.Run.open("runs/audio-vowels-default-0")
    metrics, controls, remarks = audio.evaluate_run(run, n=40)
    ```
    """
    gan, data = run.load(), load_data(run.config)
    if isinstance(gan, Vocoder):
        return evaluate_vocoder(
            gan, data, run.kept("twin"), run.config["twin_name"], n or VOICES, seed
        )
    classifiers = [classifier_of(run, data, field) for field in FIELDS]
    metrics = metrics_for(data, *classifiers)
    return evaluate_generator(gan, data, metrics, run.kept("vocoder"), n or SAMPLES, seed)


def metrics_while_training(data, representation, samples):
    """Fewer metrics, on spectrograms as pictures, to look at now and then.

    Example:

    ```python
    from gankit import audio

    data = audio.load("vowels", seconds=0.2)
    mel = audio.LogMel(8_000, fft=256, hop=64, mels=20)
    mel = audio.in_range(mel, data.train.padded(data.longest, slice(100)))
    metrics = audio.metrics_while_training(data, mel, audio.whole_frames(data.longest, mel))
    ```
    """
    seen = RandomFeatures((*representation.shape(samples), 1))
    neighbour = min(5, len(data.validation) - 1)
    return [OnFeatures(seen, [FrechetDistance(), Neighbourhoods(neighbour)])]


def load_data(config):
    """The recordings that a run's `config.json` names.

    Args:
        config: a run's, or a recipe's options as a dict, with `rate` in Hz, or None for the files' own.

    Raises:
        ValueError: as `load`.

    Example:

    ```python
    from gankit import audio, runs

    run = runs.Run.open("runs/audio-vowels-default-0")
    data = audio.load_data(run.config)
    ```
    """
    return load(
        config["data"],
        sample_rate=config["rate"],
        labels=config["labels"],
        seconds=config["seconds"],
        trim=config["trim"],
        normalise=config["normalise"],
        skip_bad_files=config["skip_bad_files"],
        validation=config["validation"],
        seed=config["seed"],
    )


def evaluate_generator(gan, data, metrics, vocoder=None, n=SAMPLES, seed=1):
    """Measures the waves of a spectrogram game's samples, beside real recordings and other samples.

    Distances compare as many samples as there are recordings held out, at most `n`, with labels as
    frequent as among those; classifiers hear `n`, every label and speaker as often. Beside the samples
    stand: real recordings (`real_against_real`: those that the model was trained on, and the measuring
    classifiers too); real recordings through the vocoder (`real_vocoded`: an upper bound for any generator
    using this vocoder); the samples by Griffin-Lim instead (`griffin_lim`); and a twin without an
    adversary, a Gaussian for every label of every speaker on the principal components of the spectrograms,
    through the same vocoder (`maximum_likelihood`). `held_out` is how often the classifiers are right about
    held-out recordings, or, where speakers are held out, about recordings of the known ones that they were
    not trained on. Where more samples are heard than recordings are held out, `coverage_by_more` is
    the coverage that all of them have, beside that of as many training recordings.

    Args:
        gan: a `SpectrogramGAN`.
        data: `Recordings`.
        metrics: of `metrics_for`.
        vocoder: a network from mels to waves, or None for the representation's own inverse.
        n: how many samples.
        seed: of the latents, and of what is drawn.

    Returns:
        `metrics, controls, remarks` for a run's report.

    Example:

    ```python
    from gankit import audio, runs

    run = runs.Run.open("runs/audio-vowels-default-0")
    data = audio.load("vowels")
    classifiers = [audio.classifier_of(run, data, field) for field in ("label", "speaker")]
    metrics = audio.metrics_for(data, *classifiers)
    numbers = audio.evaluate_generator(run.load(), data, metrics, run.kept("vocoder"), n=40)
    ```
    """
    representation, rng = gan.representation, np.random.default_rng(seed)
    names = names_of(data)
    asked = askable(data, names)
    samples = whole_frames(data.longest, representation)
    real, real_conditions = some(asked.validation, n, samples, rng)
    learnt, learnt_conditions = some(asked.train, max(n, LEARNT), samples, rng)
    features = gan.generate(len(real), real_conditions, seed=seed)

    def heard(features):
        return waves_of(features, representation, vocoder)

    seen = np.asarray(keras.ops.convert_to_numpy(representation(learnt)))
    by_likelihood, drawn = maximum_likelihood(seen, learnt_conditions, rng, len(real))
    contenders = {
        "": (heard(features), real_conditions),
        "real_against_real/": (learnt[: len(real)], drawn),
        "maximum_likelihood/": (heard(by_likelihood), drawn),
    }
    if vocoder is not None:
        contenders["real_vocoded/"] = (heard(seen[: len(real)]), drawn)
        contenders["griffin_lim/"] = (waves_of(features, representation), real_conditions)
    ours, controls = beside_controls(metrics, real, contenders, seed)
    each = in_turn(names, n)
    waves = heard(gan.generate(n, each, seed=seed))
    for rows, found in zip((ours, controls), coverage_by_more(metrics, real, waves, learnt, seed)):
        rows |= found
    if names:
        ours |= recognised(metrics, waves, each, names, f"{n} samples, labels and speakers in turn")
        same = asked.validation.speakers is None or np.array_equal(
            asked.validation.speakers, data.validation.speakers
        )
        fields = FIELDS if same else ("label",)
        found = recognised(metrics, real, real_conditions, fields, "held-out recordings")
        if not same:  # some recordings of the known speakers were left out of its training
            unheard, told = some(split(data, "speaker")[1], n, samples, rng)
            about = "recordings that its classifier was not trained on, and the model was"
            found |= recognised(metrics, unheard, told, ("speaker",), about)
        controls |= {f"held_out/{name}": row for name, row in found.items()}
    return ours, controls, generator_remarks(ours, controls)


def some(waves, n, samples, rng):
    """At most `n` recordings of `Waves`, by chance: (n, samples), and their condition or None."""
    rows = rng.permutation(len(waves))[:n]
    return waves.padded(samples, rows), waves.condition(rows)


def coverage_by_more(metrics, real, made, learnt, seed):
    """Rows of the coverage that all samples have, and of as many training recordings; none where there
    are no more of them than of `real`."""
    many = min(len(made), len(learnt))
    if many <= len(real):
        return {}, {}
    contenders = {"": (made[:many], None), "real_against_real/": (learnt[:many], None)}
    return [
        {f"{name}_by_more": row for name, row in found.items() if "coverage" in name}
        for found in beside_controls(neighbourhoods(metrics), real, contenders, seed)
    ]


def neighbourhoods(metrics):
    """The neighbourhood metrics alone, without the others on the same features."""
    return [
        OnFeatures(metric.features, [one])
        for metric in metrics
        for one in getattr(metric, "metrics", [])
        if isinstance(one, Neighbourhoods)
    ]


def recognised(metrics, waves, condition, fields, about):
    """Rows of the accuracy metrics of these fields, label, speaker or both."""
    rows = {}
    for metric in metrics:
        if getattr(metric, "field", None) in fields:
            metric.reset()
            metric.update(waves, waves, condition)
            for name, value in metric.result().items():
                protocol = f"{metric.protocol()}; {about}"
                rows[name] = {"value": value, "n": len(waves), "protocol": protocol}
    return rows


BETTER = {
    "frechet_distance": -1,
    "kernel_distance": -1,
    "precision": 1,
    "recall": 1,
    "coverage": 1,
    "ndb": -1,
    "label_accuracy": 1,
    "speaker_accuracy": 1,
}


def generator_remarks(ours, controls):
    """What an honest reader should be told about the numbers, in sentences."""
    sentences = []
    for name in ("label_accuracy", "speaker_accuracy"):
        heard = controls.get(f"held_out/{name}")
        if heard is not None and heard["value"] < SURE:
            sentences.append(
                f"The classifier is right about only {heard['value']:.1%} of recordings that it was not "
                f"trained on: read {name} beside that."
            )
    for name, mine, real, twin in triples(ours, controls, BETTER):
        if name in ("frechet_distance", "precision") and mine > real + 0.02:
            sentences.append(
                f"{name} is better than real recordings' own: a symptom (too little variety), not a "
                "success."
            )
        if mine < twin:
            sentences.append(f"The maximum-likelihood twin has the better {name}.")
        other = controls.get(f"griffin_lim/{name}")
        if other is not None and mine < BETTER[name] * other["value"]:
            sentences.append(f"Griffin-Lim in the vocoder's place has the better {name}.")
    return sentences
