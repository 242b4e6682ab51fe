import numpy as np
import pytest
import soundfile

from gankit.audio import data as audio
from gankit.audio.vowels import HELD_OUT, VOWELS
from gankit.files import arrays
from gankit.files.waves import Waves

RATE = 8000
PATTERN = "{label}_{speaker}_{index}"


def tone(hertz, samples=1000, rate=RATE, peak=0.5):
    return peak * np.sin(2 * np.pi * hertz * np.arange(samples) / rate)


def folder(path, suffix=".wav", rate=RATE, index=range(6)):
    """Words `a` and `b` of two speakers: each recording is a tone of its own, and of its own length."""
    for label in "ab":
        for speaker in ("ann", "bob"):
            for i in index:
                hertz = 200 + 40 * i + 500 * (label == "b") + 1000 * (speaker == "bob")
                wave = tone(hertz, rate // 10 + 10 * i, rate)
                soundfile.write(path / f"{label}_{speaker}_{i}{suffix}", wave, rate)
    return path


def loaded(path, **options):
    options = {"labels": PATTERN, "validation": "index:4-5", "normalise": False, **options}
    return audio.load(str(path), **options)


def test_a_folder_with_a_pattern(tmp_path):
    data = loaded(folder(tmp_path))
    assert (len(data.train), len(data.validation)) == (16, 8)
    assert (data.sample_rate, data.longest) == (RATE, 850)
    assert (data.labels, data.speakers, data.notes) == (["a", "b"], ["ann", "bob"], [])
    for part, numbers in ((data.train, range(4)), (data.validation, (4, 5))):
        for i, name in enumerate(part.names):
            label, speaker, index = name.split("/")[-1].removesuffix(".wav").split("_")
            assert int(index) in numbers
            assert data.labels[part.labels[i]] == label
            assert data.speakers[part.speakers[i]] == speaker
            np.testing.assert_allclose(part.wave(i)[:-40], centred(name)[:-40], atol=1e-4)


def centred(path):
    """What is in a file, without its offset."""
    wave = soundfile.read(path, dtype="float32")[0]
    return wave - wave.mean()


@pytest.mark.parametrize("suffix", [".flac", ".ogg"])
def test_other_formats(tmp_path, suffix):
    data = loaded(folder(tmp_path, suffix))
    assert len(data.train) == 16
    assert np.abs(data.train.wave(0)).max() == pytest.approx(0.5, abs=0.1)


def test_subfolders_and_no_labels(tmp_path):
    for label in ("no", "yes"):
        (tmp_path / label).mkdir()
        for i in range(10):
            soundfile.write(tmp_path / label / f"{i}.wav", tone(440), RATE)
    (tmp_path / "readme.txt").write_text("")
    data = audio.load(str(tmp_path))
    assert data.labels == ["no", "yes"]
    assert data.speakers is None
    assert (len(data.train), np.bincount(data.validation.labels).tolist()) == (18, [1, 1])
    assert data.notes == ["1 files that are no sound were ignored."]
    _, condition = next(iter(data.clips(4)))
    assert list(condition) == ["label"]
    soundfile.write(tmp_path / "top.wav", tone(440), RATE)
    data = audio.load(str(tmp_path))
    assert data.labels is None
    assert next(iter(data.clips(4))).shape == (4, 1000)


def test_a_table(tmp_path):
    folder(tmp_path, index=range(2))
    names = sorted(path.name for path in tmp_path.glob("*.wav"))
    rows = [f"{name},word {name[0]},{'test' if '_1' in name else 'train'}" for name in names]
    (tmp_path / "words.csv").write_text("\n".join(["file,label,part", *rows]))
    data = loaded(tmp_path, labels="words.csv", validation="part:test")
    assert data.labels == ["word a", "word b"]
    assert all("_1" in name for name in data.validation.names)
    assert not any("_1" in name for name in data.train.names)


def test_rows_of_a_table_without_files(tmp_path):
    folder(tmp_path, index=range(2))
    names = sorted(path.stem for path in tmp_path.glob("*.wav"))
    rows = [f"{name},{name[0]},x" for name in [*names, "lost_1", "lost_2"]]
    (tmp_path / "words.csv").write_text("\n".join(["file,label,part", *rows]))
    with pytest.raises(ValueError, match=r"words.csv: 2 rows name no sound in .* such as 'lost_1'"):
        loaded(tmp_path, labels="words.csv", validation="0.3")
    data = loaded(tmp_path, labels="words.csv", validation="0.3", skip_bad_files=True)
    assert any("2 rows name no sound" in note for note in data.notes)


def test_unheard_speakers_come_last(tmp_path):
    data = loaded(folder(tmp_path), validation="speaker:ann")
    assert data.speakers == ["bob", "ann"]
    assert set(data.train.speakers) == {0}
    assert set(data.validation.speakers) == {1}


def test_held_out_by_chance(tmp_path):
    """A share of each label, another one with another seed."""
    folder(tmp_path)
    parts = [loaded(tmp_path, validation=0.25, seed=seed) for seed in (0, 0, 1)]
    assert [np.bincount(one.validation.labels).tolist() for one in parts] == [[3, 3]] * 3
    names = [one.validation.names for one in parts]
    assert names[0] == names[1] != names[2]
    assert not set(names[0]) & set(parts[0].train.names)


def test_peaks_are_normalised(tmp_path):
    data = audio.load(str(folder(tmp_path)))
    for i in range(len(data.train)):
        assert np.abs(data.train.wave(i)).max() == pytest.approx(0.95, abs=1e-4)


def test_silence_is_trimmed(tmp_path):
    for i in range(4):
        wave = np.concatenate([np.zeros(800), tone(440, 1600), np.zeros(i * 80)])
        soundfile.write(tmp_path / f"{i}.wav", wave, RATE)
    data = audio.load(str(tmp_path), trim=True)
    assert set(data.train.lengths) | set(data.validation.lengths) == {1600}
    np.testing.assert_allclose(data.train.wave(2)[:-40], tone(440, 1560) * 1.9, atol=1e-3)


def test_an_offset_hides_no_silence(tmp_path):
    """Nor does it leave a step where a recording meets the silence behind it."""
    for i in range(4):
        wave = np.concatenate([np.zeros(800), tone(440, 1600), np.zeros(800)])
        soundfile.write(tmp_path / f"{i}.wav", wave + 0.1 * i, RATE)
    data = audio.load(str(tmp_path), trim=True)
    assert set(data.train.lengths) | set(data.validation.lengths) == {1600}
    for i in range(len(data.train)):
        np.testing.assert_allclose(data.train.wave(i)[:-40], tone(440, 1560) * 1.9, atol=1e-3)


def test_recordings_end_in_silence(tmp_path):
    """Cut ones, too: over 5 ms, by cos^2."""
    data = loaded(folder(tmp_path), seconds=0.1)
    wave, cut = centred(data.train.names[3]), data.train.wave(3)
    expected = wave[760:800] * np.cos(np.arange(1, 41) / 40 * np.pi / 2) ** 2
    np.testing.assert_allclose(cut[760:], expected, atol=1e-4)
    assert cut[-1] == 0


def test_long_recordings_are_cut_and_that_is_said(tmp_path):
    data = loaded(folder(tmp_path), seconds=0.1)
    assert data.longest == 800
    assert data.notes[0].startswith("20 recordings are longer than 0.1 s and were cut there")
    wave = centred(data.train.names[3])
    assert len(wave) > 800
    np.testing.assert_allclose(data.train.wave(3)[:760], wave[:760], atol=1e-4)


def test_resampled_and_that_is_said(tmp_path):
    data = loaded(folder(tmp_path), sample_rate=16_000)
    assert data.sample_rate == 16_000
    assert data.longest == 1700
    assert data.notes == ["24 recordings were resampled to 16000 Hz, from 8000 Hz."]
    expected = tone(200, 1600, 16_000)
    np.testing.assert_allclose(data.train.wave(0)[200:-200], expected[200:-200], atol=2e-3)


def test_mixed_sample_rates(tmp_path):
    folder(tmp_path)
    for i in range(2):
        soundfile.write(tmp_path / f"a_bob_{6 + i}.wav", tone(300, 4000, 22_050), 22_050)
    with pytest.raises(ValueError, match=r"8000 Hz \(24 files\), 22050 Hz \(2 files\).*rate 8000"):
        loaded(tmp_path)
    data = loaded(tmp_path, sample_rate=RATE)
    assert data.notes == ["2 recordings were resampled to 8000 Hz, from 22050 Hz."]
    assert data.longest == -(-4000 * 8000 // 22_050)


# --- batches --------------------------------------------------------------------------------------


def test_clips(tmp_path):
    """Every recording once an epoch, followed by silence, with its label and speaker."""
    data = loaded(folder(tmp_path))
    seen = []
    for waves, condition in data.clips(4, seed=3):
        assert waves.shape == (4, 850)
        assert waves.dtype == np.float32
        for wave, label, speaker in zip(waves, condition["label"], condition["speaker"]):
            same = [i for i in range(16) if (data.train.padded(850, [i])[0] == wave).all()]
            assert len(same) == 1
            assert (data.train.labels[same[0]], data.train.speakers[same[0]]) == (label, speaker)
            assert not wave[data.train.lengths[same[0]] :].any()
            seen += same
    assert sorted(seen) == list(range(16))
    assert seen != sorted(seen)


def test_validation_clips_are_in_order(tmp_path):
    data = loaded(folder(tmp_path))
    waves, condition = next(iter(data.clips(8, split="validation", samples=1024)))
    np.testing.assert_array_equal(waves, data.validation.padded(1024))
    np.testing.assert_array_equal(condition["label"], data.validation.labels)


def test_clips_are_never_cut_in_silence(tmp_path):
    with pytest.raises(ValueError, match=r"850 samples, 0.11 s. Load it with seconds=800 / 8000"):
        loaded(folder(tmp_path)).clips(4, samples=800)


def ramps(lengths):
    """Recordings whose samples are their own places: recording n counts up from 4000 n."""
    samples = [4000 * i + np.arange(length) for i, length in enumerate(lengths)]
    starts, names = np.cumsum(lengths) - lengths, [str(i) for i in range(len(lengths))]
    waves = Waves(np.int16(np.concatenate(samples)), starts, np.array(lengths), None, None, names)
    return audio.Recordings("ramps", RATE, waves.take(slice(1, None)), waves.take(slice(1)))


def places(batch):
    """Which recording each segment of `ramps` is from, where it begins, and how long it goes on."""
    whole = np.round(batch * 32768).astype(int)
    for segment in whole:
        steps = np.diff(segment) == 1
        length = len(segment) if steps.all() else steps.argmin() + 1
        assert (np.diff(segment[:length]) == 1).all()
        assert not segment[length:].any()
        yield segment[0] // 4000, segment[0] % 4000, length


def test_segments():
    """Each recording as often as it is long, from anywhere in it; a short one with silence."""
    data = ramps([1000, 2000, 4000, 300, 1000])
    there = [int(name) for name in data.train.names]
    lengths = dict(zip(there, data.train.lengths))
    dataset = data.segments(4, 500, seed=1)
    assert dataset.size == sum(max(round(one / 500), 1) for one in lengths.values())
    begins = {i: [] for i in lengths}
    for batch in dataset.stream().take(50 * dataset.size // 4):
        assert batch.shape == (4, 500)
        for i, begin, length in places(batch.numpy()):
            begins[i].append(begin)
            assert length == min(500, lengths[i])
    for i, length in lengths.items():
        assert len(begins[i]) == pytest.approx(50 * max(round(length / 500), 1), abs=4)
        room = max(length - 500, 0)
        assert 0 <= min(begins[i]) <= max(begins[i]) <= room
        if room:
            assert np.mean(begins[i]) == pytest.approx(room / 2, abs=0.15 * room)
            assert max(begins[i]) - min(begins[i]) > 0.85 * room


def test_segments_are_a_function_of_seed_and_number():
    data = ramps([3000] * 6)
    whole = [one.numpy() for one in data.segments(4, 500, seed=1).stream().take(6)]
    rest = [one.numpy() for one in data.segments(4, 500, seed=1).stream(start=3).take(3)]
    np.testing.assert_array_equal(whole[3:], rest)
    other = next(iter(data.segments(4, 500, seed=2)))
    assert (other != whole[0]).any()


def test_recordings_on_disk_give_the_same_batches(tmp_path, monkeypatch):
    in_memory = loaded(folder(tmp_path))
    monkeypatch.setattr(arrays, "LARGE", 1000)
    on_disk = loaded(tmp_path)
    assert isinstance(on_disk.train.samples, np.memmap)
    for one, other in (
        (in_memory.clips(4), on_disk.clips(4)),
        (in_memory.segments(4, 300), on_disk.segments(4, 300)),
    ):
        streams = [dataset.stream().take(5) for dataset in (one, other)]
        assert streams[0].element_spec == streams[1].element_spec
        for batch, again in zip(*(stream.as_numpy_iterator() for stream in streams)):
            batch, again = (part if isinstance(part, tuple) else (part,) for part in (batch, again))
            np.testing.assert_array_equal(batch[0], again[0])


def test_a_segment_of_nothing(tmp_path):
    with pytest.raises(ValueError, match="Received: samples=0"):
        loaded(folder(tmp_path)).segments(4, 0)


def test_some_rows():
    """Of everything, not of what comes first; the same ones again with the same seed."""
    rows = audio.some_rows(1000, 100)
    assert len(set(rows.tolist())) == 100
    np.testing.assert_array_equal(rows, np.sort(rows))
    assert rows[0] < 100
    assert rows[-1] > 900
    np.testing.assert_array_equal(rows, audio.some_rows(1000, 100, seed=0))
    assert (rows != audio.some_rows(1000, 100, seed=1)).any()
    np.testing.assert_array_equal(audio.some_rows(3, 100), range(3))


# --- vowels ---------------------------------------------------------------------------------------


def test_vowels_have_labels_of_their_own():
    with pytest.raises(ValueError, match="vowels: their labels are their own: leave --labels out"):
        audio.load("vowels", labels="{label}_{speaker}")


def test_vowels():
    data = audio.load("vowels")
    assert (len(data.train), len(data.validation)) == (1500, 500)
    assert data.sample_rate == 8000
    assert data.labels == list(VOWELS)
    assert {data.speakers[i] for i in data.validation.speakers} == set(HELD_OUT)
    assert set(data.train.speakers) == set(range(15))
    waves, condition = next(iter(data.clips(16, samples=4096)))
    assert waves.shape == (16, 4096)
    assert set(condition) == {"label", "speaker"}
    assert next(iter(data.segments(8, 1024))).shape == (8, 1024)


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("text", "a_bob_9.wav: not a sound file"),
        ("truncated", "a_bob_9.wav: truncated"),
        ("silent", "a_bob_9.wav: silent"),
        ("nan", "a_bob_9.wav: .* NaN"),
        ("short", "a_bob_9.wav: 3 ms are too short"),
        ("surround", "a_bob_9.wav: .* Received: 3"),
        ("trimmed", "a_bob_9.wav: 10 ms are too short"),
        ("late", "a_bob_9.wav, up to 0.1 s: silent"),
    ],
)
def test_bad_files_are_named_or_left_out(tmp_path, kind, message):
    path = folder(tmp_path) / "a_bob_9.wav"
    wave = {
        "silent": np.zeros(800),
        "nan": np.full(800, np.nan),
        "short": tone(440, 24),
        "surround": np.stack([tone(440)] * 3, axis=1),
        "trimmed": np.concatenate([np.zeros(800), tone(440, 80), np.zeros(800)]),
        "late": np.concatenate([np.zeros(800), tone(440)]),
    }.get(kind, tone(440))
    soundfile.write(path, wave, RATE, subtype="FLOAT")
    if kind == "text":
        path.write_text("no")
    elif kind == "truncated":
        path.write_bytes(path.read_bytes()[:1000])
    options = {"seconds": 0.1} if kind == "late" else {"trim": kind == "trimmed"}
    with pytest.raises(ValueError, match=f"{message}.*--skip-bad-files"):
        loaded(tmp_path, **options)
    data = loaded(tmp_path, skip_bad_files=True, **options)
    assert (len(data.train), len(data.validation)) == (16, 8)
    assert str(path) not in data.train.names
    assert str(path) in data.notes[0]
    for i, name in enumerate(data.train.names):  # labels are still those of their files
        assert data.labels[data.train.labels[i]] == name.split("/")[-1][0]


def test_a_pattern_that_matches_nothing(tmp_path):
    with pytest.raises(
        ValueError,
        match=r"'a_ann_0' .* as 'yes-anna' would \(--labels\). So do 23 more files, and there are no others",
    ):
        loaded(folder(tmp_path), labels="{label}-{speaker}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": "nowhere.csv"}, "nowhere.csv: no such table"),
        ({"validation": "index:90-99"}, "index:90-99 holds out nothing"),
        ({"validation": "label:b"}, "every recording of label b is held out"),
        ({"validation": 2}, "between 0 and 1"),
        ({"sample_rate": 8}, "at least 1000. Received: sample_rate=8"),
        ({"seconds": 0.001}, "Received: seconds=0.001"),
    ],
)
def test_bad_options(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        loaded(folder(tmp_path), **options)


def test_too_few(tmp_path):
    soundfile.write(tmp_path / "1.wav", tone(440), RATE)
    with pytest.raises(ValueError, match="at least 4. Received: 1"):
        audio.load(str(tmp_path))
    (tmp_path / "1.wav").write_text("no")
    with pytest.raises(ValueError, match="no recording in it can be used"):
        audio.load(str(tmp_path), skip_bad_files=True)
    soundfile.write(tmp_path / "1.wav", np.zeros(RATE), RATE)
    with pytest.raises(ValueError, match="no recording in it can be used"):
        audio.load(str(tmp_path), skip_bad_files=True)


@pytest.mark.parametrize(
    ("spec", "message"), [("consonants", "Known: vowels"), ("no/such", "no such folder")]
)
def test_unknown_spec(spec, message):
    with pytest.raises(ValueError, match=message):
        audio.load(spec)
