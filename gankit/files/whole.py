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
