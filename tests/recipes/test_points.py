"""The recipe and the command line, as a user runs them: processes of their own."""

import json
import signal
import time

import numpy as np
import pytest

from gankit import points
from tests.programs import ended, run, start
from tests.recipes.commands import gankit, within

pytestmark = pytest.mark.once


def recipe(*arguments, start=within):
    return start("recipes/points.py", *arguments)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run") / "ring"
    code, out, err = recipe("--smoke", "--out", directory, start=run)
    assert code == 0, err
    return directory, out


def test_what_a_run_leaves(finished):
    directory, out = finished
    names = {path.name for path in directory.iterdir()}
    assert names >= {
        "config.json",
        "checkpoints",
        "model.keras",
        "preparation.json",
        "samples",
        "metrics.csv",
        "report.json",
        "tensorboard",
    }
    report = json.loads((directory / "report.json").read_text())
    assert report["steps"] == 100
    assert set(report["metrics"]["modes"]) == {"value", "n", "protocol"}
    assert report["controls"]["real_against_real/modes"]["value"] == 8
    assert report["controls"]["maximum_likelihood/high_quality"]["value"] > 0.95
    assert f"report       {directory / 'report.json'}" in out
    assert "generator            50,178 parameters" in out
    assert "step 100/100" in out


def test_generate(finished, tmp_path):
    directory, _ = finished
    for name in ("a", "b"):
        code, out, err = gankit(
            "generate",
            directory,
            "--n",
            20,
            "--seed",
            3,
            "--out",
            tmp_path / name,
        )
        assert code == 0, err
    assert str(tmp_path / "b.csv") in out
    assert (tmp_path / "b.png").stat().st_size > 5000
    a, b = (np.loadtxt(tmp_path / f"{n}.csv", delimiter=",", skiprows=1) for n in "ab")
    assert a.shape == (20, 2)
    np.testing.assert_array_equal(a, b)


def test_evaluate(finished, tmp_path):
    directory, _ = finished
    code, out, err = gankit("evaluate", directory, "--json", tmp_path / "e.json")
    assert code == 0, err
    again = json.loads((tmp_path / "e.json").read_text())
    report = json.loads((directory / "report.json").read_text())
    assert again["metrics"] == report["metrics"]
    assert "maximum_likelihood/modes" in out


def test_evaluate_on_features(finished):
    code, _, err = gankit("evaluate", finished[0], "--features", "random")
    assert code == 1
    assert "--features means nothing for a run of points" in err


def test_killed_and_resumed(finished, tmp_path):
    """SIGTERM in the middle: it says how to go on, and going on ends with the very same model."""
    directory = tmp_path / "ring"
    process = start("recipes/points.py", "--smoke", "--out", directory, "--every", 10)
    while not list(directory.glob("samples/*")) and process.poll() is None:
        time.sleep(0.01)  # until training is under way
    process.send_signal(signal.SIGTERM)
    status, out, err = ended(process)
    if status == -signal.SIGTERM:  # else it was quicker than the signal
        assert "Stopped by SIGTERM" in out
    code, _, err = recipe("--smoke", "--out", directory, "--every", 10)
    assert code == 0, err
    other = tmp_path / "whole"
    assert recipe("--smoke", "--out", other, "--every", 10)[0] == 0
    reports = [json.loads((one / "report.json").read_text()) for one in (directory, other)]
    assert reports[0]["metrics"] == reports[1]["metrics"]
    csvs = [(one / "metrics.csv").read_text() for one in (directory, other)]
    assert csvs[0] == csvs[1]


def test_own_table_and_another_run_to_start_from(finished, tmp_path):
    directory, _ = finished
    table = np.random.default_rng(0).standard_normal((600, 2))
    np.savetxt(tmp_path / "mine.csv", table, delimiter=",")
    code, out, err = recipe(
        "--smoke",
        "--data",
        tmp_path / "mine.csv",
        "--out",
        tmp_path / "run",
        "--init-from",
        directory,
    )
    assert code == 0, err
    assert "sliced_wasserstein" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "best"], "Unknown preset. Known: default, original, wgan-gp, pacgan2"),
        (["--steps", "0"], "--steps must be more than 0"),
        (["--steps", "-5"], "Received: -5"),
        (["--data", "rings"], "Unknown points. Known: grid, ring"),
        (["--data", "none.csv"], "none.csv: no such file"),
        (["--batch-size", "1000000"], "number of samples, 100000. Received: batch_size=1000000"),
    ],
)
def test_mistakes_end_in_one_paragraph(tmp_path, arguments, message):
    code, _, err = recipe("--smoke", "--out", tmp_path / "run", *arguments)
    assert code == 1
    assert err.startswith("error: ")
    assert message in err


def test_a_mistake_found_late(tmp_path):
    """In a process of its own: no stack trace either."""
    arguments = ("--smoke", "--out", tmp_path / "run", "--init-from", "nowhere")
    code, _, err = recipe(*arguments, start=run)
    assert code == 1
    assert "nowhere is no run" in err
    assert "Traceback" not in err


def test_other_options_on_an_existing_run(finished):
    directory, _ = finished
    code, _, err = recipe("--smoke", "--out", directory, "--seed", 5)
    assert code == 1
    assert "--seed was 0 and is 5" in err


def test_help_explains_every_option():
    code, out, _ = recipe("--help")
    assert code == 0
    for option in ("--steps", "--minutes", "--seed", "--out", "--init-from", "--extend", "--smoke"):
        assert option in out
    code, out, _ = gankit("--help")
    assert code == 0
    assert "generate" in out
    assert "evaluate" in out


@pytest.mark.parametrize("command", ["generate", "evaluate"])
def test_commands_on_what_is_no_run(tmp_path, command):
    code, _, err = gankit(command, tmp_path)
    assert code == 1
    assert "is no run" in err


def test_what_does_not_go_with_an_interpolation_is_refused(tmp_path):
    for name, value in {"n": 3, "truncation": 0.5}.items():
        with pytest.raises(ValueError, match=f"--interpolate and --{name} do not go together"):
            points.generate(None, tmp_path / "out", interpolate=4, **{name: value})
