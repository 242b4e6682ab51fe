"""Every public name has an example in its docstring, and every example runs."""

import importlib
import inspect
import os
import re

import pytest

from tests.recipes.commands import within

pytestmark = pytest.mark.once

# All but `gankit.backend` and `gankit.launch`, which are for recipes that are written like ours.
DONE = (
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
)
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
    for package in DONE:
        module = importlib.import_module(package)
        for name, thing in public(module):
            if name not in ELSEWHERE:
                yield pytest.param(thing, name, module, id=f"{package}.{name}")


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
