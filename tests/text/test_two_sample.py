"""The two-sample test: what chance is, what can be told, and what a prompt tells."""

import numpy as np
import pytest

from gankit.text import TwoSampleTest
from tests.helpers import check_config_round_trip


def accuracy(real, fake, condition=None):
    metric = TwoSampleTest()
    metric.update(real, fake, condition)
    return metric.result()["two_sample_accuracy"]


def words(rng, n, low=4, high=14, length=4):
    return rng.integers(low, high, size=(n, length))


def test_one_distribution_is_at_chance_and_two_are_not():
    rng = np.random.default_rng(0)
    assert accuracy(words(rng, 400), words(rng, 400)) == pytest.approx(0.5, abs=0.08)
    assert accuracy(words(rng, 100), words(rng, 100, 14, 24)) == 1.0


def test_a_sequence_and_its_copy_cannot_be_told_apart():
    """They are left out together: otherwise the copy's label would be known from its original's."""
    real = words(np.random.default_rng(0), 60, high=1000)
    assert accuracy(real, real) <= 0.5


def test_a_reply_is_judged_beside_its_prompt():
    """Real replies repeat their prompt's word; the fakes are the same replies, to other prompts."""
    rng = np.random.default_rng(0)
    prompts = np.stack([rng.integers(4, 10, size=600), rng.integers(20, 400, size=600)], axis=1)
    real = prompts[:, :1]
    fake = (real - 4 + rng.integers(1, 6, size=(600, 1))) % 6 + 4
    assert accuracy(real, fake, prompts) > 0.95
    assert accuracy(real, fake) == pytest.approx(0.5, abs=0.06)


def test_an_empty_sequence_is_one_too():
    """A generator that ends at once is found out."""
    real = words(np.random.default_rng(0), 50)
    assert accuracy(real, np.full_like(real, 2)) == 1.0


def test_unknown_words_tell_nothing():
    """Samples are drawn without: what has one is left out, with its partner."""
    rng = np.random.default_rng(0)
    real, fake = words(rng, 400, 4), words(rng, 400, 4)
    real[:300, 0] = 3
    assert accuracy(real, fake) == pytest.approx(0.5, abs=0.15)
    metric = TwoSampleTest()
    metric.update(real, fake)
    assert "of 100 samples without an unknown token" in metric.protocol()


def test_bad_input():
    real = words(np.random.default_rng(0), 4)
    with pytest.raises(ValueError, match="no unknown token in them. Received: 0"):
        accuracy(np.full_like(real, 3), real)
    with pytest.raises(ValueError, match="4 real"):
        accuracy(real, real[:2])
    with pytest.raises(ValueError, match="2 prompts"):
        accuracy(real, real, np.full((4, 3), 7))


def test_configuration():
    check_config_round_trip(TwoSampleTest())
