"""A disk that is full or read-only: a clear error, and the last good checkpoint is as it was."""

import errno

import numpy as np
import pytest

import gankit
from gankit import audio, launch
from gankit.callbacks import Checkpoints, Logits, Resume, Samples, Scalars
from gankit.callbacks.checkpoints import read
from gankit.callbacks.events import Events
from tests.callbacks.test_resume import Crash, data
from tests.helpers import assert_same_state, points_gan, some_points
from tests.programs import run
from tests.recipes.commands import within
from tests.trust.disks import disk

__all__ = ["disk"]
pytestmark = pytest.mark.once


def fit(gan, directory, *others):
    """Three epochs of twelve batches, with all that writes."""

    def draw(samples, path):
        return gankit.points.draw(samples, path, real=some_points(9))

    callbacks = [
        Scalars(directory),
        Samples(directory, draw, n=9),
        Logits(directory, some_points(9)),
        *others,
        Resume(directory / "checkpoints", every=1),
    ]
    gan.fit(data(), epochs=3, verbose=0, callbacks=callbacks)
    return gan


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return fit(points_gan(), tmp_path_factory.mktemp("whole"))


def contents(directory):
    return {path.name: path.read_bytes() for path in Checkpoints(directory).files()}


@pytest.mark.parametrize("left", [0, 16, 64])
def test_a_disk_that_fills_up(disk, whole, left):
    """Whichever file it is that has no room: it is named, and all ends as if nothing had been."""
    directory = disk.path / "run"
    with pytest.raises(InterruptedError):
        fit(points_gan(), directory, Crash(9))
    disk.fill(left)
    with pytest.raises(OSError, match="No space left on device") as caught:
        fit(points_gan(), directory)
    assert caught.value.errno == errno.ENOSPC
    assert str(directory) in caught.value.filename
    for path in Checkpoints(directory / "checkpoints").files():
        read(path)  # each is intact
    assert not list(directory.rglob("*.partial"))
    disk.drain()
    gan = fit(points_gan(), directory)
    assert_same_state(gan, whole)


def test_a_disk_that_becomes_read_only(disk):
    directory = disk.path / "run"
    with pytest.raises(InterruptedError):
        fit(points_gan(), directory, Crash(9))
    before = contents(directory / "checkpoints")
    disk.make_read_only()
    with pytest.raises(OSError, match="Read-only file system") as caught:
        fit(points_gan(), directory)
    assert str(directory / "checkpoints") in caught.value.filename
    assert contents(directory / "checkpoints") == before


@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_events_name_their_folder(disk, kind):
    import tensorflow as tf

    disk.fill(0) if kind == "full" else disk.make_read_only()
    with pytest.raises(OSError) as caught, Events(disk.path).writing():  # noqa: PT011
        tf.summary.scalar("x", 1.0, step=1)
    assert str(caught.value.filename) == str(disk.path / "tensorboard")


def test_sound_that_has_no_room(disk):
    disk.fill(0)
    with pytest.raises(OSError, match="No space left on device"):
        audio.write(np.sin(np.arange(8000)), disk.path / "a.wav", 8000)


def recipe(directory, start=run):
    return start("recipes/points.py", "--smoke", "--out", directory)


def assert_one_paragraph(err, *parts):
    *logs, message = err.splitlines()  # TensorFlow's, where a process starts
    assert message.startswith("error: ")
    assert "Traceback" not in " ".join(logs)
    for part in parts:
        assert str(part) in message


def test_the_recipe_on_a_full_disk(disk):
    """One paragraph; with room again it goes on to the end."""
    directory = disk.path / "run"
    disk.fill(1300)  # a first checkpoint has room, a second has not
    code, _, err = recipe(directory)
    assert code == 1
    assert_one_paragraph(err, directory / "checkpoints", "No space left on device. Make room there")
    (first,) = Checkpoints(directory / "checkpoints").files()
    assert read(first)[0]["epoch"] == 0
    disk.drain()
    code, _, err = recipe(directory, within)
    assert code == 0, err


def test_the_recipe_on_a_read_only_disk(disk):
    disk.make_read_only()
    code, _, err = recipe(disk.path / "run", within)
    assert code == 1
    assert_one_paragraph(err, disk.path / "run", "Read-only file system. Make it writable and run")


def test_a_file_where_a_run_should_be(tmp_path):
    (tmp_path / "run").write_text("notes")
    code, _, err = recipe(tmp_path / "run", within)
    assert code == 1
    assert_one_paragraph(err, tmp_path / "run", "is a file, and a run is a directory")
    code, _, err = recipe(tmp_path / "run" / "deeper", within)
    assert code == 1
    assert_one_paragraph(err, tmp_path / "run", "Not a directory")
    assert (tmp_path / "run").read_text() == "notes"


def test_errors_of_the_system_in_words():
    full = OSError(errno.ENOSPC, "No space left on device", "a/b.npz")
    assert launch.told(full).startswith("a/b.npz: No space left on device. Make room there")
    assert launch.told(OSError("by hand")) == "by hand"
    assert launch.told(FileNotFoundError(2, "No such file", "x")) == "x: No such file."
