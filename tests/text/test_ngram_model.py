import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit.text.ngram_model import LanguageModelScore, NGramModel, discounts
from tests.helpers import check_config_round_trip

pytestmark = pytest.mark.once

corpora = st.lists(st.lists(st.integers(0, 3), max_size=6), min_size=1, max_size=8)


def formula(i):
    """A sequence of 2 to 6 of 13 tokens."""
    return [(i * i + 5 * j * j + i * j * (j % 3) + i // 7) % 13 for j in range(2 + i % 5)]


class Slow:
    """The definition by dictionaries, one context at a time."""

    def __init__(self, sequences, vocabulary, n):
        self.vocabulary, self.n = vocabulary, n
        delimited = [("start", *sequence, "end") for sequence in sequences]
        counts = Counter(
            one[i : i + k]
            for one in delimited
            for k in range(1, n + 1)
            for i in range(len(one) - k + 1)
            if one[i : i + k] != ("start",)
        )
        preceding, self.following = defaultdict(set), defaultdict(list)
        for ngram in counts:
            preceding[ngram[1:]].add(ngram[0])
            self.following[ngram[:-1]].append(ngram)
        self.counts = {
            ngram: count if len(ngram) == n or ngram[0] == "start" else len(preceding[ngram])
            for ngram, count in counts.items()
        }

    def discount(self, ngram):
        of_order = [count for other, count in self.counts.items() if len(other) == len(ngram)]
        return discounts(np.array(of_order))[min(self.counts.get(ngram, 0), 3)]

    def p(self, token, context):
        context = context[max(len(context) - self.n + 1, 0) :]
        lower = self.p(token, context[1:]) if context else 1 / (self.vocabulary + 1)
        following = self.following.get(context)
        if not following:
            return lower
        total = sum(self.counts[ngram] for ngram in following)
        own = self.counts.get((*context, token), 0) - self.discount((*context, token))
        return (own + sum(map(self.discount, following)) * lower) / total


def probabilities(model, context):
    """Of every token after `context`, and last of the end."""
    longer = model.log_probability([[*context, token] for token in range(model.vocabulary)])
    own = model.log_probability([context])[0]
    return np.exp([*(values[len(context)] for values in longer), own[-1]])


def test_discounts_by_hand():
    """t = 8, 4, 2, 1: Y = 1/2, and 1 - 2/2 4/8, 2 - 3/2 2/4, 3 - 4/2 1/2."""
    counts = np.repeat([1, 2, 3, 4, 9], [8, 4, 2, 1, 5])
    np.testing.assert_allclose(discounts(counts), [0, 0.5, 1.25, 2])


@pytest.mark.parametrize(
    "counts",
    [
        np.repeat([1, 2], [5, 3]),  # no n-gram three times
        np.repeat([2, 3], [5, 3]),  # none once
        np.repeat([1, 2, 3], [9, 1, 4]),  # the second would be 2 - 3 9/11 4/1
    ],
)
def test_discounts_where_the_formula_fails(counts):
    assert discounts(counts).tolist() == [0, 0.5, 1, 1.5]


def test_bigrams_by_hand():
    """Two sequences of a and b: "a b" and "a a".

    Before a stand the start and a, before b stands a, before the end a and b. So single tokens
    count 2, 1 and 2, less discounts of 1, 0.5 and 1, over 5; half is left for 1/3 each.
    """
    model = NGramModel([[0, 1], [0, 0]], 2, n=2)
    a, b, end = 1 / 5 + 0.5 / 3, 0.5 / 5 + 0.5 / 3, 1 / 5 + 0.5 / 3
    assert a + b + end == pytest.approx(1)
    # Twice the start is followed by a: less 1, over 2. One half is left.
    np.testing.assert_allclose(probabilities(model, []), [0.5 + a / 2, b / 2, end / 2])
    # Once each a is followed by b, a and the end: less 0.5, over 3. One half is left.
    expected = [0.5 / 3 + one / 2 for one in (a, b, end)]
    np.testing.assert_allclose(probabilities(model, [0]), expected)
    # Once b is followed by the end: less 0.5. One half is left.
    np.testing.assert_allclose(probabilities(model, [0, 1]), [a / 2, b / 2, 0.5 + end / 2])
    found = model.log_probability([[0, 1], []])
    np.testing.assert_allclose(np.exp(found[0]), [0.5 + a / 2, 0.5 / 3 + b / 2, 0.5 + end / 2])
    np.testing.assert_allclose(np.exp(found[1]), [end / 2])
    assert model.log_probability([]) == []


def test_unigrams_by_hand():
    """Three, one and two times, of 6: t = 1, 1, 1 and 0, so Y = 1/3 and discounts are 1/3, 1 and 3.

    Of the token that occurs three times nothing stays; 13/18 are left, for 1/4 each.
    """
    model = NGramModel([[0, 0, 1], [0]], 3, n=1)
    left = 13 / 18 / 4
    expected = [left, 2 / 3 / 6 + left, left, 1 / 6 + left]
    np.testing.assert_allclose(probabilities(model, [2, 1]), expected)


@pytest.mark.parametrize(
    ("n", "log10"), [(1, -115.7784363), (2, -123.55316732), (3, -132.67244501)]
)
def test_like_kenlm(n, log10):
    """What KenLM's `lmplz --discount_fallback` gives; its vocabulary has a word for unknown ones.

    Its discounts are by the formula for n = 2 and 3 in the order 2, and the fallback elsewhere.
    """
    model = NGramModel([formula(i) for i in range(40)], 14, n)
    judged = [*(formula(i) for i in range(40, 60)), [0], []]
    found = np.concatenate(model.log_probability(judged))
    assert len(found) == 103
    assert found.sum() / math.log(10) == pytest.approx(log10, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(corpus=corpora, judged=corpora, n=st.integers(1, 4))
def test_like_its_definition(corpus, judged, n):
    model, slow = NGramModel(corpus, 5, n), Slow(corpus, 5, n)
    for sequence, found in zip(judged, model.log_probability(judged)):
        all_of_it = ("start", *sequence, "end")
        expected = [slow.p(all_of_it[i], all_of_it[:i]) for i in range(1, len(all_of_it))]
        np.testing.assert_allclose(np.exp(found), expected, rtol=1e-12)


def test_like_its_definition_where_discounts_are_by_the_formula():
    rng = np.random.default_rng(0)
    corpus = [(rng.zipf(1.5, rng.integers(1, 12)) % 50).tolist() for _ in range(100)]
    model, slow = NGramModel(corpus[:80], 50, 3), Slow(corpus[:80], 50, 3)
    for k in (1, 2, 3):
        of_order = np.array([count for ngram, count in slow.counts.items() if len(ngram) == k])
        assert discounts(of_order)[3] != 1.5
    for sequence in corpus[75:85]:
        all_of_it = ("start", *sequence, "end")
        expected = [slow.p(all_of_it[i], all_of_it[:i]) for i in range(1, len(all_of_it))]
        np.testing.assert_allclose(np.exp(model.log_probability([sequence])[0]), expected)


@settings(max_examples=40, deadline=None)
@given(
    corpus=corpora,
    n=st.integers(1, 6),
    contexts=st.lists(st.lists(st.integers(0, 4), max_size=7), min_size=1, max_size=5),
)
def test_probabilities_sum_to_one(corpus, n, contexts):
    """Token 4 is never seen."""
    model = NGramModel(corpus, 5, n)
    for context in contexts:
        p = probabilities(model, context)
        assert p.min() > 0
        assert p.sum() == pytest.approx(1, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(corpus=corpora, n=st.integers(1, 4), seed=st.integers(0, 99))
def test_order_does_not_matter(corpus, n, seed):
    shuffled = [corpus[i] for i in np.random.default_rng(seed).permutation(len(corpus))]
    one, other = (NGramModel(some, 4, n).log_probability(corpus) for some in (corpus, shuffled))
    np.testing.assert_array_equal(np.concatenate(one), np.concatenate(other))


def test_longer_contexts_predict_better():
    rng = np.random.default_rng(0)
    corpus = np.zeros((300, 12), int)
    corpus[:, :2] = rng.integers(10, size=(300, 2))
    for i in range(2, 12):  # the next token is mostly the sum of the last two
        noise = rng.integers(10, size=300) * (rng.random(300) < 0.1)
        corpus[:, i] = (corpus[:, i - 1] + corpus[:, i - 2] + noise) % 10
    nll = [
        -np.concatenate(NGramModel(corpus[:250], 10, n).log_probability(corpus[250:])).mean()
        for n in (1, 2, 3)
    ]
    assert nll[2] < nll[1] - 0.5
    assert abs(nll[1] - nll[0]) < 0.2


def test_score():
    """Samples like the training set beside ones that repeat a single sequence of it."""
    rng = np.random.default_rng(0)
    tokens = np.cumsum(rng.integers(1, 3, size=(300, 8)), axis=1) % 20 + 4  # of steps 1 and 2
    training, real, varied = tokens[:100], tokens[100:200], tokens[200:]
    results = {}
    for name, fake in {"varied": varied, "collapsed": np.tile(training[:1], (100, 1))}.items():
        metric = LanguageModelScore(list(training), 24, n=3)
        metric.update(real[:30], fake[:30])
        metric.update(real[30:], fake[30:])
        results[name] = metric.result()
    model = NGramModel(training, 24, 3)
    expected = -np.concatenate(model.log_probability(varied)).mean()
    assert results["varied"]["lm_score"] == pytest.approx(expected)
    assert results["collapsed"]["lm_score"] < results["varied"]["lm_score"]
    assert results["collapsed"]["reverse_lm_score"] > results["varied"]["reverse_lm_score"] + 0.5
    assert all(type(value) is float for value in results["varied"].values())
    assert "100 samples by a model of 100 training sequences" in metric.protocol()


def test_score_of_known_tokens():
    """What an unknown one costs is left out; it is seen by those behind it."""
    training = [[5, 6], [5, 3]]
    metric = LanguageModelScore(training, 9, n=2)
    metric.update(np.array([[3, 5]]), np.array([[6, 5]]))
    lm = -NGramModel(training, 9, 2).log_probability([[6, 5]])[0].mean()
    reverse = -NGramModel([[6, 5]], 9, 2).log_probability([[3, 5]])[0][1:].mean()
    assert metric.result() == pytest.approx({"lm_score": lm, "reverse_lm_score": reverse})
    assert "unknown are 50.00% of the real tokens" in metric.protocol()


def test_score_of_padded_batches():
    training = [[5, 6], [5]]
    metric = LanguageModelScore(training, 9, n=2)
    metric.update(np.array([[5, 2, 7]]), np.array([[6, 5, 0]]))
    lm = -NGramModel(training, 9, 2).log_probability([[6, 5]])[0].mean()
    reverse = -NGramModel([[6, 5]], 9, 2).log_probability([[5]])[0].mean()
    assert metric.result() == pytest.approx({"lm_score": lm, "reverse_lm_score": reverse})
    metric.reset()
    with pytest.raises(ValueError, match="Received: none"):
        metric.result()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NGramModel([], 5), "at least 1 sequence. Received: none"),
        (lambda: NGramModel([[1]], 5, 0), "Received: n=0"),
        (lambda: NGramModel([[1, 5]], 5), "Tokens must be 0 to 4. Received: 1 to 5"),
        (lambda: NGramModel([[-1, 3]], 5), "Tokens must be 0 to 4. Received: -1 to 3"),
        (lambda: NGramModel([[1]], 5).log_probability([[7]]), "Received: 7 to 7"),
        (lambda: LanguageModelScore(n=0), "Received: n=0"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_score_needs_the_training_set():
    metric = check_config_round_trip(LanguageModelScore([[4]], 9, n=2))
    assert (metric.vocabulary, metric.n) == (9, 2)
    metric.update(np.array([[4]]), np.array([[4]]))
    with pytest.raises(ValueError, match="give `training` and `vocabulary`"):
        metric.result()
