"""What any loader may be given: names, links, and files that act when they are unpickled."""

import os
import pathlib

import pytest

NAMES = [
    "-rf",
    "x..y",
    "new\nline",
    "a" * 200,
    "日本 ☃",
    b"\xff\xfe".decode("utf-8", "surrogateescape"),
]
ENDLESS = pathlib.Path("/proc/self/mem")  # a file that can be opened, and not read


class Evil:
    """What makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def containing(name, content):
    """A function from a folder to a file in it; the content may be a function of the folder."""

    def write(path):
        found = content(path) if callable(content) else content
        (path / name).write_bytes(found.encode() if isinstance(found, str) else found)
        return path / name

    return write


def linked(name, target=None):
    """A function from a folder to a link in it, by default to itself."""

    def write(path):
        (path / name).symlink_to(path / name if target is None else path / target)
        return path / name

    return write


def unreadable(name):
    """A function from a folder to a file in it that gives an error when it is read."""

    def write(path):
        if not ENDLESS.exists():
            pytest.skip("this system has no such file")
        return linked(name, ENDLESS)(path)

    return write


def forbidden(name, content=b""):
    """A function from a folder to a file in it that this user may not read."""

    def write(path):
        if os.geteuid() == 0:
            pytest.skip("the superuser may read everything")
        made = containing(name, content)(path)
        made.chmod(0)
        return made

    return write


def pipe(name):
    """A function from a folder to a pipe in it, whose reader would wait for ever."""

    def write(path):
        os.mkfifo(path / name)
        return path / name

    return write


def huge(name, start):
    """A function from a folder to a file in it of 4 TiB, which takes no room."""

    def write(path):
        made = containing(name, start)(path)
        try:
            os.truncate(made, 2**42)
        except OSError:
            pytest.skip("this file system has no such files")
        return made

    return write


def folder(name):
    """A function from a folder to a folder in it."""

    def write(path):
        (path / name).mkdir()
        return path / name

    return write
