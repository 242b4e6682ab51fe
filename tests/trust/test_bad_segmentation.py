"""What is no set of pairs: an error that names it and says what to do, and never another one."""

import re

import numpy as np
import pytest
from PIL import Image

from gankit import segmentation
from tests.trust import hostile, pictures
from tests.trust.hostile import NAMES
from tests.trust.pictures import good, noise

pytestmark = pytest.mark.once

SIZE = (12, 10)


def mask(path, array=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    array = noise(*SIZE) % 3 if array is None else array
    Image.fromarray(array).save(path, **options)
    return path


def pairs(path, n=8, sides=("images", "labels")):
    for i in range(n):
        good(path / sides[0] / f"{i}.png", SIZE)
        if sides[1] == "labels":
            mask(path / "labels" / f"{i}.png")
        else:
            good(path / sides[1] / f"{i}.png", SIZE)
    return path


@pytest.mark.parametrize("kind", pictures.BAD)
@pytest.mark.parametrize("sides", [("images", "labels"), ("sources", "targets")], ids="-".join)
def test_a_bad_picture_in_a_pair(tmp_path, kind, sides):
    """It is named, with what to do; or left out with its partner, and noted."""
    write, message = pictures.BAD[kind]
    pairs(tmp_path, sides=sides)
    (tmp_path / sides[0] / "3.png").unlink()
    write(tmp_path / sides[0] / "3.png")
    with pytest.raises(ValueError, match="3.png( is 64 x 64|: ).*--skip-bad-files") as caught:
        segmentation.load(tmp_path, size=SIZE)
    assert re.search(f"{message}|64 x 64 pixels", str(caught.value))
    data = segmentation.load(tmp_path, size=SIZE, skip_bad_files=True)
    assert len(data.sources) + len(data.validation_sources) == 7
    assert "3.png" in data.notes[0]


def to_jpeg(path):
    mask(path, quality=95, format="jpeg")


def to_webp(path):
    mask(path, format="webp")


def in_colour(path):
    good(path, SIZE)


def of_floats(path):
    mask(path, (noise(*SIZE) % 3).astype("float32"), format="tiff")


def smaller(path):
    mask(path, noise(6, 5) % 3)


def beyond(path):
    mask(path, np.full(SIZE, 7, "uint8"))


def sixteen_bits(path):
    mask(path, np.full(SIZE, 3000, "uint16"))


MASKS = {
    "JPEG": (to_jpeg, "JPEG changes values.*Save masks as PNG"),
    "WebP": (to_webp, "WEBP changes values.*Save masks as PNG"),
    "colours": (in_colour, "holds class indices.*classes.txt"),
    "floats": (of_floats, "floats|holds class indices"),
    "another size": (smaller, "pairs must fit each other"),
    "an index too many": (beyond, "7 is the index of no class of 3 classes.*ignored one, 255"),
    "sixteen bits": (sixteen_bits, "3000 is the index of no class"),
    "text": (pictures.text, "not a picture"),
    "empty": (pictures.empty, "not a picture"),
    "truncated": (pictures.truncated, "pairs must fit|can't be"),
    "bomb": (pictures.bomb, "decompression bomb"),
    "dangling link": (pictures.dangling, "can't be read"),
}


@pytest.mark.parametrize("kind", MASKS)
def test_a_bad_mask(tmp_path, kind):
    write, message = MASKS[kind]
    pairs(tmp_path)
    (tmp_path / "classes.txt").write_text("road\ncar\nsky\n")
    (tmp_path / "labels" / "3.png").unlink()
    write(tmp_path / "labels" / "3.png")
    with pytest.raises(ValueError, match=rf"3.png.*({message}).*--skip-bad-files"):
        segmentation.load(tmp_path)
    data = segmentation.load(tmp_path, skip_bad_files=True)
    assert len(data.sources) + len(data.validation_sources) == 7


@pytest.mark.parametrize("side", ["images", "labels"])
def test_a_file_that_can_not_be_read(tmp_path, side):
    pairs(tmp_path)
    (tmp_path / side / "3.png").unlink()
    hostile.unreadable("3.png")(tmp_path / side)
    with pytest.raises(ValueError, match="3.png: can't be read.*--skip-bad-files") as caught:
        segmentation.load(tmp_path)
    assert str(tmp_path / side / "3.png") in str(caught.value)
    data = segmentation.load(tmp_path, skip_bad_files=True)
    assert len(data.sources) + len(data.validation_sources) == 7


UNUSUAL = {
    "a loop of folders": lambda path: (path / "images" / "again").symlink_to(path / "images"),
    "a pipe": lambda path: [hostile.pipe("9.png")(path / side) for side in ("images", "labels")],
    "a pipe for the classes": hostile.pipe("classes.txt"),
    "a folder called like a file": lambda path: (path / "images" / "9.png").mkdir(),
}


@pytest.mark.parametrize("kind", UNUSUAL)
def test_unusual_folders_that_are_right(tmp_path, kind):
    """What is no file is left alone, and no folder is gone through twice."""
    UNUSUAL[kind](pairs(tmp_path))
    data = segmentation.load(tmp_path)
    assert len(data.sources) + len(data.validation_sources) == 8


def test_a_pipe_is_no_partner(tmp_path):
    pairs(tmp_path)
    (tmp_path / "labels" / "3.png").unlink()
    hostile.pipe("3.png")(tmp_path / "labels")
    with pytest.raises(ValueError, match="3.png has no partner with the same name in labels/"):
        segmentation.load(tmp_path)


def with_classes(content):
    def write(path):
        pairs(path)
        (path / "classes.txt").write_bytes(content)
        return path

    return write


def without(name):
    def write(path):
        pairs(path)
        (path / name).unlink()
        return path

    return write


def half(side):
    def write(path):
        for i in range(8):
            good(path / side / f"{i}.png", SIZE)
        return path

    return write


def train_alone(path):
    pairs(path / "train")
    return path


def mixed(path):
    pairs(path)
    good(path / "images" / "9.png", (20, 30))
    mask(path / "labels" / "9.png", noise(20, 30) % 3)
    return path


def odd(path):
    for i in range(8):
        good(path / f"{i}.png", (12, 11))
    return path


def all_ignored(path):
    for i in range(8):
        good(path / "images" / f"{i}.png", SIZE)
        mask(path / "labels" / f"{i}.png", np.full(SIZE, 255, "uint8"))
    return path


def one_class(path):
    for i in range(8):
        good(path / "images" / f"{i}.png", SIZE)
        mask(path / "labels" / f"{i}.png", np.zeros(SIZE, "uint8"))
    return path


def a_file(path):
    return good(path / "a.png")


def empty_sides(path):
    (path / "images").mkdir()
    (path / "labels").mkdir()
    return path


def loop_around_both(path):
    (pairs(path) / "labels" / "again").symlink_to(path)
    return path


def nothing_readable(path):
    pairs(path)
    for one in (path / "images").iterdir():
        one.write_text("no")
    return path


SETS = {
    "nowhere": (lambda path: path / "none", "none: no such folder"),
    "a name too long": (lambda path: path / ("a" * 5000), "no such folder"),
    "an unknown word": (lambda path: "alleys", "Unknown pairs. Known: streets.*'alleys'"),
    "a file": (a_file, "a.png: no such folder"),
    "an empty folder": (lambda path: path, "no picture in this folder"),
    "empty sides": (empty_sides, "images: no picture in this folder"),
    "pictures alone": (half("images"), "a folder images/ and no labels/"),
    "sources alone": (half("sources"), "a folder sources/ and no targets/"),
    "masks alone": (half("labels"), "a folder labels/ and no images/ beside it"),
    "train alone": (train_alone, "a folder train/ and none val/"),
    "a picture without a mask": (without("labels/3.png"), "3.png has no partner.*labels/"),
    "a mask without a picture": (without("images/3.png"), "3.png has no partner.*images/"),
    "a loop": (loop_around_both, "labels/again/images/0.png has no partner.*8 files have none"),
    "mixed sizes": (mixed, "2 different sizes.*--size"),
    "an odd width": (odd, "side by side make an even width. Received: 11"),
    "few pairs": (
        lambda path: pairs(path, 2),
        "too few pairs to learn from, at least 4. Received: 2",
    ),
    "nothing known": (all_ignored, "every pixel of every mask is ignored: is --ignore right"),
    "one class": (one_class, "masks hold nothing but class 0: there is nothing to tell apart"),
    "nothing readable": (nothing_readable, "not a picture.*So do 7 more files"),
    "classes, Latin-1": (
        with_classes(b"stra\xdfe\ncar\nsky\n"),
        "classes.txt: not a text file in UTF-8",
    ),
    "classes, UTF-16": (
        with_classes("road\ncar\nsky".encode("utf-16")),
        "classes.txt: not a text file",
    ),
    "classes, none": (with_classes(b"\n\n"), "classes.txt: Classes are 2 to 255. Received: 0"),
    "classes, one": (with_classes(b"road\n"), "classes.txt: Classes are 2 to 255. Received: 1"),
    "classes, too few": (with_classes(b"road\ncar\n"), "2 is the index of no class of 2 classes"),
    "classes, a bright colour": (
        with_classes(b"road 1 2 999\ncar 1 2 3\n"),
        "line 1: colours are 0 to 255",
    ),
    "classes, half coloured": (
        with_classes(b"road 1 2 3\ncar\nsky\n"),
        "1 of 3 classes have a colour",
    ),
    "classes, one colour twice": (with_classes(b"road 1 2 3\ncar 1 2 3\n"), "a colour of its own"),
}


@pytest.mark.parametrize("kind", SETS)
def test_a_bad_set(tmp_path, kind):
    make, message = SETS[kind]
    spec = make(tmp_path)
    with pytest.raises(ValueError, match=message) as caught:
        segmentation.load(spec)
    assert str(spec) in str(caught.value) or kind == "an unknown word"


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_hostile_names_are_names(tmp_path, name):
    pairs(tmp_path)
    good(tmp_path / "images" / f"{name}.png", SIZE)
    with pytest.raises(ValueError, match="has no partner"):
        segmentation.load(tmp_path)
    mask(tmp_path / "labels" / f"{name}.png")
    data = segmentation.load(tmp_path)
    assert len(data.sources) + len(data.validation_sources) == 9
