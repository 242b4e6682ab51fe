import numpy as np
import pytest
from keras import ops

from gankit.audio import losses
from gankit.audio.distances import (
    MelCepstralDistortion,
    MultiResolutionSTFTDistance,
    mel_cepstra,
    mel_cepstral_distortion,
    stft_distances,
)
from gankit.audio.paired import analysis, magnitudes, pairs
from gankit.audio.stft import STFT, magnitude
from tests.audio.tones import RATE, noise
from tests.helpers import check_config_round_trip, numpy

METRICS = [lambda: MultiResolutionSTFTDistance((256, 512)), lambda: MelCepstralDistortion(RATE)]


def result(metric, real, fake, lengths=None):
    metric.reset()
    metric.update(real, fake, lengths=lengths)
    return metric.result()


@pytest.fixture(params=METRICS, ids=["stft", "mcd"])
def metric(request):
    return request.param()


# --- of the device's transform ------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(256, 64), (512, 100), (256, 64, 200)])
def test_magnitudes_are_those_of_the_device(sizes):
    stft = STFT(*sizes)
    waves = noise(2, 10 * stft.hop).astype("float32")
    expected = numpy(magnitude(*stft(waves)))
    found = np.stack([magnitudes(wave, stft) for wave in waves])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_magnitudes_of_any_length():
    stft = STFT(256, 64)
    assert magnitudes(np.ones(1), stft).shape == (-(-stft.least // 64), 129)
    assert magnitudes(np.ones(641), stft).shape == (11, 129)


def test_distance_is_the_loss_of_a_single_wave():
    real, fake = noise(1, 2048), noise(1, 2048, seed=1)
    term = losses.MultiResolutionSTFT((256, 512))
    pair = (ops.convert_to_tensor(wave.astype("float32")) for wave in (real, fake))
    expected = float(numpy(term.formula(*pair)))
    found = result(MultiResolutionSTFTDistance((256, 512)), real, fake)
    assert found["stft_distance"] == pytest.approx(expected, rel=1e-4)


# --- known answers ------------------------------------------------------------------------------


def test_stft_distances_by_hand():
    """|(3, 4) - (3, 2)| / |(3, 4)| = 2/5, and the logarithms differ by 0 and ln 2."""
    convergence, log_magnitude = stft_distances(np.array([[3.0, 4.0]]), np.array([[3.0, 2.0]]))
    assert convergence == pytest.approx(0.4)
    assert log_magnitude == pytest.approx(np.log(2) / 2)


def test_identical_waves(metric):
    real = noise(3, 1500)
    assert set(result(metric, real, real).values()) == {0.0}


def test_twice_as_loud():
    """Every magnitude is twice as large: log-magnitudes differ by ln 2, and |S - 2S| / |S| = 1."""
    real = noise(2, 4096)
    found = result(MultiResolutionSTFTDistance(), real, 2 * real)
    assert found["log_magnitude"] == pytest.approx(np.log(2), rel=1e-4)
    assert found["spectral_convergence"] == pytest.approx(1)
    assert found["stft_distance"] == pytest.approx(1 + np.log(2), rel=1e-4)


def test_loudness_is_no_cepstral_distortion():
    real = noise(2, 4096)
    value = result(MelCepstralDistortion(RATE), real, 0.25 * real)["mel_cepstral_distortion"]
    assert value == pytest.approx(0, abs=1e-9)


def test_cepstra_are_the_coefficients_of_cosines():
    m = np.arange(8) + 0.5
    log_mels = (3 + 0.7 * np.cos(np.pi * 2 * m / 8) - 0.2 * np.cos(np.pi * 5 * m / 8))[None]
    np.testing.assert_allclose(mel_cepstra(log_mels, 6), [[0, 0.7, 0, 0, -0.2, 0]], atol=1e-12)


def test_distortion_is_the_root_mean_square_in_db():
    """Bands that differ by 6 dB times a cosine: 6 / sqrt(2) dB."""
    m = np.arange(40) + 0.5
    real = np.zeros((2, 40))
    fake = real + 6 * np.log(10) / 20 * np.cos(np.pi * 3 * m / 40)
    found = mel_cepstral_distortion(mel_cepstra(real, 13), mel_cepstra(fake, 13))
    assert found == pytest.approx(6 / np.sqrt(2))


def test_what_cannot_be_heard_does_not_count():
    silence, hiss = np.zeros((1, 2048)), noise(1, 2048, amplitude=1e-6)
    assert result(MelCepstralDistortion(RATE), silence, hiss)["mel_cepstral_distortion"] == 0
    assert result(MultiResolutionSTFTDistance(), silence, hiss)["stft_distance"] == 0


# --- properties -----------------------------------------------------------------------------------


def test_more_noise_is_worse(metric):
    real = noise(2, 2048)
    values = [
        next(iter(result(metric, real, real + noise(2, 2048, seed=1, amplitude=a)).values()))
        for a in (0.01, 0.05, 0.3)
    ]
    assert np.all(np.diff(values) > 0)


def test_padding_does_not_count(metric):
    real, fake = noise(2, 2048), noise(2, 2048, seed=1)
    expected = [result(metric, real[:1, :900], fake[:1, :900])]
    expected += [result(metric, real[1:, :1500], fake[1:, :1500])]
    fake[0, 900:], fake[1, 1500:] = 1.0, -1.0
    found = result(metric, real, fake, lengths=[900, 1500])
    for name, value in found.items():
        assert value == pytest.approx(np.mean([one[name] for one in expected]))


def test_batches_are_the_whole(metric):
    real, fake = noise(4, 1024), noise(4, 1024, seed=1)
    expected = result(metric, real, fake)
    metric.reset()
    metric.update(real[:1], fake[:1])
    metric.update(real[1:], fake[1:])
    assert metric.result() == pytest.approx(expected)
    assert all(type(value) is float for value in expected.values())


def test_very_short_waves(metric):
    assert all(np.isfinite(v) for v in result(metric, noise(1, 3), noise(1, 3, seed=1)).values())


@pytest.mark.parametrize("rate", [1000, 8000, 11025, 16000, 22050, 44100, 48000])
def test_analysis_works_at_any_rate(rate):
    mels = analysis(rate, overlap=4, floor=1e-4)
    assert mels.bins == 40
    assert mels.hop == mels.stft.fft // 4
    if rate > 4000:
        assert 0.022 < mels.stft.fft / rate < 0.046


# --- bad input ------------------------------------------------------------------------------------


def test_bad_waves(metric):
    real = noise(2, 300)
    with pytest.raises(ValueError, match=r"Received: \(2, 300\) and \(1, 300\)"):
        metric.update(real, real[:1])
    with pytest.raises(ValueError, match=r"Received: \(300,\) and \(300,\)"):
        metric.update(real[0], real[0])
    for lengths in ([300], [0, 300], [300, 301]):
        with pytest.raises(ValueError, match="one for each of 2 waves, from 1 to 300 samples"):
            metric.update(real, real, lengths=lengths)
    broken = real.copy()
    broken[1, 7] = np.nan
    with pytest.raises(ValueError, match="fake wave 1 is not"):
        metric.update(real, broken)


def test_nothing_seen(metric):
    with pytest.raises(ValueError, match="No wave was seen"):
        metric.result()


def test_pairs_are_cut():
    (a, b), (c, _) = pairs(np.ones((2, 5)), np.zeros((2, 5)), [2, 5])
    assert (a.tolist(), b.tolist(), len(c)) == ([1, 1], [0, 0], 5)


def test_arguments():
    assert check_config_round_trip(MultiResolutionSTFTDistance((128, 256))).stfts[1].hop == 64
    assert check_config_round_trip(MelCepstralDistortion(16000, order=20)).order == 20
    assert "8000 Hz" in MelCepstralDistortion(RATE).protocol()
    assert "512, 1024, 2048" in MultiResolutionSTFTDistance().protocol()
    with pytest.raises(ValueError, match="from 1 to 39. Received: order=40"):
        MelCepstralDistortion(RATE, order=40)
