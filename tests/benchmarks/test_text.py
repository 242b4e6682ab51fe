"""The text benchmarks: the lead by hand, and a little of everything."""

import math

import numpy as np
import pytest

from benchmarks.kept import Kept
from benchmarks.text_field import Tempered, lead
from gankit.text import likelihood, oracle
from tests.benchmarks.test_benchmarks import run

pytestmark = pytest.mark.once


def points(*pairs):
    return [{"nll_test": one, "nll_oracle": other} for one, other in pairs]


def test_the_lead_is_over_the_falling_branch_of_the_twins_sweep():
    """From cold to hot; NLL_test is best at the third temperature and rises again behind it."""
    twin = points((12.0, 5.0), (10.0, 7.0), (9.0, 9.0), (9.5, 9.6))
    assert lead(points((11.0, 5.5)), twin) == (pytest.approx(6.0 - 5.5), 11.0)
    assert lead(points((9.5, 8.2)), twin) == (pytest.approx(8.0 - 8.2), 9.5)
    assert lead(points((9.5, 8.2), (11.0, 5.5), (10.0, 6.8)), twin)[0] == pytest.approx(0.5)
    assert lead(twin[:3], twin)[0] == pytest.approx(0.0)
    assert math.isnan(lead(points((13.0, 1.0), (8.0, 1.0)), twin)[0])


def test_a_tempered_likelihood_is_the_models_own():
    model = oracle.seeded_oracle(30, 5)
    tokens = np.random.default_rng(0).integers(30, size=(300, 5)).astype("int32")
    judge = Tempered(model)
    for temperature in (0.5, 1.0):
        expected = likelihood.nll(model, tokens, temperature=temperature)
        assert judge.mean(tokens, temperature) == pytest.approx(expected, rel=1e-5)


def test_a_run_is_made_once(tmp_path):
    made = []

    def make(name):
        made.append(name)
        return {"nll_test": 2.0}

    for _ in range(2):
        kept = Kept(tmp_path / "oracle.json")
        assert kept.run("a/0", make, "a") == {"nll_test": 2.0}
    assert made == ["a"]


def test_text_oracle(tmp_path):
    rows = run("text_oracle", tmp_path, "--length", "6", "--games", "scratchgan", "maligan")
    entropy, ceiling = rows["oracle/entropy"]["value"], rows["uniform/nll_oracle"]["value"]
    assert entropy < math.log(200) < ceiling
    assert rows["oracle/nll_oracle"]["value"] == pytest.approx(entropy, abs=0.2)
    for name in ("mle", "scratchgan", "maligan"):
        assert rows[f"{name}/nll_test"]["value"] > entropy
        cold, warm = (rows[f"{name}/{at}nll_oracle"]["value"] for at in ("temperature 0.6/", ""))
        assert cold < warm < ceiling + 0.2
    for name in ("maligan", "mle-trained-on"):
        assert f"{name}/largest lead over mle" in rows
    assert "20 steps without a held-out set" in rows["mle-trained-on/nll_test"]["protocol"]
    told = rows["scratchgan/nll_test"]["protocol"]
    assert "5 a step, Adam at 0.001 and 0.001; unlike its authors' code: from the twin" in told
    both = rows["maligan/minutes, with what it begins from"]["value"]
    assert both == pytest.approx(rows["maligan/minutes"]["value"] + rows["mle/minutes"]["value"])
    assert "unlike" not in rows["mle/nll_test"]["protocol"]
    again = run("text_oracle", tmp_path, "--length", "6", "--games", "scratchgan", "maligan")
    assert again["maligan/nll_test"]["values"] == rows["maligan/nll_test"]["values"]


def test_text_presets(tmp_path):
    given = ("--presets", "scratchgan", "--runs", tmp_path / "runs")
    rows = run("text_presets", tmp_path, *given)
    for name in (
        "scratchgan/lm_score",
        "scratchgan/maximum_likelihood/lm_score",
        "scratchgan/lead",
    ):
        assert np.isfinite(rows[name]["value"]) or name.endswith(
            "lead"
        )  # of which there may be none
    share = rows["scratchgan/distinct_2"]["value"] / rows["real_against_real/distinct_2"]["value"]
    at_1 = rows["scratchgan/temperature 1/distinct_2 over real text's"]
    assert at_1["value"] == pytest.approx(share)
    at_1 = rows["scratchgan/temperature 1/copied"]
    assert at_1["value"] == rows["scratchgan/copied"]["value"]
    assert "scratchgan/maximum_likelihood/temperature 0.5/label_accuracy over real text's" in rows
    assert rows["real_against_real/copied"]["n"] == rows["scratchgan/copied"]["n"]
    assert (tmp_path / "rows.png").stat().st_size > 10_000
    written = (tmp_path / "runs" / "scratchgan-0" / "report.json").stat().st_mtime_ns
    again = run("text_presets", tmp_path, *given)
    assert again["scratchgan/lm_score"] == rows["scratchgan/lm_score"]
    assert (tmp_path / "runs" / "scratchgan-0" / "report.json").stat().st_mtime_ns == written
