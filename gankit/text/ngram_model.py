"""An n-gram language model: one of real text scores samples, and one of samples scores real text."""

import functools

import keras
import numpy as np

from gankit.text.ids import UNKNOWN
from gankit.text.ngrams import check_order
from gankit.text.scores import negative_log_likelihood
from gankit.text.sequences import KeepsSequences, flatten

FALLBACK = (0.0, 0.5, 1.0, 1.5)


def discounts(counts):
    """What modified Kneser-Ney smoothing takes from n-grams that occur 0, 1, 2, and 3 or more times.

    Chen and Goodman (1999), https://doi.org/10.1006/csla.1999.0128, section 3: with t_j n-grams of
    count j and Y = t_1 / (t_1 + 2 t_2), it is j - (j + 1) Y t_(j+1) / t_j for j of 1 to 3. Where one
    of these is not positive, or has t_j = 0, as in very small or much repeated text, all are 0.5, 1
    and 1.5 instead, as in KenLM.

    Args:
        counts: (m,) integers of at least 0, of the distinct n-grams of one order.

    Returns:
        (4,) float64; the first is 0.
    """
    t = np.bincount(np.minimum(counts, 5), minlength=6).astype("float64")
    if not t[1:4].all():
        return np.array(FALLBACK)
    j = np.arange(1, 4)
    found = j - (j + 1) * t[1] / (t[1] + 2 * t[2]) * t[2:5] / t[1:4]
    return np.append(0.0, found) if (found > 0).all() else np.array(FALLBACK)


class NGramModel:
    """An n-gram model with interpolated modified Kneser-Ney smoothing.

    p(w | c) = (a(cw) - D(a(cw))) / sum_v a(cv) + g(c) p(w | c'), where c' is the context c without
    its first token, D are the `discounts` of the n-gram's order, and g(c) makes probabilities add up
    to 1; below single tokens lies the uniform distribution. a(cw) is the n-gram's count in the
    highest order, and where it begins a sequence; else the number of different tokens before it
    (Heafield et al. (2013), https://aclanthology.org/P13-2121, section 3).

    A sequence stands between a start, which is never predicted, and an end, which is: p is a
    distribution over the vocabulary and the end.

    Args:
        sequences: a list of integer arrays, without start and end, at least 1.
        vocabulary: how many token ids there are, from 0 on.
        n: the order, at least 1.

    Raises:
        ValueError: for no sequences, or tokens that are not in the vocabulary.

    Example:

    ```python
    import numpy as np

    from gankit import text

    model = text.NGramModel([np.array([4, 5, 6]), np.array([4, 5])], vocabulary=8, n=3)
    model.log_probability([np.array([4, 5])])  # of each token, and of the end
    ```
    """

    def __init__(self, sequences, vocabulary, n=5):
        if not len(sequences):
            raise ValueError("A language model takes at least 1 sequence. Received: none")
        self.vocabulary, self.n = vocabulary, check_order(n)
        self._end, self._start = vocabulary, vocabulary + 1
        self._orders = self._fit(*self._delimited(sequences))

    def log_probability(self, sequences):
        """The log-probability of every token, given those before it in its sequence.

        Args:
            sequences: a list of integer arrays.

        Returns:
            A list of (length + 1,) float64 arrays, in nats; the last value is the end's.

        Raises:
            ValueError: for tokens that are not in the vocabulary.
        """
        tokens, places = self._delimited(sequences)
        p = np.full(len(tokens), 1 / (self.vocabulary + 1))
        contexts = np.zeros_like(tokens)
        for order in self._orders:
            numbers = order.find(self._keys(contexts, tokens))
            known = contexts >= 0
            p[known] *= order.rests[contexts[known]]
            p[known] += order.shares[numbers[known]]
            contexts = _before(numbers, places)
        starts = np.flatnonzero(places == 0)
        return [part[1:] for part in np.split(np.log(p), starts)[1:]]

    def _fit(self, tokens, places):
        contexts, tables = np.zeros_like(tokens), []
        for _ in range(self.n):
            table = _Table(self._keys(contexts, tokens), contexts)
            if not len(table.keys):  # no sequence is as long
                break
            tables.append(table)
            contexts = _before(table.numbers, places)
        tables[0].counts[tables[0].keys == self._start] = 0
        for table, higher in zip(tables, tables[1:]):
            table.count_what_precedes(higher)
        return [_Order(table) for table in tables]

    def _delimited(self, sequences):
        """The tokens, with a start and an end around each sequence, and their positions in it."""
        tokens, rows, places = flatten(sequences)
        if tokens.size and not 0 <= tokens.min() <= tokens.max() < self.vocabulary:
            raise ValueError(
                f"Tokens must be 0 to {self.vocabulary - 1}. Received: {tokens.min()} to "
                f"{tokens.max()}"
            )
        lengths = np.bincount(rows, minlength=len(sequences)) + 2
        stops = np.cumsum(lengths)
        delimited = np.full(lengths.sum(), self._end)
        delimited[stops - lengths] = self._start
        delimited[(stops - lengths)[rows] + 1 + places] = tokens
        return delimited, np.arange(len(delimited)) - np.repeat(stops - lengths, lengths)

    def _keys(self, contexts, tokens):
        """One number for each n-gram, by the number of its context and its last token."""
        return np.where(contexts >= 0, contexts * (self.vocabulary + 2) + tokens, -1)


