import gzip

import numpy as np
import pytest
from PIL import Image

from gankit import images
from gankit.images.glyphs import CHARACTERS, FACES, draw_glyphs, face_labels
from tests.files.test_arrays import idx
from tests.helpers import check_config_round_trip


def folder(path, classes=("cat", "dog"), each=12, size=(10, 12), mode="RGB"):
    rng = np.random.default_rng(0)
    for c, name in enumerate(classes):
        (path / name).mkdir(parents=True, exist_ok=True)
        for i in range(each):
            array = rng.integers(256, size=(*size, 3)).astype("uint8")
            array[..., 0] = 100 * c
            Image.fromarray(array).convert(mode).save(path / name / f"{i}.png")
    return path


def test_scaling():
    for dtype in ("uint8", "uint16"):
        scaling = images.Scaling.of(np.zeros(1, dtype))
        top = np.iinfo(dtype).max
        stored = np.array([0, top // 3, top], dtype)
        prepared = scaling(stored)
        assert prepared.dtype == np.float32
        np.testing.assert_allclose(prepared, [-1, -1 / 3, 1], atol=1e-6)
        np.testing.assert_array_equal(scaling.inverse(prepared), stored)
        np.testing.assert_array_equal(scaling.to_bytes(prepared), [0, 85, 255])
        assert scaling.inverse(np.float32([-3, 3])).tolist() == [0, top]
    check_config_round_trip(scaling)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0, 255)])
def test_scaling_of_floats(low, high):
    scaling = images.Scaling.of(np.float32([low, high]))
    np.testing.assert_allclose(scaling(np.float32([low, high])), [-1, 1])
    np.testing.assert_allclose(scaling.inverse(np.float32([-1, 1])), [low, high])


def test_scaling_of_strange_floats():
    with pytest.raises(ValueError, match="from 0 to 1000"):
        images.Scaling.of(np.float32([0, 1000]))


def test_folder(tmp_path):
    data = images.load(folder(tmp_path))
    assert data.shape == (10, 12, 3)
    assert data.classes == ["cat", "dog"]
    assert len(data.samples) + len(data.validation) == 24
    assert np.bincount(data.validation_labels).tolist() == [2, 2]
    assert np.bincount(data.labels[: data.controls]).tolist() == [2, 2]
    for samples, labels in ((data.samples, data.labels), (data.validation, data.validation_labels)):
        assert (samples[..., 0].max(axis=(1, 2)) == 100 * labels).all()  # labels stay with pictures


def test_folder_scaled_and_grey(tmp_path):
    data = images.load(folder(tmp_path, mode="L"), size=(8, 8))
    assert data.shape == (8, 8, 1)
    assert images.load(tmp_path, channels=3, size=(8, 8)).shape == (8, 8, 3)


def test_bad_files_are_left_out_and_noted(tmp_path):
    folder(tmp_path)
    (tmp_path / "cat" / "0.png").write_text("no")
    (tmp_path / "readme.txt").write_text("no")
    with pytest.raises(ValueError, match="0.png: not a picture"):
        images.load(tmp_path)
    data = images.load(tmp_path, skip_bad_files=True)
    assert len(data.samples) + len(data.validation) == 23
    assert np.bincount(np.concatenate([data.labels, data.validation_labels])).tolist() == [11, 12]
    assert "1 files that are no pictures were ignored" in data.notes[0]
    assert "0.png" in data.notes[1]


@pytest.mark.parametrize("suffix", ["png", "npy"])
def test_large_sets_stay_on_disk(tmp_path, monkeypatch, suffix):
    """The same pictures, in an array that the system pages in and out; the file itself is not touched."""
    spec = folder(tmp_path / "pictures")
    (tmp_path / "pictures" / "cat" / "3.png").write_bytes(b"\x89PNG")
    if suffix == "npy":
        spec = tmp_path / "a.npy"
        np.save(spec, np.random.default_rng(0).integers(256, size=(30, 6, 5, 1)).astype("uint8"))
        before = spec.read_bytes()
    in_memory = images.load(spec, skip_bad_files=True)
    monkeypatch.setattr("gankit.files.arrays.LARGE", 10)
    on_disk = images.load(spec, skip_bad_files=True)
    assert isinstance(on_disk.samples, np.memmap)
    np.testing.assert_array_equal(on_disk.samples, in_memory.samples)
    np.testing.assert_array_equal(on_disk.validation, in_memory.validation)
    np.testing.assert_array_equal(on_disk.labels, in_memory.labels)
    assert suffix == "png" or spec.read_bytes() == before


