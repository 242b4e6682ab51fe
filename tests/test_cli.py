"""What the command line says before it does anything."""

import json

import pytest

from gankit import cli


@pytest.fixture
def run(tmp_path):
    def of(recipe):
        (tmp_path / "config.json").write_text(json.dumps({"recipe": recipe}))
        return tmp_path

    return of


def test_say_is_for_sound(run):
    with pytest.raises(ValueError, match="is a run of points, which can't speak"):
        cli.Say(run("points"), "a e i")()


def test_options_that_mean_nothing(run):
    with pytest.raises(ValueError, match="--speaker means nothing for a run of images"):
        cli.Generate(run("images"), speaker="anna")()


def test_a_run_of_another_version(run):
    with pytest.raises(ValueError, match="run of 'smells'; this version knows points, .*audio"):
        cli.open_run(run("smells"))
