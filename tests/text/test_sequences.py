import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gankit.text.ngrams import count_pairs, number_ngrams
from gankit.text.sequences import flatten, tell_apart, unknown_share, unpad


def test_unpad_by_hand():
    """Up to the first end or padding, whatever comes after; a full row needs neither."""
    tokens = np.array([[5, 3, 6], [5, 2, 6], [5, 0, 6], [2, 5, 6], [0, 0, 0]], "int32")
    found = unpad(tokens)
    assert [one.tolist() for one in found] == [[5, 3, 6], [5], [5], [], []]
    assert all(one.dtype == "int32" for one in found)
    assert [one.tolist() for one in unpad(tokens[:2], end=3)] == [[5], [5, 2, 6]]
    assert [one.tolist() for one in unpad(np.zeros((2, 0), int))] == [[], []]
    assert unpad(np.zeros((0, 3), int)) == []


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (np.zeros((2, 3)), r"float64 of shape \(2, 3\)"),
        (np.zeros(3, int), r"int64 of shape \(3,\)"),
        (np.zeros((1, 2, 3), int), r"int64 of shape \(1, 2, 3\)"),
    ],
)
def test_unpad_of_what_is_no_batch(tokens, message):
    with pytest.raises(ValueError, match=message):
        unpad(tokens)


def test_flatten_by_hand():
    tokens, rows, places = flatten([[7, 8], [], np.array([9], "uint8")])
    assert tokens.tolist() == [7, 8, 9]
    assert rows.tolist() == [0, 0, 2]
    assert places.tolist() == [0, 1, 0]
    assert [one.tolist() for one in flatten([])] == [[], [], []]


def test_unknown_tokens_are_told_apart():
    """Each is another one, within a set and between two."""
    one, other = tell_apart([[5, 3], [], [3, 6, 3]], [[3], [5]])
    assert [x.tolist() for x in one] == [[5, -1], [], [-2, 6, -3]]
    assert [x.tolist() for x in other] == [[-4], [5]]
    assert tell_apart([], []) == [[], []]
    assert unknown_share([[5, 3], [3, 6]]) == 0.5
    assert unknown_share([]) == 0


@given(corpus=st.lists(st.lists(st.integers(-2, 3), max_size=6), max_size=5), n=st.integers(1, 4))
def test_numbers_name_ngrams(corpus, n):
    """Equal numbers for equal n-grams, in lexicographic order, and a count for every pair."""
    tokens, rows, places = flatten(corpus)
    *_, numbers = number_ngrams(tokens, places, n)
    every = [
        (i, tuple(one[j : j + n])) for i, one in enumerate(corpus) for j in range(len(one) - n + 1)
    ]
    different = sorted({ngram for _, ngram in every})
    fits = numbers >= 0
    np.testing.assert_array_equal(fits, places >= n - 1)
    assert [different[i] for i in numbers[fits]] == [ngram for _, ngram in every]
    found = {(i, different[j]): count for i, j, count in zip(*count_pairs(rows, numbers))}
    assert found == {pair: every.count(pair) for pair in every}
