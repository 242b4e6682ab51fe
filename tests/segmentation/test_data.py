import numpy as np
import pytest
from PIL import Image

from gankit import segmentation
from gankit.files import Classes, Scaling, masks
from tests.helpers import check_config_round_trip

SIZE = (10, 12)


def save(array, path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


def folder(path, n=6, size=SIZE, classes=3, suffix="png"):
    """Pictures whose red is 50 times the class of their mask's places."""
    rng = np.random.default_rng(0)
    for i in range(n):
        mask = rng.integers(classes, size=size).astype("uint8")
        picture = rng.integers(256, size=(*size, 3)).astype("uint8")
        picture[..., 0] = 50 * mask
        save(picture, path / "images" / f"{i}.png")
        save(mask, path / "labels" / f"{i}.{suffix}")
    return path


def test_folders(tmp_path):
    data = segmentation.load(folder(tmp_path))
    assert data.shape("source") == (*SIZE, 3)
    assert data.shape("target") == (*SIZE, 3)
    assert len(data.sources) == 4
    assert len(data.validation_sources) == 2
    np.testing.assert_array_equal(data.sources[..., 0], 50 * data.targets)
    np.testing.assert_array_equal(data.validation_sources[..., 0], 50 * data.validation_targets)
    assert data.preparation.target.names == ["class 0", "class 1", "class 2"]
    check_config_round_trip(data.preparation)


def test_the_last_are_held_out(tmp_path):
    data = segmentation.load(folder(tmp_path, n=12))
    last = np.asarray(Image.open(tmp_path / "images" / "9.png"))  # in alphabetical order
    np.testing.assert_array_equal(data.validation_sources[-1], last)


def test_train_and_val(tmp_path):
    folder(tmp_path / "train")
    folder(tmp_path / "val", n=3)
    data = segmentation.load(tmp_path)
    assert (len(data.sources), len(data.validation_sources)) == (6, 3)


def test_direction(tmp_path):
    data = segmentation.load(folder(tmp_path), "to-picture")
    assert isinstance(data.preparation.source, Classes)
    assert isinstance(data.preparation.target, Scaling)
    np.testing.assert_array_equal(data.targets[..., 0], 50 * data.sources)


def test_names_and_ignored(tmp_path):
    data = segmentation.load(folder(tmp_path), names=["a", "b"], ignore=2)
    assert set(np.unique(data.targets)) == {0, 1, 255}
    assert data.preparation.target.names == ["a", "b"]


def test_scaled_without_new_classes(tmp_path):
    """Masks take the nearest value where pictures are interpolated."""
    data = segmentation.load(folder(tmp_path), size=(16, 16))
    assert data.shape("source") == (16, 16, 3)
    assert set(np.unique(data.targets)) == {0, 1, 2}


def test_names_without_colours_leave_palettes_to_be_indices(tmp_path):
    """Masks with a palette look coloured, and their indices are classes all the same."""
    folder(tmp_path)
    (tmp_path / "classes.txt").write_text("road\ncar\nsky\n")
    plain = segmentation.load(tmp_path)
    for path in (tmp_path / "labels").iterdir():
        with Image.open(path) as image:
            image = image.convert("P")
        image.putdata(np.asarray(Image.open(path)).ravel())
        image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
        image.save(path)
    np.testing.assert_array_equal(segmentation.load(tmp_path).targets, plain.targets)


def coloured(path, *palette):
    """A `folder` whose masks have a colour for each class."""
    for mask in (folder(path) / "labels").iterdir():
        save(np.uint8(palette)[np.asarray(Image.open(mask))], mask)
    return np.uint8(palette)


def test_colour_coded(tmp_path):
    palette = coloured(tmp_path, [10, 20, 30], [0, 200, 0], [255, 0, 0])
    with pytest.raises(ValueError, match="classes.txt"):
        segmentation.load(tmp_path)
    (tmp_path / "classes.txt").write_text("house 10 20 30\ngreen tree 0 200 0\n\nred 255 0 0\n")
    data = segmentation.load(tmp_path)
    assert data.preparation.target.names == ["house", "green tree", "red"]
    np.testing.assert_array_equal(data.sources[..., 0], 50 * data.targets)
    shown = data.preparation.target.to_bytes(data.targets[0])
    np.testing.assert_array_equal(shown, palette[data.targets[0]])

    strange = np.asarray(Image.open(tmp_path / "labels" / "2.png")).copy()
    strange[3, 4] = [1, 2, 3]
    save(strange, tmp_path / "labels" / "2.png")
    with pytest.raises(ValueError, match=r"labels/2.png: the colour 1 2 3 is no class"):
        segmentation.load(tmp_path)
    (tmp_path / "classes.txt").write_text("a 1 2 3\nb 4 5 6\nc\n")
    with pytest.raises(ValueError, match="2 of 3 classes have a colour"):
        segmentation.load(tmp_path)


def test_black_is_ignored_in_colour_codes(tmp_path):
    coloured(tmp_path, [0, 0, 0], [9, 9, 9], [8, 8, 8])
    (tmp_path / "classes.txt").write_text("a 9 9 9\nb 8 8 8\n")
    assert set(np.unique(segmentation.load(tmp_path).targets)) == {0, 1, 255}


def test_a_colour_that_is_ignored(tmp_path):
    coloured(tmp_path, [10, 20, 30], [0, 200, 0], [224, 224, 192])
    (tmp_path / "classes.txt").write_text("road 10 20 30\nsky 0 200 0\nvoid 224 224 192\n")
    data = segmentation.load(tmp_path, ignore=2)
    assert set(np.unique(data.targets)) == {0, 1, 255}
    np.testing.assert_array_equal(data.sources[..., 0] == 100, data.targets == 255)


def test_coloured_classes_by_other_names(tmp_path):
    palette = coloured(tmp_path, [10, 20, 30], [0, 200, 0], [255, 0, 0])
    (tmp_path / "classes.txt").write_text("a 10 20 30\nb 0 200 0\nc 255 0 0\n")
    data = segmentation.load(tmp_path, names=["house", "tree", "sun"])
    assert data.preparation.target.names == ["house", "tree", "sun"]
    assert data.preparation.target.palette == [tuple(colour) for colour in palette]
    with pytest.raises(ValueError, match=r"classes.txt has 3 classes with a colour .*: 2 names"):
        segmentation.load(tmp_path, names=["house", "tree"])


def test_names_that_there_are_no_classes_for(tmp_path):
    with pytest.raises(ValueError, match="streets: their classes are their own"):
        segmentation.load("streets", size=(32, 48), names=["a", "b"])
    for i in range(6):
        save(np.full((8, 9, 3), i, "uint8"), tmp_path / "sources" / f"{i}.png")
        save(np.full((8, 9, 3), 2 * i, "uint8"), tmp_path / "targets" / f"{i}.png")
    with pytest.raises(ValueError, match="targets are pictures, which have no classes"):
        segmentation.load(tmp_path, names=["a", "b"])


def test_side_by_side(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(6):
        left = rng.integers(256, size=(8, 9, 3)).astype("uint8")
        save(np.concatenate([left, 255 - left], axis=1), tmp_path / f"{i}.png")
    data = segmentation.load(tmp_path)
    assert data.shape("target") == (8, 9, 3)
    np.testing.assert_array_equal(data.targets, 255 - data.sources)
    turned = segmentation.load(tmp_path, "to-picture")
    np.testing.assert_array_equal(turned.sources, data.targets)


@pytest.mark.parametrize("size", [(8, 5), (8, 9), (4, 9), (16, 18)])
def test_halves_are_scaled_apart(tmp_path, size):
    """A target of one value takes nothing from its source, and what is cut off is the same of both."""
    ramp = np.repeat(np.linspace(0, 255, 9).astype("uint8")[None, :, None], 8, axis=0)
    ramp = np.repeat(ramp, 3, axis=-1)
    for i in range(6):
        for name, right in (("same", ramp), ("black", 0 * ramp)):
            save(np.concatenate([ramp, right], axis=1), tmp_path / name / f"{i}.png")
    same = segmentation.load(tmp_path / "same", size=size)
    np.testing.assert_array_equal(same.sources, same.targets)
    assert segmentation.load(tmp_path / "black", size=size).targets.max() == 0


def test_sources_and_targets(tmp_path):
    for i in range(6):
        save(np.full((8, 8), i, "uint8"), tmp_path / "sources" / f"{i}.png")
        save(np.full((8, 8, 3), i, "uint8"), tmp_path / "targets" / f"{i}.png")
    data = segmentation.load(tmp_path)
    assert (data.shape("source"), data.shape("target")) == ((8, 8, 1), (8, 8, 3))


def test_unpaired(tmp_path):
    for i in range(6):
        save(np.full((8, 8), i, "uint8"), tmp_path / "sources" / f"{i}.png")
    for i in range(4):
        save(np.full((8, 8), 100 + i, "uint8"), tmp_path / "targets" / f"other{i}.png")
    data = segmentation.load(tmp_path, paired=False)
    assert not data.paired
    shown = [*data.targets[:, 0, 0, 0], *data.validation_targets[:, 0, 0, 0]]
    assert sorted(set(shown)) == [100, 101, 102, 103]
    assert len(data.sources) == len(data.targets) == 4


def test_the_folders_of_cyclegan(tmp_path):
    counts = {"trainA": 5, "trainB": 3, "testA": 2, "testB": 2}
    for number, (name, n) in enumerate(counts.items()):
        for i in range(n):
            save(np.full((8, 8), 10 * number + i, "uint8"), tmp_path / name / f"{name}_{i}.png")
    data = segmentation.load(tmp_path, paired=False)
    assert not data.paired
    for side, number in zip(
        (data.sources, data.targets, data.validation_sources, data.validation_targets), range(4)
    ):
        found = set(np.unique(side).tolist())
        assert found == {10 * number + i for i in range(list(counts.values())[number])}
    with pytest.raises(ValueError, match="do not belong together: use --preset cyclegan"):
        segmentation.load(tmp_path)
    (tmp_path / "testB").rename(tmp_path / "validB")
    with pytest.raises(
        ValueError, match="unpaired pictures lie in testA/ and testB/, and there is no"
    ):
        segmentation.load(tmp_path, paired=False)


def test_folders_that_are_no_sides(tmp_path):
    """Nothing is cut in half that only lies in folders of other names."""
    for side in ("a", "b"):
        for i in range(4):
            save(np.full((8, 8), i, "uint8"), tmp_path / side / f"{i}.png")
    with pytest.raises(
        ValueError, match=r"lie in folders within it \(a, b\). Pairs lie in images/"
    ):
        segmentation.load(tmp_path)


def test_paired_data_taken_apart(tmp_path):
    data = segmentation.load(folder(tmp_path, n=12), paired=False)
    together = segmentation.load(tmp_path)
    assert data.paired
    assert (data.targets != together.targets).any()
    np.testing.assert_array_equal(data.sources, together.sources)
    np.testing.assert_array_equal(data.validation_targets, together.validation_targets)
    colours = data.colours()
    assert colours.targets.shape == (*data.targets.shape, 3)
    assert isinstance(colours.preparation.target, Scaling)


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4), ("CMYK", 3)])
def test_kinds_of_pictures(tmp_path, mode, channels):
    folder(tmp_path)
    for path in sorted((tmp_path / "images").iterdir()):
        image = Image.open(path).convert(mode)
        path.unlink()
        image.save(path.with_suffix(".tif"))
    assert segmentation.load(tmp_path).shape("source") == (*SIZE, channels)


