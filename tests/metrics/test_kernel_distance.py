import numpy as np
import pytest

from gankit.metrics import KernelDistance, squared_mmd
from tests.helpers import check_config_round_trip


def test_by_hand():
    """One dimension, k(x, y) = (xy + 1)^3; x = {0, 1}, y = {1, 2}, without k(0, 1) and k(1, 2)."""
    real, fake = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    assert squared_mmd(real, fake) == pytest.approx(1 + 27 - 2 * (1 + 8) / 2)
    more = np.array([[1.0], [2.0], [0.0]])
    between = (1 + 1 + 1 + 8 + 27 + 1) / 6
    assert squared_mmd(real, more) == pytest.approx(1 + (27 + 1 + 1) / 3 - 2 * between)


def test_unbiased_where_each_fake_was_made_from_a_real_one():
    """Copies of the real samples, and something in between: as unbiased as for samples apart."""
    rng = np.random.default_rng(0)
    real, other = rng.standard_normal((2, 20_000, 5))
    for share in (1.0, 0.7):
        metric = KernelDistance(block=20)
        metric.update(real, share * real + np.sqrt(1 - share**2) * other)
        result = metric.result()
        assert abs(result["kernel_distance"]) <= 1.5 * result["kernel_distance_interval"]


def test_unbiased():
    """Equal distributions: zero within the interval, although single blocks are small."""
    rng = np.random.default_rng(0)
    metric = KernelDistance(block=20)
    metric.update(rng.standard_normal((10_000, 5)), rng.standard_normal((10_000, 5)))
    result = metric.result()
    assert abs(result["kernel_distance"]) < 1.5 * result["kernel_distance_interval"]
    assert result["kernel_distance_interval"] < 0.05


def test_sees_a_difference():
    rng = np.random.default_rng(0)
    metric = KernelDistance(block=50)
    metric.update(rng.standard_normal((500, 5)), 1 + rng.standard_normal((500, 5)))
    result = metric.result()
    assert result["kernel_distance"] > 5 * result["kernel_distance_interval"]


def test_batches_are_the_whole():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((2, 90, 3))
    whole, parts = KernelDistance(block=30), KernelDistance(block=30)
    whole.update(real, fake)
    for start, stop in ((0, 7), (7, 50), (50, 90)):
        parts.update(real[start:stop], fake[start:stop])
    assert parts.result() == pytest.approx(whole.result())


def test_fewer_than_a_block():
    metric = KernelDistance(block=1000)
    real, fake = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    metric.update(real, fake)
    assert metric.result()["kernel_distance"] == pytest.approx(squared_mmd(real, fake))


def test_asking_in_between_changes_nothing():
    rng = np.random.default_rng(0)
    asked, not_asked = KernelDistance(block=30), KernelDistance(block=30)
    for real, fake in rng.standard_normal((3, 2, 20, 3)):
        for metric in (asked, not_asked):
            metric.update(real, fake)
        asked.result()
    assert asked.result() == not_asked.result()


def test_nothing_seen():
    with pytest.raises(ValueError, match="needs 2 samples of each at least. Received: 0"):
        KernelDistance().result()


def test_arguments():
    check_config_round_trip(KernelDistance(block=7))
    with pytest.raises(ValueError, match="Received: block=1"):
        KernelDistance(block=1)
