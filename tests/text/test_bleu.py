import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit.text.bleu import (
    Bleu,
    SelfBleu,
    bleu,
    self_bleu,
    sentence_bleu,
    sentence_self_bleu,
)
from tests.helpers import check_config_round_trip

pytestmark = pytest.mark.once

# The sentences of Papineni et al. (2002), examples 1 and 2, as nltk's documentation has them.
GUIDE = (
    "It is a guide to action which ensures that the military always obeys the commands of the party"
)
INSURE = "It is to insure the troops forever hearing the activity guidebook that party direct"
REFERENCES = [
    "It is a guide to action that ensures that the military will forever heed Party commands",
    "It is the guiding principle which guarantees the military forces always being under the "
    "command of the Party",
    "It is the practical guide for the army always to heed the directions of the party",
]

corpora = st.lists(st.lists(st.integers(-1, 4), max_size=8).map(tuple), min_size=2, max_size=7)


def tokens(*sentences):
    """One id for each word, the same at every call."""
    words = sorted(
        set(" ".join([GUIDE, INSURE, *REFERENCES, "a b c d the cat on mat there"]).split())
    )
    return [np.array([words.index(word) for word in one.split()], "int32") for one in sentences]


def arrays(corpus):
    return [np.array(sequence, int) for sequence in corpus]


def slow_bleu(references, hypothesis, n, smoothing):
    """The definition, word for word."""
    logs = 0.0
    for k in range(1, n + 1):

        def ngrams(sequence, k=k):
            return Counter(tuple(sequence[i : i + k]) for i in range(len(sequence) - k + 1))

        counts = ngrams(hypothesis)
        matches = sum(
            min(count, max(ngrams(reference)[ngram] for reference in references))
            for ngram, count in counts.items()
        )
        if matches == 0 and (k == 1 or smoothing == 0):
            return 0.0
        logs += math.log((matches or smoothing) / max(sum(counts.values()), 1)) / n
    c = len(hypothesis)
    r = min((abs(len(reference) - c), len(reference)) for reference in references)[1]
    return math.exp(min(1 - r / c, 0) + logs)


def slow_scores(references, hypotheses, n, smoothing=0.1):
    return [
        [slow_bleu(references, one, k, smoothing) for k in range(1, n + 1)] for one in hypotheses
    ]


def others(corpus, i):
    return corpus[:i] + corpus[i + 1 :]


def test_examples_of_nltk():
    """Of nltk's documentation, to the digits that it gives."""
    first, second = sentence_bleu(tokens(*REFERENCES), tokens(GUIDE, INSURE))
    np.testing.assert_allclose(first[1:], [0.7453, 0.6240, 0.5045, 0.3920], atol=1e-4)
    assert second[3] == pytest.approx(0.0370, abs=1e-4)
    assert sentence_bleu(tokens(REFERENCES[0]), tokens(GUIDE))[0, 3] == pytest.approx(
        0.4118, abs=1e-4
    )
    unsmoothed = sentence_bleu(tokens(*REFERENCES), tokens(INSURE), smoothing=0)
    assert unsmoothed[0, 1] > 0
    np.testing.assert_array_equal(unsmoothed[0, 2:], 0)


def test_counts_are_clipped_by_one_reference():
    """2 of the 7 "the" are in the first reference, 1 in the second: 2 / 7, not 3 / 7."""
    references = tokens("the cat is on the mat", "there is a cat on the mat")
    hypotheses = tokens("the the the the the the the")
    assert sentence_bleu(references, hypotheses, 1)[0, 0] == pytest.approx(2 / 7)


@pytest.mark.parametrize(
    ("references", "length", "nearest"),
    [
        ([12, 15, 17], 12, 12),
        ([28, 28], 12, 28),
        ([13, 2], 12, 13),
        ([13, 11], 12, 11),  # the shorter of two as near: no penalty
        ([11, 8], 7, 8),
        ([11, 8, 6, 7], 7, 7),
        ([3], 20, 3),
    ],
)
def test_brevity_penalty(references, length, nearest):
    """Every unigram matches as long as the references hold as many: what is left is the penalty."""
    found = sentence_bleu([np.full(r, 5) for r in references], [np.full(length, 5)], 1)
    precision = min(max(references) / length, 1)
    assert found[0, 0] == pytest.approx(precision * math.exp(min(1 - nearest / length, 0)))