def test_held_out_pictures(tmp_path):
    """Every picture is in one of the two parts, and the seed says in which."""
    np.save(tmp_path / "a.npy", np.arange(40 * 16, dtype="uint16").reshape(40, 4, 4))
    data, again = (images.load(tmp_path / "a.npy", seed=3) for _ in range(2))
    first = [one[:, 0, 0, 0] // 16 for one in (data.samples, data.validation)]
    assert sorted(np.concatenate(first)) == list(range(40))
    assert len(data.validation) == 8
    np.testing.assert_array_equal(data.validation, again.validation)
    other = images.load(tmp_path / "a.npy", seed=4)
    assert (other.validation != data.validation).any()


def test_held_out_pictures_and_controls_are_mixed():
    """Whatever the order of the data, a block of them holds all classes."""
    data = images.load("glyphs", size=(8, 8))
    assert data.controls == len(data.validation)
    for labels in (data.validation_labels, data.labels[: data.controls]):
        assert (np.bincount(labels) == len(labels) // 36).all()
        assert len(np.unique(labels[:200])) > 30


def test_small_classes(tmp_path):
    """Of two pictures one is held out, and one is left to learn from: none is a control."""
    data = images.load(folder(folder(tmp_path), classes=("axolotl",), each=2))
    assert data.controls == 4
    assert np.bincount(data.validation_labels).tolist() == [1, 2, 2]
    assert np.bincount(data.labels).tolist() == [1, 10, 10]


def test_mixed_sizes(tmp_path):
    folder(tmp_path)
    Image.new("RGB", (40, 20)).save(tmp_path / "cat" / "large.png")
    with pytest.raises(ValueError, match="2 different sizes, from 10 x 12 to 20 x 40.*--size"):
        images.load(tmp_path)
    assert images.load(tmp_path, size=(10, 10)).shape == (10, 10, 3)


def test_a_class_with_one_picture(tmp_path):
    folder(tmp_path)
    folder(tmp_path, classes=("axolotl",), each=1)
    with pytest.raises(ValueError, match="class 'axolotl' has a single picture; at least 2"):
        images.load(tmp_path)


def test_a_class_of_bad_files_is_left_out(tmp_path):
    folder(folder(tmp_path), classes=("bird",), each=2)
    for path in (tmp_path / "bird").iterdir():
        path.write_text("no")
    data = images.load(tmp_path, skip_bad_files=True)
    assert data.classes == ["cat", "dog"]
    assert data.notes[-1] == "Left out: class 'bird', no picture of which can be read."
    assert (data.samples[..., 0].max(axis=(1, 2)) == 100 * data.labels).all()


def test_names_that_look_like_idx_files(tmp_path):
    """Pictures, and folders of them."""
    folder(tmp_path, classes=("cat-idx", "train-idx3"))
    (tmp_path / "cat-idx" / "0.png").rename(tmp_path / "cat-idx" / "cat-idx0.png")
    assert images.load(tmp_path).classes == ["cat-idx", "train-idx3"]
    (tmp_path / "cat-idx" / "cat-idx0.png").rename(tmp_path / "cat-idx0.png")
    assert images.load(tmp_path).classes is None


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"size": (-8, 8)}, "4 pixels at least.*size=.-8, 8"),
        ({"channels": 2}, "1 .grey., 3 .colour. or 4.*channels=2"),
    ],
)
def test_wishes_that_cannot_be(tmp_path, wishes, message):
    with pytest.raises(ValueError, match=message):
        images.load(folder(tmp_path), **wishes)


