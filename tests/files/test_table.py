import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gankit.files import read_table

pytestmark = pytest.mark.once


def write(tmp_path, content, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        "1,2\n3,4\n",
        "x,y\n1,2\n3,4",
        "1;2\n3;4\n",
        "1\t2\n3\t4\n",
        "1 2\n3 4\n",
        "\ufeff1,2\n\n3,4\n",
        "1,2\r\n3,4\r\n",
    ],
)
def test_kinds_of_csv(tmp_path, content):
    np.testing.assert_array_equal(read_table(write(tmp_path, content)), [[1, 2], [3, 4]])


def test_npy(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(3))
    np.testing.assert_array_equal(read_table(tmp_path / "a.npy"), np.eye(3))


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("1,2\n3,nan\n", "t.csv", "line 2, column 2: nan is not a finite number"),
        ("x,y\n1,2\n\ninf,4\n", "t.csv", "line 4, column 1: inf is not"),
        ("1,2\n3,four\n", "t.csv", "line 2: could not convert string to float: 'four'"),
        ("1.O,2\n3,4\n", "t.csv", "line 1: could not convert string to float: '1.O'"),
        ("1,2\n3\n", "t.csv", "line 2: 1 columns where the lines before have 2"),
        ("", "t.csv", "no row of numbers"),
        ("x,y\n", "t.csv", "no row of numbers"),
        (b"\xff\xfe\x00\x01", "t.csv", "not a text file in UTF-8"),
        (b"\x89PNG", "t.npy", "not a .npy file of numbers"),
        (b"", "t.npy", "not a .npy file of numbers"),
        ("1,2", "t.xlsx", "can't tell what a .xlsx holds"),
        ("1,2", "t", "file without a suffix"),
    ],
)
def test_bad_files_are_named(tmp_path, content, name, message):
    path = write(tmp_path, content, name)
    with pytest.raises(ValueError, match=message) as caught:
        read_table(path)
    assert str(path) in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(ValueError, match=r"none.csv: no such file"):
        read_table(tmp_path / "none.csv")


def test_npy_of_other_things(tmp_path):
    np.save(tmp_path / "text.npy", np.array(["a", "b"]))
    np.save(tmp_path / "vector.npy", np.arange(3.0))
    np.save(tmp_path / "objects.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    for name, message in (
        ("text", "not a .npy"),
        ("vector", r"shape \(3,\)"),
        ("objects", "not a .npy"),
    ):
        with pytest.raises(ValueError, match=message):
            read_table(tmp_path / f"{name}.npy")


@given(st.binary(max_size=200))
def test_any_bytes_give_a_table_or_a_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(content)
    try:
        table, message = read_table(path), None
    except ValueError as error:
        table, message = None, str(error)
    if table is None:
        assert str(path) in message
    else:
        assert table.ndim == 2
        assert np.isfinite(table).all()
