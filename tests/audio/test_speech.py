import numpy as np
import pytest

from gankit.audio import speech
from gankit.audio.speech import PESQ, STOI, JoinedWaves
from gankit.audio.vowels import draw_vowels
from tests.audio.tones import noise
from tests.helpers import check_config_round_trip

RATE = 8000


class Seconds(JoinedWaves):
    """The length of what is measured at once, and its first and last sample."""

    name, package = "seconds", "numpy"

    def measure(self, real, fake):
        self.seen.append((len(real) / self.sample_rate, real[0], fake[-1]))
        return len(real) / self.sample_rate


@pytest.fixture
def metric():
    one = Seconds(RATE)
    one.seen = []
    return one


def clips(*seconds):
    """Waves (n, 4 s), each full of its own number, and their lengths."""
    lengths = np.array([round(one * RATE) for one in seconds])
    waves = np.repeat(np.arange(1.0, len(seconds) + 1)[:, None], 4 * RATE, axis=1) / 100
    return waves, lengths


def test_clips_of_a_speaker_are_joined(metric):
    waves, lengths = clips(3, 4, 3, 4, 3)
    speakers = {"speaker": np.array([7, 8, 7, 8, 7])}
    metric.update(waves[:2], waves[:2], {"speaker": speakers["speaker"][:2]}, lengths[:2])
    metric.update(waves[2:], waves[2:], {"speaker": speakers["speaker"][2:]}, lengths[2:])
    assert metric.seen == [(8, 0.02, 0.04), (9, 0.01, 0.05)]
    assert metric.result()["seconds"] == pytest.approx((8 * 8 + 9 * 9) / 17)


def test_rests_count_from_a_second_on(metric):
    waves, lengths = clips(4, 4, 2, 0.5)
    metric.update(waves, waves, {"speaker": np.array([0, 0, 1, 2])}, lengths)
    for _ in range(2):  # asking does not change the answer
        assert metric.result()["seconds"] == pytest.approx((8 * 8 + 2 * 2) / 10)


def test_without_speakers(metric):
    waves, lengths = clips(4, 4)
    metric.update(waves, waves, np.zeros((2, 3)), lengths)  # a spectrogram is no speaker
    assert metric.result() == {"seconds": 8}
    metric.reset()
    metric.update(waves[:, :RATE], waves[:, :RATE])
    assert metric.result() == {"seconds": 2}


def test_too_little(metric):
    waves, lengths = clips(0.5)
    metric.update(waves, waves, None, lengths)
    with pytest.raises(ValueError, match="at least 1 s of a speaker. Received: 0.50 s"):
        metric.result()
    with pytest.raises(ValueError, match="at least 8000 samples a second.*sample_rate=6000"):
        PESQ(6000)


@pytest.mark.parametrize("kind", [PESQ, STOI])
def test_a_missing_package_is_named(kind, monkeypatch):
    monkeypatch.setattr(speech, "missing", lambda: [kind.package])
    metric = kind(RATE)
    metric.update(noise(1, RATE), noise(1, RATE))
    with pytest.raises(ValueError, match=rf"{kind.package}: pip install 'gankit\[speech-metrics\]"):
        metric.result()


def test_arguments():
    assert check_config_round_trip(PESQ(22050)).sample_rate == 22050
    assert check_config_round_trip(STOI(RATE)).sample_rate == RATE
    assert "P.862.1, narrow band at 8000 Hz" in PESQ(11025).protocol()
    assert "P.862.2, wide band at 16000 Hz" in PESQ(22050).protocol()
    assert "joined to at least 8 s" in STOI(RATE).protocol()


def values(kind, rate, amplitude):
    waves, *_ = draw_vowels(rate, n=8)
    metric = kind(rate)
    metric.update(waves, waves + noise(*waves.shape, amplitude=amplitude))
    return metric.result()[kind.name]


@pytest.mark.parametrize(("rate", "best"), [(8000, 4.5), (16000, 4.6), (22050, 4.6)])
def test_pesq(rate, best):
    pytest.importorskip("pesq")
    assert values(PESQ, rate, 0.0) == pytest.approx(best, abs=0.1)
    assert values(PESQ, rate, 0.001) > values(PESQ, rate, 0.03) + 0.2


def test_pesq_of_silence_is_the_worst():
    pytest.importorskip("pesq")
    waves, *_ = draw_vowels(n=8)
    metric = PESQ(RATE)
    metric.update(waves, 0 * waves)
    assert metric.result()["pesq"] < 1.5


def test_stoi():
    pytest.importorskip("pystoi")
    assert values(STOI, RATE, 0.0) == pytest.approx(1, abs=1e-6)
    assert values(STOI, RATE, 0.01) > values(STOI, RATE, 0.3) + 0.1
