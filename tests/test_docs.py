"""The Python in the docs runs."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGES = ["README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]


def blocks():
    for page in PAGES:
        text = (ROOT / page).read_text()
        for i, code in enumerate(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)):
            yield pytest.param(code, id=f"{page}-{i}")


@pytest.mark.once
@pytest.mark.parametrize("code", blocks())
def test_example_runs(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "<example>", "exec"), {"__name__": "__main__"})


def test_links_between_files_hold():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_docs_name_no_machine():
    """Paths and hosts of one machine are nobody else's business."""
    for path in [
        ROOT / "README.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "benchmarks").glob("*"),
    ]:
        if path.is_file() and path.suffix in (".md", ".py", ".json"):
            assert not re.search(r"/(home|root|work|Users)/", path.read_text()), path