def test_self_bleu_by_hand():
    """Each of the three against the two others.

    "a a a": unigrams 2/3, since the second has two a; bigrams 1/2.
    "a a b": unigrams 3/3; bigrams 1/2, since nobody else has "a b".
    "b": unigrams 1/1; no bigrams, 0.1/1; exp(1 - 3/1) for its length.
    """
    found = sentence_self_bleu(tokens("a a a", "a a b", "b"), 2)
    expected = [
        [2 / 3, math.sqrt(2 / 3 / 2)],
        [1, math.sqrt(1 / 2)],
        [math.exp(-2), math.exp(-2) * math.sqrt(0.1)],
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    np.testing.assert_allclose(
        self_bleu(tokens("a a a", "a a b", "b"), 2), np.mean(expected, axis=0)
    )


@settings(max_examples=60, deadline=None)
@given(references=corpora, hypotheses=corpora, smoothing=st.sampled_from([0.1, 0.5, 0]))
def test_bleu_is_its_definition(references, hypotheses, smoothing):
    found = sentence_bleu(arrays(references), arrays(hypotheses), 5, smoothing)
    expected = slow_scores(references, hypotheses, 5, smoothing)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(corpus=corpora, smoothing=st.sampled_from([0.1, 0]))
def test_self_bleu_is_its_definition(corpus, smoothing):
    found = sentence_self_bleu(arrays(corpus), 5, smoothing)
    expected = [
        slow_scores(others(corpus, i), [one], 5, smoothing)[0] for i, one in enumerate(corpus)
    ]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_like_nltk():
    translate = pytest.importorskip("nltk.translate.bleu_score")
    rng = np.random.default_rng(0)
    corpus = [rng.geometric(0.2, size=rng.integers(1, 15)).tolist() for _ in range(60)]
    weights = [(1 / k,) * k for k in range(1, 6)]
    method = translate.SmoothingFunction().method1

    def nltk(references, hypothesis):
        return translate.sentence_bleu(references, hypothesis, weights, method)

    expected = [nltk(corpus[:30], one) for one in corpus[30:]]
    np.testing.assert_allclose(sentence_bleu(corpus[:30], corpus[30:]), expected, atol=1e-12)
    np.testing.assert_allclose(
        bleu(corpus[:30], corpus[30:]), np.mean(expected, axis=0), atol=1e-12
    )
    expected = [nltk(others(corpus, i), one) for i, one in enumerate(corpus)]
    np.testing.assert_allclose(sentence_self_bleu(corpus), expected, atol=1e-12)
    np.testing.assert_allclose(self_bleu(corpus), np.mean(expected, axis=0), atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(corpus=corpora, seed=st.integers(0, 99))
def test_order_and_names_do_not_matter(corpus, seed):
    rng = np.random.default_rng(seed)
    names = rng.permutation(1000)  # of tokens -1 to 4
    other = [names[np.array(corpus[i], int) + 1] for i in rng.permutation(len(corpus))]
    np.testing.assert_allclose(self_bleu(other), self_bleu(arrays(corpus)), atol=1e-14)
    first = tokens("a b c", "a d")
    np.testing.assert_allclose(
        bleu(other, [names[one + 1] for one in first]), bleu(arrays(corpus), first), atol=1e-14
    )


@settings(max_examples=30, deadline=None)
@given(sequence=st.lists(st.integers(0, 4), min_size=5, max_size=9), copies=st.integers(2, 5))
def test_identical_samples(sequence, copies):
    np.testing.assert_allclose(self_bleu([sequence] * copies), 1, rtol=1e-14)


@settings(max_examples=50, deadline=None)
@given(
    corpus=st.lists(st.lists(st.integers(0, 4), min_size=6, max_size=6), min_size=2, max_size=6),
    data=st.data(),
)
def test_a_copy_raises_self_bleu(corpus, data):
    """Among samples of one length, whose penalties it cannot change."""
    before = sentence_self_bleu(corpus)
    chosen = data.draw(st.integers(0, len(corpus) - 1))
    after = sentence_self_bleu([*corpus, corpus[chosen]])
    assert np.all(after[:-1] >= before - 1e-14)
    np.testing.assert_allclose(after[[chosen, -1]], 1)
    if before[chosen, 0] < 1 - 1e-9:
        assert np.all(after.mean(axis=0) > before.mean(axis=0))


def test_more_references_match_more():
    rng = np.random.default_rng(0)
    corpus = rng.integers(20, size=(300, 10))
    few, many = bleu(corpus[:50], corpus[200:]), bleu(corpus[:200], corpus[200:])
    assert np.all(many > few)


def test_nothing_to_match():
    assert sentence_bleu([[1, 2]], [[3, 4], []]).tolist() == [[0] * 5] * 2
    assert sentence_bleu([[], [1]], [[1]])[0, 0] == 1
    assert self_bleu([[], []]).tolist() == [0] * 5


def test_large_token_ids():
    big = np.array([2**31 - 1, 2**31 - 2, 5], "int64")
    assert bleu([big], [big], 3).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (lambda: bleu([], [[1]]), "Received: no references"),
        (lambda: bleu([[1]], []), "Received: no hypotheses"),
        (lambda: self_bleu([]), "Received: no samples"),
        (lambda: self_bleu([[1]]), "at least 2 samples. Received: 1"),
        (lambda: self_bleu([[1], [2]], 0), "Received: n=0"),
        (lambda: bleu([[1]], [[0.5]]), "integers. Received: float64 of shape .*, at index 1"),
        (lambda: self_bleu([[1], [[2]]]), r"shape \(1, 1\), at index 1"),
        (lambda: Bleu(1), "at least 2. Received: n=1"),
        (lambda: SelfBleu(1), "at least 2. Received: n=1"),
    ],
)
def test_bad_input(score, message):
    with pytest.raises(ValueError, match=message):
        score()


