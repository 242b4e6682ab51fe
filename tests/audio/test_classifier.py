import dataclasses

import keras
import numpy as np
import pytest

from gankit.audio.classifier import (
    augmented,
    classifier,
    classifier_of,
    shifted,
    split,
    train_classifier,
)
from gankit.audio.features import of_classifier
from gankit.runs import Run
from tests.audio.tones import RATE, SAMPLES, tones


@pytest.fixture(scope="module")
def trained():
    return train_classifier(tones(), steps=30, batch_size=16)


def test_size_of_the_classifier():
    model = classifier(RATE, RATE, 10)
    assert model.output_shape == (None, 10)
    assert 150_000 < model.count_params() < 260_000


def test_it_learns(trained):
    model, accuracy = trained
    assert accuracy == 1
    held_out = tones().validation
    found = of_classifier(model, "classes")(held_out.padded(SAMPLES))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-4)
    assert (found.argmax(axis=1) == held_out.labels).all()


def test_features_are_of_one_scale(trained):
    features = of_classifier(trained[0])
    found = features(tones().validation.padded(SAMPLES)).astype("float64")
    assert found.shape[1] == 128
    np.testing.assert_allclose(found.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(np.square(found).mean(axis=1), 1, rtol=0.02)
    assert features.name.startswith("features of a classifier of the run's own labels, ")


def test_waves_of_other_lengths(trained):
    features = of_classifier(trained[0])
    wave = tones().validation.padded(SAMPLES)[:1]
    longer = np.pad(wave, [(0, 0), (0, 500)], constant_values=0.5)
    np.testing.assert_array_equal(features(longer), features(wave))
    shorter = np.pad(wave[:, :600], [(0, 0), (0, SAMPLES - 600)])
    np.testing.assert_array_equal(features(wave[:, :600]), features(shorter))


def test_a_saved_classifier_and_extractor(trained, tmp_path):
    waves = tones().validation.padded(SAMPLES)
    trained[0].save(tmp_path / "c.keras")
    loaded = of_classifier(keras.saving.load_model(tmp_path / "c.keras"), "classes")
    expected = of_classifier(trained[0], "classes")(waves)
    np.testing.assert_allclose(loaded(waves), expected, rtol=1e-4, atol=1e-6)
    assert of_classifier(trained[0]).name.startswith("features of")


def test_speakers_that_are_never_heard():
    """Who is held out can't be learned: a tenth of the others' recordings tests the classifier."""
    recordings = tones(unseen_speaker=True)
    train, test = split(recordings, "speaker")
    assert set(test.speakers) <= set(train.speakers) == {0, 1}
    assert len(train) + len(test) == len(recordings.train)
    assert not set(train.names) & set(test.names)
    assert split(recordings, "label") == (recordings.train, recordings.validation)


def test_no_labels():
    with pytest.raises(ValueError, match="tones: there are no speakers to learn"):
        train_classifier(tones(labels=False), "speaker")
    with pytest.raises(ValueError, match="`field` is 'label' or 'speaker'. Received: 'mood'"):
        train_classifier(tones(), "mood")


# --- batches ----------------------------------------------------------------------------------


def test_shifted_by_hand():
    wave = np.array([1, 2, 3, 4])
    assert shifted(wave, 1).tolist() == [0, 1, 2, 3]
    assert shifted(wave, -1).tolist() == [2, 3, 4, 0]
    assert shifted(wave, 0).tolist() == [1, 2, 3, 4]


def test_augmented_batches():
    waves = tones(20).train
    first, again = (next(augmented(waves, waves.labels, SAMPLES, 8, seed)) for seed in (0, 0))
    np.testing.assert_array_equal(first[0], again[0])
    batch, labels = first
    assert (batch.shape, batch.dtype, labels.shape) == ((8, SAMPLES), np.float32, (8,))
    other, _ = next(augmented(waves, waves.labels, SAMPLES, 8, 1))
    assert np.abs(other - batch).max() > 0.01


def test_augmentation_moves_and_scales():
    """An impulse stays one, at most a tenth away and 6 dB louder or quieter."""
    waves = tones(20).train
    waves = dataclasses.replace(waves, samples=np.zeros_like(waves.samples))
    waves.samples[waves.starts + 300] = 16384
    stream = augmented(waves, waves.labels, SAMPLES, 16)
    batch, _ = next(stream)
    places, peaks = batch.argmax(axis=1), batch.max(axis=1)
    assert ((batch != 0).sum(axis=1) == 1).all()
    assert len(set(places)) > 4
    assert np.abs(places - 300).max() <= SAMPLES // 10
    assert peaks.min() >= 0.5 / 10**0.3
    assert peaks.max() <= 0.5 * 10**0.3
    assert np.ptp(peaks) > 0.1


# --- kept in a run ----------------------------------------------------------------------------


def test_a_run_keeps_its_classifier(tmp_path, capsys):
    run, recordings = Run(tmp_path), tones(unseen_speaker=True)
    model = classifier_of(run, recordings, "speaker", steps=1)
    assert model.output_shape == (None, 2)
    assert (tmp_path / "speaker_classifier.keras").is_file()
    assert "Training a classifier of the speakers" in capsys.readouterr().out
    again = classifier_of(run, recordings, "speaker", steps=1)
    assert not capsys.readouterr().out
    waves = recordings.validation.padded(SAMPLES)
    found, expected = (of_classifier(one, "classes")(waves) for one in (again, model))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert classifier_of(run, tones(labels=False)) is None
