"""BLEU of samples against real text, and of samples against each other."""

import keras
import numpy as np

from gankit.text.ngrams import check_order, count_pairs, number_ngrams
from gankit.text.sequences import KeepsSequences, flatten, tell_apart

SMOOTHING = 0.1


def sentence_bleu(references, hypotheses, n=5, smoothing=SMOOTHING):
    """BLEU-1 to BLEU-n of every hypothesis against all references.

    Papineni et al. (2002), https://aclanthology.org/P02-1040: BLEU-n = b (p_1 ... p_n)^(1/n). p_k is
    the share of the hypothesis's k-grams that the references hold, each counted at most as often as
    in the one reference that has it most often. b = min(1, exp(1 - r / c)) for a hypothesis of c
    tokens, r being the length of the reference nearest in length, the shorter of two. 0 without any
    common token. This is nltk's `sentence_bleu` with uniform weights, in time near-linear in the
    text: only the largest count of each n-gram over the references is kept.

    Args:
        references: a list of integer arrays, at least 1.
        hypotheses: a list of integer arrays, at least 1.
        n: the highest order, at least 1.
        smoothing: what takes the place of 0 in a p_k's numerator: nltk's `method1` (Chen and Cherry
            (2014), https://aclanthology.org/W14-3346) with its epsilon. 0 for none.

    Returns:
        (hypotheses, n) float64 in [0, 1]: BLEU-k in column k - 1.

    Raises:
        ValueError: for no references, no hypotheses, or sequences of what is no integer.
    """
    _check(references=references, hypotheses=hypotheses)
    tokens, rows, places = flatten([*references, *hypotheses])
    first, matches = len(references), []
    for numbers in number_ngrams(tokens, places, n):
        owners, ngrams, counts = count_pairs(rows, numbers)
        ours = owners >= first
        largest = np.zeros(len(numbers), "int64")
        np.maximum.at(largest, ngrams[~ours], counts[~ours])
        clipped = np.minimum(counts, largest[ngrams])[ours]
        matches.append(np.bincount(owners[ours] - first, clipped, len(hypotheses)))
    lengths = _lengths(hypotheses)
    nearest = _nearest(np.sort(_lengths(references)), lengths)
    return _scores(np.stack(matches, axis=1), lengths, nearest, smoothing)


def sentence_self_bleu(samples, n=5, smoothing=SMOOTHING):
    """BLEU-1 to BLEU-n of every sample against all other samples.

    Zhu et al. (2018), https://arxiv.org/abs/1802.01886: high where samples are alike. Keeps each
    n-gram's largest and second-largest count over the samples: the other samples' largest is the
    second for a sample that has the largest itself. It grows with the number of samples: compare at
    equal numbers only. Texygen's values are of 500 samples at most, since it drops all later ones.

    Args:
        samples: a list of integer arrays, at least 2.
        n, smoothing: as in `sentence_bleu`.

    Returns:
        (samples, n) float64 in [0, 1]: Self-BLEU-k in column k - 1.

    Raises:
        ValueError: for fewer than 2 samples, or sequences of what is no integer.
    """
    _check(samples=samples)
    if len(samples) < 2:
        raise ValueError("Self-BLEU takes at least 2 samples. Received: 1")
    tokens, rows, places = flatten(samples)
    matches = []
    for numbers in number_ngrams(tokens, places, n):
        owners, ngrams, counts = count_pairs(rows, numbers)
        largest, second = _two_largest(ngrams, counts)
        of_others = np.where(counts == largest[ngrams], second[ngrams], largest[ngrams])
        matches.append(np.bincount(owners, np.minimum(counts, of_others), len(samples)))
    lengths = _lengths(samples)
    nearest = _nearest(np.sort(lengths), lengths, own=1)
    return _scores(np.stack(matches, axis=1), lengths, nearest, smoothing)


def bleu(references, hypotheses, n=5, smoothing=SMOOTHING):
    """The mean of `sentence_bleu` over the hypotheses: (n,) float64, BLEU-k at k - 1.

    Example:

    ```python
    import numpy as np

    from gankit import text

    references = [np.array([4, 5, 6, 7]), np.array([4, 5, 8])]
    text.bleu(references, [np.array([4, 5, 6])], n=2)  # BLEU-1, BLEU-2
    ```
    """
    return sentence_bleu(references, hypotheses, n, smoothing).mean(axis=0)


def self_bleu(samples, n=5, smoothing=SMOOTHING):
    """The mean of `sentence_self_bleu` over the samples: (n,) float64, Self-BLEU-k at k - 1.

    Example:

    ```python
    import numpy as np

    from gankit import text

    text.self_bleu([np.array([4, 5, 6]), np.array([4, 5, 6])], n=2)  # [1, 1]: all the same
    ```
    """
    return sentence_self_bleu(samples, n, smoothing).mean(axis=0)


