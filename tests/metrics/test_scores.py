import keras
import numpy as np
import pytest
from scipy.stats import norm

from gankit.metrics import (
    InceptionScore,
    Neighbourhoods,
    OnFeatures,
    ParzenLogLikelihood,
    SlicedWasserstein,
)
from tests.helpers import check_config_round_trip


def inception_score(p):
    metric = InceptionScore()
    metric.update(p, p)
    return metric.result()["inception_score"]


def test_inception_score_by_hand():
    assert inception_score(np.eye(4)) == pytest.approx(4)  # sure and even
    assert inception_score(np.full((5, 4), 0.25)) == pytest.approx(1)  # unsure
    assert inception_score(np.eye(4)[[2, 2, 2]]) == pytest.approx(1)  # sure of one thing
    p = np.array([[0.9, 0.1], [0.3, 0.7]])
    mean = p.mean(0)
    assert inception_score(p) == pytest.approx(np.exp((p * np.log(p / mean)).sum(1).mean()))


def test_inception_score_takes_probabilities():
    with pytest.raises(ValueError, match="rows that sum to 3"):
        inception_score(np.ones((2, 3)))


def test_parzen_by_hand():
    """One dimension, centres 0 and 2; the sigma of the ten that suits the first real sample best."""
    fake, real = np.array([[0.0], [2.0]]), np.array([[0.3], [1.9], [0.1]])
    metric = ParzenLogLikelihood(scale=1.0)
    metric.update(real, fake)

    def density(x, sigma):
        return np.log(0.5 * norm.pdf(x, 0, sigma) + 0.5 * norm.pdf(x, 2, sigma))

    sigmas = np.logspace(-1, 0, 10)
    sigma = max(sigmas, key=lambda s: density(0.3, s))
    expected = density(np.array([1.9, 0.1]), sigma).mean()
    assert metric.result()["parzen_log_likelihood"] == pytest.approx(expected)


def test_parzen_takes_two():
    metric = ParzenLogLikelihood()
    metric.update(np.ones((1, 2)), np.ones((1, 2)))
    with pytest.raises(ValueError, match="at least 2 real samples"):
        metric.result()


@keras.saving.register_keras_serializable(package="tests")
class Sums:
    name = "sums"

    def __call__(self, samples):
        self.calls = getattr(self, "calls", 0) + 1
        return np.reshape(samples, (len(samples), -1)).sum(axis=1, keepdims=True)

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls()


@pytest.mark.parametrize(
    "metric", [ParzenLogLikelihood(), InceptionScore(), SlicedWasserstein(), Neighbourhoods()]
)
def test_nothing_seen(metric):
    with pytest.raises(ValueError, match="No sample was seen"):
        metric.result()


def test_arguments():
    with pytest.raises(ValueError, match="must be positive. Received: scale=0"):
        ParzenLogLikelihood(scale=0)
    with pytest.raises(ValueError, match="at least 1. Received: n=0"):
        Neighbourhoods(n=0)


def test_metrics_on_features():
    metric = OnFeatures(Sums(), [SlicedWasserstein(), SlicedWasserstein(projections=3)])
    metric.update(np.zeros((4, 2, 2)), np.ones((4, 2, 2)))
    assert metric.result() == {"sliced_wasserstein": pytest.approx(4)}
    assert metric.features.calls == 2
    assert "sums" in metric.protocol()
    metric.reset()
    metric.update(np.zeros((4, 2, 2)), np.zeros((4, 2, 2)))
    assert metric.result() == {"sliced_wasserstein": 0}
    check_config_round_trip(OnFeatures(Sums(), [ParzenLogLikelihood(), InceptionScore()]))
