"""How long a contender's step takes, by a clock that the test sets."""

import numpy as np
import pytest

from benchmarks import kept

pytestmark = pytest.mark.once


class Clock:
    """Goes on by 0.01 s a step, 0.3 s a call, and 2 s more for the first calls of a single step."""

    def __init__(self):
        self.now, self.steps, self.slow = 0.0, 0, 3

    def perf_counter(self):
        return self.now

    def train(self, n):
        self.now += 0.3 + 0.01 * n
        if n == 1 and self.slow:
            self.now, self.slow = self.now + 2.0, self.slow - 1
        self.steps += n


def test_what_a_call_costs_is_taken_off_and_a_slow_one_does_no_harm(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(kept, "time", clock)
    found = kept.seconds({"one": clock.train}, 4)["one"]
    assert found == pytest.approx([0.01] * 4)
    assert 0.01 * clock.steps < 30


def test_a_machine_that_slows_down_does_not_change_who_is_slower(monkeypatch, tmp_path):
    """By medians of their own, both would seem to take as long."""
    times = {"one": np.array([0.01, 0.02, 0.02]), "other": np.array([0.02, 0.04, 0.02])}
    monkeypatch.setattr(kept, "seconds", lambda trainers, rounds, least: times)
    found = kept.Kept(tmp_path / "some.json")
    found.calibrate(1.0, ["one", "other"], str, 3)
    assert found.steps == {"one": 3000, "other": 1500}
    again = kept.Kept(tmp_path / "some.json")
    again.calibrate(5.0, ["one", "other"], None, 3)
    assert again.steps == found.steps
