"""The picture recipe and what one does with its runs, as a user runs them."""

import dataclasses
import json
import re

import numpy as np
import pytest
from PIL import Image

from gankit import backend, images
from recipes.images import PRESETS, Options, build
from tests.images.test_networks import SMALL
from tests.programs import run
from tests.recipes.commands import gankit, within

pytestmark = pytest.mark.once


def look(path, attribute):
    with Image.open(path) as image:
        return getattr(image, attribute)


def recipe(*arguments, start=within):
    return start("recipes/images.py", *arguments)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run") / "digits"
    arguments = ("--data", "digits", "--smoke", "--augment", "ada", "--out", directory)
    code, out, err = recipe(*arguments, start=run)
    assert code == 0, err
    return directory, out


def test_what_a_run_leaves(finished):
    directory, out = finished
    names = {path.name for path in directory.iterdir()}
    assert names >= {"config.json", "model.keras", "classifier.keras", "preparation.json"}
    report = json.loads((directory / "report.json").read_text())
    assert report["steps"] == 10
    metrics, controls = report["metrics"], report["controls"]
    assert {"frechet_distance", "coverage", "label_accuracy", "memorised"} <= set(metrics)
    real = controls["real_against_real/frechet_distance"]["value"]
    assert 0 < real < metrics["frechet_distance"]["value"] / 10
    assert controls["real_against_real/coverage"]["value"] > 0.9
    assert "maximum_likelihood/label_accuracy" in controls
    assert "classifier" in metrics["frechet_distance"]["protocol"]
    assert look(directory / "samples" / "final.png", "size")[0] > 48
    assert look(directory / "samples" / "neighbours.png", "size") == (8 * 54 - 6, 8 * 54 - 6)
    assert "samples      " in out


def test_generate(finished, tmp_path):
    directory, _ = finished
    code, _, err = gankit("generate", directory, "--out", tmp_path / "grid")
    assert code == 0, err
    assert (tmp_path / "grid.png").is_file()

    arguments = ("--label", "3", "--n", "4", "--files", "--truncation", "0.5")
    code, _, err = gankit("generate", directory, *arguments, "--out", tmp_path / "single")
    assert code == 0, err
    files = sorted((tmp_path / "single" / "3").iterdir())
    assert [file.name for file in files] == [f"0000{i}.png" for i in range(4)]
    assert look(files[0], "size") == (8, 8)

    code, _, err = gankit("generate", directory, "--interpolate", "5", "--out", tmp_path / "way")
    assert code == 0, err
    assert look(tmp_path / "way.gif", "n_frames") == 8
    assert look(tmp_path / "way.png", "size") == (5 * 54 - 6, 48)

    code, _, err = gankit("generate", directory, "--interpolate", "5", "--files")
    assert code == 1
    assert "--interpolate and --files do not go together" in err

    code, _, err = gankit("generate", directory, "--label", "x")
    assert code == 1
    assert "Unknown label. Known: 0, 1, 2" in err


def test_export(finished, tmp_path):
    """The program beside the file runs it, and knows nothing of gankit."""
    directory, _ = finished
    arguments = ("--format", "saved_model", "--out", tmp_path)
    code, out, err = gankit("export", directory, *arguments)
    assert code == 0, err
    assert re.search(r"generator: differs from the trained network by \d\.\de[-+]\d\d at most", out)
    program = tmp_path / "run_generator.py"
    assert "gankit" not in program.read_text()
    code, out, err = run(program)
    assert code == 0, err
    assert out.startswith("(4, 8, 8, 1) -")
    card = (tmp_path / "card.md").read_text()
    assert "`latents` 128 float32, `labels` a number int32 | 8 x 8 x 1" in card
    assert "Classes by number: 0 0, 1 1, 2 2" in card
    assert "| real_against_real/coverage |" in card
    assert (tmp_path / "preparation.json").is_file()


def test_evaluate_and_compare(finished, tmp_path):
    directory, _ = finished
    code, _, err = gankit("evaluate", directory, "--json", tmp_path / "e.json")
    assert code == 0, err
    before = json.loads((directory / "report.json").read_text())["metrics"]
    after = json.loads((tmp_path / "e.json").read_text())["metrics"]
    for name, row in before.items():
        assert after[name]["value"] == pytest.approx(row["value"], rel=1e-3, abs=1e-3), name

    code, out, err = gankit("compare", directory, directory, "--out", tmp_path / "both")
    assert code == 0, err
    assert "| frechet_distance |" in out
    assert (tmp_path / "both.md").read_text().split("\n\n")[0] in out
    assert look(tmp_path / "both.png", "size")[0] > 400


