"""The metrics of recordings: of vocoders, and of spoken labels."""

from gankit.audio.accuracy import ConditionAccuracy
from gankit.audio.data import some_rows
from gankit.audio.distances import MelCepstralDistortion, MultiResolutionSTFTDistance
from gankit.audio.features import RandomWaveFeatures, log_mels, of_classifier
from gankit.audio.ndb import NDB
from gankit.audio.pitch import PitchError
from gankit.audio.speech import INSTALL, NARROW, PESQ, STOI, missing
from gankit.metrics import FrechetDistance, KernelDistance, Neighbourhoods, OnFeatures

FOR_BINS = 5000  # training recordings that NDB's bins are made of, at most
VOICED = 2000  # Hz: pitch is looked for up to 500


def vocoder_metrics(sample_rate):
    """The metrics that compare waves with their targets: those of a vocoder.

    PESQ and STOI are among them where their packages are installed and the sample rate suffices;
    `speech_metrics_note` says which are not.

    Args:
        sample_rate: of the waves, in hertz.

    Returns:
        A list of metrics, whose `update` takes `lengths` too.

    Example:

    ```python
    from gankit import audio

    metrics = audio.vocoder_metrics(8_000)
    ```
    """
    metrics = [MultiResolutionSTFTDistance(), MelCepstralDistortion(sample_rate)]
    if sample_rate >= VOICED:
        metrics.append(PitchError(sample_rate))
    if sample_rate >= NARROW:
        metrics += [one(sample_rate) for one in (PESQ, STOI) if one.package not in missing()]
    return metrics


def speech_metrics_note(sample_rate):
    """A sentence about the metrics that `vocoder_metrics` leaves out, and why; empty where there are none.

    Example:

    ```python
    from gankit import audio

    print(audio.speech_metrics_note(8_000))
    ```
    """
    if sample_rate < VOICED:
        return (
            f"PESQ, STOI and pitch were left out: they take at least {NARROW} samples a second, and "
            f"{VOICED}."
        )
    if sample_rate < NARROW:
        return f"PESQ and STOI were left out: they take at least {NARROW} samples a second."
    absent = [one.__name__ for one in (PESQ, STOI) if one.package in missing()]
    if not absent:
        return ""
    were = "were" if len(absent) > 1 else "was"
    return f"{' and '.join(absent)} {were} left out, not being installed: {INSTALL}"


def metrics_for(data, label_classifier=None, speaker_classifier=None):
    """The metrics that compare generated recordings with held-out ones: those of spoken labels.

    Args:
        data: `gankit.audio.Recordings`.
        label_classifier, speaker_classifier: as `train_classifier` gives them, or None. Distances are
            on the features of the first that there is; on random ones without any.

    Returns:
        A list for `compile(metrics=...)`; real and fake ones are waves (n, samples).

    Example:

    ```python
    from gankit import audio

    metrics = audio.metrics_for(audio.load("vowels", seconds=0.2))
    ```
    """
    samples, rate = data.longest, data.sample_rate
    classifiers = {"label": label_classifier, "speaker": speaker_classifier}
    classifiers = {field: model for field, model in classifiers.items() if model is not None}
    features = RandomWaveFeatures(samples, rate)
    if classifiers:
        field, model = next(iter(classifiers.items()))
        features = of_classifier(model, field=field)
    neighbour = max(min(5, len(data.validation) - 1), 1)
    distances = [FrechetDistance(), KernelDistance(block=100), Neighbourhoods(neighbour)]
    metrics = [OnFeatures(features, distances), OnFeatures(*_bins(data))]
    for field, model in classifiers.items():
        metrics.append(ConditionAccuracy(of_classifier(model, "classes", field), field))
    return metrics


def _bins(data):
    """An extractor, and NDB on its features: 50 bins, or as many as get 20 recordings each."""
    features = log_mels(data.longest, data.sample_rate)
    rows = some_rows(len(data.train), FOR_BINS)
    training = features(data.train.padded(data.longest, rows))
    return features, [NDB(training, max(min(50, len(training) // 20), 2))]
