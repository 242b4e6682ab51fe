"""What a run is measured by, on networks that are not trained."""

import dataclasses

import keras
import numpy as np
import pytest

from gankit.audio import evaluation, vocoder_evaluation, vocoder_metrics
from gankit.audio.classifier import split, train_classifier
from gankit.audio.conditions import names_of
from gankit.audio.data import Recordings
from gankit.audio.discriminators import multi_period
from gankit.audio.metrics import metrics_for
from gankit.audio.model import SpectrogramGAN, Vocoder
from gankit.audio.networks import spectrogram_discriminator, spectrogram_generator
from gankit.audio.normalisation import RangeNormalisation
from gankit.audio.representations import LogMel
from gankit.audio.speech import JoinedWaves
from gankit.audio.vocoder_evaluation import PAIRED
from gankit.audio.vocoders import vocos
from gankit.files.waves import Waves

RATE, HOP = 8000, 64


def mel(normalise=None):
    return LogMel(RATE, 256, HOP, mels=20, normalise=normalise)


def some_waves(n, speakers, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1500, 2000, n)
    starts = np.cumsum(lengths) - lengths
    t = np.arange(lengths.sum())
    labels = np.arange(n) % 2
    hertz = np.repeat(np.where(labels, 300, 500) * rng.uniform(0.9, 1.1, n), lengths)
    samples = 9000 * np.sin(2 * np.pi * np.cumsum(hertz) / RATE) + 50 * rng.standard_normal(len(t))
    who = np.asarray(speakers)[np.arange(n) % len(speakers)]
    return Waves(samples.astype("int16"), starts, lengths, labels, who, n * ["a"])


@pytest.fixture(scope="module")
def data():
    """Two labels; speakers 0 and 1 to train on, and 2, who is held out."""
    return Recordings(
        "test", RATE, some_waves(24, [0, 1]), some_waves(9, [2], 1), ["a", "b"], ["x", "y", "z"]
    )


def vocoder():
    keras.utils.set_random_seed(0)
    return Vocoder(vocos(20, 256, HOP, width=8, blocks=1), multi_period(512, (2,), 1), mel())


def test_held_out_recordings(data):
    """In whole frames, silence after their ends; cut where they are too long."""
    waves, lengths, told = vocoder_evaluation.held_out(data, mel(), 5, seed=3)
    assert waves.shape[1] % HOP == 0
    assert waves.shape[1] - lengths.max() < HOP
    rows = np.sort(np.random.default_rng(3).permutation(9)[:5])
    for wave, length, row in zip(waves, lengths, rows):
        np.testing.assert_array_equal(wave[:length], data.validation.wave(row))
        np.testing.assert_array_equal(wave[length:], 0)
    np.testing.assert_array_equal(told["speaker"], 2)


def test_long_recordings_are_cut(data, monkeypatch):
    monkeypatch.setattr(vocoder_evaluation, "LONGEST", 0.1)
    waves, lengths, _ = vocoder_evaluation.held_out(data, mel(), 5)
    assert waves.shape == (5, 832)
    np.testing.assert_array_equal(lengths, 800)
    np.testing.assert_array_equal(waves[:, 800:], 0)


def test_a_vocoder_is_measured_beside_its_controls(data):
    metrics, controls, remarks = vocoder_evaluation.evaluate_vocoder(
        vocoder(), data, vocoder().generator, "mel_l1_only", n=4
    )
    assert controls["real_against_real/stft_distance"]["value"] == 0
    near, ours = (
        rows[name]["value"]
        for rows, name in ((controls, "griffin_lim/stft_distance"), (metrics, "stft_distance"))
    )
    assert 0 < near < ours  # ours is not trained
    assert controls["mel_l1_only/stft_distance"]["value"] == pytest.approx(ours, rel=1e-4)
    assert controls["untrained/stft_distance"]["value"] > near
    assert "Griffin-Lim has the better stft_distance." in remarks
    assert not any("twin" in sentence and "stft" in sentence for sentence in remarks)
    assert "4 held-out recordings" in metrics["stft_distance"]["protocol"]
    assert metrics["times_real_time"]["value"] > 0


def test_speed_is_the_median_of_calls_on_seconds_of_sound(monkeypatch):
    """Whatever the recording's length; the first call, which compiles, is not among them."""
    seen, moments = [], iter(np.cumsum([0, 2, 0, 2, 0, 2, 0, 2, 0, 9, 0, 9, 0, 9]))
    monkeypatch.setattr(vocoder_evaluation.backend, "predict", lambda _, mels: seen.append(mels))
    monkeypatch.setattr(vocoder_evaluation.time, "perf_counter", lambda: next(moments))
    mels = np.arange(60.0).reshape(1, 3, 20)
    assert vocoder_evaluation.times_real_time(None, mels, mel()) == 4 / 2
    assert len(seen) == 1 + vocoder_evaluation.CALLS
    assert seen[0].shape == (1, 500, 20)
    np.testing.assert_array_equal(seen[0][0, 3:6], mels[0])


