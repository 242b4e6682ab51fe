import pathlib

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit.files import folders, sound

pytestmark = pytest.mark.once

RATE = 8000


def tone(hertz=440.0, seconds=0.25, rate=RATE, peak=0.5):
    return np.float32(peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate))


def save(path, wave, rate=RATE, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave, rate, **options)
    return path


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".WAV"])
def test_lossless_formats_come_back(tmp_path, suffix):
    wave = np.round(tone() * 32768) / np.float32(32768)
    path = save(tmp_path / f"a{suffix}", wave)
    head = sound.header(path)
    assert (head.sample_rate, head.samples, head.channels, head.seconds) == (RATE, 2000, 1, 0.25)
    decoded = sound.decode(path, RATE)
    assert decoded.dtype == np.float32
    np.testing.assert_array_equal(decoded, wave)


def test_an_offset_is_taken_away():
    for offset in (0.3, -0.3):
        np.testing.assert_allclose(sound.centred(tone() + np.float32(offset)), tone(), atol=1e-6)
    steps = np.float32([1, 1, 1, -1])  # within [-0.5, 1.5] of its mean
    np.testing.assert_allclose(sound.centred(steps), np.array([1, 1, 1, -3]) / 3, atol=1e-6)


@pytest.mark.parametrize("suffix", [".ogg", ".mp3"])
def test_lossy_formats_sound_alike(tmp_path, suffix):
    if suffix == ".mp3" and "MP3" not in soundfile.available_formats():
        pytest.skip("this libsndfile does not write MP3")
    wave = tone(seconds=1.0)
    decoded = sound.decode(save(tmp_path / f"a{suffix}", wave), RATE)
    assert decoded.shape == wave.shape
    middle = slice(2000, 6000)
    assert np.sqrt(np.mean((decoded - wave)[middle] ** 2)) < 0.02


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE"])
def test_depths(tmp_path, subtype):
    path = save(tmp_path / "a.wav", tone(), subtype=subtype)
    np.testing.assert_allclose(sound.decode(path, RATE), tone(), atol=1 / 100)


def test_two_channels(tmp_path):
    left, right = tone(440, peak=0.5), tone(1000, peak=0.25)
    path = save(tmp_path / "a.wav", np.stack([left, right], axis=1), subtype="FLOAT")
    assert sound.header(path).channels == 2
    for channels, expected in {"mix": (left + right) / 2, "left": left, "right": right}.items():
        np.testing.assert_allclose(sound.decode(path, RATE, channels), expected, atol=1e-6)


def test_beyond_full_scale_is_scaled_down(tmp_path):
    path = save(tmp_path / "a.wav", tone(peak=3.0), subtype="FLOAT")
    decoded = sound.decode(path, RATE)
    assert np.abs(decoded).max() == 1
    np.testing.assert_allclose(decoded, tone(peak=1.0), atol=1e-2)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100])
