import numpy as np
import pytest
import scipy.linalg

from gankit.metrics import FrechetDistance, frechet_distance
from tests.helpers import check_config_round_trip


def gaussian(d, rank, seed):
    rng = np.random.default_rng(seed)
    factor = rng.standard_normal((d, rank))
    return rng.standard_normal(d), factor @ factor.T / rank


def test_one_dimension_by_hand():
    """(m1 - m2)^2 + (s1 - s2)^2."""
    assert frechet_distance([1.0], [[4.0]], [3.0], [[25.0]]) == pytest.approx(4 + 9)


def test_commuting_covariances_by_hand():
    one, other = np.diag([1.0, 4.0]), np.diag([9.0, 16.0])
    assert frechet_distance(np.zeros(2), one, np.zeros(2), other) == pytest.approx(4 + 4)


def test_equal_gaussians():
    mean, covariance = gaussian(20, 40, 0)
    assert frechet_distance(mean, covariance, mean, covariance) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("ranks", [(60, 60), (60, 5), (5, 60), (5, 5), (1, 1)])
def test_like_the_matrix_square_root(ranks):
    m1, c1 = gaussian(30, ranks[0], 0)
    m2, c2 = gaussian(30, ranks[1], 1)
    root = scipy.linalg.sqrtm((c1 + 1e-12 * np.eye(30)) @ (c2 + 1e-12 * np.eye(30))).real
    expected = np.square(m1 - m2).sum() + np.trace(c1 + c2 - 2 * root)
    assert frechet_distance(m1, c1, m2, c2) == pytest.approx(expected, rel=1e-4)
    assert frechet_distance(m1, c1, m2, c2) == pytest.approx(frechet_distance(m2, c2, m1, c1))


def test_singular_covariances_by_hand():
    """On orthogonal lines nothing is shared: the whole variance counts."""
    assert frechet_distance([0, 0], np.diag([4.0, 0]), [0, 0], np.diag([0, 9.0])) == 13


def test_batches_are_the_whole():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((100, 4)), rng.standard_normal((100, 4)) * 2 + 1000
    whole, parts = FrechetDistance(), FrechetDistance()
    whole.update(real, fake)
    for start in (0, 10, 55):
        stop = {0: 10, 10: 55, 55: 100}[start]
        parts.update(real[start:stop], fake[start:stop])
    expected = frechet_distance(real.mean(0), np.cov(real.T), fake.mean(0), np.cov(fake.T))
    assert whole.result()["frechet_distance"] == pytest.approx(expected, rel=1e-9)
    assert parts.result()["frechet_distance"] == pytest.approx(expected, rel=1e-9)
    parts.reset()
    parts.update(real, real)
    assert parts.result()["frechet_distance"] == pytest.approx(0, abs=1e-9)


def test_a_far_mean_loses_no_digits():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((500, 3)), 2 * rng.standard_normal((500, 3))
    near, far = FrechetDistance(), FrechetDistance()
    near.update(real, fake)
    far.update(real + 1e6, fake + 1e6)
    assert far.result()["frechet_distance"] == pytest.approx(
        near.result()["frechet_distance"], rel=1e-6
    )


def test_one_sample_has_no_covariance():
    metric = FrechetDistance()
    metric.update(np.ones((1, 2)), np.ones((1, 2)))
    with pytest.raises(ValueError, match="at least 2 samples. Received: 1"):
        metric.result()


def test_config():
    assert check_config_round_trip(FrechetDistance(name="fid")).name == "fid"
