import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit.text.scores import (
    Distinct,
    distinct,
    most_frequent,
    most_repeated,
    negative_log_likelihood,
    perplexity,
    repetition,
)
from tests.helpers import check_config_round_trip

corpora = st.lists(st.lists(st.integers(0, 4), max_size=7), min_size=1, max_size=6)


def ngrams(sequence, n):
    return [tuple(sequence[i : i + n]) for i in range(len(sequence) - n + 1)]


def test_likelihood_by_hand():
    logs = np.log([[0.5, 0.25], [0.125, 0.9]])
    mask = np.array([[1, 1], [1, 0]])
    assert negative_log_likelihood(logs, mask) == pytest.approx((1 + 2 + 3) / 3 * math.log(2))
    assert perplexity(logs, mask) == pytest.approx(4)
    assert negative_log_likelihood(logs[0]) == pytest.approx(1.5 * math.log(2))


def test_uniform_tokens_have_the_vocabulary_as_perplexity():
    assert perplexity(np.full((3, 4), -np.log(5000))) == pytest.approx(5000)


def test_likelihood_counts_in_float64():
    logs = -np.random.default_rng(0).random(9999, "float32")
    expected = -math.fsum(logs.tolist()) / 9999
    assert negative_log_likelihood(logs) == pytest.approx(expected, rel=1e-13)


def test_likelihood_of_nothing():
    with pytest.raises(ValueError, match="Received: none that counts"):
        negative_log_likelihood(np.zeros((1, 2)), np.zeros((1, 2)))


def test_distinct_by_hand():
    """ "a b a b" and "a b": bigrams ab, ba, ab and ab."""
    samples = [np.array([1, 2, 1, 2]), np.array([1, 2])]
    assert distinct(samples, 1) == pytest.approx(2 / 6)
    assert distinct(samples, 2) == pytest.approx(2 / 4)
    assert distinct(samples, 4) == 1
    assert distinct(samples, 5) == 0


def test_repetition_by_hand():
    """Of six tokens two stood in the same sample before; of four bigrams one."""
    samples = [[1, 2, 1, 2], [1, 2]]
    assert repetition(samples, 1) == ((1,), pytest.approx(2 / 6))
    assert repetition(samples, 2) == ((1, 2), pytest.approx(1 / 4))
    assert repetition(samples, 5) == ((), 0.0)


def test_most_frequent_by_hand():
    found, share = most_frequent([[5], [3, 4], [5], []])
    assert (found.tolist(), share) == ([5], 0.5)
    found, share = most_frequent([])
    assert (found.tolist(), share) == ([], 0.0)


def test_most_repeated_by_hand():
    """ "3 4" stands in two of three samples; "9 9" more often, but in one."""
    samples = [[3, 4, 5], [9, 9, 9, 9], [1, 3, 4]]
    assert most_repeated(samples, 2) == ((3, 4), 2 / 3)
    assert most_repeated(samples, 3) == ((1, 3, 4), 1 / 3)
    assert most_repeated(samples, 5) == ((), 0.0)


def test_most_repeated_is_not_across_samples():
    assert most_repeated([[1, 2], [1, 3], [2, 3], [2, 3]], 2) == ((2, 3), 0.5)


@settings(max_examples=50, deadline=None)
@given(samples=corpora, n=st.integers(1, 4))
def test_like_sets(samples, n):
    every = [ngram for one in samples for ngram in ngrams(one, n)]
    assert distinct(samples, n) == pytest.approx(len(set(every)) / max(len(every), 1))
    within = sum(len(set(ngrams(one, n))) for one in samples)
    assert repetition(samples, n)[1] == pytest.approx((len(every) - within) / max(len(every), 1))
    shares = {gram: np.mean([gram in ngrams(one, n) for one in samples]) for gram in sorted(every)}
    if shares:
        gram = max(shares, key=shares.get)
        assert most_repeated(samples, n) == (gram, pytest.approx(shares[gram]))
    else:
        assert most_repeated(samples, n) == ((), 0.0)


@settings(max_examples=30, deadline=None)
@given(samples=corpora, n=st.integers(1, 4), seed=st.integers(0, 99))
def test_order_does_not_matter(samples, n, seed):
    shuffled = [samples[i] for i in np.random.default_rng(seed).permutation(len(samples))]
    for score in (distinct, repetition, most_repeated):
        assert score(samples, n) == score(shuffled, n)


@settings(max_examples=30, deadline=None)
@given(samples=corpora, n=st.integers(1, 3))
def test_copies_are_not_distinct(samples, n):
    """Twice the same samples have half the distinct n-grams, and repeat themselves no more."""
    assert distinct(samples * 2, n) == pytest.approx(distinct(samples, n) / 2)
    assert repetition(samples * 2, n) == repetition(samples, n)
    assert most_repeated(samples * 2, n) == most_repeated(samples, n)


def test_orders_below_one():
    for score in (distinct, repetition, most_repeated):
        with pytest.raises(ValueError, match="Received: n=0"):
            score([[1]], 0)
    with pytest.raises(ValueError, match="Received: n=0"):
        Distinct(0)


def test_metric():
    metric = check_config_round_trip(Distinct(2))
    metric.update(np.zeros((1, 1), int), np.array([[5, 6, 5, 6]]))
    metric.update(np.zeros((1, 1), int), np.array([[5, 6, 2, 9]]))
    assert metric.result() == {"distinct_1": pytest.approx(2 / 6), "distinct_2": 0.5}
    assert all(type(value) is float for value in metric.result().values())
    assert "N = 2 samples" in metric.protocol()
    metric.reset()
    assert metric.result() == {"distinct_1": 0.0, "distinct_2": 0.0}
