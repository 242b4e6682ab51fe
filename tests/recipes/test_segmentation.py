"""The segmentation recipe and what one does with its runs, as a user runs them."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from gankit import launch, segmentation
from recipes import segmentation as recipes
from tests.programs import run
from tests.recipes.commands import gankit, within
from tests.segmentation.test_data import folder

pytestmark = pytest.mark.once


def recipe(*arguments, start=within):
    return start("recipes/segmentation.py", *arguments)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run") / "streets"
    code, out, err = recipe("--size", "33", "47", "--smoke", "--out", directory, start=run)
    assert code == 0, err
    return directory, out


def test_what_a_run_leaves(finished):
    directory, out = finished
    names = {path.name for path in directory.iterdir()}
    assert names >= {"config.json", "model.keras", "twin.keras", "preparation.json"}
    report = json.loads((directory / "report.json").read_text())
    metrics, controls = report["metrics"], report["controls"]
    assert {"mean_iou", "pixel_accuracy", "boundary_f1", "iou_road"} <= set(metrics)
    assert "cross_entropy_and_jaccard_only/mean_iou" in controls
    with Image.open(directory / "samples" / "final.png") as image:
        assert image.size[0] > 4 * 47
    assert "samples      " in out
    pixels = np.array(report["confusion"]["pixels"])
    assert report["confusion"]["names"][0] == "sky"
    assert np.trace(pixels) / pixels.sum() == pytest.approx(metrics["pixel_accuracy"]["value"])
    assert str(directory / "samples" / "confusion.png") in out
    assert (directory / "samples" / "confusion.png").stat().st_size > 5000


def test_the_same_again_goes_on(finished):
    directory, _ = finished
    before = (directory / "report.json").read_text()
    code, _, err = recipe("--size", "33", "47", "--smoke", "--out", directory)
    assert code == 0, err
    again = json.loads((directory / "report.json").read_text())
    assert again["metrics"] == json.loads(before)["metrics"]
    assert again["controls"] == json.loads(before)["controls"]


def test_generate_of_files_of_any_size(finished, tmp_path):
    directory, _ = finished
    rng = np.random.default_rng(0)
    for name, size in (("small", (5, 7)), ("large", (530, 70))):
        picture = rng.integers(256, size=(*size, 3)).astype("uint8")
        Image.fromarray(picture).save(tmp_path / f"{name}.jpg")
    out = tmp_path / "out"
    code, printed, err = gankit("generate", directory, "--input", tmp_path, "--out", out)
    assert code == 0, err
    assert len(printed.splitlines()) == 4
    for name, size in (("small", (5, 7)), ("large", (530, 70))):
        mask = np.asarray(Image.open(out / f"{name}.png"))
        assert mask.shape == size
        assert mask.max() < 8
        assert np.asarray(Image.open(out / f"{name}-overlay.png")).shape == (*size, 3)
    code, _, err = gankit("generate", directory, "--input", out / "small.png", "--out", out)
    assert code == 1
    assert "small.png is read, and would be written over" in err


def test_commands_say_what_they_need(finished):
    directory, _ = finished
    code, _, err = gankit("generate", directory)
    assert code == 1
    assert "give --input" in err
    code, _, err = gankit("generate", directory, "--label", "road")
    assert code == 1
    assert "--label means nothing for a run of segmentation" in err


def test_evaluate(finished):
    directory, _ = finished
    code, out, err = gankit("evaluate", directory, "--n", "5", "--json", directory / "five.json")
    assert code == 0, err
    five = json.loads((directory / "five.json").read_text())["metrics"]["mean_iou"]
    assert "; 5 held-out pairs" in five["protocol"]
    assert five["n"] == 5
    code, out, err = gankit("evaluate", directory)
    assert code == 0, err
    report = json.loads((directory / "report.json").read_text())
    assert f"{report['metrics']['mean_iou']['value']:.4g}" in out


@pytest.mark.parametrize(
    "options",
    [
        ("--direction", "to-picture"),
        ("--direction", "to-picture", "--preset", "spade"),
        ("--preset", "cyclegan", "--colours"),
    ],
    ids=lambda options: options[-1],
)
def test_pictures(options, tmp_path):
    folder(tmp_path / "data", n=12, size=(20, 24))
    code, _, err = recipe("--data", tmp_path / "data", "--smoke", *options, "--out", tmp_path / "r")
    assert code == 0, err
    report = json.loads((tmp_path / "r" / "report.json").read_text())
    assert {"kernel_distance", "psnr"} <= set(report["metrics"])
    assert "real_against_real/kernel_distance" in report["controls"]
    assert ("fcn_mean_iou" in report["metrics"]) == ("to-picture" in options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--crop", "33", "16"), "pictures of 20 x 24 .* --crop 33 16"),
        (("--crop", "0", "0"), "--crop must be at least 4. Received: 0"),
        (("--size", "0", "10"), "--size must be at least 4. Received: 0"),
        (("--preset", "pix2pix"), "pix2pix needs pictures as targets"),
        (("--preset", "cyclegan"), "cyclegan needs pictures on both sides"),
        (("--preset", "unknown"), "Known: default"),
        (("--class-weights", "1", "2"), r"each class of the targets \(.*\)\. Received: 2"),
        (("--class-weights", "1", "2", "inf"), "numbers of at least 0, one for each class"),
    ],
)
def test_presets_that_do_not_suit(options, message, tmp_path):
    data = folder(tmp_path / "data", size=(20, 24))
    code, _, err = recipe("--data", data, *options, "--out", tmp_path / "r")
    assert code == 1
    assert re.search(message, err)
    assert not (tmp_path / "r").exists()


def test_class_weights_are_those_of_the_cross_entropy(tmp_path):
    data = segmentation.load(folder(tmp_path))
    options = recipes.Options(str(tmp_path), class_weights=(1.0, 2.0, 5.0))
    first, second = recipes.preset_of(options, data).reconstruction
    assert first.class_weights == [1.0, 2.0, 5.0]
    assert second is recipes.PRESETS["unet"].reconstruction[1]
    with pytest.raises(ValueError, match=r"of the targets \(none\)\. Received: 3"):
        recipes.preset_of(options, data.turned())


def test_the_twin_differs_in_the_adversary_alone():
    """The game's weights at the start, its optimizer, and its reconstruction terms as the loss."""
    size = (33, 47)  # the run's, whose streets are drawn already
    options = recipes.Options("streets", size=size, batch_size=2)
    data = segmentation.load("streets", size=size)
    preset = recipes.preset_of(options, data)
    launch.prepare_process(options)
    gan = recipes.build(options, preset, data, size, 10)
    launch.prepare_process(options)
    twin, averaging = recipes.build_twin(options, preset, data, gan, 10)
    for a, b in zip(gan.generator.get_weights(), twin.get_weights()):
        np.testing.assert_array_equal(a, b)
    configs = [one.get_config() for one in (twin.optimizer, gan.generator_optimizer)]
    assert [one.pop("name").startswith("adam") for one in configs] == [True, True]
    assert configs[0] == configs[1]
    assert twin.loss == gan.reconstruction_loss
    assert averaging.ema.get_config()["half_life"] == gan.ema.get_config()["half_life"]