def test_sixteen_bits(tmp_path):
    folder(tmp_path)
    for path in (tmp_path / "images").iterdir():
        save(np.asarray(Image.open(path).convert("L")).astype("uint16") * 257, path)
    data = segmentation.load(tmp_path)
    assert data.sources.dtype == np.uint16
    assert data.preparation.source.high == 65535


def test_datasets(tmp_path):
    data = segmentation.load(folder(tmp_path))
    sources, targets = next(iter(data.dataset(4, seed=1)))
    assert sources.dtype == np.float32
    assert sources.min() >= -1
    np.testing.assert_allclose((sources[..., 0] + 1) * 127.5, 50 * targets, atol=1e-3)
    sources, targets = next(iter(data.validation_dataset()))
    np.testing.assert_array_equal(targets, data.validation_targets)
    assert data.prepared("source").dtype == np.float32


def test_all_that_is_held_out_is_seen_once(tmp_path):
    folder(tmp_path / "train")
    folder(tmp_path / "val", n=7)
    data = segmentation.load(tmp_path)
    seen = [targets for _, targets in data.validation_dataset().once().as_numpy_iterator()]
    assert [len(one) for one in seen] == [4, 3]
    np.testing.assert_array_equal(np.concatenate(seen), data.validation_targets)


def test_boundaries_are_held_to_a_pixel(tmp_path):
    """A mask a third of the picture further is no match."""
    boundaries = segmentation.metrics_for(segmentation.load(folder(tmp_path)))[1]
    _, masks, _ = segmentation.draw_streets((48, 64), n=2)
    boundaries.update(masks, np.roll(masks, 20, axis=2))
    assert boundaries.result()["boundary_f1"] < 0.5