def _before(numbers, places):
    """The n-gram that ends one token earlier in the same sequence, -1 for none."""
    return np.where(places > 0, np.roll(numbers, 1), -1)


class _Table:
    """The distinct n-grams of one order: their keys, contexts and counts, and where each was seen."""

    def __init__(self, keys, contexts):
        fits = np.flatnonzero(keys >= 0)
        self.keys, first, inverse, self.counts = np.unique(
            keys[fits], return_index=True, return_inverse=True, return_counts=True
        )
        self.first = fits[first]
        self.numbers = np.full(len(keys), -1)
        self.numbers[fits] = inverse
        self.contexts = contexts[self.first]

    def count_what_precedes(self, higher):
        """Counts different tokens before an n-gram, where any is, instead of occurrences."""
        preceding = np.bincount(self.numbers[higher.first], minlength=len(self.keys))
        self.counts = np.where(preceding > 0, preceding, self.counts)


class _Order:
    """What n-grams of one order add to a probability, and what is left for the lower orders."""

    def __init__(self, table):
        taken = discounts(table.counts)[np.minimum(table.counts, 3)]
        totals = np.bincount(table.contexts, table.counts)
        totals = np.maximum(totals, 1)  # nothing follows an end
        self.keys = table.keys
        shares = (table.counts - taken) / totals[table.contexts]
        self.shares = np.append(shares, 0.0)  # the last, -1, is that of n-grams never seen
        self.rests = np.bincount(table.contexts, taken) / totals

    def find(self, keys):
        """The numbers of n-grams, -1 for those never seen."""
        numbers = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[numbers] == keys, numbers, -1)


@keras.saving.register_keras_serializable(package="gankit")
class LanguageModelScore(KeepsSequences):
    """How well a language model of real text predicts fake sequences, and the other way round.

    `lm_score`: the negative log-likelihood of fake sequences under a `NGramModel` of the training
    set, low for fluent samples; `reverse_lm_score`: that of real sequences under a model of the fake
    ones, high where samples lack variety (Caccia et al. (2018), https://arxiv.org/abs/1811.02549).
    Nats per token, ends included, over known tokens only: samples contain no unknown ones, so these
    would cost the same under every model of samples. The reverse score falls with the number of
    samples: compare at equal numbers only.

    Args:
        training: the training set, a list of integer arrays without start and end; not saved with
            the metric. Real samples for `update` should be others.
        vocabulary: how many token ids there are.
        n: the order of both models.

    Example:

    ```python
    from gankit import text

    data = text.load("headlines")
    metric = text.LanguageModelScore(text.unpad(data.samples), data.preparation.vocabulary_size, n=3)
    metric.update(data.validation[:100], data.samples[:100])
    metric.result()  # lm_score, reverse_lm_score
    ```
    """

    def __init__(self, training=None, vocabulary=None, n=5):
        self.training, self.vocabulary, self.n = training, vocabulary, check_order(n)
        super().__init__()

    def result(self):
        if self.training is None or self.vocabulary is None:
            raise ValueError(
                "The language model score needs a training set: give `training` and `vocabulary`."
            )
        of_fake = NGramModel(self._fake, self.vocabulary, self.n)
        return {
            "lm_score": _score(self._of_training, self._fake),
            "reverse_lm_score": _score(of_fake, self._real),
        }

    @functools.cached_property
    def _of_training(self):
        return NGramModel(self.training, self.vocabulary, self.n)

    def protocol(self):
        known = 0 if self.training is None else len(self.training)
        return (
            f"nats per token with the end, {self.n}-grams with modified Kneser-Ney smoothing: "
            f"{len(self._fake)} samples by a model of {known} training sequences, "
            f"{len(self._real)} real sequences by a model of the samples; {self.about_unknown()}, "
            "which are left out"
        )

    def get_config(self):
        return {"vocabulary": self.vocabulary, "n": self.n}


def _score(model, sequences):
    known = [
        np.append(np.asarray(sequence) != UNKNOWN, True) for sequence in sequences
    ]  # the end too
    found = np.concatenate(model.log_probability(sequences))
    return negative_log_likelihood(found, np.concatenate(known))
