import numpy as np
import pytest

from gankit.audio.accuracy import ConditionAccuracy
from gankit.audio.features import RandomWaveFeatures
from tests.audio.tones import RATE, SAMPLES, tone
from tests.helpers import check_config_round_trip


class Height:
    """Probabilities of low and high, by the loudest frequency."""

    name = "the loudest frequency"

    def __call__(self, waves):
        high = np.abs(np.fft.rfft(waves)).argmax(axis=-1) * RATE / waves.shape[1] > 600
        return np.stack([~high, high], axis=-1).astype("float32")


def test_accuracy_by_hand():
    waves = np.stack([tone(300), tone(300), tone(900), tone(900)])
    metric = ConditionAccuracy(Height())
    metric.update(None, waves, {"label": np.array([0, 1, 1, 1]), "speaker": np.zeros(4)})
    assert metric.result() == {"label_accuracy": 0.75}
    metric.update(None, waves[:1], {"label": np.array([[1]])})
    assert metric.result() == {"label_accuracy": 0.6}
    assert metric.protocol().endswith("the loudest frequency")
    speakers = ConditionAccuracy(Height(), "speaker")
    speakers.update(None, waves, {"speaker": np.array([1, 1, 1, 1])})
    assert speakers.result() == {"speaker_accuracy": 0.5}


def test_it_wants_a_condition():
    metric = ConditionAccuracy(Height(), "speaker")
    for condition in (None, np.zeros(4), {"label": np.zeros(4)}):
        with pytest.raises(ValueError, match="takes a condition with a 'speaker'"):
            metric.update(None, np.zeros((4, 8)), condition)
    with pytest.raises(ValueError, match="No wave was seen"):
        metric.result()
    with pytest.raises(ValueError, match="Received: 'mood'"):
        ConditionAccuracy(Height(), "mood")
    heard = RandomWaveFeatures(SAMPLES, RATE)
    again = check_config_round_trip(ConditionAccuracy(heard, "label"))
    assert again.field == "label"
