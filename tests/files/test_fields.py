import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gankit.files import fields

pytestmark = pytest.mark.once

ROOT = pathlib.Path("/some")


def read(name, source, names=()):
    paths = [ROOT / one for one in (name, *names)]
    return fields.reader(ROOT, paths, source)(paths[0])


def test_subfolders():
    assert read("yes/1.wav", "subfolders", ["no/1.wav"]) == {"label": "yes"}
    assert read("yes/1.wav", "subfolders", ["1.wav"]) == {}


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("{label}_{speaker}_{index}", "7_jackson_32.wav", "7 jackson 32"),
        ("{label}_{speaker}_{index}", "deep/er/7_jackson_32.wav", "7 jackson 32"),
        ("{speaker}/{label}_{index}", "anna_b/no_7.wav", "anna_b no 7"),
        ("rec-{label} ({take})", "rec-no (2).flac", "no 2"),
        ("{label}", "a.b.wav", "a.b"),
        ("{speaker}.{label}", "x.y.ogg", "x y"),
        ("take.{label}+{speaker}", "take.a_b+c.wav", "a_b c"),
    ],
)
def test_patterns(pattern, name, expected):
    assert " ".join(read(name, pattern).values()) == expected


@pytest.mark.parametrize(
    "name", ["7-jackson-32.wav", "7_jackson.wav", "two_words_jackson_3.wav", "7__3.wav"]
)
def test_a_name_that_does_not_fit(name):
    with pytest.raises(
        ValueError, match=r"{label}_{speaker}_{index}, as 'yes_anna_7' would"
    ) as one:
        read(name, "{label}_{speaker}_{index}")
    assert f"/some/{name}: its name {name.removesuffix('.wav')!r}" in str(one.value)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{index}_{take}", "{label}, {speaker} or both"),
        ("{label}_{label}", "each field once"),
        ("{label}{speaker}", "some text between two fields"),
    ],
)
def test_bad_patterns(pattern, message):
    with pytest.raises(ValueError, match=message):
        read("a.wav", pattern)


@given(label=st.text("abc é-.", min_size=1), speaker=st.text("abc.", min_size=1))
def test_what_is_written_is_read(label, speaker):
    name = f"{label}_{speaker}_3.wav"
    assert read(name, "{label}_{speaker}_{index}") == {
        "label": label,
        "speaker": speaker,
        "index": "3",
    }


def table(folder, text):
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    paths = [folder / "a" / "1.wav", folder / "2.wav"]
    return [fields.reader(folder, paths, "labels.csv")(path) for path in paths]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables(tmp_path, delimiter):
    """Files with suffix or without; other rows are of files that one has not got."""
    rows = ["label,file,speaker", "yes,2.wav,anna", "no,a/1,ben", "no,other.wav,ben"]
    found = table(tmp_path, "\n".join(rows).replace(",", delimiter))
    assert found == [{"label": "no", "speaker": "ben"}, {"label": "yes", "speaker": "anna"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,label\n2.wav,x", r"labels.csv: its first line must name .* \['name', 'label'\]"),
        ("", "its first line must name"),
        ("file,label\n2.wav,x", r"a/1.wav: there is no row for 'a/1.wav' in labels.csv"),
        ("file,label\n2.wav,x\n2.wav,y", "line 3: expected one row a file"),
        ("file,label\n2.wav,", "line 2: expected one row a file, with a cell for each of 2"),
        ("file,label\n2.wav,x,y", "line 2: expected one row a file, with a cell for each of 2"),
        ("file,label\n2.wav", "line 2: expected one row a file, with a cell for each of 2"),
    ],
)
def test_bad_tables(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        table(tmp_path, text)


def test_table_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(ValueError, match="nowhere.csv: no such table.*{label}_{speaker}"):
        fields.reader(tmp_path, [], "nowhere.csv")
    (tmp_path / "a.csv").write_bytes(b"file,label\n\xff,x")
    with pytest.raises(ValueError, match=r"a.csv: not a table in CSV and UTF-8"):
        fields.reader(tmp_path, [], str(tmp_path / "a.csv"))


def test_numbers_are_in_natural_order():
    numbers, names = fields.numbered(["10", "2", "b2", "b10", "2"])
    assert names == ["2", "10", "b2", "b10"]
    assert numbers.tolist() == [1, 0, 2, 3, 0]
    assert fields.numbered(["a", "b", "c"], others=["a"])[1] == ["b", "c", "a"]


def examples():
    return [{"label": "xy"[i % 2], "index": str(i)} for i in range(20)]


def test_held_out_by_field():
    assert fields.held_out(examples(), "index:5-9,12").nonzero()[0].tolist() == [5, 6, 7, 8, 9, 12]
    assert fields.held_out(examples(), "label:x").sum() == 10


@pytest.mark.parametrize(("share", "expected"), [(0.2, 2), ("0.2", 2), (0.01, 1), (0.99, 9)])
def test_held_out_by_share(share, expected):
    rows = fields.held_out(examples(), share, seed=1)
    for label in (0, 1):
        assert rows[label::2].sum() == expected
    assert (rows == fields.held_out(examples(), share, seed=1)).all()
    assert (rows != fields.held_out(examples(), share, seed=2)).any()
    assert fields.held_out([{}] * 10, 0.3).sum() == 3


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (0.0, "between 0 and 1"),
        (1.5, "between 0 and 1"),
        ("take:1", "Fields: index, label. Received: take:1"),
        ("index", "a field and its values"),
        ("index:30-40", "holds out nothing. There are index: 0, 1, 2.* ..."),
        ("label:x,y", "holds out everything. There are label: x, y"),
    ],
)
def test_bad_held_out(chosen, message):
    with pytest.raises(ValueError, match=message):
        fields.held_out(examples(), chosen)


def test_a_label_with_one_example():
    with pytest.raises(ValueError, match="Label z has a single example"):
        fields.held_out([*examples(), {"label": "z", "index": "0"}], 0.1)
