import dataclasses

import numpy as np
import pytest

from gankit.audio import metrics
from gankit.audio.metrics import metrics_for, speech_metrics_note, vocoder_metrics
from gankit.audio.speech import missing
from gankit.metrics import beside_controls
from tests.audio.tones import RATE, SAMPLES, noise, tone, tones


@pytest.fixture
def without_packages(monkeypatch):
    monkeypatch.setattr(metrics, "missing", lambda: ["pesq", "pystoi"])


def names(found):
    return [type(metric).__name__ for metric in found]


def test_metrics_of_vocoders(without_packages):
    found = vocoder_metrics(RATE)
    assert names(found) == ["MultiResolutionSTFTDistance", "MelCepstralDistortion", "PitchError"]
    real = np.stack([tone(200, 2048), tone(300, 2048)])
    fake = real + noise(*real.shape, amplitude=0.01)
    ours, controls = beside_controls(
        found, real, {"": (fake, None), "griffin_lim/": (real, None)}, seed=3
    )
    assert {"stft_distance", "mel_cepstral_distortion", "log_f0_rmse", "voicing_error"} <= set(ours)
    assert ours["stft_distance"]["value"] > controls["griffin_lim/stft_distance"]["value"] == 0
    assert ours["log_f0_rmse"]["protocol"].endswith("; 2 samples against 2 held out, seed 3")


def test_what_is_left_out_is_said(without_packages, monkeypatch):
    assert "PESQ and STOI were left out" in speech_metrics_note(RATE)
    assert "pip install 'gankit[speech-metrics]'" in speech_metrics_note(RATE)
    assert "at least 8000 samples a second" in speech_metrics_note(4000)
    monkeypatch.setattr(metrics, "missing", lambda: ["pesq"])
    assert speech_metrics_note(RATE).startswith("PESQ was left out")
    assert names(vocoder_metrics(RATE))[-1] == "STOI"
    monkeypatch.setattr(metrics, "missing", lambda: [])
    assert speech_metrics_note(RATE) == ""
    assert names(vocoder_metrics(RATE))[-2:] == ["PESQ", "STOI"]
    assert len(vocoder_metrics(4000)) == 3
    assert len(vocoder_metrics(1500)) == 2
    assert "pitch were left out" in speech_metrics_note(1500)
    assert set(missing()) <= {"pesq", "pystoi"}


def spoken(recordings, waves):
    """Held-out recordings, and what others are like beside them."""
    held_out = recordings.validation
    condition = {"label": held_out.labels, "speaker": held_out.speakers}
    return held_out.padded(SAMPLES), waves[: len(held_out)], condition


def values(found, *batch):
    results = {}
    for metric in found:
        metric.reset()
        metric.update(*batch)
        results |= metric.result()
    return results


def test_metrics_of_made_recordings():
    """Real recordings beside real ones, and noise in their place."""
    recordings = tones(120)
    found = metrics_for(recordings, None, None)
    assert names(found) == ["OnFeatures", "OnFeatures"]
    real, like, condition = spoken(recordings, recordings.train.padded(SAMPLES))
    good = values(found, real, like, condition)
    bad = values(found, real, noise(*real.shape).astype("float32"), condition)
    for name in ("frechet_distance", "kernel_distance", "ndb"):
        assert good[name] < bad[name], name
    for name in ("precision", "recall", "coverage"):
        assert good[name] > bad[name], name
    assert "random convolutions" in found[0].protocol()


def test_bins_are_made_of_recordings_of_every_label(monkeypatch):
    """Of data sorted by label the first are all of one, whose pitch is low."""
    monkeypatch.setattr(metrics, "FOR_BINS", 20)
    recordings = tones(120)
    train = recordings.train.take(np.argsort(recordings.train.labels, kind="stable"))
    ndb = metrics_for(dataclasses.replace(recordings, train=train))[1]
    features = ndb.features(train.padded(recordings.longest))
    rows = [np.abs(features - one).sum(axis=1).argmin() for one in ndb.metrics[0].training]
    assert len(rows) == 20
    assert 5 <= train.labels[rows].sum() <= 15


def test_metrics_with_classifiers():
    from gankit.audio.classifier import classifier

    recordings = tones(40)
    models = [classifier(recordings.longest, RATE, n) for n in (2, 3)]
    found = metrics_for(recordings, *models)
    assert names(found) == ["OnFeatures", "OnFeatures", "ConditionAccuracy", "ConditionAccuracy"]
    assert "classifier of the run's own labels" in found[0].protocol()
    real, like, condition = spoken(recordings, recordings.train.padded(SAMPLES))
    results = values(found, real, like, condition)
    assert 0 <= results["label_accuracy"] <= 1
    assert 0 <= results["speaker_accuracy"] <= 1
    only = metrics_for(recordings, None, models[1])
    assert "classifier of the run's own speakers" in only[0].protocol()
    assert names(only)[2:] == ["ConditionAccuracy"]
