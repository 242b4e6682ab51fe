import os
import pathlib
import zlib

import numpy as np
import pytest
from PIL import Image

from gankit.files import folders, pictures, sheets

pytestmark = pytest.mark.once


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(array)).save(path, **options)
    return path


def noise(*shape, dtype="uint8"):
    return np.random.default_rng(0).integers(np.iinfo(dtype).max, size=shape).astype(dtype)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp"])
def test_lossless_formats_come_back(tmp_path, suffix):
    options = {"lossless": True} if suffix == ".webp" else {}
    array = noise(6, 9, 3)
    path = save(tmp_path / f"a{suffix}", array, **options)
    head = pictures.header(path)
    assert (head.height, head.width, head.channels, head.depth) == (6, 9, 3, 8)
    np.testing.assert_array_equal(pictures.decode(path, (6, 9), 3), array)


def test_jpeg(tmp_path):
    smooth = np.full((16, 16, 3), [200, 100, 50], "uint8")
    path = save(tmp_path / "a.JPG", smooth, quality=95)
    assert np.abs(pictures.decode(path, (16, 16), 3).astype(int) - smooth).max() < 6


def test_grey_alpha_palette_and_one_bit(tmp_path):
    grey = noise(5, 5)
    path = save(tmp_path / "grey.png", grey)
    assert pictures.header(path).channels == 1
    np.testing.assert_array_equal(pictures.decode(path, (5, 5), 1)[..., 0], grey)
    np.testing.assert_array_equal(
        pictures.decode(path, (5, 5), 3), np.repeat(grey[..., None], 3, -1)
    )

    clear = np.zeros((4, 4, 4), "uint8")
    clear[:2] = [10, 20, 30, 255]
    path = save(tmp_path / "alpha.png", clear)
    assert pictures.header(path).channels == 4
    np.testing.assert_array_equal(pictures.decode(path, (4, 4), 4), clear)
    on_white = pictures.decode(path, (4, 4), 3)
    np.testing.assert_array_equal(on_white[0, 0], [10, 20, 30])
    np.testing.assert_array_equal(on_white[3, 0], [255, 255, 255])

    flat = np.zeros((4, 4, 3), "uint8") + np.array([255, 0, 0], "uint8")
    Image.fromarray(flat).convert("P").save(tmp_path / "palette.png")
    np.testing.assert_array_equal(pictures.decode(tmp_path / "palette.png", (4, 4), 3), flat)
    Image.fromarray(np.eye(4, dtype=bool)).save(tmp_path / "bit.png")
    np.testing.assert_array_equal(
        pictures.decode(tmp_path / "bit.png", (4, 4), 1)[..., 0], 255 * np.eye(4)
    )


def test_sixteen_bits_are_kept(tmp_path):
    array = noise(5, 6, dtype="uint16")
    path = save(tmp_path / "a.png", array)
    assert pictures.header(path).depth == 16
    np.testing.assert_array_equal(pictures.decode(path, (5, 6), 1, 16)[..., 0], array)
    np.testing.assert_array_equal(pictures.decode(path, (5, 6), 3, 16)[..., 2], array)
    other = save(tmp_path / "b.png", np.full((5, 6), 255, "uint8"))
    np.testing.assert_array_equal(pictures.decode(other, (5, 6), 1, 16), 65535)
    tiff = save(tmp_path / "c.tif", array)
    np.testing.assert_array_equal(pictures.decode(tiff, (5, 6), 1, 16)[..., 0], array)


def test_sixteen_bit_colour(tmp_path):
    import tensorflow as tf

    array = noise(5, 6, 3, dtype="uint16")
    path = tmp_path / "a.png"
    path.write_bytes(tf.io.encode_png(array).numpy())
    assert pictures.header(path).depth == 16
    np.testing.assert_array_equal(pictures.decode(path, (5, 6), 3, 16), array)


@pytest.mark.parametrize("suffix", ["gif", "tif", "png", "webp"])
def test_several_pictures_in_a_file(tmp_path, suffix):
    first, second = Image.new("L", (6, 6), 40), Image.new("L", (6, 6), 200)
    first.save(tmp_path / f"a.{suffix}", save_all=True, append_images=[second])
    with pytest.raises(
        ValueError, match=rf"a.{suffix}: holds 2 pictures, and a file stands for one"
    ):
        pictures.header(tmp_path / f"a.{suffix}")


@pytest.mark.parametrize("values", [(-1000, 3000), (0, 70_000)])
def test_values_beyond_sixteen_bits(tmp_path, values):
    """A computed tomography's, for instance."""
    path = save(tmp_path / "a.tif", np.resize(np.array(values, "int32"), (6, 6)))
    low, high = values
    with pytest.raises(ValueError, match=f"a.tif: .*values go from {low} to {high}, and 16 bits"):
        pictures.decode(path, (6, 6), 1, 16)


def test_cmyk(tmp_path):
    Image.new("CMYK", (6, 6), (0, 255, 255, 0)).save(tmp_path / "a.jpg")
    red = pictures.decode(tmp_path / "a.jpg", (6, 6), 3)[0, 0].astype(int)
    assert red[0] > 200
    assert red[1:].max() < 60


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_where_eight_are_wanted(tmp_path, suffix):
    """Scaled, not cut off."""
    array = (noise(5, 6) * np.uint16(257)).astype("uint16")
    path = save(tmp_path / f"a.{suffix}", array)
    np.testing.assert_array_equal(pictures.decode(path, (5, 6), 3)[..., 1], array // 257)


def test_lying_on_its_side(tmp_path):
    """The EXIF orientation 6: turn by a quarter to see it upright."""
    array = np.zeros((4, 8, 3), "uint8")
    array[:, :4] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "a.png", array, exif=exif)
    head = pictures.header(path)
    assert (head.height, head.width) == (8, 4)
    upright = pictures.decode(path, (8, 4), 1)[..., 0]
    assert (upright[:4] == 255).all()
    assert (upright[4:] == 0).all()


