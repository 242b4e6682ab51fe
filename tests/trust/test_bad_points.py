"""What is no table of points: an error that names it and says what to do, and never another one."""

import io
import pickle

import numpy as np
import pytest

from gankit import points
from tests.trust import hostile
from tests.trust.hostile import Evil, containing

pytestmark = pytest.mark.once

TABLE = np.random.default_rng(0).standard_normal((30, 2))


def csv(table=TABLE, delimiter=","):
    return "".join(delimiter.join(map(str, row)) + "\n" for row in table.tolist())


def npy(array, **options):
    """A function from a folder to an NPY file's bytes; the array may be a function, too."""

    def content(path):
        file = io.BytesIO()
        np.save(file, array(path) if callable(array) else array, **options)
        return file.getvalue()

    return content


def header(shape, descr="<f8"):
    """An NPY file that announces a shape, and ends after a few bytes."""
    content = io.BytesIO()
    announced = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(content, announced)
    return content.getvalue() + b"few"


def npz(path):
    file = io.BytesIO()
    np.savez(file, TABLE)
    return file.getvalue()


def flipped(content):
    return bytes(byte ^ 0xFF if 20 <= i < 30 else byte for i, byte in enumerate(content))


NUMBERS = "not a .npy file of numbers"
BAD = {
    "an unknown word": (lambda _: "rings", "Known: grid, ring, or the path.*'rings'"),
    "an empty word": (lambda _: "", "Known: grid, ring, or the path.*''"),
    "nowhere": (lambda path: path / "none.csv", "none.csv: no such file. Give a .csv or .npy"),
    "a long name": (lambda path: path / f"{'a' * 300}.csv", "no such file"),
    "a NUL in the name": (lambda _: "a\0.csv", "no such file"),
    "a lone surrogate in the name": (lambda _: "\ud800.csv", "no such file"),
    "..": (lambda _: "..", "no such file"),
    "a folder": (hostile.folder("a.csv"), "no such file"),
    "a dangling link": (hostile.linked("a.csv", "none"), "no such file"),
    "a link to itself": (hostile.linked("a.csv"), "no such file"),
    "a pipe": (hostile.pipe("a.csv"), "no such file"),
    "unreadable": (hostile.unreadable("a.csv"), "can't be read: Input/output error"),
    "unreadable NPY": (hostile.unreadable("a.npy"), f"{NUMBERS}|can't be read"),
    "forbidden": (hostile.forbidden("a.csv"), "can't be read: Permission denied"),
    "an unknown suffix": (
        containing("a.xlsx", b"PK"),
        "can't tell what a .xlsx holds. Give a .csv",
    ),
    "no suffix": (containing("a", csv()), "a file without a suffix holds. Give a .csv"),
    "CSV, empty": (containing("a.csv", b""), "no row of numbers"),
    "CSV, blank": (containing("a.csv", b"\n \n,\n\r\n"), "no row of numbers"),
    "CSV, header alone": (containing("a.csv", b"x,y\n"), "no row of numbers"),
    "CSV, one row": (containing("a.csv", b"1,2\n"), "too few points.*at least 20. Received: 1"),
    "CSV, truncated": (containing("a.csv", csv()[:-30]), "columns where the lines before have 2"),
    "CSV, four TiB": (hostile.huge("a.csv", csv()), "4,096.0 GiB are too many.*Cut it"),
    "CSV, Latin-1": (containing("a.csv", "é,è\n1,2".encode("latin-1")), "not a text file in UTF-8"),
    "CSV, UTF-16": (containing("a.csv", csv().encode("utf-16")), "not a text file in UTF-8"),
    "CSV, UTF-16 without mark": (
        containing("a.csv", csv().encode("utf-16-le")),
        "line 2: could not convert.*Every cell below the header must be a number",
    ),
    "CSV, NUL bytes": (containing("a.csv", csv() + "1\0,2"), "line 31: could not convert"),
    "CSV, random bytes": (
        containing("a.csv", np.random.default_rng(0).bytes(999)),
        "not a text file in UTF-8",
    ),
    "CSV that is an NPY": (containing("a.csv", npy(TABLE)), "not a text file in UTF-8"),
    "CSV, words": (containing("a.csv", csv() + "1,two\n"), "line 31: could not convert.*'two'"),
    "CSV, an empty cell": (containing("a.csv", csv() + "1,\n"), "line 31: could not convert.*''"),
    "CSV, NaN": (
        containing("a.csv", csv() + "nan,2"),
        "line 31, column 1: nan is not.*Remove such",
    ),
    "CSV, infinity": (containing("a.csv", csv() + "1,-inf"), "line 31, column 2: -inf is not"),
    "CSV, 1e999": (containing("a.csv", csv() + "1,1e999"), "line 31, column 2: inf is not"),
    "CSV, 1e300": (
        containing("a.csv", csv() + "1,1e300"),
        r"line 31, column 2: 1e\+300 is not a finite number of 32 bits",
    ),
    "CSV, one column": (
        containing("a.csv", csv(TABLE[:, :1])),
        "two columns, x and y. Received: 1",
    ),
    "CSV, three columns": (containing("a.csv", csv(np.eye(30, 3))), "two columns.*Received: 3"),
    "CSV, ragged": (
        containing("a.csv", csv() + "1,2,3\n"),
        "line 31: 3 columns where the lines before have 2",
    ),
    "CSV, another delimiter": (
        containing("a.csv", csv(delimiter="|")),
        "line 2: could not convert.*separated by a comma, semicolon, tab or space",
    ),
    "CSV, a decimal comma": (
        containing("a.csv", csv(delimiter=";").replace(".", ",")),
        "line [12]: could not convert",
    ),
    "CSV, a quotation that never ends": (
        containing("a.csv", csv() + '"1,2\n' + csv()),
        "line 31: .*Is there a quotation mark too many or too few",
    ),
    "CSV, a quotation from the start": (
        containing("a.csv", '"x,y\n' + csv()),
        "line 1: .*Is there a quotation mark too many or too few",
    ),
    "CSV, an enormous cell": (
        containing("a.csv", csv() + "1," + "2" * 200_000),
        "line 31: field larger than field limit",
    ),
    "CSV, a large word": (
        containing("a.csv", csv() + "1," + "x" * 100_000),
        "line 31: could not convert string to float: 'x{50,100}. Every cell",
    ),
    "CSV, one value in a column": (
        containing("a.csv", csv(TABLE * [1, 0])),
        "Column 2 has the same value everywhere",
    ),
    "NPY, empty": (containing("a.npy", b""), NUMBERS),
    "NPY, text": (containing("a.npy", csv()), NUMBERS),
    "NPY, cut": (containing("a.npy", lambda path: npy(TABLE)(path)[:-9]), NUMBERS),
    "NPY, header cut": (containing("a.npy", lambda path: npy(TABLE)(path)[:40]), NUMBERS),
    "NPY, bytes flipped": (containing("a.npy", lambda path: flipped(npy(TABLE)(path))), NUMBERS),
    "NPY, a version to come": (containing("a.npy", b"\x93NUMPY\x09\0\x10\0{}"), NUMBERS),
    "NPY of terabytes": (containing("a.npy", header((10**12, 2))), NUMBERS),
    "NPY of less than nothing": (containing("a.npy", header((-30, 2))), f"{NUMBERS}|shape"),
    "NPY, an unknown type": (containing("a.npy", header((30, 2), "<q99")), NUMBERS),
    "NPY, objects": (
        containing("a.npy", npy(lambda path: np.array([[Evil(path / "evil")] * 2] * 30, object))),
        NUMBERS,
    ),
    "NPY, a pickle": (
        containing("a.npy", lambda path: pickle.dumps(Evil(path / "evil"))),
        NUMBERS,
    ),
    "NPY that is an NPZ": (containing("a.npy", npz), f"{NUMBERS}: it is an .npz file"),
    "NPZ": (containing("a.npz", npz), "can't tell what a .npz holds. Give a .csv"),
    "NPY, complex": (containing("a.npy", npy(TABLE * 1j)), f"{NUMBERS}: it holds complex128"),
    "NPY, texts": (containing("a.npy", npy(TABLE.astype(str))), f"{NUMBERS}: it holds <U"),
    "NPY, dates": (
        containing("a.npy", npy(np.zeros((30, 2), "M8[s]"))),
        f"{NUMBERS}: it holds datetime64",
    ),
    "NPY, fields": (containing("a.npy", npy(np.zeros(30, "f4,f4"))), f"{NUMBERS}: it holds"),
    "NPY, 1e300": (
        containing("a.npy", npy(np.full((30, 2), 1e300))),
        r"row 0, column 1: 1e\+300 is not a finite number of 32 bits.*30 in the file",
    ),
    "NPY, NaN": (
        containing("a.npy", npy(np.full((30, 2), np.nan))),
        "row 0, column 1: nan is not a finite number",
    ),
    "NPY, one number": (containing("a.npy", npy(np.float32(3))), r"rows by columns.*shape \(\)"),
    "NPY, a vector": (containing("a.npy", npy(np.arange(30))), r"rows by columns.*shape \(30,\)"),
    "NPY, a cube": (containing("a.npy", npy(np.zeros((30, 2, 2)))), "rows by columns.*30, 2, 2"),
    "NPY, no rows": (
        containing("a.npy", npy(np.zeros((0, 2)))),
        r"rows by columns.*shape \(0, 2\)",
    ),
    "NPY, few rows": (containing("a.npy", npy(TABLE[:19])), "too few points.*Received: 19"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_table(tmp_path, kind):
    make, message = BAD[kind]
    spec = make(tmp_path)
    with pytest.raises(ValueError, match=rf"(?s){message}") as caught:
        points.load(spec)
    assert type(caught.value) is ValueError
    assert str(spec) in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("name", hostile.NAMES, ids=repr)
def test_hostile_names_are_names(tmp_path, name):
    for suffix, content in ((".csv", csv().encode()), (".npy", npy(TABLE)(tmp_path))):
        path = tmp_path / f"{name}{suffix}"
        try:
            path.write_bytes(content)
        except OSError:
            pytest.skip("this file system has no such names")
        assert len(points.load(path).samples) == 27
        path.write_bytes(b"")
        with pytest.raises(ValueError, match="no row of numbers|not a .npy file") as caught:
            points.load(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + csv(),
        '"x","y"\n' + csv(),
        '"x\n(m)",y\n' + csv(),
        csv().replace("\n", "\r"),
        "\n\n" + csv(),
        csv(TABLE * 1e38),
        csv(TABLE * 1e-38),
        "".join(f'"{x}","{y}"\n' for x, y in TABLE),
    ],
    ids=["mark", "quotes", "line in quotes", "CR", "blank", "large", "small", "all quoted"],
)
def test_unusual_tables_that_are_right(tmp_path, content):
    data = points.load(containing("a.CSV", content)(tmp_path))
    assert len(data.samples) + len(data.validation) == 30
    np.testing.assert_allclose(data.preparation(data.samples).std(axis=0), 6, rtol=1e-3)
