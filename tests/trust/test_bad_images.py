"""What is no data set of pictures: an error that names it and says what to do, and never another one."""

import gzip
import io
import json
import pickle
import re
import zipfile

import numpy as np
import pytest

import gankit
from gankit import cli, images, runs
from tests.files.test_arrays import idx
from tests.trust import pictures
from tests.trust.hostile import NAMES, Evil, containing
from tests.trust.pictures import good, noise

pytestmark = pytest.mark.once


def folder(path, n=24, **options):
    for i in range(n):
        good(path / f"{i:02}.png", **options)
    return path


@pytest.mark.parametrize("kind", pictures.BAD)
def test_a_bad_picture_among_good_ones(tmp_path, kind):
    """It is named, with what to do; or left out, and noted."""
    write, message = pictures.BAD[kind]
    bad = folder(tmp_path) / "07b.png"
    write(bad)
    with pytest.raises(ValueError, match=f"07b.png: .*({message}).*--skip-bad-files"):
        images.load(tmp_path, size=(12, 10))
    data = images.load(tmp_path, size=(12, 10), skip_bad_files=True)
    assert len(data.samples) + len(data.validation) == 24
    assert re.search(f"^Left out: .*07b.png: .*({message})", data.notes[0])


def npy(array, **options):
    def write(path):
        np.save(path / "a.npy", array(path) if callable(array) else array, **options)
        return path / "a.npy"

    return write


def npz(**arrays):
    def write(path):
        np.savez(path / "a.npz", **arrays)
        return path / "a.npz"

    return write


def folders(*names, each=12):
    def write(path):
        for name in names:
            folder(path / name, each)
        return path

    return write


def one_picture_class(path):
    folders("cat", "dog")(path)
    good(path / "axolotl" / "0.png")
    return path


def only_hidden(path):
    for i in range(24):
        good(path / f".{i}.png")
    return path


def only_others(path):
    (path / "readme.md").write_text("no")
    return path


def mixed(path):
    folder(path)
    good(path / "large.png", (40, 30))
    return path


def loop(path):
    (path / "again").symlink_to(path)
    return path


def two_idx(path):
    for name in ("a-idx3-ubyte", "b-idx3-ubyte"):
        (path / name).write_bytes(idx(noise(30, 6, 6)))
    return path


def idx_with_labels(n, dtype="uint8"):
    def write(path):
        (path / "a-idx3-ubyte").write_bytes(idx(noise(30, 6, 6)))
        (path / "a-idx1-ubyte").write_bytes(idx(np.zeros(n, dtype)))
        return path

    return write


def cut(content, n):
    return content[:-n]


def terabytes(path):
    """A header that announces them, and a few bytes."""
    content = io.BytesIO()
    shape = {"descr": "|u1", "fortran_order": False, "shape": (10**7, 1000, 1000)}
    np.lib.format.write_array_header_1_0(content, shape)
    return content.getvalue() + b"few"


def zip_of_terabytes(path):
    """Its directory announces one, and a few bytes are there."""
    with zipfile.ZipFile(path / "a.npz", "w") as archive:
        archive.writestr("images.npy", terabytes(path))
        archive.filelist[0].file_size = 2**40
    return path / "a.npz"


