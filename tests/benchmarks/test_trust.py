"""The benchmarks of trust: what they count, by hand, and a little of everything."""

import json

import numpy as np
import pytest

from benchmarks import killed, soak, trust
from gankit.callbacks.checkpoints import FORMAT
from tests.benchmarks.test_benchmarks import alone, run

pytestmark = pytest.mark.once


def test_final_states_are_compared_bit_by_bit():
    arrays = [np.array([0.0, np.nan]), np.arange(3)]
    state = (arrays, 32, "epoch,step\n")
    assert killed.same(state, ([one.copy() for one in arrays], 32, "epoch,step\n"))
    for other in (
        ([np.array([-0.0, np.nan]), np.arange(3)], 32, "epoch,step\n"),
        ([arrays[0], np.arange(3).astype("int32")], 32, "epoch,step\n"),
        (arrays[:1], 32, "epoch,step\n"),
        (arrays, 31, "epoch,step\n"),
        (arrays, 32, "epoch,step\n0,8\n"),
    ):
        assert not killed.same(state, other)


def test_growth_is_after_the_warm_up():
    """A tenth against a tenth: what fills up at first does not count."""
    filled = [1.0] * 20 + [100.0] * 80
    assert soak.growth(filled) == 0
    assert soak.growth([100.0] * 50 + [103.0] * 50) == pytest.approx(0.03)
    assert soak.slope([50.0] * 20 + [100.0] * 80) == (0, 0)
    line, error = soak.slope([7.0] * 20 + list(np.linspace(95, 105, 80)))
    assert line == pytest.approx(0.1)
    assert error == pytest.approx(0, abs=1e-9)


def row(name, value):
    return {"name": name, "value": value}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"kills/all/killed": 10, "kills/all/bit-identical": 9}, "killed run ended otherwise"),
        ({"damage/all/tried": 20, "damage/all/recovered": 19}, "was not recovered from"),
        ({"damage/all/tried": 20, "damage/all/named in a warning": 19}, "was not named"),
        (
            {"inputs/text/given to the recipe": 3, "inputs/text/told in one paragraph": 2},
            "inputs/text/told in one paragraph: a bad input was not told",
        ),
        ({"inputs/text/stack traces": 1}, "ended in a stack trace"),
        ({"cost/text/share of a run": 0.0201}, "cost 2.0% of a run, more than 2%"),
    ],
)
def test_trust_complains(rows, message):
    (found,) = trust.complaints([row(*one) for one in rows.items()])
    assert message in found


def test_trust_is_content():
    right = {
        "kills/all/killed": 10,
        "kills/all/bit-identical": 10,
        "damage/all/tried": 20,
        "damage/all/recovered": 20,
        "damage/all/named in a warning": 20,
        "inputs/text/given to the recipe": 3,
        "inputs/text/told in one paragraph": 3,
        "inputs/text/stack traces": 0,
        "cost/text/share of a run": 0.02,
    }
    assert trust.complaints([row(*one) for one in right.items()]) == []
    assert trust.complaints([row("cost/text/share of a run", 0.5)], costs=False) == []


def test_soak_complains():
    grown, traced = row("points/growth of memory", 0.02), row("points/traces after the warm-up", 1)
    memory, trace = soak.complaints([grown, traced])
    assert "points/growth of memory: memory grew by 2.0%" in memory
    assert "traced anew" in trace
    assert soak.complaints([grown], grows=False) == []
    assert soak.complaints([row("points/growth of memory", 0.0199)]) == []
    slower = {**row("points/growth of a step's time", 0.05), "standard_error": 0.01}
    (found,) = soak.complaints([slower])
    assert "a step takes 5.0% longer in the end" in found
    assert soak.complaints([{**slower, "standard_error": 0.02}]) == []


def test_kills(tmp_path):
    """Two; `python benchmarks/trust.py --part kills` makes it a hundred, of all domains."""
    rows = run("trust", tmp_path, "--part", "kills", "--domains", "points", start=alone)
    for what in ("killed", "resumed", "bit-identical"):
        assert rows[f"kills/all/{what}"]["value"] == 2
    kept = json.loads((tmp_path / "rows.runs.json").read_text())["runs"]
    assert list(kept) == [f"points/{i}/format {FORMAT}" for i in range(2)]


def test_damage(tmp_path):
    """In every domain, in every way."""
    rows = run("trust", tmp_path, "--part", "damage")
    for kind in ("truncated", "bytes flipped", "missing"):
        for what in ("tried", "recovered", "named in a warning"):
            assert rows[f"damage/{kind}/{what}"]["value"] == 5


def test_cost_and_inputs(tmp_path):
    arguments = ("--part", "cost", "inputs", "--domains", "points", "--tests", "ragged or nowhere")
    rows = run("trust", tmp_path, *arguments, start=alone)  # which runs pytest
    assert 0 < rows["cost/points/share of a run"]["value"] < 1
    assert rows["inputs/points/a bad table"]["value"] == 2
    assert rows["inputs/points/given to the recipe"]["value"] == 2
    assert rows["inputs/points/told in one paragraph"]["value"] == 2
    assert rows["inputs/points/stack traces"]["value"] == 0


def test_soak(tmp_path):
    rows = run("soak", tmp_path, "--domains", "points")
    assert rows["points/memory"]["value"] > 0
    assert rows["points/traces after the warm-up"]["value"] == 0
