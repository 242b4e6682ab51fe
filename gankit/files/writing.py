"""Files that can't be written."""

import contextlib


@contextlib.contextmanager
def naming(path):
    """An `OSError` within it (a full disk, a read-only one) names this path."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise
