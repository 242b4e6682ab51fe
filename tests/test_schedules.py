import numpy as np
import pytest

from gankit import schedules
from tests.helpers import check_config_round_trip


def test_cosine_by_hand():
    schedule = schedules.Cosine(1.0, 0.0, steps=4)
    values = [float(schedule(step)) for step in (0, 1, 2, 3, 4, 100)]
    half = np.sqrt(0.5)
    np.testing.assert_allclose(values, [1, (1 + half) / 2, 0.5, (1 - half) / 2, 0, 0], atol=1e-6)


def test_cosine_may_rise_from_zero():
    schedule = schedules.Cosine(0.0, 8.0, steps=2)
    np.testing.assert_allclose([float(schedule(s)) for s in (0, 1, 2)], [0, 4, 8], atol=1e-6)
    check_config_round_trip(schedule)


def test_exponential_by_hand():
    schedule = schedules.Exponential(1.0, 16.0, steps=4)
    found = [float(schedule(step)) for step in (0, 1, 2, 3, 4, 100)]
    np.testing.assert_allclose(found, [1, 2, 4, 8, 16, 16], rtol=1e-5)
    check_config_round_trip(schedule)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="Received: steps=0"):
        schedules.Cosine(1.0, 0.0, steps=0)
    with pytest.raises(ValueError, match="Received: steps=0"):
        schedules.Exponential(1.0, 2.0, steps=0)
    with pytest.raises(ValueError, match="must be positive. Received: start=0.0"):
        schedules.Exponential(0.0, 2.0, steps=3)
