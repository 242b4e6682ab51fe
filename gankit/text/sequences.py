"""Sequences of tokens: padded in batches, and of their true lengths for metrics."""

import numpy as np

from gankit.metrics import Metric
from gankit.text.ids import END, PADDING, UNKNOWN


def unpad(tokens, end=END):
    """The sequences of a padded batch: all that stands before the first end or padding token.

    Token ids are 0 for padding, 1 for the start, 2 for the end, 3 for what is unknown, and words
    after them. A sequence that fills its row counts as ended there.

    Args:
        tokens: (batch, length) integers, without a start token, which would be taken for a word.
        end: the id that ends a sequence.

    Returns:
        A list of `batch` integer arrays, of length 0 where a sequence ends at once.

    Raises:
        ValueError: for another shape, or what is no integer.

    Example:

    ```python
    import numpy as np

    from gankit import text

    text.unpad(np.array([[5, 6, 2, 0], [7, 8, 9, 4]]))  # [5, 6] and [7, 8, 9, 4]
    ```
    """
    tokens = np.asarray(tokens)
    if tokens.ndim != 2 or tokens.dtype.kind not in "iu":
        raise ValueError(
            "`tokens` must be integers of shape (batch, length). Received: "
            f"{tokens.dtype} of shape {tokens.shape}"
        )
    ended = np.logical_or.accumulate((tokens == PADDING) | (tokens == end), axis=1)
    return [row[:length] for row, length in zip(tokens, np.sum(~ended, axis=1))]


def flatten(sequences):
    """Sequences one after the other, in one array.

    Args:
        sequences: a list of integer arrays, (length,) each.

    Returns:
        Three (t,) int64 arrays, t being the sum of the lengths: the tokens, which sequence each is
        of, and at which place in it, from 0.

    Raises:
        ValueError: for a sequence of another shape, or of what is no integer.
    """
    arrays = [np.asarray(sequence) for sequence in sequences]
    for i, array in enumerate(arrays):
        if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
            raise ValueError(
                "Sequences must be one-dimensional arrays of integers. Received: "
                f"{array.dtype} of shape {array.shape}, at index {i}"
            )
    lengths = np.array([len(array) for array in arrays], "int64")
    tokens = np.concatenate([np.zeros(0, "int64"), *(a.astype("int64") for a in arrays)])
    starts = np.cumsum(lengths) - lengths
    rows = np.repeat(np.arange(len(arrays)), lengths)
    return tokens, rows, np.arange(len(tokens)) - starts[rows]


def unknown_share(sequences):
    """The share of all tokens that is unknown, a float in [0, 1]."""
    tokens, _, _ = flatten(sequences)
    return float(np.mean(tokens == UNKNOWN)) if tokens.size else 0.0


def tell_apart(*sets):
    """Sets of sequences in which every unknown token is replaced by a negative number of its own.

    Two unknown words are rarely the same word; so n-grams that contain one match nothing.

    Args:
        sets: lists of integer arrays.

    Returns:
        As many lists of int64 arrays.
    """
    tokens, rows, _ = flatten([sequence for some in sets for sequence in some])
    unknown = tokens == UNKNOWN
    tokens[unknown] = -1 - np.arange(np.sum(unknown))
    sizes = [len(some) for some in sets]
    sequences = np.split(tokens, np.cumsum(np.bincount(rows, minlength=sum(sizes)))[:-1])
    starts = np.cumsum([0, *sizes])
    return [sequences[start : start + size] for start, size in zip(starts, sizes)]


class KeepsSequences(Metric):
    """A metric that needs its sequences all at once.

    Real and fake samples are padded batches, as `unpad` takes them.
    """

    def about_unknown(self):
        """For protocols: how much of what was compared is unknown."""
        return (
            f"unknown are {unknown_share(self._real):.2%} of the real tokens and "
            f"{unknown_share(self._fake):.2%} of the samples'"
        )

    def __init__(self):
        self.reset()

    def reset(self):
        self._real, self._fake = [], []

    def update(self, real, fake, condition=None):
        self._real += unpad(real)
        self._fake += unpad(fake)
