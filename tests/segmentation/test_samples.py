"""What a run translates afterwards is read as what it was trained on, and measured with its control."""

import keras
import numpy as np
import pytest
from PIL import Image

import gankit
from gankit import runs, segmentation
from gankit.files import pictures
from gankit.files.sheets import tile
from gankit.reconstruction import L1, CrossEntropy
from gankit.segmentation import Cycle, CycleGAN, Identity, there_and_back
from gankit.segmentation.samples import translate_large
from recipes.segmentation import Options
from tests.segmentation.test_data import folder, save

PALETTE = np.uint8([[0, 0, 9], [200, 0, 0], [0, 200, 0]])


def finished(tmp_path, data, ignore=255):
    """A run of pictures from masks, as the recipe leaves it, not trained."""
    (height, width, target), source = data.shape("target"), data.shape("source")
    options = Options(str(tmp_path / "data"), ignore=ignore, out=tmp_path / "run")
    run = runs.Run.start("segmentation", options)
    run.remember(source_channels=source[2])
    run.save_preparation(data.preparation)
    gan = gankit.Translation(
        segmentation.unet((None, None, source[2]), target, width=4, depth=1, from_classes=True),
        segmentation.patchgan((height, width, target), None, width=4, halvings=1),
    )
    gan.compile(reconstruction=L1())
    gan.save(tmp_path / "run" / "model.keras")
    return run, gan


def segmenting(tmp_path, data, **options):
    """A run of masks from pictures, not trained."""
    options = Options(str(tmp_path / "data"), out=tmp_path / "run", **options)
    run = runs.Run.start("segmentation", options)
    run.remember(source_channels=3)
    run.save_preparation(data.preparation)
    shapes = data.shape("target"), data.shape("source")
    gan = segmentation.Segmenter(
        segmentation.unet((None, None, 3), 3, width=4, depth=1),
        segmentation.patchgan(*shapes, width=4, halvings=1),
    )
    gan.compile(reconstruction=CrossEntropy())
    gan.save(run.directory / "model.keras")
    return run, gan


def test_masks_with_ignored_places(tmp_path):
    data = segmentation.load(folder(tmp_path / "data"), "to-picture", ignore=2)
    run, gan = finished(tmp_path, data, ignore=2)
    labels = tmp_path / "data" / "labels"
    paths = segmentation.generate(run, tmp_path / "out", input=labels)
    assert [path.name for path in paths] == [f"{i}.png" for i in range(6)]
    made = np.asarray(Image.open(paths[0]))
    expected = gan.translate(data.sources[:1])
    np.testing.assert_allclose(made, data.preparation.target.inverse(expected)[0], atol=1)
    save(np.zeros((10, 12), "uint8"), labels / "0.bmp")
    with pytest.raises(ValueError, match=r"0.bmp and .*0.png differ in nothing but their suffixes"):
        segmentation.generate(run, tmp_path / "out", input=labels)


def test_a_run_of_coloured_masks_reads_masks(tmp_path):
    """What `--colours` was trained on, it translates afterwards: indices, not their values as grey."""
    data = segmentation.load(folder(tmp_path / "data"), "to-picture", ignore=2).colours()
    options = Options(str(tmp_path / "data"), ignore=2, out=tmp_path / "run")
    run = runs.Run.start("segmentation", options)
    run.remember(source_channels=3)
    run.save_preparation(data.preparation)
    gan = gankit.Translation(
        segmentation.unet((None, None, 3), 3, width=4, depth=1),
        segmentation.patchgan((10, 12, 3), None, width=4, halvings=1),
    )
    gan.compile(reconstruction=L1())
    gan.save(tmp_path / "run" / "model.keras")
    paths = segmentation.generate(
        run, tmp_path / "out", input=tmp_path / "data" / "labels" / "0.png"
    )
    expected = gan.translate(data.preparation.source(data.sources[:1]))
    made = np.asarray(Image.open(paths[0]))
    np.testing.assert_allclose(made, data.preparation.target.inverse(expected)[0], atol=1)


