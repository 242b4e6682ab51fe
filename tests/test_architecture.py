"""The house stays as docs/design.md draws it: who may import whom, and from where."""

import ast
import pathlib
import pkgutil

import pytest

from tests import programs

pytestmark = pytest.mark.once

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "gankit"
DOMAINS = {"points", "images", "segmentation", "audio", "text"}
# A module may import from its own floor and from those below it.
FLOORS = [
    {"version", "command_line", "divergence", "lock"},
    {"backend"},
    {
        "noise",
        "schedules",
        "constraints",
        "sampling",
        "labels",
        "feeding",
        "losses",
        "logs",
        "layers",
    },
    {"reconstruction"},
    {"penalties", "ema", "optimizers"},
    {"check", "summary"},
    {"model"},
    {"gan"},
    {"translation"},
    {"metrics", "files", "networks"},
    {"callbacks", "launch"},
    {"folder", "twins"},
    {"runs"},
    {"compare", "doctor", "export", "pretrained"},
    DOMAINS,
    {"cli"},
]
FLOOR = {name: i for i, floor in enumerate(FLOORS) for name in floor}


def modules():
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imports(path):
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            if node.module == "gankit":
                yield from (f"gankit.{alias.name}" for alias in node.names)
            else:
                yield node.module


def part(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path):
    own = part(path)
    for name in imports(path):
        if not name.startswith("gankit."):
            continue
        other = name.split(".")[1]
        if other in ("__version__",):
            continue
        assert other in FLOOR, f"{path} imports {name}, which has no floor: add it to FLOORS"
        assert FLOOR[other] <= FLOOR[own], f"{path} imports {name}, which is above it"
        if own in DOMAINS and other in DOMAINS:
            assert own == other, f"{path} imports {name}: what two domains need moves down"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_backends_are_imported_where_they_belong(path):
    frameworks = {name.split(".")[0] for name in imports(path)} & {"tensorflow", "jax", "torch"}
    relative = path.relative_to(PACKAGE)
    at_home = relative.parts[0] in ("backend", "files", "callbacks", "export") or relative.name in (
        "data.py",
        "samples.py",
    )
    assert not frameworks or at_home


def test_importing_gankit_brings_in_nothing_heavy():
    """Beyond what Keras itself imports."""
    code = (
        "import sys, keras; before = set(sys.modules); import gankit; "
        "print(*sorted({n.split('.')[0] for n in set(sys.modules) - before}))"
    )
    found = programs.output("-c", code)
    heavy = {
        "matplotlib",
        "sklearn",
        "librosa",
        "tensorflow_datasets",
        "tensorboard",
        "tyro",
        "PIL",
    }
    assert not heavy & set(found.split())


def test_every_domain_has_its_rooms():
    for domain in DOMAINS:
        if (PACKAGE / domain).is_dir():
            rooms = {name for _, name, _ in pkgutil.iter_modules([PACKAGE / domain])}
            assert {"data", "networks", "metrics", "samples"} <= rooms


def test_public_names_are_documented():
    import gankit

    for name in gankit.__all__:
        if not name.startswith("__"):
            assert getattr(gankit, name).__doc__, name
