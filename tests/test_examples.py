"""Every public name has an example in its docstring, and every example runs."""

import importlib
import inspect
import os
import pathlib
import re

import pytest

import gankit
from tests.recipes.commands import within

pytestmark = pytest.mark.once

PUBLIC = (
    "gankit",
    "gankit.losses",
    "gankit.penalties",
    "gankit.schedules",
    "gankit.optimizers",
    "gankit.reconstruction",
    "gankit.constraints",
    "gankit.layers",
    "gankit.metrics",
    "gankit.files",
    "gankit.callbacks",
    "gankit.pretrained",
    "gankit.twins",
    "gankit.runs",
    "gankit.compare",
    "gankit.export",
    "gankit.points",
    "gankit.images",
    "gankit.segmentation",
    "gankit.audio",
    "gankit.text",
    "gankit.text.likelihood",
)
PARTLY = {  # the rest is for gankit itself
    "gankit.launch": (
        "Options",
        "on_devices",
        "prepare_process",
        "require_positive",
        "require_at_least",
        "require_preset",
        "shorten",
        "closing",
        "command",
        "reporting_errors",
    ),
    "gankit.backend": ("minimise", "value_and_input_gradient", "vjp", "scan"),
}
# What can't be run without a network or a file that gankit does not ship.
ELSEWHERE = {"inception_v3", "Inception2015"}
RUNS = {  # that examples open
    "points-ring-default-0": ("recipes/points.py",),
    "images-digits-default-0": ("recipes/images.py", "--data", "digits"),
    "segmentation-streets-default-0": ("recipes/segmentation.py", "--size", "32", "48"),
    "audio-vowels-default-0": ("recipes/audio.py",),
    "text-headlines-default-0": ("recipes/text.py",),
    "text-dialogue-default-0": ("recipes/text.py", "--data", "dialogue"),
}


def public(module):
    """`(name, thing)` of the classes and functions that a module offers."""
    names = getattr(module, "__all__", None)
    if names is None:
        own = vars(module).items()
        names = [name for name, one in own if getattr(one, "__module__", "") == module.__name__]
    for name in names:
        thing = getattr(module, name)
        if not name.startswith("_") and (inspect.isclass(thing) or inspect.isfunction(thing)):
            yield name, thing


def example(thing, name, module):
    """The code in a docstring's example, or in the module's that shows this name; else None."""
    for text in (thing.__doc__, module.__doc__):
        found = re.search(r"Example:\n\n *```python\n(.*?)```", text or "", flags=re.DOTALL)
        if found and (text is thing.__doc__ or re.search(rf"\b{name}\b", found[1])):
            return inspect.cleandoc("\n" + found[1])
    return None


def names():
    for package, module, name, thing in everything():
        if name not in ELSEWHERE:
            yield pytest.param(thing, name, module, id=f"{package}.{name}")


def everything():
    """`(package, module, name, thing)` of all that is public."""
    for package in PUBLIC:
        module = importlib.import_module(package)
        for name, thing in public(module):
            yield package, module, name, thing
    for package, some in PARTLY.items():
        module = importlib.import_module(package)
        for name in some:
            yield package, module, name, getattr(module, name)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Makes a short run that an example opens, once."""
    folder = tmp_path_factory.mktemp("runs")

    def make(name):
        if not (folder / name).is_dir():
            code, _, err = within(*RUNS[name], "--smoke", "--out", folder / name)
            assert code == 0, err
        return folder / name

    return make


@pytest.mark.parametrize(("thing", "name", "module"), names())
def test_example(thing, name, module, finished, tmp_path, monkeypatch):
    code = example(thing, name, module)
    assert code, f"{module.__name__}.{name} has no example in its docstring"
    monkeypatch.chdir(tmp_path)
    os.mkdir("runs")
    for one in RUNS:
        if f"runs/{one}" in code:
            os.symlink(finished(one), f"runs/{one}")
    exec(compile(code, f"<example of {name}>", "exec"), {"__name__": "__main__"})


def test_the_reference_is_what_is_public():
    """Every public name is on a page of the reference, once, and nothing else is."""
    found = []
    for path in sorted((pathlib.Path(__file__).parents[1] / "docs" / "api").glob("*.md")):
        for directive in re.findall(r"^::: (\S+)$", path.read_text(), flags=re.MULTILINE):
            found += [id(thing) for thing in shown(directive)]
    expected = {id(thing): f"{package}.{name}" for package, _, name, thing in everything()}
    assert {name for one, name in expected.items() if one not in found} == set()
    assert len(found) == len(set(found))
    others = set(found) - set(expected)
    assert others == {id(gankit.model.AdversarialModel)}  # what `GAN` inherits


def shown(directive):
    """The things of which a directive of the reference shows the docstrings."""
    try:
        module = importlib.import_module(directive)  # whatever a package has under that name
    except ImportError:
        package, name = directive.rsplit(".", 1)
        return [getattr(importlib.import_module(package), name)]
    return [] if directive in PARTLY else [thing for _, thing in public(module)]
