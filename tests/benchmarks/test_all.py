"""The one table of ratios: its arithmetic by hand, and a little of it, measured, drawn and compared."""

import json
import os

import numpy as np
import pytest

from benchmarks.all import BEGIN, END, draw, markdown, older
from benchmarks.ratios import Ratio, missed, over, slower, stray, summary
from benchmarks.start import STEP
from tests import programs
from tests.benchmarks.test_benchmarks import run

pytestmark = pytest.mark.once


def test_a_summary_by_hand():
    """Logarithms 0, 1, 2 of base 2: mean 1, deviation 1; Student's t of two degrees is 4.3027."""
    found = summary(np.array([1.0, 2.0, 4.0]))
    half = 4.30265 / np.sqrt(3)
    assert found["value"] == pytest.approx(2.0)
    assert found["interval"] == pytest.approx([2 ** (1 - half), 2 ** (1 + half)], rel=1e-4)
    assert summary(np.array([3.0])) == {
        "value": pytest.approx(3.0),
        "interval": None,
        "values": [3.0],
    }
    turned = summary(1 / np.array([1.0, 2.0, 4.0]))
    assert turned["value"] == pytest.approx(0.5)
    assert turned["interval"] == pytest.approx([1 / one for one in reversed(found["interval"])])


def measured(values, noise=(1.0, 1.0)):
    source = {"n": len(values), "seeds": [0], "protocol": "", "unit": "times"}
    rows = {"r": {**source, "values": values}, "noise": {**source, "values": list(noise)}}
    return [Ratio("one", "r").read(rows)]


def test_what_got_slower():
    """Apart by more than the noise, and neither the other way round nor within it."""
    old, new = measured([1.0, 1.01, 0.99]), measured([1.5, 1.49, 1.51])
    ((name, factor),) = slower(new, old)
    assert (name, factor) == ("one", pytest.approx(1.5, rel=1e-3))
    assert not slower(old, new)
    assert not slower(old, old)
    assert slower(measured([1.5, 1.6]), measured([1.0, 1.05, 0.95]))
    assert not slower(measured([1.5, 2.5]), measured([1.0, 2.0]))
    noisy = measured([1.5, 1.49, 1.51], noise=[0.7, 1.5])
    assert stray(noisy[0]["noise"]) > 1.5
    assert not slower(noisy, old)
    assert not slower(measured([1.5]), old)  # a single round says nothing


def test_an_interval_of_two_tables_by_hand():
    """Logarithms 0, 1 and 2, 3, 4 of base 2: pooled variance (0.5 + 2) / 3; t of three degrees 3.1824."""
    half = 3.18245 * np.sqrt(2.5 / 3 * (1 / 2 + 1 / 3))
    expected = [2 ** (2.5 - half), 2 ** (2.5 + half)]
    assert over([4.0, 8.0, 16.0], [1.0, 2.0]) == pytest.approx(expected, rel=1e-4)


def test_tables_of_other_machines_are_refused(tmp_path):
    about = {"backend": "jax", "device": "cpu", "processor": "p", "cores": 2, "quick": False}
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"environment": about, "rows": measured([1.0, 1.1])}))
    assert older(path, about)[0]["name"] == "one"
    with pytest.raises(ValueError, match="old.json can't be compared: its cores was 2, and is 8"):
        older(path, {**about, "cores": 8})


def test_a_goal_missed_is_named():
    rows = [{"name": "one", "value": 1.2, "goal": 1.1}, {"name": "two", "value": 9.0, "goal": None}]
    assert missed(rows) == ["one"]


def test_the_first_step_of_a_game_is_no_step_of_maximum_likelihood():
    assert STEP.search("step     1/400     6.2/s  1:03 left")
    assert not STEP.search(
        "step 200/500  3.121 nats a token, 3.2 a held-out one  0:10 left at most"
    )


def test_the_other_way_round():
    source = {"n": 2, "seeds": [0], "protocol": "", "values": [2.0, 2.0]}
    (row,) = [Ratio("one", "r", turned=True).read({"r": source})]
    assert row["value"] == pytest.approx(0.5)
    assert row["noise"] is None
    assert Ratio("one", "not there").read({"r": source}) is None


def test_the_table(tmp_path):
    """Measured, written, drawn into a page; and what is far slower than before is named."""
    page, rows = tmp_path / "page.md", tmp_path / "rows.json"
    page.write_text(f"# Speed\n\n{BEGIN}\n{END}\n\nEnd.\n")
    command = ["benchmarks/all.py", "--quick", "--parts", "frechet"]
    programs.output(*command, "--json", rows)
    found = json.loads(rows.read_text())
    status, _, err = programs.run(*command, "--page", page)
    assert status == 2
    assert "--page takes the whole table" in err
    status, _, err = programs.run(*command, "--against", tmp_path / "none.json")
    assert status == 2
    assert "none.json is not there: make it first" in err
    draw(page, markdown(found["rows"], found["environment"]))
    assert found["environment"]["cores"] == os.cpu_count()
    assert [row["name"] for row in found["rows"]] == [
        "Frechet distance, regular / sqrtm",
        "Frechet distance, singular / sqrtm",
    ]
    text = page.read_text()
    assert "| Frechet distance, regular / sqrtm |" in text
    assert text.startswith("# Speed")
    assert text.endswith("End.\n")
    for row in found["rows"]:
        row["value"] /= 1e60  # of two rounds, one may be quite unlike the other
        row["values"] = [one / 1e60 for one in row["values"]]
    rows.write_text(json.dumps(found))
    status, out, _ = programs.run(*command, "--against", rows)
    assert status == 1
    named = [line for line in out.splitlines() if line.startswith("slower than in")]
    assert len(named) == 2
    assert "Frechet distance" in named[0]


def test_start(tmp_path):
    rows = run("start", tmp_path, "--part", "recipes", "--recipes", "points")
    assert 0 < rows["points/begins"]["value"] <= rows["points/first step"]["value"]
    assert rows["points/first step over import keras"]["value"] > 1
    rows = run("start", tmp_path, "--part", "import")
    assert rows["import gankit over import keras"]["value"] > 0
    assert rows["noise"]["value"] > 0


def test_streams(tmp_path):
    rows = run("streams", tmp_path, "--domains", "points", "text")
    for name in ("points", "text"):
        ratio = np.array(rows[f"{name}/batch"]["values"]) / rows[f"{name}/step"]["values"]
        assert rows[f"{name}/batch over step"]["values"] == pytest.approx(ratio.tolist())
        assert rows[f"{name}/noise"]["value"] > 0


def test_self_bleu(tmp_path):
    rows = run("self_bleu", tmp_path)
    assert rows["largest difference"]["value"] < 1e-12
    assert rows["nltk over ours"]["value"] > 0
    assert rows["seconds"]["n"] == 200
    assert 0 < rows["self_bleu_5"]["value"] < rows["self_bleu_2"]["value"] < 1