def _two_largest(ngrams, counts):
    """The largest and the second-largest count of each n-gram; 0 for a second where there is none."""
    order = np.lexsort((counts, ngrams))
    holders = np.bincount(ngrams)
    last, ordered = np.cumsum(holders) - 1, counts[order]
    return ordered[last], np.where(holders > 1, ordered[last - 1], 0)


def _nearest(lengths, wanted, own=0):
    """For each wanted length the nearest of the sorted ones, the shorter where two are as near.

    With `own=1` each wanted length is itself among the sorted ones, and is passed over once.
    """
    places = np.searchsorted(lengths, wanted)
    padded = np.concatenate([[-np.inf], lengths, [np.inf]])
    shorter, longer = padded[places], padded[places + 1 + own]
    return np.where(wanted - shorter <= longer - wanted, shorter, longer)


def _scores(matches, lengths, nearest, smoothing):
    """BLEU-1 to BLEU-n from the clipped counts, (sequences, n)."""
    orders = np.arange(1, matches.shape[1] + 1)
    totals = np.maximum(lengths[:, None] - orders + 1, 1)
    with np.errstate(divide="ignore"):  # log 0: a score of 0
        logs = np.log(np.where(matches == 0, smoothing, matches) / totals)
    penalties = np.exp(np.minimum(1 - nearest / np.maximum(lengths, 1), 0))
    scores = penalties[:, None] * np.exp(np.cumsum(logs, axis=1) / orders)
    return np.where(matches[:, :1] == 0, 0.0, scores)


def _lengths(sequences):
    return np.array([len(sequence) for sequence in sequences])


def _check(**sequences):
    for name, some in sequences.items():
        if not len(some):
            raise ValueError(f"BLEU takes at least 1 sequence. Received: no {name}")


@keras.saving.register_keras_serializable(package="gankit")
class Bleu(KeepsSequences):
    """BLEU-2 to BLEU-n of fake sequences, each against all real ones: `bleu_2`, `bleu_3`, ...

    Grows with the number of references, and is high for a generator that has collapsed to a few
    common sentences: read it beside `SelfBleu` and beside real text's own.

    Args:
        n: the highest order, at least 2.
        smoothing: as in `sentence_bleu`.

    Example:

    ```python
    from gankit import text

    data, metric = text.load("headlines"), text.Bleu(n=3)
    metric.update(data.validation[:100], data.samples[:50])
    metric.result()  # bleu_2, bleu_3
    ```
    """

    def __init__(self, n=5, smoothing=SMOOTHING):
        self.n, self.smoothing = check_order(n, 2), smoothing
        super().__init__()

    def result(self):
        values = bleu(*tell_apart(self._real, self._fake), self.n, self.smoothing)
        return {f"bleu_{k}": float(values[k - 1]) for k in range(2, self.n + 1)}

    def protocol(self):
        return (
            f"mean sentence BLEU of N = {len(self._fake)} samples, each against "
            f"{len(self._real)} references, zero counts as {self.smoothing:g}; "
            f"{self.about_unknown()}, none of which matches another"
        )

    def get_config(self):
        return {"n": self.n, "smoothing": self.smoothing}


@keras.saving.register_keras_serializable(package="gankit")
class SelfBleu(KeepsSequences):
    """BLEU-2 to BLEU-n of fake sequences against each other: `self_bleu_2`, `self_bleu_3`, ...

    Lower is more variety. Best is the value of real text at the same number of samples.

    Args:
        n: the highest order, at least 2.
        smoothing: as in `sentence_bleu`.

    Example:

    ```python
    from gankit import text

    data, metric = text.load("headlines"), text.SelfBleu(n=3)
    metric.update(data.validation[:50], data.samples[:50])
    metric.result()  # self_bleu_2, self_bleu_3
    ```
    """

    def __init__(self, n=5, smoothing=SMOOTHING):
        self.n, self.smoothing = check_order(n, 2), smoothing
        super().__init__()

    def result(self):
        values = self_bleu(*tell_apart(self._fake), self.n, self.smoothing)
        return {f"self_bleu_{k}": float(values[k - 1]) for k in range(2, self.n + 1)}

    def protocol(self):
        n = len(self._fake)
        return (
            f"mean sentence BLEU of N = {n} samples, each against the {max(n - 1, 0)} others, zero "
            f"counts as {self.smoothing:g}; not cut to 500 samples as Texygen's; "
            f"{self.about_unknown()}, none of which matches another"
        )

    def get_config(self):
        return {"n": self.n, "smoothing": self.smoothing}
