"""Runs side by side: the table by hand, the picture of their curves, and what is refused."""

import json

import matplotlib.image
import pytest

from gankit import compare
from tests.recipes.commands import gankit

pytestmark = pytest.mark.once


def made(
    directory, value, rows=("0,10,1.5,0.5", "1,20,1.25,"), protocol="by hand", n=10, data="ring"
):
    """A run's directory with as much in it as is compared."""
    directory.mkdir(parents=True)
    (directory / "config.json").write_text('{"recipe": "points"}')
    row = {"value": value, "n": n, "protocol": protocol}
    report = {"recipe": "points", "preset": "default", "data": data, "steps": 12345}
    controls = {"real_against_real/coverage": {**row, "value": 0.75}}
    report.update(seconds=61.7, metrics={"coverage": row}, controls=controls)
    (directory / "report.json").write_text(json.dumps(report))
    (directory / "metrics.csv").write_text("\n".join(["epoch,step,d_loss,val_modes", *rows]) + "\n")
    return directory


def test_the_table(tmp_path):
    a, b = made(tmp_path / "a", 0.5), made(tmp_path / "b", 0.25)
    assert compare.table([a, b]).splitlines() == [
        "|  | a | b |",
        "| --- | ---: | ---: |",
        "| recipe | points | points |",
        "| preset | default | default |",
        "| data | ring | ring |",
        "| steps | 12,345 | 12,345 |",
        "| seconds | 62 | 62 |",
        "| coverage | 0.5 | 0.25 |",
        "| real_against_real/coverage | 0.75 | 0.75 |",
    ]


def test_other_protocols_are_said(tmp_path):
    runs = [made(tmp_path / name, 0.5, protocol=name) for name in "ab"]
    assert "The runs were not measured alike" in compare.table(runs)


@pytest.mark.parametrize("other", [{"n": 20}, {"data": "grid"}])
def test_other_data_and_numbers_are_said(tmp_path, other):
    runs = [made(tmp_path / "a", 0.5), made(tmp_path / "b", 0.5, **other)]
    assert "The runs were not measured alike" in compare.table(runs)


def test_names_that_tell_runs_apart(tmp_path):
    assert compare.labels(["runs/a", "runs/b"]) == ["a", "b"]
    assert compare.labels(["x/a", "y/a"]) == ["x/a", "y/a"]
    assert compare.labels(["x/a", "x/a"]) == ["a", "a"]


def test_curves(tmp_path):
    """A plot for each scalar, with both runs' lines in it."""
    a = made(tmp_path / "a", 0.5)
    b = made(tmp_path / "b", 0.5, rows=["0,10,2.5,0.75"])
    compare.curves([a, b], tmp_path / "new" / "both.png")
    picture = matplotlib.image.imread(tmp_path / "new" / "both.png")
    height, width, _ = picture.shape
    assert width > height > 200
    for colour in ((0x1F, 0x77, 0xB4), (0xFF, 0x7F, 0x0E)):  # matplotlib's first two
        near = abs(picture[..., :3] * 255 - colour).max(axis=-1) < 2
        assert near[:, : width // 2].any()
        assert near[:, width // 2 :].any()


def test_the_command(tmp_path):
    a, b = made(tmp_path / "a", 0.5), made(tmp_path / "b", 0.25)
    code, out, err = gankit("compare", a, b, "--out", tmp_path / "both")
    assert code == 0, err
    assert "| coverage | 0.5 | 0.25 |" in out
    assert (tmp_path / "both.md").read_text().endswith("![curves over the steps](both.png)\n")
    assert (tmp_path / "both.png").is_file()


def test_what_is_refused(tmp_path):
    a = made(tmp_path / "a", 0.5)
    code, _, err = gankit("compare", a, "--out", tmp_path / "both")
    assert (code, err) == (1, "error: Give the directories of two runs at least. Received: 1\n")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="has the run finished"):
        compare.table([a, tmp_path / "b"])
    with pytest.raises(ValueError, match="has not come to its first look yet"):
        compare.curves([a, tmp_path / "b"], tmp_path / "both.png")
    for run in (a, tmp_path / "b"):
        (run / "metrics.csv").write_text("epoch,step\n0,10\n")
    with pytest.raises(ValueError, match="has written any scalar yet"):
        compare.curves([a, tmp_path / "b"], tmp_path / "both.png")
