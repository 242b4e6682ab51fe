import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit.text.copies import Copies, copied, novelty
from tests.helpers import check_config_round_trip

pytestmark = pytest.mark.once

corpora = st.lists(st.lists(st.integers(0, 3), max_size=5), min_size=1, max_size=6)
TRAINING = [np.array([5, 6, 7, 8], "int32"), np.array([7, 5], "int32")]


def test_copied_by_hand():
    """Neither a part nor a longer sequence is a copy; the type of the integers is nothing."""
    samples = [[5, 6, 7, 8], [5, 6, 7], [5, 6, 7, 8, 7], np.array([7, 5], "int64")]
    assert copied(samples, TRAINING) == 0.5
    assert copied(samples, []) == 0


def test_novelty_by_hand():
    """Of 5 6, 6 7, 7 5 and 5 5 only the last stands nowhere: not 8 7, across two sequences."""
    assert novelty([[5, 6, 7, 5, 5]], TRAINING, 2) == 0.25
    assert novelty([[8, 7]], TRAINING, 2) == 1
    assert novelty([[5, 6, 7, 5, 5]], TRAINING, 3) == pytest.approx(2 / 3)
    assert novelty([[5, 6]], TRAINING, 3) == 0
    assert novelty([[9, 5]], TRAINING, 1) == 0.5


@settings(max_examples=50, deadline=None)
@given(samples=corpora, training=corpora, n=st.integers(1, 3))
def test_like_sets(samples, training, n):
    def ngrams(corpus):
        return [tuple(one[i : i + n]) for one in corpus for i in range(len(one) - n + 1)]

    known, ours = set(ngrams(training)), ngrams(samples)
    expected = sum(ngram not in known for ngram in ours) / max(len(ours), 1)
    assert novelty(samples, training, n) == pytest.approx(expected)
    assert copied(samples, training) == np.mean([one in training for one in samples])
    assert copied(training, samples + training) == 1
    assert novelty(training, samples + training, n) == 0


def test_metric():
    metric = check_config_round_trip(Copies(TRAINING, n=2))
    metric = Copies(TRAINING, n=2)
    metric.update(np.array([[5, 6, 7, 8]]), np.array([[7, 5, 2, 9]]))
    metric.update(np.array([[7, 7, 2, 0]]), np.array([[5, 6, 7, 5]]))
    metric.update(np.array([[8, 2, 0, 0]]), np.array([[5, 5, 0, 0]]))
    assert metric.result() == {
        "copied": pytest.approx(1 / 3),
        "copied_of_real": pytest.approx(1 / 3),
        "novel_ngrams": 1 / 5,
        "novel_ngrams_of_real": 1 / 4,
    }
    assert all(type(value) is float for value in metric.result().values())
    assert "N = 3 samples among 2 training sequences" in metric.protocol()


def test_what_is_unknown_is_no_copy():
    metric = Copies([np.array([3, 3]), np.array([5, 6])], n=2)
    metric.update(np.array([[3, 3], [5, 6]]), np.array([[5, 3], [5, 6]]))
    assert metric.result() == {
        "copied": 0.5,
        "copied_of_real": 0.5,
        "novel_ngrams": 0.5,
        "novel_ngrams_of_real": 0.5,
    }
    assert "unknown are 50.00% of the real tokens and 25.00% of the samples'" in metric.protocol()


def test_bad_input():
    with pytest.raises(ValueError, match="at least 1 sample. Received: none"):
        copied([], TRAINING)
    with pytest.raises(ValueError, match="Received: n=0"):
        Copies(TRAINING, n=0)
    with pytest.raises(ValueError, match="give `training`"):
        Copies().result()