def test_evaluate_on_other_features(finished, tmp_path):
    directory, _ = finished
    arguments = ("--features", "random", "--n", "200", "--json", tmp_path / "e.json")
    code, _, err = gankit("evaluate", directory, *arguments)
    assert code == 0, err
    row = json.loads((tmp_path / "e.json").read_text())["metrics"]["frechet_distance"]
    assert row["protocol"].startswith("features: random convolutions")
    assert row["n"] == 200
    code, _, err = gankit("evaluate", directory, "--features", "best")
    assert code == 1
    assert "Features are `random`" in err


def test_evaluate_says_when_less_is_held_out(finished):
    directory, _ = finished
    code, out, err = gankit("evaluate", directory, "--n", "5000")
    assert code == 0, err
    assert "Only 355 pictures are held out" in out


def test_goes_on(finished):
    directory, _ = finished
    arguments = ("--data", "digits", "--augment", "ada", "--out", directory, "--every", "5")
    code, out, err = recipe(*arguments, "--smoke")
    assert code == 0, err
    assert "Training a classifier" not in out


def folder(path, classes, each, size=(9, 12)):
    rng = np.random.default_rng(0)
    for name in classes:
        (path / name).mkdir(parents=True)
        for i in range(each):
            array = rng.integers(256, size=(*size, 3)).astype("uint8")
            Image.fromarray(array).save(path / name / f"{i}.jpg")
    return path


def test_a_folder_of_rectangular_colour_pictures(tmp_path):
    data = folder(tmp_path / "data", ["all"], 30)
    out = tmp_path / "run"
    code, _, err = recipe(
        "--data", data, "--preset", "dcgan", "--batch-size", 8, "--smoke", "--out", out
    )
    assert code == 0, err
    config = json.loads((out / "config.json").read_text())
    assert config["classes"] == ["all"]
    assert "label_accuracy" not in json.loads((out / "report.json").read_text())["metrics"]


def test_a_small_folder_with_classes(tmp_path):
    """Fewer pictures than the measuring classifier's batch, and fewer held out than neighbours count."""
    data = folder(tmp_path / "data", ["a", "b"], 12)
    out = tmp_path / "run"
    code, _, err = recipe("--data", data, "--batch-size", 8, "--smoke", "--out", out)
    assert code == 0, err
    assert (
        "neighbour 3"
        in json.loads((out / "report.json").read_text())["metrics"]["coverage"]["protocol"]
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "best"], "Unknown preset. Known: default, original"),
        (["--data", "nowhere/at/all"], "no such file or folder"),
        (
            ["--data", "{one}", "--conditional", "True"],
            "needs two classes at least.*a single class",
        ),
        (["--data", "{one}/all", "--conditional", "True"], "--conditional .* has no labels"),
        (["--data", "{one}", "--batch-size", "99"], "takes 1 batches of 99 .* has 20 to train on"),
        (
            ["--data", "{one}", "--preset", "sngan", "--batch-size", "8"],
            "sngan takes 5 batches of 8 in a step, 40 pictures",
        ),
        (["--size", "4", "4"], "glyphs are at least 8 x 8"),
        (["--steps", "0"], "--steps must be more than 0"),
    ],
)
def test_bad_input(tmp_path, arguments, message):
    one = folder(tmp_path / "data", ["all"], 25)
    arguments = [argument.format(one=one) for argument in arguments]
    code, _, err = recipe(*arguments, "--out", tmp_path / "run")
    assert code == 1
    assert err.startswith("error: ")
    assert re.search(message, err), err
    assert not (tmp_path / "run" / "checkpoints").exists()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_compiled_by_xla(preset, monkeypatch):
    """A step of its game, narrow and with two discriminator steps: wide ones take XLA minutes."""
    given = PRESETS[preset]
    narrow = [
        {**options, **width}
        for options, width in zip(
            (given.of_generator, given.of_discriminator), SMALL[given.networks]
        )
    ]
    small = dataclasses.replace(
        given,
        of_generator=narrow[0],
        of_discriminator=narrow[1],
        discriminator_steps=min(given.discriminator_steps, 2),
    )
    monkeypatch.setitem(PRESETS, preset, small)
    data = images.load("digits")
    monkeypatch.setattr(backend, "deterministic", lambda: None)  # XLA refuses such operations
    gan = build(Options(preset=preset), data, steps=10)
    gan.jit_compile = True
    batches = data.dataset(4 * small.discriminator_steps).stream(0)
    logs = gan.fit(batches, steps_per_epoch=1, shuffle=False, verbose=0).history
    assert np.isfinite(list(logs.values())).all()
