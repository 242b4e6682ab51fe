import numpy as np
import pytest

from gankit.audio.pitch import PitchError, normalised_difference, pitch
from gankit.audio.vowels import draw_speaker, draw_vowels
from tests.audio.tones import RATE, noise, tone
from tests.helpers import check_config_round_trip

pytestmark = pytest.mark.once


def result(real, fake, lengths=None):
    metric = PitchError(RATE)
    metric.update(np.atleast_2d(real), np.atleast_2d(fake), lengths=lengths)
    return metric.result()


def test_normalised_difference_is_its_definition():
    frames, window = noise(3, 60), 25
    found = normalised_difference(frames, window)
    assert found.shape == (3, 36)
    for frame, curve in zip(frames, found):
        d = [np.square(frame[:window] - frame[lag : lag + window]).sum() for lag in range(36)]
        expected = [1.0] + [d[lag] / np.mean(d[1 : lag + 1]) for lag in range(1, 36)]
        np.testing.assert_allclose(curve, expected, atol=1e-9)


def test_difference_of_a_period_is_zero():
    curve = normalised_difference(tone(400, 200)[None], 100)[0]  # 20 samples
    np.testing.assert_allclose(curve[[20, 40, 60]], 0, atol=1e-9)
    assert curve[10] > 1


@pytest.mark.parametrize("frequency", [75, 110.5, 220, 333, 440, 487])
@pytest.mark.parametrize("rate", [8000, 22050])
def test_tones(frequency, rate):
    found = pitch(tone(frequency, rate // 2, rate), rate)
    assert len(found) > 40
    np.testing.assert_allclose(found, frequency, rtol=5e-3)


def test_missing_fundamental():
    """Harmonics 2, 3 and 4 of 150 Hz have a period of 1/150 s."""
    wave = sum(tone(150 * k, 4000, amplitude=0.2) for k in (2, 3, 4))
    np.testing.assert_allclose(pitch(wave, RATE), 150, rtol=5e-3)


def test_a_glide_is_followed():
    seconds = np.arange(RATE) / RATE
    wave = np.sin(2 * np.pi * (120 * seconds + 60 * seconds**2))  # 120 to 240 Hz
    found = pitch(wave, RATE)
    middles = (np.arange(len(found)) * 80 + 134) / RATE
    np.testing.assert_allclose(found, 120 + 120 * middles, rtol=0.02)


def test_unvoiced():
    assert not pitch(np.zeros(2000), RATE).any()
    assert not pitch(np.full(2000, 0.3), RATE).any()
    assert np.mean(pitch(noise(RATE), RATE) > 0) < 0.02
    found = pitch(np.concatenate([tone(200, 2000), 1e-3 * tone(200, 2000)]), RATE)
    assert found[:20].all()
    assert not found[-20:].any()


def test_short_waves_are_one_frame():
    assert pitch(tone(200, 10), RATE).shape == (1,)


def test_vowels_are_as_high_as_their_speakers():
    waves, lengths, _, speakers, _ = draw_vowels(n=40)
    for wave, length, speaker in zip(waves, lengths, speakers):
        found = pitch(wave[:length], RATE)
        assert np.mean(found > 0) > 0.3
        ratio = np.median(found[found > 0]) / draw_speaker(speaker).pitch
        assert abs(12 * np.log2(ratio)) < 4


# --- the metric -----------------------------------------------------------------------------------


def test_an_octave_is_ln_2():
    found = result(tone(220, 4000), tone(440, 4000))
    assert found["log_f0_rmse"] == pytest.approx(np.log(2), rel=5e-3)
    assert found["voicing_error"] == 0


def test_identical_waves():
    real = np.stack([tone(200, 2000), noise(2000)])
    assert result(real, real) == {"log_f0_rmse": 0, "voicing_error": 0}


def test_silence_for_a_tone():
    found = result(np.zeros(2000), tone(200, 2000))
    assert found == {"voicing_error": 1.0}  # and no pitch to compare


def test_half_of_it_unvoiced():
    real = np.stack([tone(200, 2000), tone(200, 2000)])
    fake = np.stack([tone(200, 2000), noise(2000)])
    assert result(real, fake)["voicing_error"] == pytest.approx(0.5, abs=0.05)
    assert result(real, fake)["log_f0_rmse"] == pytest.approx(0, abs=0.02)


def test_padding_does_not_count():
    real, fake = tone(200, 2000), tone(200, 2000)
    real[1000:] = 0
    assert result(real, fake)["voicing_error"] > 0.3
    assert result(real, fake, [1000])["voicing_error"] == 0


def test_frames_count_alike_whatever_the_batches():
    real = np.stack([tone(200, 2000), tone(200, 2000)])
    fake = np.stack([tone(220, 2000), noise(2000)])
    metric = PitchError(RATE)
    for i in range(2):
        metric.update(real[i : i + 1], fake[i : i + 1])
    assert metric.result() == pytest.approx(result(real, fake))
    metric.reset()
    with pytest.raises(ValueError, match="No wave was seen"):
        metric.result()


def test_arguments():
    assert check_config_round_trip(PitchError(16000, 50, 600)).high == 600
    assert "from 60 to 500 Hz every 10 ms" in PitchError(RATE).protocol()
    for low, high in ((0, 500), (300, 200), (60, 2001)):
        with pytest.raises(ValueError, match=f"Received: low={low}, high={high}"):
            PitchError(RATE, low, high)
