"""What the command line says: help without noise, one paragraph for a mistake, completion."""

import dataclasses
import pathlib
import re
from typing import Literal

import pytest

from gankit import command_line, launch
from tests.recipes.commands import captured, gankit, within

pytestmark = pytest.mark.once

RECIPES = ("points", "images", "segmentation", "audio", "text")


def plain(text):
    """Without frames and line breaks."""
    return " ".join(re.sub(r"[│|╭╮╰╯─]", " ", text).split())


@dataclasses.dataclass
class Options:
    """For a test."""

    n: int | None = None
    """How many."""
    size: tuple[int, int] | None = None
    """Height and width, in pixels."""
    names: tuple[str, ...] | None = None
    """Of the classes."""
    path: pathlib.Path | None = None
    """A file."""
    way: Literal["left", "right"] | None = None
    """Of the two."""
    rate: float = 0.5
    """A rate."""
    strategy: str = "none"
    """Devices."""


def fail(options):
    raise ValueError(f"n={options.n} size={options.size} names={options.names}")


def test_options_that_may_be_left_out():
    code, out, _ = captured(["--help"], lambda: launch.command(fail, Options))
    assert code == 0
    for line in (
        "--n INT",
        "--size INT INT",
        "--names STR [STR ...]",
        "--path PATH",
        "--way {left,right}",
    ):
        assert line in plain(out)
    assert "None" not in out
    assert "A rate. (default: 0.5)" in plain(out)


def test_a_mistake_is_one_paragraph():
    arguments = ["--n", "3", "--size", "4", "5", "--names", "a", "b"]
    code, _, err = captured(arguments, lambda: launch.command(fail, Options))
    assert (code, err) == (1, "error: n=3 size=(4, 5) names=('a', 'b')\n")


def test_a_mistake_with_debug():
    """The stack trace, wherever the word stands."""
    for arguments in (["--debug", "--n", "3"], ["--n", "3", "--debug"]):
        with pytest.raises(ValueError, match="n=3 size=None"):
            captured(arguments, lambda: launch.command(fail, Options))
    with pytest.raises(ValueError, match="is no run"):
        gankit("generate", "nowhere", "--debug")


@pytest.mark.parametrize("recipe", RECIPES)
def test_help_of_the_recipes(recipe):
    """Every option has a sentence, and none speaks of None."""
    code, out, _ = within(f"recipes/{recipe}.py", "--help")
    assert code == 0
    assert "None" not in out
    assert "stack trace" in out
    options = re.findall(r"^\W{1,2}(--[a-z][a-z-]*)", out, flags=re.MULTILINE)
    assert {"--data", "--steps", "--smoke", "--out"} <= set(options)
    for one in options:
        text = re.search(rf"(?<!\S){one},? (.*?)(?= --(?!no-)|$)", plain(out))[1]
        assert len(text.split()) > 4, f"{one} is not explained"


def test_help_of_the_commands():
    code, out, _ = gankit("--help")
    assert code == 0
    assert "--tyro-print-completion bash" in out
    for command in ("generate", "say", "chat", "evaluate", "compare", "export", "doctor"):
        assert command in out
        code, one, _ = gankit(command, "--help")
        assert code == 0
        assert "None" not in one


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion(shell):
    code, out, _ = gankit("--tyro-print-completion", shell)
    assert code == 0
    assert "gankit" in out
    for word in ("compare", "truncation"):
        assert word in out


def test_readable_leaves_others_alone():
    kinds = command_line.readable(Options).__annotations__
    assert kinds["rate"] is float
    again = dict(kinds)
    assert command_line.readable(Options).__annotations__ == again