PICTURES = noise(30, 6, 6)
WITH_NAN = np.where(np.arange(30 * 36).reshape(30, 6, 6) == 700, np.nan, 0.5).astype("float32")
SETS = {
    "nowhere": (lambda path: path / "none", "none: no such file or folder"),
    "a name too long": (lambda path: path / ("a" * 5000), "no such file or folder"),
    "an unknown word": (lambda path: "ducks", "Unknown pictures. Known: digits, glyphs.*'ducks'"),
    "an empty folder": (lambda path: path, "no picture in this folder"),
    "other files": (only_others, "no picture in this folder.*1 other files, such as 'readme.md'"),
    "hidden files": (only_hidden, "no picture in this folder"),
    "a loop": (loop, "no picture in this folder"),
    "mixed sizes": (mixed, "2 different sizes, from 12 x 10 to 40 x 30.*--size"),
    "few pictures": (lambda path: folder(path, 7), "too few pictures.*at least 20. Received: 7"),
    "a class of one": (one_picture_class, "class 'axolotl' has a single picture"),
    "an unknown suffix": (containing("a.dat", b"x"), "a.dat: can't tell what it holds.*IDX, .npy"),
    "a picture for a set": (lambda path: good(path / "a.png"), "a.png: can't tell what it holds"),
    "IDX, no magic": (containing("a.idx", b"IDX!" * 9), "a.idx: not an IDX file.*49 44 58 21"),
    "IDX, empty": (containing("a.idx", b""), "a.idx: not an IDX file: it starts with nothing"),
    "IDX, header cut": (containing("a.idx", b"\0\0\x08\x03\0\0"), "ends within its header"),
    "IDX, cut": (containing("a.idx", cut(idx(PICTURES), 5)), "30 x 6 x 6, 1080 bytes, but 1075"),
    "IDX, too long": (containing("a.idx", idx(PICTURES) + b"xx"), "1080 bytes, but more follow"),
    "IDX of exabytes": (
        containing("a.idx", b"\0\0\x08\x03" + b"\xff" * 12),
        "a.idx: its header announces .* GiB, more than half of this machine's memory",
    ),
    "IDX, gzip cut": (
        containing("a.idx.gz", cut(gzip.compress(idx(PICTURES)), 9)),
        "a.idx.gz: can't be read",
    ),
    "IDX, gzip damaged": (
        containing("a.idx.gz", b"\x1f\x8b" + b"\0" * 40),
        "a.idx.gz: can't be read",
    ),
    "IDX of labels": (containing("a.idx", idx(noise(30))), "pictures are .n, height, width. or"),
    "two IDX files": (two_idx, "one IDX file of pictures and at most one of labels.*2 of pictures"),
    "IDX, other labels": (idx_with_labels(29), "one label for each of 30 pictures"),
    "NPY, text": (containing("a.npy", b"hello"), "a.npy: not a .npy file of numbers"),
    "NPY, empty": (containing("a.npy", b""), "a.npy: not a .npy file of numbers"),
    "NPY, cut": (
        lambda path: containing("a.npy", cut(npy(PICTURES)(path).read_bytes(), 99))(path),
        "a.npy: not a .npy file of numbers",
    ),
    "NPY, pickled": (
        npy(lambda path: np.array([Evil(path / "evil")] * 30, dtype=object), allow_pickle=True),
        "a.npy: not a .npy file of numbers",
    ),
    "NPY, a pickle": (
        containing("a.npy", lambda path: pickle.dumps(Evil(path / "evil"))),
        "a.npy: not a .npy file of numbers",
    ),
    "NPY of terabytes": (containing("a.npy", terabytes), "a.npy: not a .npy file of numbers"),
    "NPY, header torn": (
        lambda path: containing("a.npy", npy(PICTURES)(path).read_bytes().replace(b"}", b" "))(
            path
        ),
        "a.npy: not a .npy file of numbers",
    ),
    "NPY, flat": (npy(noise(30)), "pictures are .n, height, width. or .*shape .30,"),
    "NPY, two channels": (npy(noise(30, 6, 6, 2)), "with 1, 3 or 4 channels.*30, 6, 6, 2"),
    "NPY, no pictures": (npy(noise(0, 6, 6)), "too few pictures.*Received: 0"),
    "NPY, complex": (
        npy(PICTURES.astype("complex64")),
        "uint8, uint16 or floats. Received: complex64",
    ),
    "NPY, text in it": (npy(PICTURES.astype(str)), "uint8, uint16 or floats. Received: <U"),
    "NPY, whole numbers": (
        npy(PICTURES.astype("int64")),
        "uint8, uint16 or floats. Received: int64",
    ),
    "NPY, NaN": (npy(WITH_NAN), "a.npy: 1 pictures hold NaN or infinity, the first is number 19"),
    "NPY, infinity": (
        npy(np.nan_to_num(WITH_NAN, nan=np.inf, posinf=np.inf)),
        "1 pictures hold NaN",
    ),
    "NPY, other range": (npy(1000 * np.ones((30, 6, 6), "float32")), "from .*1000"),
    "NPY, small": (npy(noise(30, 3, 3)), "3 x 3 pixels are too small, at least 4 x 4"),
    "NPZ, text": (containing("a.npz", b"PK hello"), "a.npz: not an .npz file of numbers"),
    "NPZ, other names": (npz(cats=PICTURES), "a.npz: expected arrays `images`.*Received: cats"),
    "NPZ, nothing": (npz(), "a.npz: expected arrays `images`.*Received: none"),
    "NPZ, labels short": (
        npz(images=PICTURES, labels=np.zeros(7, int)),
        "one label for each of 30",
    ),
    "NPZ, labels broken": (npz(images=PICTURES, labels=np.zeros(30)), "labels are whole numbers"),
    "NPZ, a lone label": (npz(images=PICTURES, labels=np.arange(30) // 29), "single picture"),
    "NPZ of terabytes": (zip_of_terabytes, "a.npz: its directory announces 1,024.0 GiB, more than"),
    "NPZ, pickled": (npz(images=np.array([{}] * 30, dtype=object)), "a.npz: not an .npz file"),
}


@pytest.mark.parametrize("kind", SETS)
def test_a_bad_set(tmp_path, kind):
    make, message = SETS[kind]
    before = set(tmp_path.iterdir())
    spec = make(tmp_path)
    with pytest.raises(ValueError, match=message) as caught:
        images.load(spec)
    assert str(spec) in str(caught.value) or kind == "an unknown word"
    assert not (tmp_path / "evil").exists()
    assert not before


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_hostile_names_are_names(tmp_path, name):
    """Of a class and of its pictures; they go no further than a folder below where samples go."""
    try:
        folder(tmp_path / name, 12)
        good(tmp_path / name / f"{name}.png")
    except OSError:
        pytest.skip("this file system has no such names")
    folder(tmp_path / "plain", 12)
    data = images.load(tmp_path)
    assert sorted(data.classes) == sorted([name, "plain"])
    text = tmp_path / name / "bad.png"
    text.write_text("no")
    with pytest.raises(ValueError, match="bad.png: not a picture") as caught:
        images.load(tmp_path)
    assert repr(name)[1:-1] in repr(str(caught.value))


OUTWARD = ["../../x", "..", "/x", "~", "plain"]


@pytest.mark.parametrize("files", [True, False])
def test_samples_of_hostile_classes_stay_in_their_folder(tmp_path, files):
    """Whatever a set, or a run from elsewhere, calls its classes."""
    run = runs.Run(tmp_path / "a" / "b" / "run")
    run.directory.mkdir(parents=True)
    config = {"recipe": "images", "data": "glyphs", "classes": OUTWARD}
    (run.directory / "config.json").write_text(json.dumps(config))
    run.save_preparation(gankit.files.Scaling())
    networks = images.dcgan_generator, images.dcgan_discriminator
    gan = gankit.GAN(*(network((8, 8, 1), width=4, classes=5) for network in networks))
    gan.compile()
    gan.save(run.directory / "model.keras")
    before = set(tmp_path.rglob("*"))
    cli.Generate(run.directory, n=5, files=files)()
    cli.Generate(run.directory, label="../../x", files=files)()
    made = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert len(made) >= 2
    samples = (run.directory / "samples").resolve()
    assert all(path.resolve().is_relative_to(samples) for path in made)
