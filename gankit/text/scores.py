"""Likelihood, variety and repetition of sequences."""

import collections

import keras
import numpy as np

from gankit.text.ngrams import check_order, count_pairs, number_ngrams
from gankit.text.sequences import KeepsSequences, flatten, tell_apart


def negative_log_likelihood(log_probabilities, mask=None):
    """The mean negative log-probability of a token, in nats: over all tokens, not over sequences.

    NLL_oracle, NLL_test and NLL_div are this, of different sequences under different models.

    Args:
        log_probabilities: (...) natural logarithms.
        mask: (...) of the same shape, true where a token counts; None for all.

    Returns:
        A float.

    Raises:
        ValueError: where no token counts.
    """
    counted = np.asarray(log_probabilities, "float64")
    counted = counted.ravel() if mask is None else counted[np.asarray(mask, bool)]
    if not counted.size:
        raise ValueError("A likelihood takes at least 1 token. Received: none that counts")
    return -float(counted.mean())


def perplexity(log_probabilities, mask=None):
    """exp of `negative_log_likelihood`: a choice among so many equally likely tokens is as uncertain."""
    return float(np.exp(negative_log_likelihood(log_probabilities, mask)))


def distinct(samples, n):
    """The share of the samples' n-grams that are distinct: distinct-n.

    Li et al. (2016), https://arxiv.org/abs/1510.03055, who divide by the number of tokens instead
    of n-grams. It falls with the number of samples: compare at equal numbers only.

    Args:
        samples: a list of integer arrays.
        n: the order, at least 1.

    Returns:
        A float in [0, 1]; 0 where no sample has n tokens.

    Example:

    ```python
    import numpy as np

    from gankit import text

    text.distinct([np.array([4, 5, 4, 5])], n=2)  # 2/3: (4, 5), (5, 4), (4, 5)
    ```
    """
    tokens, _, places = flatten(samples)
    *_, numbers = number_ngrams(tokens, places, n)
    return float((numbers.max(initial=-1) + 1) / max(np.sum(numbers >= 0), 1))


def repetition(samples, n):
    """The n-gram that samples repeat most within themselves, and how much they do.

    The share of n-grams that stood earlier in the same sample.

    Welleck et al. (2020), https://arxiv.org/abs/1908.04319, section 6: seq-rep-n, here over all
    n-grams instead of a mean over samples.

    Args:
        samples: a list of integer arrays.
        n: the order, at least 1.

    Returns:
        The n-gram, a tuple of n tokens, and a float in [0, 1). `((), 0.0)` where nothing is repeated.
    """
    tokens, rows, places = flatten(samples)
    *_, numbers = number_ngrams(tokens, places, n)
    _, ngrams, counts = count_pairs(rows, numbers)
    again = np.bincount(ngrams, weights=counts - 1, minlength=1)
    if not again.any():
        return (), 0.0
    return _ngram(tokens, numbers, again.argmax(), n), float(again.sum() / counts.sum())


def most_repeated(samples, n):
    """The n-gram that occurs in the most samples, and the share of samples that it occurs in.

    Near 1 for a generator that has collapsed. An alarm should compare it with real text's share.

    Args:
        samples: a list of integer arrays.
        n: the order, at least 1.

    Returns:
        The n-gram, a tuple of n tokens, and a float in [0, 1]. Of several, the first in
        lexicographic order. `((), 0.0)` where no sample has n tokens.

    Example:

    ```python
    import numpy as np

    from gankit import text

    text.most_repeated([np.array([4, 5, 6]), np.array([4, 5])], n=2)  # (4, 5), 1.0
    ```
    """
    tokens, rows, places = flatten(samples)
    *_, numbers = number_ngrams(tokens, places, n)
    _, ngrams, _ = count_pairs(rows, numbers)
    if not len(ngrams):
        return (), 0.0
    holders = np.bincount(ngrams)
    return _ngram(tokens, numbers, holders.argmax(), n), float(holders.max() / len(samples))


def most_frequent(samples):
    """The sample that there is most often, and its share of all: an array and a float in [0, 1].

    Example:

    ```python
    import numpy as np

    from gankit import text

    text.most_frequent([np.array([4, 5]), np.array([6]), np.array([4, 5])])  # [4, 5], 2/3
    ```
    """
    counts = collections.Counter(tuple(np.asarray(one).tolist()) for one in samples)
    (tokens, count), *_ = counts.most_common(1) or [((), 0)]
    return np.array(tokens, "int32"), count / max(len(samples), 1)


def _ngram(tokens, numbers, number, n):
    last = np.flatnonzero(numbers == number)[0]
    return tuple(tokens[last - n + 1 : last + 1].tolist())


@keras.saving.register_keras_serializable(package="gankit")
class Distinct(KeepsSequences):
    """`distinct` of fake sequences, from `distinct_1` to `distinct_n`.

    Args:
        n: the highest order, at least 1.

    Example:

    ```python
    from gankit import text

    data, metric = text.load("headlines"), text.Distinct(n=2)
    metric.update(data.validation[:50], data.samples[:50])
    metric.result()  # distinct_1, distinct_2
    ```
    """

    def __init__(self, n=2):
        self.n = check_order(n)
        super().__init__()

    def result(self):
        (fake,) = tell_apart(self._fake)
        return {f"distinct_{k}": distinct(fake, k) for k in range(1, self.n + 1)}

    def protocol(self):
        return (
            f"different n-grams over all n-grams of N = {len(self._fake)} samples together; "
            f"{self.about_unknown()}, each another one"
        )

    def get_config(self):
        return {"n": self.n}