def test_idx_folder(tmp_path):
    pictures = np.random.default_rng(0).integers(256, size=(30, 6, 5)).astype("uint8")
    labels = np.repeat([3, 7, 9], 10).astype("uint8")
    (tmp_path / "x-idx3-ubyte.gz").write_bytes(gzip.compress(idx(pictures)))
    (tmp_path / "x-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    data = images.load(tmp_path)
    assert data.shape == (6, 5, 1)
    assert data.classes == ["3", "7", "9"]
    alone = images.load(tmp_path / "x-idx3-ubyte.gz")
    assert alone.labels is None
    (tmp_path / "y-idx1-ubyte").write_bytes(idx(labels))
    with pytest.raises(ValueError, match="2 of labels"):
        images.load(tmp_path)
    (tmp_path / "y-idx1-ubyte").unlink()
    (tmp_path / "x-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels[:9])))
    with pytest.raises(ValueError, match="one label for each of 30 pictures"):
        images.load(tmp_path)


def test_npy_and_npz(tmp_path):
    pictures = np.random.default_rng(0).random((30, 6, 5, 4)).astype("float32")
    np.save(tmp_path / "a.npy", pictures)
    data = images.load(tmp_path / "a.npy")
    assert data.shape == (6, 5, 4)
    np.savez(tmp_path / "a.npz", images=pictures, labels=np.repeat([0, 1], 15))
    assert images.load(tmp_path / "a.npz").classes == ["0", "1"]
    np.savez(tmp_path / "b.npz", faces=pictures)
    with pytest.raises(ValueError, match="expected arrays `images`.*Received: faces"):
        images.load(tmp_path / "b.npz")
    pictures[7, 0, 0, 0] = np.nan
    np.save(tmp_path / "a.npy", pictures)
    with pytest.raises(ValueError, match="1 pictures hold NaN or infinity, the first is number 7"):
        images.load(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((30, 6)), "shape .30, 6"),
        (np.zeros((30, 6, 6, 2)), "1, 3 or 4 channels"),
        (np.zeros((30, 1, 1)), "1 x 1 pixels are too small"),
        (np.zeros((3, 6, 6)), "at least 20. Received: 3"),
        (np.zeros((30, 6, 6), "int64"), "Received: int64"),
    ],
)
def test_bad_arrays(tmp_path, array, message):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(ValueError, match=message):
        images.load(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("faces", "Unknown pictures. Known: digits, glyphs"),
        ("./nowhere", "no such file or folder"),
        ("tfds:no_such_set_at_all", "TensorFlow Datasets can't load"),
    ],
)
def test_unknown_specs(spec, message):
    with pytest.raises(ValueError, match=message):
        images.load(spec)


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "a.csv").write_text("1,2")
    with pytest.raises(ValueError, match="can't tell what it holds"):
        images.load(tmp_path / "a.csv")


def test_digits():
    data = images.load("digits")
    assert data.shape == (8, 8, 1)
    assert len(data.samples) + len(data.validation) == 1797
    assert data.samples.max() == 255
    assert images.load("digits", size=(12, 10)).shape == (12, 10, 1)


def test_glyphs():
    pictures, labels, classes = draw_glyphs((16, 12), variants=1)
    assert pictures.shape == (len(CHARACTERS) * len(FACES), 16, 12, 1)
    assert classes == list(CHARACTERS)
    assert (pictures.max(axis=(1, 2, 3)) > 100).all()  # every glyph is there
    faces, names = face_labels(variants=1)
    assert len(faces) == len(pictures)
    assert len(names) == len(FACES)
    np.testing.assert_array_equal(pictures, draw_glyphs((16, 12), variants=1)[0])
    assert (pictures != draw_glyphs((16, 12), seed=1, variants=1)[0]).any()
    of_a = pictures[labels == CHARACTERS.index("A")]
    assert len({picture.tobytes() for picture in of_a}) == len(FACES)  # every face is another
    with pytest.raises(ValueError, match="at least 8 x 8"):
        draw_glyphs((4, 4))


def test_dataset_prepares_and_keeps_labels(tmp_path):
    data = images.load(folder(tmp_path))
    for pictures, labels in data.dataset(5, seed=1):
        assert pictures.dtype == np.float32
        assert pictures.min() >= -1
        assert pictures.max() <= 1
        np.testing.assert_allclose(pictures[..., 0], np.broadcast_to(
            (labels * 100 / 127.5 - 1)[:, None, None], pictures.shape[:3]), atol=1e-5)  # fmt: skip
    (alone,) = [batch for batch in data.dataset(20, conditional=False)]
    assert alone.shape == (20, 10, 12, 3)


def test_mirroring_shows_every_picture_both_ways(tmp_path):
    data = images.load(folder(tmp_path))
    batches = list(data.dataset(len(data.samples), mirror=True, conditional=False))
    shown = {batch.tobytes() for both in batches for batch in both}
    wanted = data.preparation(data.samples)
    assert shown == {one.tobytes() for one in (*wanted, *wanted[:, :, ::-1])}
    held_out = next(iter(data.dataset(4, split="validation", mirror=True, conditional=False)))
    np.testing.assert_array_equal(held_out, data.preparation(data.validation[:4]))


def test_conditional_without_labels(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((30, 6, 5), "uint8"))
    with pytest.raises(ValueError, match="has no labels"):
        images.load(tmp_path / "a.npy").dataset(4, conditional=True)
