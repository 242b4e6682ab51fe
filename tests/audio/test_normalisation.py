import numpy as np
import pytest

from gankit.audio.normalisation import BinNormalisation, RangeNormalisation
from tests.helpers import check_config_round_trip, numpy

FEATURES = np.random.default_rng(0).normal([-9, 0, 2], [1, 0.1, 3], (8, 5, 3)).astype("float32")


def test_bins_by_hand():
    """(5 - 1) / (3 x 2), and one far off, which is clipped."""
    normalise = BinNormalisation([1, 0], [2, 1])
    np.testing.assert_allclose(numpy(normalise(np.float32([[[5, -9]]]))), [[[4 / 6, -1]]])
    np.testing.assert_allclose(numpy(normalise.inverse(np.float32([[[4 / 6, -1]]]))), [[[5, -3]]])
    np.testing.assert_allclose(numpy(BinNormalisation([1], [2], 1)(np.float32([[[2]]]))), [[[0.5]]])


def test_range_by_hand():
    normalise = RangeNormalisation(-8, 2)
    features = np.float32([[[-9, -8, -3, 0, 2, 7]]])
    np.testing.assert_allclose(numpy(normalise(features)), [[[-1, -1, 0, 0.6, 1, 1]]], atol=1e-6)
    back = numpy(normalise.inverse(normalise(features)))
    np.testing.assert_allclose(back, [[[-8, -8, -3, 0, 2, 2]]], atol=1e-5)


@pytest.mark.parametrize("splits", [[], [3], [1, 2, 7]])
def test_fitted_batch_by_batch(splits):
    batches = np.split(FEATURES, splits)
    bins = BinNormalisation(deviations=2).fit(iter(batches))
    rows = FEATURES.reshape(-1, 3).astype("float64")
    np.testing.assert_allclose(bins.mean, rows.mean(axis=0))
    np.testing.assert_allclose(bins.std, rows.std(axis=0))
    assert bins.deviations == 2
    span = RangeNormalisation().fit(iter(batches))
    assert (span.low, span.high) == (FEATURES.min(), FEATURES.max())


def test_a_bin_without_sound():
    """It has no deviation to divide by."""
    normalise = BinNormalisation().fit([np.full((2, 3, 1), -14.0)])
    np.testing.assert_array_equal(numpy(normalise(np.float32([[[-14], [-13]]]))), [[[0], [1]]])


def test_configuration():
    fitted = BinNormalisation().fit([FEATURES])
    again = check_config_round_trip(fitted)
    np.testing.assert_array_equal(numpy(again(FEATURES)), numpy(fitted(FEATURES)))
    check_config_round_trip(BinNormalisation())
    check_config_round_trip(RangeNormalisation().fit([FEATURES]))


def test_not_fitted_yet():
    for normalise in (BinNormalisation(), RangeNormalisation()):
        with pytest.raises(ValueError, match="representation.fit"):
            normalise(FEATURES)


def test_bad_arguments():
    with pytest.raises(ValueError, match="Received: low=2, high=-8"):
        RangeNormalisation(2, -8)
    with pytest.raises(ValueError, match="Received: low=None, high=1"):
        RangeNormalisation(high=1)
    with pytest.raises(ValueError, match="Received: deviations=0"):
        BinNormalisation(deviations=0)
    with pytest.raises(ValueError, match=r"Received: \(2,\) and \(1,\)"):
        BinNormalisation([1, 2], [1])


def test_bad_data():
    broken = FEATURES.copy()
    broken[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="Batch 1 has values that are no numbers"):
        BinNormalisation().fit([FEATURES, broken])
    with pytest.raises(ValueError, match="no wave"):
        BinNormalisation().fit([])
    with pytest.raises(ValueError, match="silent"):
        RangeNormalisation().fit([np.full((1, 2, 3), -11.5)])
