import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit.metrics import Memorisation, Neighbourhoods, nearest
from tests.helpers import check_config_round_trip


def measure(real, fake, k=1):
    metric = Neighbourhoods(k=k)
    metric.update(np.asarray(real, "float64"), np.asarray(fake, "float64"))
    return metric.result()


def test_by_hand():
    """Real 0, 1, 10 with radii 1, 1, 9; fake 0.5, 30, 31 with radii 29.5, 1, 1.

    0.5 lies in the balls of 0 and 1 (and not of 10, which ends at 1): 2 balls; 30 and 31 in none.
    """
    result = measure([[0], [1], [10]], [[0.5], [30], [31]])
    assert result["precision"] == pytest.approx(1 / 3)
    assert result["density"] == pytest.approx(2 / 3)
    assert result["coverage"] == pytest.approx(2 / 3)
    assert result["recall"] == 1  # all within 29.5 of 0.5


def test_far_from_zero():
    near = measure([[0], [1], [10]], [[0.5], [30], [31]])
    assert measure([[1e5], [1e5 + 1], [1e5 + 10]], [[1e5 + 0.5], [1e5 + 30], [1e5 + 31]]) == near


def test_lost_half_shows_in_recall_and_coverage_only():
    rng = np.random.default_rng(0)
    real = rng.standard_normal((1000, 2)) + [[20, 0]] * rng.integers(2, size=(1000, 1))
    result = measure(real, rng.standard_normal((1000, 2)), k=5)
    assert result["precision"] > 0.9
    assert 0.4 < result["recall"] < 0.6
    assert 0.4 < result["coverage"] < 0.6


def test_equal_distributions():
    """Coverage is 1 - (half to the k) in expectation for as many real as fake."""
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((2, 3000, 2))
    result = measure(real, fake, k=5)
    assert result["coverage"] == pytest.approx(1 - 0.5**5, abs=0.01)
    assert result["density"] == pytest.approx(1, abs=0.05)


def test_keeps_the_first():
    metric = Neighbourhoods(k=1, n=3)
    for _ in range(2):
        metric.update(np.array([[0.0], [1]]), np.array([[0.5], [30]]))
    assert metric.result()["precision"] == pytest.approx(2 / 3)


def test_too_few():
    with pytest.raises(ValueError, match="Received: 2 real, 2 fake"):
        measure([[0], [1]], [[0], [1]], k=2)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 30), m=st.integers(3, 40), k=st.integers(1, 3), seed=st.integers(0, 99))
def test_nearest_is_brute_force(n, m, k, seed):
    rng = np.random.default_rng(seed)
    samples, training = rng.standard_normal((n, 2)), rng.standard_normal((m, 2))
    indices, distances = nearest(samples, training, k)
    table = np.linalg.norm(samples[:, None] - training[None], axis=-1)
    np.testing.assert_array_equal(indices, np.argsort(table, axis=1)[:, :k])
    np.testing.assert_allclose(distances, np.sort(table, axis=1)[:, :k], atol=1e-7)


def test_memorisation():
    rng = np.random.default_rng(0)
    training = rng.standard_normal((500, 20))
    fake = rng.standard_normal((100, 20))
    fake[:30] = training[:30] + 0.01
    metric = Memorisation(training)
    metric.update(rng.standard_normal((100, 20)), fake)
    assert metric.result() == {"memorised": 0.3, "memorised_of_real": 0.0}


def test_memorisation_needs_the_training_set():
    metric = check_config_round_trip(Memorisation(np.ones((3, 2)), n=5))
    metric.update(np.ones((1, 2)), np.ones((1, 2)))
    with pytest.raises(ValueError, match="give `training`"):
        metric.result()


def test_config():
    check_config_round_trip(Neighbourhoods(k=3, n=17))
    with pytest.raises(ValueError, match="Received: k=0"):
        Neighbourhoods(k=0)
