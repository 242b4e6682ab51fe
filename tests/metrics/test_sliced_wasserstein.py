import numpy as np
import pytest

from gankit.metrics import Metric, SlicedWasserstein
from tests.helpers import check_config_round_trip


def distance(real, fake, **arguments):
    metric = SlicedWasserstein(**arguments)
    metric.update(np.asarray(real), np.asarray(fake))
    return metric.result()["sliced_wasserstein"]


def test_shift_by_hand():
    """A shift by (3, 4) moves projections by 5 |cos|, whose mean is 5 * 2 / pi."""
    x = np.random.default_rng(0).standard_normal((500, 2))
    assert distance(x, x + [3, 4], projections=4000) == pytest.approx(10 / np.pi, rel=0.02)


def test_same_set_in_another_order():
    x = np.random.default_rng(0).standard_normal((100, 3, 2))
    assert distance(x, x[::-1]) == pytest.approx(0, abs=1e-12)


def test_one_dimension_is_exact():
    assert distance([[0.0], [1.0]], [[5.0], [2.0]]) == pytest.approx(3.0)


def test_streaming():
    x, y = np.random.default_rng(0).standard_normal((2, 90, 2))
    metric = SlicedWasserstein()
    for i in range(0, 90, 20):
        metric.update(x[i : i + 20], y[i : i + 20])
    assert metric.result()["sliced_wasserstein"] == pytest.approx(distance(x, y))
    metric.reset()
    metric.update(x, x)
    assert metric.result()["sliced_wasserstein"] == 0


def test_config():
    check_config_round_trip(SlicedWasserstein(5, seed=2))
    with pytest.raises(ValueError, match="Received: 0"):
        SlicedWasserstein(0)


@pytest.mark.parametrize("method", ["reset", "result", "protocol"])
def test_base_class_is_abstract(method):
    with pytest.raises(NotImplementedError, match=f"Metric must define {method}"):
        getattr(Metric(), method)()
