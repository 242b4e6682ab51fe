import numpy as np
import pytest
from keras import ops

from gankit.text.sampling import choose, keep_likeliest, require_settings
from tests.helpers import numpy


def logits(vocabulary, seed=0):
    return np.random.default_rng(seed).normal(0, 2, vocabulary).astype("float32")


@pytest.mark.parametrize("vocabulary", [1, 2, 3, 10, 101, 5000])
def test_it_inverts_the_distribution_function(vocabulary):
    """A token for each u: the first whose cumulative probability is above it."""
    values = logits(vocabulary)
    uniform = np.linspace(0, 1, 2001, endpoint=False).astype("float32")
    found = numpy(choose(np.tile(values, (len(uniform), 1)), uniform))
    probabilities = np.exp(values.astype("float64") - values.max())
    cumulated = np.cumsum(probabilities / probabilities.sum())
    expected = np.searchsorted(cumulated, uniform, side="right")
    off = found != np.minimum(expected, vocabulary - 1)
    assert off.mean() < 0.005  # rounding, at the edges between two tokens
    gap = np.abs(cumulated[found] - cumulated[np.minimum(expected, vocabulary - 1)])
    assert (gap[off] < 1e-3).all()


def test_what_cannot_be_is_never_drawn():
    values = np.float32([[0.0, -1e9, 0.0, -1e9]] * 4)
    found = numpy(choose(values, np.float32([0.0, 0.49, 0.51, 0.9999999])))
    assert found.tolist() == [0, 0, 2, 2]


def test_temperature():
    values = np.tile(np.log(np.float32([0.2, 0.8])), (1000, 1))
    uniform = np.linspace(0, 1, 1000, endpoint=False).astype("float32")
    for temperature, expected in ((1.0, 0.8), (0.5, 16 / 17), (2.0, 2 / 3)):
        share = numpy(choose(values, uniform, temperature)).mean()
        assert abs(share - expected) < 0.002


def test_top_k_and_top_p_by_hand():
    values = np.log(np.float32([[0.1, 0.4, 0.3, 0.2]]))

    def kept(**options):
        return (numpy(keep_likeliest(ops.convert_to_tensor(values), **options))[0] > -100).tolist()

    assert kept(top_k=2) == [False, True, True, False]
    assert kept(top_k=9) == [True] * 4
    assert kept(top_p=0.39) == [False, True, False, False]
    assert kept(top_p=0.5) == [False, True, True, False]
    assert kept(top_p=0.8) == [False, True, True, True]
    assert kept(top_k=1, top_p=0.99) == [False, True, False, False]


def test_all_of_the_probability_is_all_tokens():
    """Though the likeliest alone add up to 1 in float32."""
    values = np.full((1, 5000), -30.0, "float32")
    values[0, :2] = 10.0
    found = numpy(keep_likeliest(ops.convert_to_tensor(values), top_p=1.0))
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 0.0},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"top_k": 0},
        {"top_p": 0.0},
        {"top_p": 1.5},
    ],
)
def test_settings_out_of_range(settings):
    with pytest.raises(ValueError, match="Received: .*="):
        require_settings(**settings)
