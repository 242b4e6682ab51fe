"""Parsers on whatever there may be in a file: arrays, tables, labels, text. And back, where one writes."""

import csv
import gzip
import pathlib

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from gankit import points
from gankit.files import Classes, arrays, fields, read_table
from gankit.text.lines import BadLines, read_lines, split_columns
from tests.files.test_arrays import idx
from tests.trust.parsing import changed, reads_or_refuses

pytestmark = pytest.mark.once

CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=5)
NASTY = st.sampled_from([*',;\t "{}_-/\r\n\0#²٣\ufeff\u2028\x1c', "nan", "1e999", "-", "9" * 20])
CELLS = st.one_of(st.text(max_size=6), st.floats(width=32).map(repr), NASTY)
ROWS = st.lists(st.lists(CELLS, max_size=4), max_size=6)
LOOSE = st.one_of(
    st.binary(max_size=80),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.tuples(ROWS, st.sampled_from(",;\t ")).map(
        lambda found: "\n".join(found[1].join(row) for row in found[0]).encode(
            "utf-8", "surrogatepass"
        )
    ),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder for a module, since hypothesis calls a test many times."""
    return tmp_path_factory.mktemp("any")


def written(path, content):
    path.write_bytes(content)
    return path


# --- arrays ---------------------------------------------------------------------------------------

ARRAYS = arrays_of.arrays(
    st.sampled_from([">i2", ">i4", ">f4", ">f8", "u1", "i1"]),
    arrays_of.array_shapes(max_dims=4, max_side=3),
)
CODES = {np.dtype(name): code for code, name in arrays.IDX_TYPES.items()}


@given(array=ARRAYS, packed=st.booleans())
def test_idx_there_and_back(place, array, packed):
    content = idx(array, CODES[array.dtype])
    path = written(place / "a.idx", gzip.compress(content) if packed else content)
    found = arrays.read_idx(path)
    assert found.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, array)


@given(array=ARRAYS, changes=CHANGES, end=st.floats(0, 1), packed=st.booleans())
def test_a_damaged_idx(place, array, changes, end, packed):
    content = idx(array, CODES[array.dtype])
    content = gzip.compress(content, mtime=0) if packed else content
    content = changed(content, changes)
    path = written(place / "a.idx", content[: round(end * len(content))])
    found = reads_or_refuses(arrays.read_idx, path)
    assert found is None or found.nbytes <= 8 * 3**4 * 1100


def test_an_idx_that_unpacks_without_end(place):
    """A thousandth of its size: no more of it is unpacked than its header announces."""
    content = idx(np.zeros((2, 3), "uint8")) + bytes(2**28)
    path = written(place / "a.idx.gz", gzip.compress(content))
    with pytest.raises(ValueError, match="2 x 3, 6 bytes, but more follow"):
        arrays.read_idx(path)


@given(array=ARRAYS, changes=CHANGES, kind=st.sampled_from(["npy", "npz"]))
def test_a_damaged_npy_or_npz(place, array, changes, kind):
    path = place / f"a.{kind}"
    np.save(path, array) if kind == "npy" else np.savez(path, array)
    written(path, changed(path.read_bytes(), changes))
    reads_or_refuses(arrays.read_npy if kind == "npy" else arrays.read_npz, path)


# --- tables ---------------------------------------------------------------------------------------


@given(content=LOOSE, suffix=st.sampled_from(["csv", "tsv", "txt", "npy"]))
def test_any_table_of_numbers(place, content, suffix):
    found = reads_or_refuses(read_table, written(place / f"a.{suffix}", content))
    assert found is None or (found.ndim == 2 and np.isfinite(found).all())


NUMBERS = arrays_of.arrays(
    "float32",
    st.tuples(st.integers(1, 5), st.just(2)),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


@given(table=NUMBERS, delimiter=st.sampled_from(",;\t "), header=st.booleans())
def test_a_table_of_numbers_there_and_back(place, table, delimiter, header):
    with open(place / "a.csv", "w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        if header:
            writer.writerow(["x", "y"])
        writer.writerows([[repr(float(one)) for one in row] for row in table])
    np.testing.assert_array_equal(read_table(place / "a.csv"), table)


def test_written_points_are_read_again(place):
    samples = np.random.default_rng(0).standard_normal((50, 2)).astype("float32")
    files = points.save(samples, place / "points", real=samples)
    path = next(path for path in map(pathlib.Path, files) if path.suffix == ".csv")
    np.testing.assert_allclose(read_table(path), samples, rtol=1e-5)


@given(content=LOOSE)
def test_any_table_of_labels(place, content):
    path = written(place / "labels.csv", content)
    reads_or_refuses(fields._read_table, path)
    path = written(path, b"file,label\n" + content)
    reads_or_refuses(fields._read_table, path)


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1)


@given(names=st.lists(st.tuples(NAMES, NAMES), unique_by=lambda row: row[0], min_size=1))
def test_a_table_of_labels_there_and_back(place, names):
    with open(place / "labels.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label"])
        writer.writerows(names)
    found = fields._read_table(place / "labels.csv")
    assert found == {name: {"label": label} for name, label in names}


@given(content=LOOSE)
def test_any_names_of_classes(place, content):
    reads_or_refuses(Classes.read, written(place / "classes.txt", content))


# --- labels in names ------------------------------------------------------------------------------

PARTS = st.one_of(
    st.sampled_from(
        ["{label}", "{speaker}", "{index}", "{a1}", "{1}", "{", "}", "_", "/", "(", "*"]
    ),
    st.text(max_size=3),
)


@given(pattern=st.lists(PARTS, max_size=7).map("".join), name=st.text(min_size=1, max_size=30))
def test_any_pattern_and_any_name(pattern, name):
    """A pattern is refused in an error that shows it; a name that does not fit, in one that shows that."""
    read = reads_or_refuses(fields.by_pattern, pattern, shown=pattern.split("/"))
    path = pathlib.PurePosixPath("/some") / name.replace("\0", "")
    if read:
        reads_or_refuses(lambda path: read(path, path.relative_to("/")), path)


@given(st.lists(st.text("abc019.{}", min_size=1, max_size=9), min_size=3, max_size=3))
def test_a_pattern_there_and_back(values):
    read = fields.by_pattern("{speaker}/{label}_{index}")
    name = pathlib.PurePosixPath(f"{values[0]}/{values[1]}_{values[2]}.wav")
    assume(values[0] not in (".", ".."))
    assert list(read(name, name).values()) == values


def test_a_long_name_and_a_pattern_of_many_fields():
    """Fields hold none of the texts between them, so that there is one way to fit and no search."""
    pattern = "-".join(["{label}", *(f"{{a{i}}}" for i in range(40))])
    read = fields.by_pattern(pattern)
    path = pathlib.PurePosixPath("-".join(["x" * 500] * 40))
    with pytest.raises(ValueError, match="does not fit the pattern"):
        read(path, path)


CHOSEN = st.one_of(
    st.text(max_size=20),
    st.lists(st.one_of(NASTY, st.sampled_from(["label:", "index:", "3-5", ","])), max_size=6).map(
        "".join
    ),
)


@given(chosen=CHOSEN)
def test_anything_held_out(chosen):
    examples = [{"label": "ab"[i % 2], "index": str(i)} for i in range(8)]
    rows = reads_or_refuses(lambda chosen: fields.held_out(examples, chosen), chosen)
    assert rows is None or 0 < rows.sum() < 8


@pytest.mark.parametrize("chosen", [f"index:{'9' * 5000}-{'9' * 5001}", f"index:0-{'9' * 5000}"])
def test_spans_of_numbers_with_thousands_of_digits(chosen):
    examples = [{"index": "7"}, {"index": "9" * 5001}]
    with_zeros = [{"index": f"{'0' * 5000}7"}, {"index": "9" * 5001}]
    expected = [chosen.startswith("index:0"), chosen.endswith("9" * 5001)]
    assert fields.held_out(examples, chosen).tolist() == expected
    assert fields.held_out(with_zeros, chosen).tolist() == expected


# --- text -----------------------------------------------------------------------------------------


@given(content=LOOSE, columns=st.sampled_from([None, "text", "category text", "prompt reply"]))
def test_any_text(place, content, columns):
    def parse(path):
        bad = BadLines(path)
        return split_columns(read_lines(path, bad), columns, bad)

    def skipping(path):
        bad = BadLines(path, skip=True)
        return split_columns(read_lines(path, bad), columns, bad)

    path = written(place / "a.txt", content)
    strict, loose = reads_or_refuses(parse, path), reads_or_refuses(skipping, path)
    assert strict is None or strict == loose


LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n\t\ufeff"))


@given(lines=st.lists(LINES, min_size=1), end=st.sampled_from(["\n", "\r", "\r\n"]))
def test_lines_there_and_back(place, lines, end):
    assume(any(line.strip() for line in lines))
    path = written(place / "a.txt", end.join([*lines, ""]).encode())
    assert [line.text for line in read_lines(path, BadLines(path))] == lines