# "5 6 7 8", "5 6" and an empty one, padded; the second row has rubbish behind its end.
PADDED = np.array([[5, 6, 7, 8], [5, 6, 2, 9], [2, 0, 0, 0]])
SEQUENCES = [[5, 6, 7, 8], [5, 6], []]


def test_metrics():
    other = np.array([[5, 6, 7, 2], [7, 8, 0, 0], [6, 2, 0, 0]])
    both = [[5, 6, 7], [7, 8], [6]]
    metrics = [Bleu(3), SelfBleu(3)]
    for metric in metrics:
        metric.update(PADDED, other)
        metric.reset()
        for start, stop in ((0, 1), (1, 3)):
            metric.update(PADDED[start:stop], other[start:stop])
    results = [metric.result() for metric in metrics]
    assert list(results[0]) == ["bleu_2", "bleu_3"]
    assert list(results[1]) == ["self_bleu_2", "self_bleu_3"]
    np.testing.assert_allclose(list(results[0].values()), bleu(SEQUENCES, both, 3)[1:])
    np.testing.assert_allclose(list(results[1].values()), self_bleu(both, 3)[1:])
    assert all(type(value) is float for result in results for value in result.values())
    assert "N = 3 samples, each against 3 references" in metrics[0].protocol()
    assert "N = 3 samples, each against the 2 others" in metrics[1].protocol()


def test_unknown_words_match_nothing():
    """Those of two sentences, or one, are different words; a longer text without any has no such."""
    unknown = np.array([[3, 3, 3, 3]] * 2)
    metrics = [Bleu(2), SelfBleu(2)]
    for metric in metrics:
        metric.update(unknown, unknown)
        assert list(metric.result().values()) == [0]
        assert "unknown are 100.00% of the real tokens" in metric.protocol()


def test_configurations():
    assert check_config_round_trip(Bleu(4, 0.2)).smoothing == 0.2
    assert check_config_round_trip(SelfBleu(3, 0.0)).n == 3