def test_resampling_keeps_a_tone(tmp_path, rate):
    """A tone is that tone at any rate, away from the ends, and lasts as long."""
    path = save(tmp_path / "a.wav", tone(440, 0.5, 22050), 22050, subtype="FLOAT")
    decoded = sound.decode(path, rate)
    assert len(decoded) == -(-11025 * rate // 22050)
    expected = tone(440, 0.5, rate)
    middle = slice(rate // 10, 4 * rate // 10)
    np.testing.assert_allclose(decoded[middle], expected[middle], atol=2e-3)


def test_resampling_removes_what_does_not_fit():
    high = tone(6000, 0.5, 22050)
    assert np.abs(sound.resample(high, 22050, 8000)[400:-400]).max() < 2e-3


def test_classes_are_the_subfolders(tmp_path):
    for name in ("b/1.wav", "a/x/2.flac", "a/1.wav", ".hidden/1.wav"):
        save(tmp_path / name, tone())
    (tmp_path / "a" / "notes.txt").write_text("no")
    paths, labels, classes, ignored = sound.find(tmp_path)
    found = [path.relative_to(tmp_path).as_posix() for path in paths]
    assert found == ["a/1.wav", "a/x/2.flac", "b/1.wav"]
    assert labels.tolist() == [0, 0, 1]
    assert classes == ["a", "b"]
    assert [path.name for path in ignored] == ["notes.txt"]


def test_no_sound(tmp_path):
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(ValueError, match=r"no sound file in this folder \(.wav.*such as 'a.txt'"):
        sound.find(tmp_path)


# --- bad files ------------------------------------------------------------------------------------


def bad(path, kind):
    """Writes a bad file of a kind."""
    if kind == "text":
        path.write_text("I am no sound. " * 100)
    elif kind == "video":  # how an MP4 begins
        path.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 50)
    elif kind == "avi":  # a RIFF file, too
        path.write_bytes(b"RIFF" + (5000).to_bytes(4, "little") + b"AVI LIST" + bytes(5000))
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "header":
        path.write_bytes(save(path, tone()).read_bytes()[:30])
    elif kind == "truncated":
        path.write_bytes(save(path, tone()).read_bytes()[:2044])
    elif kind == "none":
        save(path, np.zeros(0, "float32"))
    elif kind == "short":
        save(path, tone(seconds=0.003))
    elif kind == "silent":
        save(path, np.zeros(RATE, "float32"))
    elif kind == "constant":
        save(path, np.full(RATE, 0.25, "float32"))
    elif kind == "nan":
        wave = tone()
        wave[800] = np.nan
        save(path, wave, subtype="FLOAT")
    elif kind == "infinite":
        save(path, np.append(tone(), [np.inf, -np.inf]), subtype="DOUBLE")
    elif kind == "surround":
        save(path, np.stack([tone()] * 6, axis=1))
    elif kind == "opposite":
        save(path, np.stack([tone(), -tone()], axis=1))
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("text", "not a sound file, whatever its name says"),
        ("video", "not a sound file, whatever its name says"),
        ("avi", "not a sound file, whatever its name says"),
        ("empty", "an empty file"),
        ("header", "not a sound file, whatever its name says, or a damaged one"),
        ("truncated", "truncated: its header announces 4,000 bytes of samples, and 2,000 follow"),
        ("none", "there are no samples in it"),
        ("short", "3 ms are too short, at least 20 ms"),
        ("silent", "silent from beginning to end"),
        ("constant", "silent from beginning to end"),
        ("nan", "1 samples are NaN or infinite, the first at 0.100 s"),
        ("infinite", "2 samples are NaN or infinite, the first at 0.250 s"),
        ("surround", "one channel or two. Received: 6"),
        ("opposite", "nothing is left of its channels taken together"),
        ("folder", "can't be read: Is a directory"),
        ("missing", "can't be read: No such file"),
    ],
)
def test_bad_files_are_named(tmp_path, kind, message):
    path = bad(tmp_path / "bad.wav", kind)
    good = save(tmp_path / "good.wav", tone())
    with pytest.raises(ValueError, match=message) as caught:
        folders.each(lambda path: sound.decode(path, RATE), [path])
    assert str(path) in str(caught.value)
    assert "--skip-bad-files" in str(caught.value)
    results, left_out = folders.each(lambda path: sound.decode(path, RATE), [path, good], skip=True)
    assert len(results) == 1
    assert left_out[0][0] == 0


@pytest.mark.parametrize("suffix", [".flac", ".ogg"])
def test_truncated_compressed_files(tmp_path, suffix):
    path = save(tmp_path / f"a{suffix}", tone())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match=f"a{suffix}: "):
        sound.decode(path, RATE)


def test_truncated_mp3(tmp_path):
    if "MP3" not in soundfile.available_formats():
        pytest.skip("this libsndfile does not write MP3")
    path = save(tmp_path / "a.mp3", tone(seconds=1.0))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match=r"a.mp3: truncated: it announces 8,000 samples"):
        sound.decode(path, RATE)


