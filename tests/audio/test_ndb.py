import numpy as np
import pytest

from gankit.audio.ndb import NDB, difference
from tests.helpers import check_config_round_trip


def clusters(counts, seed=0):
    """Points about (0, 0), (10, 0), (20, 0), ..., so many each."""
    centres = np.repeat(10.0 * np.arange(len(counts)), counts)
    noise = np.random.default_rng(seed).standard_normal((len(centres), 2))
    return np.stack([centres, 0 * centres], axis=1) + noise


def ndb(metric, real, fake):
    metric.reset()
    metric.update(real, fake)
    return metric.result()["ndb"]


def test_difference_by_hand():
    """50 and 60 of 100: (0.5 - 0.6) / sqrt(0.55 0.45 (1/100 + 1/100)) = -1.4213."""
    z = difference([50, 50], [60, 40])
    np.testing.assert_allclose(z, [-1.4213, 1.4213], atol=1e-4)
    np.testing.assert_allclose(difference([500, 500], [600, 400]), np.sqrt(10) * z)
    np.testing.assert_allclose(difference([10, 0, 0], [20, 0, 0]), 0)


def test_like_the_chi_squared_test():
    """z squared is the chi-squared statistic of the table of two shares."""
    from scipy.stats import chi2_contingency

    z = difference([30, 70], [55, 145])
    table = [[30, 70], [55, 145]]
    assert z[0] ** 2 == pytest.approx(chi2_contingency(table, correction=False).statistic)


def test_lost_modes_are_found():
    metric = NDB(clusters([100, 100, 100, 100]), bins=4)
    real = clusters([50, 50, 50, 50], seed=1)
    assert ndb(metric, real, clusters([50, 50, 50, 50], seed=2)) == 0
    assert ndb(metric, real, clusters([200, 0, 0, 0], seed=2)) == 1
    assert ndb(metric, real, clusters([50, 50, 90, 10], seed=2)) == 0.5


def test_equal_distributions_differ_in_a_twentieth_of_the_bins():
    rng = np.random.default_rng(0)
    metric = NDB(rng.standard_normal((1000, 2)), bins=20)
    values = [ndb(metric, *rng.standard_normal((2, 500, 2))) for _ in range(20)]
    assert 0.02 < np.mean(values) < 0.09


def test_features_of_any_shape_in_batches():
    training = clusters([50, 50])
    metric = NDB(training[:, None], bins=2)
    for start in range(0, 100, 30):
        metric.update(training[start : start + 30, None], training[start : start + 30, None])
    assert metric.result() == {"ndb": 0.0}


def test_arguments():
    with pytest.raises(ValueError, match="at least 2. Received: bins=1"):
        NDB(bins=1)
    with pytest.raises(ValueError, match="50 bins take at least.*Received: 20"):
        NDB(np.zeros((20, 2)))
    with pytest.raises(ValueError, match="give `training`"):
        ndb(NDB(), np.zeros((9, 2)), np.zeros((9, 2)))
    assert check_config_round_trip(NDB(bins=7, seed=3)).bins == 7
    assert "7 k-means cells of the training set (seed 3)" in NDB(bins=7, seed=3).protocol()