def test_crop_keeps_proportions_and_stretch_does_not(tmp_path):
    array = np.zeros((8, 16), "uint8")
    array[:, 4:12] = 255
    path = save(tmp_path / "a.png", array)
    assert (pictures.decode(path, (8, 8), 1) == 255).all()
    stretched = pictures.decode(path, (8, 8), 1, fit="stretch")[..., 0]
    assert (stretched[:, 0] < 30).all()
    assert (stretched[:, 4] > 220).all()


def test_classes_are_the_subfolders(tmp_path):
    for name in ("b/1.png", "a/x/2.png", "a/1.png", ".hidden/1.png", "a/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        save(path, noise(4, 4)) if path.suffix == ".png" else path.write_text("no")
    paths, labels, classes, ignored = pictures.find(tmp_path)
    assert [p.relative_to(tmp_path).as_posix() for p in paths] == [
        "a/1.png",
        "a/x/2.png",
        "b/1.png",
    ]
    assert labels.tolist() == [0, 0, 1]
    assert classes == ["a", "b"]
    assert [p.name for p in ignored] == ["notes.txt"]
    assert folders.beside_subfolders(tmp_path, paths) == []
    save(tmp_path / "top.png", noise(4, 4))
    paths, labels, *_ = pictures.find(tmp_path)
    assert labels is None
    (note,) = folders.beside_subfolders(tmp_path, paths)
    assert "(1, such as top.png): so subfolders are no classes" in note


def test_hostile_names_and_loops(tmp_path):
    names = ["-rf.png", "a\nb.png", "$(touch x).png", "ünï.png", "..png", "a" * 200 + ".png"]
    for name in names[:4] + names[5:]:
        save(tmp_path / name, noise(4, 4))
    os.symlink(tmp_path, tmp_path / "loop")
    paths, *_ = pictures.find(tmp_path)
    assert len(paths) == 5
    for path in paths:
        assert pictures.decode(path, (4, 4), 1).shape == (4, 4, 1)


def broken(tmp_path, kind):
    path = tmp_path / "bad.png"
    whole = save(tmp_path / "whole.png", noise(40, 40, 3)).read_bytes()
    if kind == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "text":
        path.write_text("I am no picture")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "tiny":
        save(path, noise(1, 1))
    elif kind == "bomb":  # a header that announces 60,000 x 60,000 pixels
        chunk = whole[12:16] + (60_000).to_bytes(4, "big") * 2 + whole[24:29]
        path.write_bytes(whole[:12] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + whole[33:])
    (tmp_path / "whole.png").unlink()
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("truncated", "can't be decoded"),
        ("text", "not a picture"),
        ("empty", "not a picture"),
        ("tiny", "1 x 1 pixels are too few, at least 4 x 4"),
        ("bomb", "could be decompression bomb"),
    ],
)
def test_bad_files_are_named(tmp_path, kind, message):
    path = broken(tmp_path, kind)

    def read(path):
        head = pictures.header(path)
        return pictures.decode(head.path, (8, 8), 3)

    with pytest.raises(ValueError, match=message) as caught:
        folders.each(read, [path])
    assert str(path) in str(caught.value)
    assert "--skip-bad-files" in str(caught.value)
    good = save(tmp_path / "good.png", noise(8, 8, 3))
    results, failures = folders.each(read, [path, good], skip=True)
    assert len(results) == 1
    assert failures[0][0] == 0


def test_how_many_more_are_bad(tmp_path):
    paths = [tmp_path / f"{i}.png" for i in range(3)]
    for path in paths:
        path.write_text("no")
    with pytest.raises(ValueError, match="So do 2 more files"):
        folders.each(pictures.header, paths)


def test_no_folder_no_picture(tmp_path):
    with pytest.raises(ValueError, match="can't be read"):
        pictures.find(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="no picture in this folder"):
        pictures.find(tmp_path)
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(ValueError, match="1 other files, such as 'a.txt'"):
        pictures.find(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_no_permission(tmp_path):
    closed = tmp_path / "closed"
    save(closed / "a.png", noise(4, 4))
    pathlib.Path(closed).chmod(0)
    try:
        with pytest.raises(ValueError, match="closed: can't be read: Permission denied"):
            pictures.find(tmp_path)
    finally:
        closed.chmod(0o700)


def test_floats_are_refused(tmp_path):
    """Pillow would make all of 0 to 1 black."""
    path = save(tmp_path / "a.tif", np.linspace(0, 1, 64, dtype="float32").reshape(8, 8))
    with pytest.raises(ValueError, match=r"a.tif: its pixels are floats.*8 or 16 bits"):
        pictures.header(path)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_are_written_as_they_are(tmp_path, channels):
    array = noise(5, 6, channels, dtype="uint16")
    sheets.write(array, tmp_path / "a.png")
    assert pictures.header(tmp_path / "a.png").depth == 16
    np.testing.assert_array_equal(
        pictures.decode(tmp_path / "a.png", (5, 6), channels, depth=16), array
    )