def test_the_kernel_distance_has_an_interval(tmp_path):
    data = segmentation.load(folder(tmp_path, n=60), "to-picture")
    real = data.prepared("target")
    distances = segmentation.metrics_for(data)[1]
    distances.update(real, real[::-1])
    assert distances.result()["kernel_distance_interval"] > 0


@pytest.mark.parametrize("masks", [np.uint8([[0, 255]]), np.uint8([[0, 0, 0], [255, 255, 255]])])
def test_black_and_white_masks(tmp_path, masks):
    """Grey or in colour; by their colours, where classes.txt says which is what."""
    folder(tmp_path)
    rng = np.random.default_rng(0)
    for path in (tmp_path / "labels").iterdir():
        chosen = rng.integers(2, size=SIZE)
        save(masks.reshape(2, -1)[chosen].squeeze(), path)
        save(
            np.repeat(100 * chosen[..., None], 3, -1).astype("uint8"),
            tmp_path / "images" / path.name,
        )
    if masks.shape[1] == 2:
        with pytest.raises(ValueError, match=r"nothing but class 0.*`object 255 255 255`"):
            segmentation.load(tmp_path)
    (tmp_path / "classes.txt").write_text("background 0 0 0\nobject 255 255 255\n")
    data = segmentation.load(tmp_path)
    np.testing.assert_array_equal(data.sources[..., 0], 100 * data.targets)


