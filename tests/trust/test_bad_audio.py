"""What is no set of recordings: an error that names it and says what to do, never another one."""

import io
import pickle
import struct

import numpy as np
import pytest
import soundfile

from gankit import audio
from tests.trust import hostile
from tests.trust.hostile import Evil, containing

pytestmark = pytest.mark.once

RATE = 8000


def tone(samples=400, peak=0.5):
    return peak * np.sin(2 * np.pi * 440 * np.arange(samples) / RATE)


def sound(wave, kind="WAV", rate=RATE, **options):
    """The bytes of a sound file."""
    content = io.BytesIO()
    soundfile.write(content, wave, rate, format=kind, **options)
    return content.getvalue()


NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, 4000)
GOOD, FLAC, OGG = sound(tone()), sound(NOISE, "FLAC"), sound(NOISE, "OGG")


def floats(wave, **options):
    return sound(np.asarray(wave, "float32"), subtype="FLOAT", **options)


def wav(channels=1, rate=RATE, bits=16, announced=None, samples=400):
    """A WAV file whose header says anything."""
    data = np.round(tone(samples) * 32767).astype("<i2").tobytes()
    size = len(data) if announced is None else announced
    kind = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 % 2**32, 2, bits)
    parts = b"WAVEfmt \x10\0\0\0" + kind + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(parts)) + parts


def flac(rate, samples):
    """A FLAC file whose header says another sample rate and number of samples."""
    stream = rate << 44 | 15 << 36 | samples  # one channel of 16 bits
    return FLAC[:18] + stream.to_bytes(8, "big") + FLAC[26:]


def flipped(content, start, end):
    return bytes(byte ^ 0xFF if start <= i < end else byte for i, byte in enumerate(content))


def surrounded(wave, n):
    return np.stack([wave] * n, axis=1)


def folder(path, n=6, rate=RATE):
    path.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        (path / f"{i}.wav").write_bytes(sound(tone(400 + i), rate=rate))
    return path


