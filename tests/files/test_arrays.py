import gzip
import io
import os
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gankit.files import arrays

pytestmark = pytest.mark.once


def idx(array, code=8):
    return (
        bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    ) + array.tobytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx(tmp_path, pack):
    array = np.arange(24, dtype="uint8").reshape(2, 3, 4)
    path = tmp_path / "a-idx3-ubyte"
    path.write_bytes(pack(idx(array)))
    np.testing.assert_array_equal(arrays.read_idx(path), array)
    path.write_bytes(pack(idx(array.astype(">f4"), 0x0D)))
    np.testing.assert_array_equal(arrays.read_idx(path), array)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("train-images-idx3-ubyte.gz", True),
        ("train-images.idx3-ubyte", True),
        ("t10k.idx", True),
        ("labels-idx1", True),
        ("idx.png", False),
        ("cat-idx0.png", False),
    ],
)
def test_idx_names(tmp_path, name, is_one):
    assert not arrays.is_idx(tmp_path / name)  # there is no such file
    (tmp_path / name).touch()
    assert arrays.is_idx(tmp_path / name) == is_one


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it starts with nothing"),
        (b"\x89PNG", "it starts with 89 50 4e 47"),
        (b"\0\0\x08\x03\0\0", "ends within its header"),
        (idx(np.zeros((2, 3), "uint8"))[:-1], "2 x 3, 6 bytes, but 5 follow"),
        (idx(np.zeros((2, 3), "uint8")) + b"x", "6 bytes, but more follow"),
        (
            b"\0\0\x08\x02" + b"\xff" * 8,
            "its header announces 17,179,869,176.0 GiB, more than half",
        ),
        (b"\0\0\x08\x02\0\0\0\x02\0\0\0\x03", "2 x 3, 6 bytes, but 0 follow"),
        (b"\0\0\x07\x01\0\0\0\0", "not an IDX file"),
        (gzip.compress(b"abc", mtime=0)[:-3], "can't be read"),
    ],
)
def test_bad_idx(tmp_path, content, message):
    path = tmp_path / "a.idx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        arrays.read_idx(path)
    assert str(path) in str(caught.value)


def test_an_idx_that_unpacks_to_more_than_the_memory(tmp_path):
    """All that its header announces is there: 64 MiB of zeros, packed, again and again."""
    some, path = 2**26, tmp_path / "a.idx.gz"
    times = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // some
    start = bytes([0, 0, 8, 2]) + struct.pack(">2I", times, some)
    path.write_bytes(gzip.compress(start) + gzip.compress(bytes(some)) * times)
    with pytest.raises(ValueError, match="a.idx.gz: its header announces .*Cut it into several"):
        arrays.read_idx(path)


def test_an_npz_that_unpacks_to_more_than_the_memory(tmp_path):
    path, header = tmp_path / "a.npz", io.BytesIO()
    shape = {"descr": "|u1", "fortran_order": False, "shape": (2**40,)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", header.getvalue() + bytes(1000))
        archive.filelist[0].file_size = len(header.getvalue()) + 2**40
    with pytest.raises(
        ValueError, match=r"a.npz: its directory announces 1,024.0 GiB, more than half"
    ):
        arrays.read_npz(path)


@given(content=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.idx"
    path.write_bytes(content)
    try:
        array = arrays.read_idx(path)
    except ValueError as error:
        refused = str(error)
    else:
        refused = None
    assert (str(path) in refused) if refused else isinstance(array, np.ndarray)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="needs posix_fallocate")
def test_no_room_for_a_large_array(monkeypatch):
    monkeypatch.setattr(arrays, "LARGE", 1000)
    array = arrays.empty((100, 100), "uint8")
    array[:] = 7
    assert array.sum() == 70_000
    with pytest.raises(OSError, match="TMPDIR"):
        arrays.empty((2**60,), "uint8")


def test_npy_and_npz(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(3))
    np.savez(tmp_path / "a.npz", x=np.eye(2), y=np.arange(2))
    np.testing.assert_array_equal(arrays.read_npy(tmp_path / "a.npy"), np.eye(3))
    assert sorted(arrays.read_npz(tmp_path / "a.npz")) == ["x", "y"]


def test_pickles_stay_closed(tmp_path):
    for name, read in (("a.npy", arrays.read_npy), ("a.npz", arrays.read_npz)):
        path = tmp_path / name
        thing = np.array([{"a": 1}], dtype=object)
        np.save(path, thing) if name == "a.npy" else np.savez(path, x=thing)
        with pytest.raises(ValueError, match="not an? .np. file of numbers"):
            read(path)
        path.write_bytes(b"nonsense")
        with pytest.raises(ValueError, match="not an? .np. file of numbers"):
            read(path)
        path.write_bytes(b"")
        with pytest.raises(ValueError, match="not an? .np. file of numbers"):
            read(path)
