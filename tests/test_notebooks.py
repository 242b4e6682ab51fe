"""Every notebook runs, and gives the kinds of outputs that are stored in it and shown on the site."""

import base64

import pytest

from docs.notebooks.execute import cells, execute, notebooks
from docs.notebooks.pages import page

pytestmark = pytest.mark.once
FEW = {"STEPS": 6, "TURNS": 6, "LIKELIHOOD_STEPS": 6}  # the stored outputs are of more
OF_POINTS = {"STEPS": 100}  # 50 at once
PNG = b"\x89PNG\r\n\x1a\n"


def kinds(outputs):
    return [[output["output_type"] for output in cell] for cell in outputs]


def test_there_is_one_for_the_tutorial_and_for_each_domain():
    names = {path.stem for path in notebooks()}
    assert names == {"tutorial", "points", "images", "segmentation", "audio", "text"}


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_it_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = execute(path, **(OF_POINTS if path.stem == "points" else FEW))
    stored = [cell["outputs"] for cell in cells(path)[1]]
    assert kinds(found) == kinds(stored)
    for output in (one for cell in found for one in cell):
        if output["output_type"] == "display_data":
            assert base64.b64decode(output["data"]["image/png"]).startswith(PNG)
            assert output["data"]["text/plain"] != [""]


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_its_page(path):
    """All its cells, in order, under one heading of the first rank, small enough to be loaded."""
    text, code = page(path), cells(path)[1]
    head, heading = text.split("\n---\n\n", 1)
    assert heading.startswith("# ")
    assert head == f'---\ntitle: "{heading.splitlines()[0][2:]}"'
    places = [text.index("".join(cell["source"])) for cell in code]
    assert places == sorted(places)
    assert text.count("\n```python\n") == len(code)
    assert "data:image/png;base64," in text or path.stem == "text"
    assert len(text) < 500_000
