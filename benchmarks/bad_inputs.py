"""The suite of bad input, tried on the loaders by its tests, and on the recipes besides.

Whatever a test gives to a domain's loader, and the loader refuses, is given to the domain's recipe, too,
as its options: what a person then sees is counted.
"""

import collections
import contextlib
import dataclasses
import functools
import importlib
import io
import pathlib
import tempfile

import pytest

from gankit import launch

ROOT = pathlib.Path(__file__).resolve().parents[1]
RENAMED = {"names": "classes"}  # arguments of loaders that are options of another name


@dataclasses.dataclass
class Tried:
    """What came of a domain's suite.

    Attributes:
        kinds: `{test: how many kinds of input it tries}`, of tests that passed.
        failed: tests that did not.
        seen: how many refused inputs were given to the recipe.
        paragraphs: of those, how many ended in one paragraph and the exit status 1.
        traces: of those, how many showed a stack trace, or would with --debug, for nobody foresaw them.
    """

    kinds: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    failed: list = dataclasses.field(default_factory=list)
    seen: int = 0
    paragraphs: int = 0
    traces: int = 0


class Recorder:
    """A plugin of pytest's that counts, and that gives what loaders refuse to the recipe."""

    def __init__(self, domain):
        self.tried, self.domain = Tried(), domain
        self.recipe = importlib.import_module(f"recipes.{domain}")
        self.within = False  # the recipe calls the loader, too

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.tried.failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            name = report.nodeid.split("::")[1].partition("[")[0]
            self.tried.kinds[name.removeprefix("test_").replace("_", " ")] += 1

    def recording(self, load):
        @functools.wraps(load)
        def loaded(spec, *arguments, **options):
            try:
                return load(spec, *arguments, **options)
            except ValueError:
                if not self.within and not arguments:
                    self.show(spec, options)
                raise

        return loaded

    def show(self, spec, options):
        """Gives an input to the recipe, and looks at what a person would see."""
        named = {RENAMED.get(name, name): value for name, value in options.items()}
        known = {field.name for field in dataclasses.fields(self.recipe.Options)}
        if not set(named) <= known:
            return
        out, err, self.within = io.StringIO(), io.StringIO(), True
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            chosen = self.recipe.Options(
                data=str(spec), out=pathlib.Path(folder) / "run", smoke=True, **named
            )
            try:
                code = launch.reporting_errors(lambda: self.recipe.main(chosen))
            except Exception as error:
                code, _ = None, err.write(f"Traceback of {error!r}")
        self.within = False
        self.tried.seen += 1
        said = err.getvalue()
        trace = "Traceback" in said or "(--debug shows where.)" in said  # of what nobody foresaw
        self.tried.traces += trace
        paragraph = said.startswith("error: ") and said.count("\n") == 1
        self.tried.paragraphs += code == 1 and paragraph and not trace


def try_domain(domain, chosen=None):
    """Runs a domain's suite.

    Args:
        domain: its name.
        chosen: an expression that says which tests, as pytest's `-k`; None for all.

    Returns:
        `Tried`.
    """
    module, recorder = importlib.import_module(f"gankit.{domain}"), Recorder(domain)
    original = module.load
    module.load = recorder.recording(original)
    arguments = [
        str(ROOT / "tests" / "trust" / f"test_bad_{domain}.py"),
        "-q",
        "--rootdir",
        str(ROOT),
    ]
    arguments += ["-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    try:
        pytest.main([*arguments, *(["-k", chosen] if chosen else [])], plugins=[recorder])
    finally:
        module.load = original
    return recorder.tried
