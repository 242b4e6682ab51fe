"""Small disks, which fill up, and which can be made read-only for the superuser, too."""

import os
import subprocess

import pytest


class Disk:
    """A file system in memory, mounted for as long as a test runs.

    Args:
        path: an empty folder.
        kibibytes: how much it holds.
    """

    def __init__(self, path, kibibytes):
        self.path = path
        self._mount("-t", "tmpfs", "-o", f"size={kibibytes}k", "none")

    def resize(self, kibibytes):
        """Makes room, or takes it away."""
        self._mount("-o", f"remount,size={kibibytes}k")

    def make_read_only(self):
        self._mount("-o", "remount,ro")

    def fill(self, left):
        """Leaves so many KiB."""
        there = os.statvfs(self.path)
        self.path.joinpath("filling").write_bytes(
            bytes(there.f_bavail * there.f_bsize - 1024 * left)
        )

    def drain(self):
        """Makes room for all that a test writes."""
        self.path.joinpath("filling").unlink()

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=False)

    def _mount(self, *arguments):
        subprocess.run(["mount", *arguments, self.path], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path):
    """A `Disk` of 64 MiB."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only the superuser can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    try:
        made = Disk(place, 64 * 1024)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be mounted here: {error}")
    yield made
    made.unmount()