def test_pictures_that_do_not_belong_together(tmp_path):
    """What is held out of either side is not trained on, however few there are; and no picture is the
    truth for another."""
    for side, n in (("sources", 24), ("targets", 6)):
        for i in range(n):
            save(np.full((12, 12, 3), 10 * i, "uint8"), tmp_path / side / f"{i:02}.png")
    data = segmentation.load(tmp_path, paired=False)
    assert len(data.sources) == len(data.targets) == 20
    assert len(data.validation_sources) == len(data.validation_targets) == 2
    assert "of the other 2" in data.notes[-1]
    for side in ("sources", "targets"):
        both = [set(getattr(data, part + side)[:, 0, 0, 0]) for part in ("", "validation_")]
        assert not both[0] & both[1]
    metrics = segmentation.metrics_for(data)
    assert [type(one).__name__ for one in metrics] == ["OnFeatures"]


def test_a_class_that_is_only_held_out(tmp_path):
    folder(tmp_path / "train", classes=2)
    folder(tmp_path / "val", classes=4)
    assert segmentation.load(tmp_path).preparation.target.names == [f"class {i}" for i in range(4)]


# --- bad input ------------------------------------------------------------------------------------


def test_without_a_partner(tmp_path):
    folder(tmp_path)
    (tmp_path / "labels" / "3.png").unlink()
    (tmp_path / "images" / "5.png").unlink()
    with pytest.raises(ValueError, match=r"images/3.png has no partner .* labels/ \(2 files"):
        segmentation.load(tmp_path)
    data = segmentation.load(tmp_path, skip_bad_files=True)
    assert len(data.sources) + len(data.validation_sources) == 4
    assert "3.png" in data.notes[0]


def test_other_sizes_within_a_pair(tmp_path):
    folder(tmp_path)
    save(np.zeros((9, 12), "uint8"), tmp_path / "labels" / "1.png")
    with pytest.raises(ValueError, match=r"images/1.png is 10 x 12 .*labels/1.png 9 x 12"):
        segmentation.load(tmp_path)


def test_other_sizes_between_pairs(tmp_path):
    folder(tmp_path)
    save(np.zeros((9, 12, 3), "uint8"), tmp_path / "images" / "1.png")
    with pytest.raises(ValueError, match="from 9 x 12 to 10 x 12.*--size"):
        segmentation.load(tmp_path)


def test_other_sizes_between_parts(tmp_path):
    folder(tmp_path / "train")
    folder(tmp_path / "val", size=(9, 12))
    with pytest.raises(ValueError, match="val: .* from 9 x 12 to 10 x 12.*--size"):
        segmentation.load(tmp_path)
    assert segmentation.load(tmp_path, size=(8, 8)).shape("source") == (8, 8, 3)


def test_two_files_of_one_name(tmp_path):
    folder(tmp_path)
    save(np.zeros((*SIZE, 3), "uint8"), tmp_path / "images" / "1.bmp")
    with pytest.raises(ValueError, match=r"1.bmp and .*1.png differ in nothing but their suffixes"):
        segmentation.load(tmp_path)


def test_index_beyond_the_classes(tmp_path):
    folder(tmp_path)
    with pytest.raises(ValueError, match=r"labels/\d.png: 2 is the index of no class of 2"):
        segmentation.load(tmp_path, names=["a", "b"])


@pytest.mark.parametrize(("suffix", "kind"), [("jpg", "JPEG"), ("webp", "WEBP")])
def test_lossy_masks(tmp_path, suffix, kind):
    with pytest.raises(ValueError, match=f"{suffix}: {kind} changes values"):
        segmentation.load(folder(tmp_path, suffix=suffix))