def test_speech_measures_need_a_second_of_a_speaker():
    lengths = np.array([6000, 6000])
    together, apart = (
        vocoder_evaluation.paired_metrics(RATE, lengths, {"speaker": np.array(who)})
        for who in ([0, 0], [0, 1])
    )
    assert len(together) == len(vocoder_metrics(RATE))
    assert not any(isinstance(one, JoinedWaves) for one in apart)


def test_every_remark_is_earned():
    worse = {"value": 1.0}
    better = {"value": 2.0}
    for name, sign in PAIRED.items():
        rows = [worse, better] if sign > 0 else [better, worse]
        for (ours, other), said in ((rows, 1), (rows[::-1], 0), ([worse, worse], 0)):
            found = vocoder_evaluation.vocoder_remarks(
                {name: ours}, {f"twin/{name}": other}, "twin/"
            )
            assert len(found) == said


@pytest.mark.parametrize(("heard", "said"), [(0.96, 1), (0.97, 0)])
def test_a_classifier_that_is_often_wrong_is_told(heard, said):
    controls = {"held_out/label_accuracy": {"value": heard}}
    found = evaluation.generator_remarks({}, controls)
    assert len(found) == said
    assert all("right about only 96.0% of recordings" in one for one in found)


def test_a_generator_is_measured_beside_its_controls(data):
    keras.utils.set_random_seed(0)
    representation = mel(RangeNormalisation(-7.0, 2.0))
    counts = {field: len(values) for field, values in names_of(data).items()}
    assert counts == {"label": 2, "speaker": 2}
    shape = (
        *representation.shape(vocoder_evaluation.whole_frames(data.longest, representation)),
        1,
    )
    gan = SpectrogramGAN(
        spectrogram_generator(shape, 4, counts, width=4),
        spectrogram_discriminator(shape, counts, width=4),
        representation,
    )
    metrics, controls, remarks = evaluation.evaluate_generator(
        gan, data, metrics_for(data), vocoder().generator, n=8
    )
    for prefix in ("real_against_real", "maximum_likelihood", "real_vocoded", "griffin_lim"):
        assert {f"{prefix}/{name}" for name in metrics} <= set(controls)
    real = controls["real_against_real/frechet_distance"]["value"]
    assert 0 <= real < metrics["frechet_distance"]["value"]
    assert "8 samples against 8 held out" in metrics["coverage"]["protocol"]
    assert "label_accuracy" not in metrics  # without classifiers
    assert isinstance(remarks, list)


def test_speakers_that_are_held_out_say_nothing_of_a_classifier_of_the_known(data):
    """So it is held to recordings of theirs that it was not trained on."""
    keras.utils.set_random_seed(0)
    representation = mel(RangeNormalisation(-7.0, 2.0))
    counts = {field: len(values) for field, values in names_of(data).items()}
    samples = vocoder_evaluation.whole_frames(data.longest, representation)
    shape = (*representation.shape(samples), 1)
    gan = SpectrogramGAN(
        spectrogram_generator(shape, 4, counts, width=4),
        spectrogram_discriminator(shape, counts, width=4),
        representation,
    )
    network, accuracy = train_classifier(data, "speaker", steps=20)
    metrics = metrics_for(data, None, network)
    _, controls, _ = evaluation.evaluate_generator(gan, data, metrics, vocoder().generator, n=8)
    row = controls["held_out/speaker_accuracy"]
    unheard = split(data, "speaker")[1]
    assert row["n"] == min(len(unheard), 8)
    assert "its classifier was not trained on" in row["protocol"]
    if len(unheard) <= 8:
        assert row["value"] == pytest.approx(accuracy)


def test_coverage_by_more_samples_than_are_held_out(data):
    """As many training recordings cover the same held-out ones."""
    keras.utils.set_random_seed(0)
    representation = mel(RangeNormalisation(-7.0, 2.0))
    samples = vocoder_evaluation.whole_frames(data.longest, representation)
    shape = (*representation.shape(samples), 1)
    gan = SpectrogramGAN(
        spectrogram_generator(shape, 4, width=4),
        spectrogram_discriminator(shape, width=4),
        representation,
    )
    silent = Recordings("test", RATE, data.train, data.validation)
    silent.train = dataclasses.replace(data.train, labels=None, speakers=None)
    silent.validation = dataclasses.replace(data.validation, labels=None, speakers=None)
    metrics, controls, _ = evaluation.evaluate_generator(
        gan, silent, metrics_for(silent), vocoder().generator, n=20
    )
    own, real = metrics["coverage_by_more"], controls["real_against_real/coverage_by_more"]
    assert own["n"] == real["n"] == 20
    assert "20 samples against 9 held out" in own["protocol"]
    assert real["value"] >= controls["real_against_real/coverage"]["value"]
    assert real["value"] > own["value"]  # ours is not trained
