"""A directory that belongs to one process at a time."""

import os

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None

_OWNED = {}


def own(directory):
    """Makes a run's directory this process's until it ends.

    Raises:
        ValueError: another process trains there.
    """
    path = directory.resolve() / "config.json.lock"
    if path in _OWNED or fcntl is None:
        return
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)  # the operating system takes it back
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise ValueError(
            f"{directory}: another process is training this run. Wait until it has ended, or give another "
            "--out."
        ) from error
    except OSError:  # a file system without locks
        os.close(lock)
        return
    _OWNED[path] = lock