NO_SOUND = "not a sound file, whatever its name says, or a damaged one"
BAD = {
    "empty": (containing("bad.wav", b""), "an empty file"),
    "text": (containing("bad.wav", "no sound\n" * 99), NO_SOUND),
    "text called MP3": (containing("bad.mp3", "no sound\n" * 99), NO_SOUND),
    "a pickle": (containing("bad.wav", lambda path: pickle.dumps(Evil(path / "evil"))), NO_SOUND),
    "header alone": (containing("bad.wav", GOOD[:30]), NO_SOUND),
    "header cut": (containing("bad.wav", GOOD[:7]), NO_SOUND),
    "another RIFF": (containing("bad.wav", b"RIFF\x40\0\0\0AVI LIST" + bytes(99)), NO_SOUND),
    "truncated": (containing("bad.wav", GOOD[:-100]), "truncated: its header announces 800 bytes"),
    "truncated FLAC": (containing("bad.flac", FLAC[:2000]), "can't be decoded|truncated"),
    "truncated OGG": (containing("bad.ogg", OGG[:600]), NO_SOUND),
    "two GiB announced": (
        containing("bad.wav", wav(announced=0x7FFF0000 - 2**20)),
        "header announces 2,146,369,536 bytes of samples, and 800 follow",
    ),
    "days announced": (
        containing("bad.flac", flac(RATE, 2**36 - 1)),
        "143,166 minutes are too many, at most 60. Cut it",
    ),
    "an hour announced": (
        containing("bad.flac", flac(655_350, 655_350 * 3599)),
        "can't be decoded|truncated: it announces 2,358,604,650 samples",
    ),
    "FLAC, bytes flipped": (containing("bad.flac", flipped(FLAC, 3000, 3030)), "can't be decoded"),
    "FLAC, header flipped": (containing("bad.flac", flipped(FLAC, 10, 30)), NO_SOUND),
    "OGG, header flipped": (containing("bad.ogg", flipped(OGG, 30, 40)), NO_SOUND),
    "no samples": (containing("bad.wav", sound(np.zeros(0))), "there are no samples in it"),
    "short": (containing("bad.wav", sound(tone(24))), "3 ms are too short, at least 20 ms"),
    "silent": (containing("bad.wav", sound(np.zeros(400))), "silent from beginning to end"),
    "constant": (containing("bad.wav", sound(np.full(400, 0.5))), "silent from beginning to end"),
    "faint": (containing("bad.wav", floats(tone(peak=1e-5))), "silent from beginning to end"),
    "NaN": (
        containing("bad.wav", floats([*tone(), np.nan])),
        "1 samples are NaN or infinite, the first at 0.050 s",
    ),
    "infinity": (containing("bad.wav", floats([np.inf, *tone()])), "1 samples are NaN or infinite"),
    "beyond float32": (
        containing("bad.wav", sound(tone(peak=1e300), subtype="DOUBLE")),
        "399 samples are NaN or infinite",
    ),
    "no channels": (containing("bad.wav", wav(channels=0)), f"{NO_SOUND}: Channel count is zero"),
    "three channels": (
        containing("bad.wav", sound(surrounded(tone(), 3))),
        "one channel or two. Received: 3. Mix it down",
    ),
    "65,535 channels": (containing("bad.wav", wav(channels=65_535)), NO_SOUND),
    "0 Hz": (containing("bad.wav", wav(rate=0)), f"{NO_SOUND}|its header says 0 Hz"),
    "1 Hz": (
        containing("bad.wav", wav(rate=1)),
        "says 1 Hz, and sample rates are 1,000 to 768,000",
    ),
    "999,999,937 Hz": (
        containing("bad.wav", wav(rate=999_999_937)),
        "says 999,999,937 Hz, and sample rates are 1,000 to 768,000 Hz. Is it damaged",
    ),
    "4,294,967,295 Hz": (containing("bad.wav", wav(rate=2**32 - 1)), f"{NO_SOUND}|its header says"),
    "0 bits": (containing("bad.wav", wav(bits=0)), NO_SOUND),
    "dangling link": (hostile.linked("bad.wav", "none"), "can't be read: No such file"),
    "link to itself": (hostile.linked("bad.wav"), "can't be read: Too many levels"),
    "unreadable": (hostile.unreadable("bad.wav"), "can't be read|an empty file"),
    "forbidden": (hostile.forbidden("bad.wav", GOOD), "can't be read: Permission denied"),
    "four TiB": (hostile.huge("bad.wav", b""), NO_SOUND),
    "no text for a name": (containing("bad\udcff.wav", b"no sound"), NO_SOUND),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_recording_among_good_ones(tmp_path, kind):
    """It is named, with what to do; or left out, and noted."""
    write, message = BAD[kind]
    bad = write(folder(tmp_path))
    with pytest.raises(ValueError, match=rf"({message}).*--skip-bad-files") as caught:
        audio.load(tmp_path, sample_rate=RATE)
    assert type(caught.value) is ValueError
    assert str(bad) in str(caught.value)
    data = audio.load(tmp_path, sample_rate=RATE, skip_bad_files=True)
    assert len(data.train) + len(data.validation) == 6
    assert any(f"Left out: {bad}: " in note for note in data.notes)
    assert not (tmp_path / "evil").exists()


UNUSUAL = {
    "a pipe that is left alone": (hostile.pipe("odd.wav"), 6),
    "a folder called like a file": (hostile.folder("odd.wav"), 6),
    "a loop of folders": (lambda path: (path / "again").symlink_to(path), 6),
    "hidden": (containing(".odd.wav", b"no"), 6),
    "FLAC called WAV": (containing("odd.wav", FLAC), 7),
    "WAV called MP3": (containing("odd.mp3", GOOD), 7),
    "WAV called OGG": (containing("odd.ogg", GOOD), 7),
    "capitals": (containing("ODD.WAV", GOOD), 7),
    "a link": (hostile.linked("odd.wav", "0.wav"), 7),
    "four GiB announced by a pipe": (containing("odd.wav", wav(announced=2**32 - 1)), 7),
    "the largest floats": (containing("odd.wav", floats(tone(peak=3e38))), 7),
    "the largest floats, twice": (
        containing("odd.wav", floats(surrounded(tone(peak=3e38), 2))),
        7,
    ),
    "the largest floats, resampled": (
        containing("odd.wav", floats(tone(peak=3e38), rate=11_025)),
        7,
    ),
    "another rate": (containing("odd.wav", sound(NOISE, rate=44_100)), 7),
}


@pytest.mark.parametrize("kind", UNUSUAL)
def test_unusual_recordings_that_are_right(tmp_path, kind):
    write, n = UNUSUAL[kind]
    write(folder(tmp_path))
    data = audio.load(tmp_path, sample_rate=RATE)
    assert len(data.train) + len(data.validation) == n
    assert np.abs(data.train.padded(data.longest)).max(axis=1) == pytest.approx(0.95, abs=1e-3)


def one_of_a_class(path):
    folder(path / "cats")
    folder(path / "dogs", 1)
    return path


def mixed(path):
    containing("fast.wav", sound(NOISE, rate=44_100))(folder(path))
    return path


def nothing_but(name):
    def write(path):
        containing(name, GOOD)(path)
        return path

    return write


def loop(path):
    (path / "again").symlink_to(path)
    return path


def a_pipe(path):
    hostile.pipe("a.wav")(path)
    return path


SETS = {
    "an unknown word": (lambda _: "consonants", "Known: vowels, tfds:NAME.*path of a folder"),
    "nowhere": (lambda path: path / "none", "none: no such folder"),
    "a long name": (lambda path: path / ("a" * 300), "no such folder"),
    "a NUL in the name": (lambda _: "a\0/b", "no such folder"),
    "a lone surrogate in the name": (lambda _: "./\ud800", "no such folder"),
    "a file": (containing("a.wav", GOOD), "a.wav: no such folder"),
    "a dangling link": (hostile.linked("a", "none"), "no such folder"),
    "a link to itself": (hostile.linked("a"), "no such folder"),
    "an empty folder": (lambda path: path, r"no sound file in this folder \(.wav, .flac"),
    "other files": (nothing_but("a.txt"), "no sound file.*1 other files, such as 'a.txt'"),
    "hidden files": (nothing_but(".a.wav"), "no sound file in this folder"),
    "a hidden folder": (lambda path: folder(path / ".a").parent, "no sound file in this folder"),
    "a loop": (loop, "no sound file in this folder"),
    "a pipe": (a_pipe, "no sound file in this folder"),
    "one recording": (lambda path: folder(path, 1), "too few recordings.*at least 4. Received: 1"),
    "a class of one": (one_of_a_class, "Label dogs has a single example; at least 2 are needed"),
    "other sample rates": (mixed, r"8000 Hz \(6 files\), 44100 Hz \(1 files\).*--sample-rate 8000"),
}


@pytest.mark.parametrize("kind", SETS)
def test_a_bad_set(tmp_path, kind):
    make, message = SETS[kind]
    spec = make(tmp_path)
    with pytest.raises(ValueError, match=message) as caught:
        audio.load(spec)
    assert type(caught.value) is ValueError
    assert str(spec) in str(caught.value)


def test_nothing_readable(tmp_path):
    for i in range(6):
        (tmp_path / f"{i}.wav").write_text("no sound")
    with pytest.raises(ValueError, match="0.wav: not a sound file.*So do 5 more files"):
        audio.load(tmp_path)
    with pytest.raises(
        ValueError, match="no recording in it can be used. The first: .*0.wav: not a sound file"
    ) as caught:
        audio.load(tmp_path, skip_bad_files=True)
    assert str(tmp_path) in str(caught.value)


def test_a_single_class(tmp_path):
    folder(tmp_path / "cats")
    assert audio.load(tmp_path).labels == ["cats"]


# --- labels ---------------------------------------------------------------------------------------

ROWS = [f"{i}.wav,{'cats' if i % 2 else 'dogs'}" for i in range(6)]


def table(*rows, encoding="utf-8"):
    return "\n".join(rows).encode(encoding)


HEADER = "file,label"
TABLES = {
    "empty": (b"", r"first line must name the columns: file, and label.*Received: \[\]"),
    "blank": (b"\n\n\n", "first line must name the columns"),
    "no header": (table(*ROWS), "first line must name the columns"),
    "no column of files": (table("name,label", *ROWS), "Received: .'name', 'label'"),
    "no column of labels": (table("file,word", *ROWS), "Received: .'file', 'word'"),
    "header alone": (table(HEADER), "0.wav: there is no row for '0.wav' in t.csv"),
    "a row missing": (table(HEADER, *ROWS[:5]), "5.wav: there is no row for '5.wav' in t.csv"),
    "a cell missing": (table(HEADER, "0.wav", *ROWS[1:]), "line 2: expected one row a file"),
    "a cell empty": (table(HEADER, "0.wav,", *ROWS[1:]), "line 2: expected one row a file"),
    "a cell too many": (table(HEADER, "0.wav,a,b", *ROWS[1:]), "line 2: .*each of 2 columns"),
    "a file twice": (table(HEADER, *ROWS, ROWS[2]), "line 8: expected one row a file.*2.wav"),
    "another delimiter": (table(HEADER, *ROWS).replace(b",", b"|"), "must name the columns"),
    "a quotation that never ends": (table(HEADER, '"0.wav,a', *ROWS[1:]), "not a table in CSV"),
    "an enormous cell": (table(HEADER, f"0.wav,{'a' * 200_000}"), "not a table in CSV"),
    "Latin-1": (table(HEADER, "0.wav,é", encoding="latin-1"), "not a table in CSV and UTF-8"),
    "UTF-16": (table(HEADER, *ROWS, encoding="utf-16"), "not a table in CSV and UTF-8"),
    "random bytes": (np.random.default_rng(0).bytes(99), "not a table in CSV and UTF-8"),
    "a pickle": (pickle.dumps({}), "not a table in CSV and UTF-8"),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_bad_table_of_labels(tmp_path, kind):
    content, message = TABLES[kind]
    containing("t.csv", content)(folder(tmp_path))
    with pytest.raises(ValueError, match=message) as caught:
        audio.load(tmp_path, labels="t.csv")
    assert type(caught.value) is ValueError
    assert "t.csv" in str(caught.value)


@pytest.mark.parametrize("kind", ["../outside.wav", "a/../../outside.wav", "an absolute path"])
def test_a_table_names_no_file_outside_its_folder(tmp_path, kind):
    """It says what lies in the folder: other rows are told of, and nothing that they name is opened."""
    outside = hostile.pipe("outside.wav")(tmp_path)  # whose reader would wait for ever
    named = str(outside) if kind == "an absolute path" else kind
    inside = folder(tmp_path / "inside")
    containing("t.csv", table(HEADER, *ROWS, f"{named},cats"))(inside)
    with pytest.raises(
        ValueError, match="t.csv: 1 rows name no sound in .*--skip-bad-files"
    ) as caught:
        audio.load(inside, labels="t.csv")
    assert repr(named) in str(caught.value)
    data = audio.load(inside, labels="t.csv", skip_bad_files=True)
    assert len(data.train) + len(data.validation) == 6
    assert any(repr(named) in note for note in data.notes)


def test_a_table_of_paths_that_lead_out_and_back(tmp_path):
    """A file has one name in a table: its path below the folder."""
    inside = folder(tmp_path / "inside")
    containing("t.csv", table(HEADER, *(f"../inside/{row}" for row in ROWS)))(inside)
    with pytest.raises(ValueError, match="t.csv: 6 rows name no sound in .*'../inside/0.wav'"):
        audio.load(inside, labels="t.csv")


def test_links_to_outside_are_followed(tmp_path):
    """As where recordings lie on another disk: to a file under its own name, to a folder as a class."""
    cats = folder(tmp_path / "elsewhere" / "animals")
    inside = tmp_path / "inside"
    folder(inside / "dogs")
    (inside / "cats").symlink_to(cats)
    (inside / "dogs" / "rex.wav").symlink_to(cats / "0.wav")
    data = audio.load(inside)
    assert data.labels == ["cats", "dogs"]
    assert len(data.train) + len(data.validation) == 13


def test_labels_of_thousands_of_digits(tmp_path):
    rows = [f"{i}.wav,{('9' if i % 2 else '1') * 5000}" for i in range(6)]
    containing("t.csv", table(HEADER, *rows))(folder(tmp_path))
    assert audio.load(tmp_path, labels="t.csv").labels == ["1" * 5000, "9" * 5000]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("words.csv", "words.csv: no such table, nor in .*{label}_{speaker}_{index}"),
        ("x" * 300, "xxx: no such table"),
        ("", ": no such table"),
        (".", "no such table"),
        ("{label}_{speaker}", "0.wav: its name '0' does not fit the pattern {label}_{speaker}"),
        ("{word}", "each field once, {label}, {speaker} or both.*Received: {word}"),
        ("{label}_{label}", "each field once.*Received: {label}_{label}"),
        ("{label}{speaker}_", "some text between two fields. Received: {label}{speaker}"),
        ("{label", "each field once.*Received: {label"),
        ("{label}_{1}", "A field is named as in {index}, a word. Received: .1. in {label}_.1."),
        ("{label}_{a²}", "A field is named as in {index}, a word. Received: {a²}"),
        ("{label}[(*", "does not fit the pattern"),
    ],
)
def test_bad_labels(tmp_path, labels, message):
    with pytest.raises(ValueError, match=message):
        audio.load(folder(tmp_path), labels=labels)


def test_an_unreadable_table_of_labels(tmp_path):
    name = hostile.unreadable("t.csv")(folder(tmp_path)).name
    with pytest.raises(ValueError, match="t.csv: can't be read: Input/output error"):
        audio.load(tmp_path, labels=name)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_rate": -8000}, "at least 1000. Received: sample_rate=-8000"),
        ({"sample_rate": 10**9}, "at most 768000 .*Received: sample_rate=1000000000"),
        ({"seconds": float("nan")}, "Received: seconds=nan"),
        ({"seconds": float("inf")}, "Received: seconds=inf"),
        ({"validation": "nan"}, "between 0 and 1. Received: nan"),
        ({"validation": "speaker:anna"}, "Fields: none. Received: speaker:anna"),
    ],
    ids=str,
)
def test_bad_options(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        audio.load(folder(tmp_path), **options)


@pytest.mark.parametrize("name", hostile.NAMES, ids=repr)
def test_hostile_names_are_names(tmp_path, name):
    """Of a class and of its recordings."""
    try:
        folder(tmp_path / name, 4)
        (tmp_path / name / f"{name}.wav").write_bytes(GOOD)
    except OSError:
        pytest.skip("this file system has no such names")
    folder(tmp_path / "plain", 4)
    data = audio.load(tmp_path)
    assert sorted(data.labels) == sorted([name, "plain"])
    assert len(data.train) + len(data.validation) == 9
    (tmp_path / name / f"{name}.wav").write_bytes(b"no")
    with pytest.raises(ValueError, match="not a sound file") as caught:
        audio.load(tmp_path)
    assert str(tmp_path / name / f"{name}.wav") in str(caught.value)