@pytest.mark.parametrize("suffix", ["png", "gif", "bmp", "tif"])
def test_masks_of_any_lossless_kind(tmp_path, suffix):
    mask = np.arange(12, dtype="uint8").reshape(3, 4) % 3
    Image.fromarray(mask).save(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(masks.read(tmp_path / f"a.{suffix}", None), mask)


def test_a_lossy_mask_in_another_container(tmp_path):
    folder(tmp_path)
    (tmp_path / "labels" / "1.png").unlink()
    Image.fromarray(np.zeros(SIZE, "uint8")).save(tmp_path / "labels" / "1.tif", compression="jpeg")
    with pytest.raises(ValueError, match=r"1.tif: JPEG changes values"):
        segmentation.load(tmp_path)


@pytest.mark.parametrize("ignore", [-1, 256])
def test_an_ignored_index_that_no_mask_has(ignore):
    with pytest.raises(ValueError, match=f"0 to 255. Received: {ignore}"):
        segmentation.load("streets", ignore=ignore)


def test_ignored_everywhere(tmp_path):
    folder(tmp_path)
    save(np.full(SIZE, 255, "uint8"), tmp_path / "labels" / "1.png")
    assert "1 masks are ignored everywhere" in segmentation.load(tmp_path).notes[0]
    for path in (tmp_path / "labels").iterdir():
        save(np.full(SIZE, 255, "uint8"), path)
    with pytest.raises(ValueError, match="every pixel of every mask is ignored"):
        segmentation.load(tmp_path)
    for i in range(4):
        save(np.arange(120, dtype="uint8").reshape(SIZE) % 3, tmp_path / "labels" / f"{i}.png")
    with pytest.raises(ValueError, match="every pixel of every held-out mask is ignored"):
        segmentation.load(tmp_path)


def test_too_few(tmp_path):
    with pytest.raises(ValueError, match="at least 4. Received: 1"):
        segmentation.load(folder(tmp_path, n=1))
    folder(tmp_path / "set" / "train")
    folder(tmp_path / "set" / "val", n=1)
    with pytest.raises(ValueError, match="at least 2 pairs are held out"):
        segmentation.load(tmp_path / "set")


def test_text_as_png(tmp_path):
    folder(tmp_path)
    (tmp_path / "labels" / "1.png").write_text("no")
    with pytest.raises(ValueError, match=r"labels/1.png: not a picture"):
        segmentation.load(tmp_path)
    assert len(segmentation.load(tmp_path, skip_bad_files=True).notes) == 1


def test_odd_width_side_by_side(tmp_path):
    for i in range(6):
        save(np.zeros((8, 9, 3), "uint8"), tmp_path / f"{i}.png")
    with pytest.raises(ValueError, match=r"0.png: source and target side by side .* Received: 9"):
        segmentation.load(tmp_path)


@pytest.mark.parametrize("there", ["images", "sources", "train"])
def test_half_of_the_folders(tmp_path, there):
    missing = {"images": "labels", "sources": "targets", "train": "val"}[there]
    save(np.zeros((8, 8), "uint8"), tmp_path / there / "0.png")
    with pytest.raises(ValueError, match=f"none {missing}/|no {missing}/"):
        segmentation.load(tmp_path)


@pytest.mark.parametrize(
    ("spec", "message"), [("roads", "Known: streets"), ("no/such", "no such folder")]
)
def test_unknown_spec(spec, message):
    with pytest.raises(ValueError, match=message):
        segmentation.load(spec)


def test_a_class_without_a_partner():
    with pytest.raises(ValueError, match="2 to 255. Received: 1"):
        Classes(["only"])
    with pytest.raises(ValueError, match="a colour of its own"):
        Classes(["a", "b"], [(0, 0, 1), (0, 0, 1)])
    with pytest.raises(ValueError, match=r"name of its own. Received twice: \['a'\]"):
        Classes(["a", "b", "a"])


def test_masks_that_are_no_indices(tmp_path):
    folder(tmp_path)
    rng = np.random.default_rng(0)
    for path in (tmp_path / "labels").iterdir():
        save(np.uint8([0, 128, 255])[rng.integers(3, size=SIZE)], path)
    with pytest.raises(ValueError, match=r"only 0, 128 of the indices from 0 to 128.*classes.txt"):
        segmentation.load(tmp_path)


def test_classes_in_another_encoding(tmp_path):
    folder(tmp_path)
    (tmp_path / "classes.txt").write_bytes("straße\nhaus\nweg\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"classes.txt: not a text file in UTF-8"):
        segmentation.load(tmp_path)