def test_wav_that_was_written_to_a_pipe(tmp_path):
    """Its header can't know how long it is, and says the most that it can."""
    path = save(tmp_path / "a.wav", tone())
    content = path.read_bytes()
    at = content.index(b"data") + 4
    path.write_bytes(content[:at] + b"\xff" * 4 + content[at + 4 :])
    assert len(sound.decode(path, RATE)) == 2000


def test_chunks_before_the_samples(tmp_path):
    """Chunks of odd length are followed by a byte that counts for nothing."""
    path = save(tmp_path / "a.wav", tone())
    content = path.read_bytes()
    at = content.index(b"data")
    note = b"note" + (3).to_bytes(4, "little") + b"abc\0"
    path.write_bytes(content[:at] + note + content[at:])
    assert len(sound.decode(path, RATE)) == 2000
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(ValueError, match="announces 4,000 bytes of samples, and 3,998 follow"):
        sound.decode(path, RATE)


def test_hours_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sound, "LONGEST", 0.1)
    with pytest.raises(ValueError, match=r"a.wav: .* minutes are too many"):
        sound.header(save(tmp_path / "a.wav", tone()))


def test_no_permission(tmp_path):
    path = save(tmp_path / "a.wav", tone())
    pathlib.Path(path).chmod(0)
    try:
        path.read_bytes()
    except PermissionError:
        with pytest.raises(ValueError, match="can't be read: Permission denied"):
            sound.header(path)
    else:
        pytest.skip("the superuser may read everything")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"RIFF\x40\0\0\0WAVE", b"fLaC", b"OggS"]))
def test_any_bytes_give_sound_or_a_value_error(tmp_path_factory, content, start):
    path = tmp_path_factory.mktemp("any") / "a.wav"
    path.write_bytes(start + content)
    waves, left_out = folders.each(lambda path: sound.decode(path, RATE), [path], skip=True)
    assert all(str(path) in message for _, message in left_out)
    assert all(np.isfinite(wave).all() for wave in waves)


# --- preparations ---------------------------------------------------------------------------------


def test_trim():
    """Hundredths of a second: 5 silent, 20 loud, 3 that are 50 dB softer."""
    wave = np.concatenate([np.zeros(400), tone(seconds=0.2), tone(seconds=0.03) * 10 ** (-50 / 20)])
    np.testing.assert_array_equal(sound.trim(wave, RATE), wave[400:2000])
    np.testing.assert_array_equal(sound.trim(wave, RATE, decibels=55), wave[400:])


def test_trim_keeps_pauses_and_odd_ends():
    wave = np.concatenate([tone(seconds=0.1), np.zeros(800), tone(seconds=0.1), np.zeros(33)])
    assert len(sound.trim(wave, RATE)) == 2400
    assert len(sound.trim(tone()[:1999], RATE)) == 1999


def test_fade():
    """The last 5 ms, 40 samples, by cos^2; shorter waves altogether."""
    wave = sound.fade(np.ones(100, "float32"), RATE)
    assert wave.dtype == np.float32
    np.testing.assert_array_equal(wave[:60], 1)
    np.testing.assert_allclose(wave[[79, 99]], [0.5, 0], atol=1e-6)
    assert (np.diff(wave[60:]) < 0).all()
    assert sound.fade(np.ones(3), RATE)[-1] == pytest.approx(0)


def test_normalise():
    wave = np.float32([0.1, -0.2, 0.05])
    np.testing.assert_allclose(sound.normalise(wave), [0.475, -0.95, 0.2375], rtol=1e-6)
    np.testing.assert_allclose(sound.normalise(wave, peak=0.4), [0.2, -0.4, 0.1], rtol=1e-6)
    assert sound.normalise(wave).dtype == np.float32