def test_palettes_in_another_order_and_deep_pictures(tmp_path):
    """Masks by palette, whose order is not that of the classes; pictures of 16 bits come out as such."""
    rng = np.random.default_rng(0)
    for i in range(6):
        mask = Image.fromarray(rng.integers(3, size=(10, 12)).astype("uint8"), "P")
        mask.putpalette(PALETTE[::-1].tobytes())
        path = tmp_path / "data" / "labels" / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        mask.save(path)
        save(
            rng.integers(65536, size=(10, 12)).astype("uint16"),
            tmp_path / "data" / "images" / path.name,
        )
    lines = [f"{name} {red} {green} {blue}\n" for name, (red, green, blue) in zip("abc", PALETTE)]
    (tmp_path / "data" / "classes.txt").write_text("".join(lines))
    data = segmentation.load(tmp_path / "data", "to-picture")
    first = 2 - np.asarray(Image.open(tmp_path / "data" / "labels" / "0.png"))
    np.testing.assert_array_equal(data.sources[0], first)
    run, gan = finished(tmp_path, data)
    paths = segmentation.generate(
        run, tmp_path / "out", input=tmp_path / "data" / "labels" / "0.png"
    )
    made = np.asarray(Image.open(paths[0]))
    assert made.dtype == np.uint16
    expected = data.preparation.target.inverse(gan.translate(data.sources[:1]))[0, ..., 0]
    np.testing.assert_allclose(made, expected, atol=20)


def test_unpaired_pictures_are_measured_beside_sources_as_they_are(tmp_path):
    for side, n in (("sources", 30), ("targets", 24)):
        for i in range(n):
            picture = np.random.default_rng([i, n]).integers(256, size=(12, 12, 3))
            save(picture.astype("uint8"), tmp_path / side / f"{i}.png")
    data = segmentation.load(tmp_path, paired=False)
    assert len(data.validation_sources) == len(data.validation_targets) == 4
    assert (
        len(data.sources) == len(data.targets) == 25
    )  # the rarer ones come again in training alone
    keras.utils.set_random_seed(0)
    networks = [segmentation.resnet((None, None, 3), 3, width=4, blocks=1) for _ in range(2)]
    judges = [segmentation.patchgan((12, 12, 3), None, width=4, halvings=1) for _ in range(2)]
    gan = CycleGAN(there_and_back(*networks), judges)
    gan.compile(loss="least_squares", reconstruction=[Cycle(10.0), Identity(5.0)])
    metrics = segmentation.metrics_for(data)
    ours, controls, _ = segmentation.evaluate(gan, data, metrics)
    assert set(ours) == {"frechet_distance", "kernel_distance", "kernel_distance_interval"}
    for who in ("untranslated", "real_against_real"):
        assert f"{who}/kernel_distance" in controls
    sheet = segmentation.draw(
        data.prepared("source"),
        None,
        gan.translate(data.prepared("source")),
        data.preparation,
        tmp_path / "sheet.png",
        scale=1,
    )
    assert sheet.shape[1] < 3 * 12 + 4


@pytest.mark.parametrize("size", [(7, 9), (16, 40), (41, 16)])
def test_tiles_make_the_whole(size):
    """A translation that looks at single places is the same in tiles that overlap."""
    source = np.random.default_rng(0).standard_normal((*size, 2)).astype("float32")
    tiled = translate_large(lambda x: x * 3 + 1, source, largest=16, overlap=6)
    np.testing.assert_allclose(tiled, source * 3 + 1, rtol=1e-5)


