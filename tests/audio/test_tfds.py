"""Sound from TensorFlow Datasets, on sets that the test prepares itself, offline."""

import numpy as np
import pytest

from gankit.audio import data as audio

pytestmark = pytest.mark.once

tensorflow_datasets = pytest.importorskip("tensorflow_datasets")
features = tensorflow_datasets.features


def tone(i):
    return 8000 * np.sin(2 * np.pi * (200 + 40 * i) * np.arange(800 + 10 * i) / 8000)


class GankitWords(tensorflow_datasets.core.GeneratorBasedBuilder):
    """Tones as spoken_digit has its digits: integers, a class, a file's name."""

    VERSION = tensorflow_datasets.core.Version("1.0.0")

    def _info(self):
        of = {
            "audio": features.Audio(sample_rate=8000),
            "audio/filename": features.Text(),
            "label": features.ClassLabel(names=["yes", "no"]),
        }
        return self.dataset_info_from_configs(features=features.FeaturesDict(of))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(20), "bad": self._generate_examples(20, bad=7)}

    def _generate_examples(self, n, bad=None):
        for i in range(n):
            wave = tone(i).astype("int64") * (i != bad)
            name = f"{i % 2}_{'ann' if i < 10 else 'bob'}_{i}.wav"
            yield i, {"audio": wave, "audio/filename": name, "label": i % 2}


class GankitNotes(tensorflow_datasets.core.GeneratorBasedBuilder):
    """Tones as nsynth has its notes: floats, classes within a dict, no sample rate."""

    VERSION = tensorflow_datasets.core.Version("1.0.0")

    def _info(self):
        of = {
            "instrument": {"family": features.ClassLabel(names=["bass", "flute"])},
            "pitch": features.ClassLabel(num_classes=128),
            "sound": features.Audio(dtype=np.float32),
            "speaker_id": np.int64,
        }
        return self.dataset_info_from_configs(features=features.FeaturesDict(of))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for i in range(12):
            wave = np.float32(tone(i) / 32768)
            family = {"family": i % 2}
            yield i, {"instrument": family, "pitch": 60 + i % 3, "sound": wave, "speaker_id": i % 4}


class GankitSilence(tensorflow_datasets.core.GeneratorBasedBuilder):
    """No sound at all."""

    VERSION = tensorflow_datasets.core.Version("1.0.0")

    def _info(self):
        return self.dataset_info_from_configs(features=features.FeaturesDict({"x": np.int64}))

    def _split_generators(self, dl_manager):
        return {"train": iter([(0, {"x": 0})])}

    def _generate_examples(self):
        yield 0, {"x": 0}


@pytest.fixture(scope="module", autouse=True)
def prepared(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("tfds"))
    with pytest.MonkeyPatch.context() as patch:
        for builder in (GankitWords, GankitNotes, GankitSilence):
            builder(data_dir=folder).download_and_prepare()
        patch.setattr(
            tensorflow_datasets,
            "load",
            lambda *a, _load=tensorflow_datasets.load, **k: _load(*a, data_dir=folder, **k),
        )
        yield


def test_words():
    data = audio.load("tfds:gankit_words", normalise=False)
    assert data.sample_rate == 8000
    assert data.labels == ["no", "yes"]
    assert data.speakers is None
    assert (len(data.train), np.bincount(data.validation.labels).tolist()) == (18, [1, 1])
    for i in range(18):
        number = (data.train.lengths[i] - 800) // 10
        assert data.labels[data.train.labels[i]] == ["yes", "no"][number % 2]
        expected = np.trunc(tone(number)) / 32768
        expected -= expected.mean()
        np.testing.assert_allclose(data.train.wave(i)[:-40], expected[:-40], atol=1e-4)


def test_speakers_from_file_names():
    data = audio.load(
        "tfds:gankit_words", labels="{label}_{speaker}_{index}", validation="index:0-3"
    )
    assert data.labels == ["0", "1"]
    assert data.speakers == ["ann", "bob"]
    assert sorted(data.validation.lengths) == [800, 810, 820, 830]


def test_a_split_with_a_bad_example():
    with pytest.raises(ValueError, match=r"tfds:gankit_words:bad, example \d+: silent"):
        audio.load("tfds:gankit_words:bad")
    data = audio.load("tfds:gankit_words:bad", skip_bad_files=True, validation=0.3)
    assert len(data.train) + len(data.validation) == 19
    for i in range(len(data.train)):
        number = (data.train.lengths[i] - 800) // 10
        assert data.labels[data.train.labels[i]] == ["yes", "no"][number % 2]


def test_notes():
    data = audio.load("tfds:gankit_notes", sample_rate=16_000, labels="pitch", validation=0.25)
    assert data.sample_rate == 16_000
    assert data.labels == ["60", "61", "62"]
    assert data.speakers == ["0", "1", "2", "3"]
    assert len(data.validation) == 3
    by_family = audio.load("tfds:gankit_notes", sample_rate=8000, labels="instrument/family")
    assert by_family.labels == ["bass", "flute"]


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("tfds:gankit_notes", {}, "does not say at which sample rate it is. Say --sample-rate"),
        ("tfds:gankit_silence", {}, "no sound among its features: x"),
        ("tfds:gankit_words", {"labels": "word"}, "one of its features, audio, .* Received: word"),
        ("tfds:gankit_words", {"labels": "{label}-{speaker}"}, "its name .* does not fit"),
        (
            "tfds:gankit_notes",
            {"labels": "{label}-{speaker}", "sample_rate": 8000},
            "Received: {label}-{speaker}",
        ),
    ],
)
def test_bad_input(spec, options, message):
    with pytest.raises(ValueError, match=message):
        audio.load(spec, **options)
