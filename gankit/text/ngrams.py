"""The n-grams of sequences, as numbers."""

import numpy as np


def check_order(n, least=1):
    """Returns `n`; a ValueError where it is less than `least`."""
    if n < least:
        raise ValueError(f"`n` must be at least {least}. Received: n={n}")
    return n


def number_ngrams(tokens, places, n):
    """Numbers the distinct k-grams of a text, for every k from 1 to n.

    A k-gram is known by the number of its first k - 1 tokens, which end one token earlier, and by
    its last token: so numbers stay small whatever n, and each k takes one sort.

    Args:
        tokens: (t,) integers, sequences one after the other.
        places: (t,) the place of each in its sequence, from 0.
        n: the highest order, at least 1.

    Yields:
        For each k, (t,) int64: which of the distinct k-grams ends at each token, from 0 in
        lexicographic order, and -1 where fewer than k tokens of the sequence have been.
    """
    check_order(n)
    values, tokens = np.unique(tokens, return_inverse=True)
    numbers = tokens
    yield numbers
    for k in range(2, n + 1):
        fits = places >= k - 1
        keys = (np.roll(numbers, 1) * len(values) + tokens)[fits]
        numbers = np.full(len(tokens), -1)
        numbers[fits] = np.unique(keys, return_inverse=True)[1]
        yield numbers


def count_pairs(rows, numbers):
    """How often each n-gram occurs in each sequence.

    Args:
        rows: (t,) which sequence a token is of.
        numbers: (t,) which n-gram ends there, -1 for none.

    Returns:
        Three arrays of equal length: sequences, n-grams and counts of at least 1, each pair once.
    """
    fits = numbers >= 0
    size = numbers.max(initial=0) + 1
    pairs, counts = np.unique(rows[fits] * size + numbers[fits], return_counts=True)
    return pairs // size, pairs % size, counts