@pytest.mark.parametrize("fit", ["crop", "stretch"])
def test_pictures_are_translated_at_the_scale_that_was_trained(fit, tmp_path):
    """Of what the run saw at half its size, the mask of a whole picture comes out whole."""
    data_folder = folder(tmp_path / "data", size=(16, 24))
    data = segmentation.load(data_folder, size=(8, 12), fit=fit)
    run, gan = segmenting(tmp_path, data, size=(8, 12), fit=fit)
    first, *_ = segmentation.generate(run, tmp_path / "out", input=data_folder / "images")
    made = np.asarray(Image.open(first))
    assert made.shape == (16, 24)
    scores = gan.translate(np.asarray(data.preparation.source(data.sources[:1])))
    np.testing.assert_array_equal(made, pictures.scale(scores[0], (16, 24), "stretch").argmax(-1))


def test_an_overlay_is_not_written_over(tmp_path):
    data = segmentation.load(folder(tmp_path / "data"))
    run, _ = segmenting(tmp_path, data)
    for name in ("a", "a-overlay"):
        save(np.zeros((10, 12, 3), "uint8"), tmp_path / "in" / f"{name}.png")
    with pytest.raises(ValueError, match=r"a-overlay.png: its classes and the overlay of .*a.png"):
        segmentation.generate(run, tmp_path / "out", input=tmp_path / "in")
    (tmp_path / "in" / "a-overlay.png").unlink()
    mask, overlay = segmentation.generate(run, tmp_path / "out", input=tmp_path / "in")
    indices = np.asarray(Image.open(mask))
    palette = np.array(data.preparation.target.palette)
    np.testing.assert_allclose(np.asarray(Image.open(overlay)), palette[indices] / 2, atol=1)


def test_the_parts_of_a_sheet(tmp_path):
    """A row of source, target, output and error, and below it the classes' names on their colours."""
    data = segmentation.load(folder(tmp_path))
    source, target = data.prepared("source", slice(1)), data.prepared("target", slice(1)).copy()
    target[0, 0] = 255
    scores = np.eye(3)[np.where(target == 255, 0, target)]
    scores[0, 5, 5] = np.eye(3)[(target[0, 5, 5] + 1) % 3]  # the one mistake
    sheet = segmentation.draw(source, target, scores, data.preparation, tmp_path / "a.png", scale=1)
    kind = data.preparation.target
    wrong = segmentation.samples.error(target, scores, kind)
    assert (wrong[0, 0] == 128).all()
    assert (wrong == 255).sum() == 1
    assert wrong[0, 5, 5] == 255
    cells = [data.preparation.source.to_bytes(source), kind.to_bytes(target), kind.to_bytes(scores)]
    cells.append(wrong.repeat(3, axis=-1))
    row = tile(np.concatenate(cells), columns=4)
    np.testing.assert_array_equal(sheet[: len(row)], row)
    for colour in kind.palette:
        assert (sheet[len(row) :] == colour).all(axis=-1).sum() > 50
    coloured = data.colours()
    target = coloured.prepared("target", slice(1))
    sheet = segmentation.draw(
        source, target, target, coloured.preparation, tmp_path / "b.png", scale=1
    )
    for colour in kind.palette:  # of masks as pictures, too
        assert (sheet[len(row) :] == colour).all(axis=-1).sum() > 50


def test_of_a_cyclegan_the_way_there_is_exported(tmp_path):
    data = segmentation.load(folder(tmp_path / "data")).colours()
    run = runs.Run.start("segmentation", Options(str(tmp_path / "data"), out=tmp_path / "run"))
    forward, backward = (segmentation.resnet((None, None, 3), 3, width=4, blocks=1) for _ in "ab")
    judges = [segmentation.patchgan((10, 12, 3), None, width=4, halvings=1) for _ in "ab"]
    gan = CycleGAN(there_and_back(forward, backward), judges)
    gan.compile(loss="least_squares", reconstruction=[Cycle(10.0), Identity(5.0)])
    gan.save(run.directory / "model.keras")
    source = data.prepared("source")
    exported = segmentation.to_export(run)["generator"]
    np.testing.assert_allclose(
        exported.predict(source, verbose=0), gan.translate(source), atol=1e-5
    )
