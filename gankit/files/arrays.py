"""Files that hold a whole data set: IDX, NPY, NPZ."""

import gzip
import io
import math
import os
import pathlib
import tempfile
import zipfile
import zlib

import numpy as np

from gankit.files.whole import read_whole, require_room
from gankit.files.writing import naming

NO_ROOM = "there is not enough memory for it. Cut it into several files, or end other programs."
LARGE = 2**30  # bytes; what is larger stays on disk, in the operating system's cache
IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def empty(shape, dtype):
    """An array to be filled: in memory, or, where it is larger than `LARGE` bytes, in a temporary file.

    The file has no name and is gone with the process; the environment's TMPDIR says where it lies.

    Raises:
        OSError: naming the folder that has no room for it. Without a place on the disk for every byte, the
            process would be killed when the array is filled.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size <= LARGE:
        return np.empty(shape, dtype)
    with naming(f"{tempfile.gettempdir()} (TMPDIR)"), tempfile.TemporaryFile() as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        return np.memmap(file, dtype, shape=tuple(shape))  # which keeps the file open


def is_idx(path):
    """Whether there is a file whose name says that it is in MNIST's IDX format, compressed or not."""
    name = pathlib.Path(path).name.removesuffix(".gz")
    named = name.endswith(("-ubyte", ".idx", ".idx1", ".idx3")) or (
        "-idx" in name and "." not in name
    )
    return named and os.path.isfile(path)


def read_idx(path):
    """The array in an IDX file (http://yann.lecun.com/exdb/mnist), gzip-compressed or not.

    Raises:
        ValueError: naming the file: wrong magic number, wrong length, damaged compression, more than fits
            into memory.
    """
    content = read_whole(path)
    packed = content[:2] == b"\x1f\x8b"
    file = io.BytesIO(content)
    try:
        return _read_idx(path, gzip.GzipFile(fileobj=file) if packed else file)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: can't be read: {error}") from error
    except MemoryError as error:
        raise ValueError(f"{path}: can't be read: {NO_ROOM}") from error


def _read_idx(path, file):
    """The array in an open file, of which no more is read than it announces."""
    start = file.read(4)
    kind, rank = (start[2], start[3]) if len(start) == 4 else (None, 0)
    if start[:2] != b"\0\0" or kind not in IDX_TYPES or not 1 <= rank <= 4:
        raise ValueError(
            f"{path}: not an IDX file: it starts with {start.hex(' ') or 'nothing'}, where 00 00, a "
            "type (08 for bytes) and the number of dimensions (1 to 4) belong."
        )
    sizes = file.read(4 * rank)
    if len(sizes) < 4 * rank:
        raise ValueError(f"{path}: ends within its header, after {4 + len(sizes)} bytes.")
    shape = np.frombuffer(sizes, ">u4").tolist()
    dtype = np.dtype(IDX_TYPES[kind])
    announced = math.prod(shape) * dtype.itemsize
    require_room(path, announced, "its header")
    content = _read(file, announced + 1)
    if len(content) != announced:
        found = "more" if len(content) > announced else len(content)
        raise ValueError(
            f"{path}: its header says {' x '.join(map(str, shape))}, {announced} bytes, but {found} "
            "follow."
        )
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _read(file, most):
    """At most so many bytes, without room for more than there are."""
    content = bytearray()
    while len(content) < most and (part := file.read(min(most - len(content), 2**20))):
        content += part
    return content


def read_npy(path):
    """The array in a `.npy` file, which is never unpickled; a `LARGE` one stays on disk.

    Changes to the array are never written to the file.

    Raises:
        ValueError: naming the file.
    """
    try:
        large = pathlib.Path(path).stat().st_size > LARGE
        array = np.load(path, mmap_mode="c" if large else None, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            array.close()
            raise ValueError("it is an .npz file, whatever its name says.")
        return array
    except Exception as error:  # of many kinds: what the header says is parsed
        raise ValueError(f"{path}: not a .npy file of numbers: {error}") from error


def read_npz(path):
    """The arrays in an `.npz` file by name, never unpickled.

    Raises:
        ValueError: naming the file; where it holds more than fits into memory, before that is read.
    """
    require_room(path, _unpacked(path), "its directory")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except MemoryError as error:
        raise ValueError(f"{path}: can't be read: {NO_ROOM}") from error
    except Exception as error:  # of many kinds: zip, zlib, and what headers say
        raise ValueError(f"{path}: not an .npz file of numbers: {error}") from error


def _unpacked(path):
    """Bytes that a zip file announces; 0 where it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    except Exception:  # of many kinds, which the reader of the file meets again
        return 0
