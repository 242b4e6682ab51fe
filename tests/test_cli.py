"""What the command line says before it does anything."""

import importlib.metadata
import json

import pytest
from packaging.requirements import Requirement

from gankit import cli, doctor

pytestmark = pytest.mark.once


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


def test_the_doctor_says_what_there_is(capsys):
    cli.Doctor()()
    out = capsys.readouterr().out
    assert "  numpy " in out
    assert "A small game plays: three steps" in out
    assert "  running the tests                         yes" in out


def test_the_doctor_tells_of_a_game_that_fails(monkeypatch, capsys):
    def fail():
        raise RuntimeError("no device")

    monkeypatch.setattr(doctor, "_three_steps", fail)
    with pytest.raises(ValueError, match="does not work"):
        cli.Doctor()()
    out = capsys.readouterr().out
    assert "A small game FAILS: RuntimeError: no device" in out
    assert "  numpy " in out


def test_the_doctor_says_what_is_missing(monkeypatch, capsys):
    assert doctor.state(Requirement("numpy>=1.26"))[1] == ""
    assert doctor.state(Requirement("numpy>=999")) == (
        doctor.state(Requirement("numpy"))[0],
        ">=999 is needed",
    )
    assert doctor.state(Requirement("no-such-package>=1")) == ("-", "is missing")
    asks = importlib.metadata.requires
    own = ["no-such-package; extra == 'more'"]
    monkeypatch.setattr(
        importlib.metadata, "requires", lambda name: own if name == "numpy" else asks(name)
    )
    assert doctor.state(Requirement("numpy"))[1] == ""
    assert "is missing" in doctor.state(Requirement("numpy[more]"))[1]  # what its extra asks for
    monkeypatch.setattr(doctor, "requirements", dict)
    with pytest.raises(ValueError, match="missing, too old or does not work"):
        cli.Doctor()()
    assert "gankit is not installed here -> pip install -e ." in capsys.readouterr().out
    asked = {"": [Requirement("numpy>=999")], "export": [Requirement("no-such-package")]}
    monkeypatch.setattr(doctor, "requirements", lambda: asked)
    with pytest.raises(ValueError, match="missing, too old or does not work"):
        cli.Doctor()()
    out = capsys.readouterr().out
    assert "-> pip install 'numpy>=999'" in out
    assert "missing no-such-package: pip install 'gankit[export]'" in out
