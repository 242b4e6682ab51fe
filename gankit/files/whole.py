"""Files that are read whole."""

import os
import pathlib

LARGEST = 2**32  # bytes


def read_whole(path):
    """The bytes of a file that fits in memory.

    Raises:
        ValueError: naming the file: it can't be read, or is larger than `LARGEST`.
    """
    try:
        size = os.stat(path).st_size
        if size > LARGEST:
            raise ValueError(
                f"{path}: {size / 2**30:,.1f} GiB are too many to be read at once, at most "
                f"{LARGEST / 2**30:.0f}. Cut it into several files."
            )
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: can't be read: {error.strerror}.") from error


def require_room(path, size, what):
    """Refuses to unpack what would fill more than half of this machine's memory, before any of it is read.

    Args:
        path: of the file.
        size: bytes that it announces.
        what: says so, such as "its header".

    Raises:
        ValueError: naming the file.
    """
    memory = _memory()
    if size > memory // 2:
        raise ValueError(
            f"{path}: {what} announces {size / 2**30:,.1f} GiB, more than half of this machine's memory "
            f"of {memory / 2**30:,.1f}. Cut it into several files, or save it as .npy, which may stay "
            "on the disk."
        )


def _memory():
    """Bytes; `LARGEST` where the operating system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return LARGEST
