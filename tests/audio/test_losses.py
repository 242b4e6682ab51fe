import keras
import numpy as np
import pytest

from gankit import backend, losses
from gankit.audio.losses import (
    FLOOR,
    MelL1,
    MultiResolutionSTFT,
    SummedFeatureMatching,
    log_magnitude,
    spectral_convergence,
)
from tests.helpers import check_config_round_trip, numpy


@keras.saving.register_keras_serializable(package="tests")
class Scaled:
    """A representation for tests: waves times a factor."""

    def __init__(self, factor):
        self.factor = factor

    def forward(self, waves):
        return self.factor * waves

    def get_config(self):
        return {"factor": self.factor}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def slope(term, real, fake):
    (value, _), gradient = backend.value_and_input_gradient(
        lambda fake: (term(real, fake), None), keras.ops.convert_to_tensor(fake)
    )
    return float(value), numpy(gradient)


def test_spectral_convergence_by_hand():
    """|(3, 4) - (0, 0)| / |(3, 4)| = 1; of (3, 4) and (3, 3) it is 1/5."""
    real = np.float32([[[3.0, 4.0]]])
    assert float(spectral_convergence(real, 0 * real)) == pytest.approx(1)
    assert float(spectral_convergence(real, np.float32([[[3, 3]]]))) == pytest.approx(0.2)
    batch = np.float32([[[3.0]], [[4.0]]])  # one norm for the whole batch
    assert float(spectral_convergence(batch, np.float32([[[3]], [[3]]]))) == pytest.approx(0.2)


def test_log_magnitude_by_hand():
    real, fake = np.float32([[[1.0, np.e]]]), np.float32([[[np.e**2, np.e**-1]]])
    assert float(log_magnitude(real, fake)) == pytest.approx(2)


def test_mel_l1():
    term = MelL1(Scaled(2.0))
    assert float(term(np.zeros((2, 4), "float32"), np.ones((2, 4), "float32"))) == 90.0
    again = check_config_round_trip(MelL1(Scaled(3.0), weight=1.5))
    assert (again.representation.factor, again.weight) == (3.0, 1.5)
    with pytest.raises(ValueError, match="weight=-1"):
        MelL1(Scaled(1.0), weight=-1)


def test_multi_resolution_stft_of_a_louder_wave():
    """Twice the wave: convergence 1 and log 2, at every resolution."""
    term = MultiResolutionSTFT((16, 32), weight=3.0)
    waves = noise(2, 128)
    assert float(term(waves, 2 * waves)) == pytest.approx(3 * (1 + np.log(2)), rel=1e-2)
    assert float(term(waves, waves)) == pytest.approx(0, abs=1e-5)


def test_multi_resolution_stft_against_numpy():
    real, fake = noise(2, 64), noise(2, 64, seed=1)
    n, hop = 16, 4
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)

    def spectrogram(waves):
        waves = np.pad(waves, [(0, 0), (6, 6)], mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(waves, n, axis=1)[:, ::hop]
        return np.maximum(np.abs(np.fft.rfft(frames * window)), FLOOR)

    s, t = spectrogram(real), spectrogram(fake)
    expected = np.linalg.norm(s - t) / np.linalg.norm(s) + np.abs(np.log(s / t)).mean()
    assert float(MultiResolutionSTFT((n,))(real, fake)) == pytest.approx(expected, rel=1e-4)


def test_multi_resolution_stft_round_trip():
    again = check_config_round_trip(MultiResolutionSTFT((16, 32), weight=2.0))
    waves = noise(1, 64)
    expected = float(MultiResolutionSTFT((16, 32), weight=2.0)(waves, -0.5 * waves))
    assert float(again(waves, -0.5 * waves)) == pytest.approx(expected)


@pytest.mark.parametrize("real", ["silence", "sound"])
@pytest.mark.parametrize("fake", ["silence", "the same", "sound"])
def test_slopes_are_finite_at_silence(real, fake):
    real = np.zeros((2, 64), "float32") if real == "silence" else noise(2, 64)
    fakes = {"silence": 0 * real, "the same": real, "sound": noise(2, 64, seed=1)}
    value, gradient = slope(MultiResolutionSTFT((16,)), real, fakes[fake])
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_one_silent_wave_in_a_batch_counts_little():
    real = np.concatenate([noise(1, 64), np.zeros((1, 64), "float32")])
    fake = np.concatenate([noise(1, 64), 1e-3 * noise(1, 64)])
    assert float(MultiResolutionSTFT((16,))(real, fake)) < 2


def test_the_slope_is_that_of_the_loss():
    term, real, fake = MultiResolutionSTFT((16,)), noise(1, 64), noise(1, 64, seed=1)
    _, gradient = slope(term, real, fake)
    step = 1e-3 * gradient / np.linalg.norm(gradient)
    change = float(term(real, fake + step)) - float(term(real, fake - step))
    assert change == pytest.approx(2e-3 * np.linalg.norm(gradient), rel=0.05)


def test_summed_feature_matching():
    tensor = keras.ops.convert_to_tensor
    real = {"features": [tensor([[1.0, 3.0]]), tensor([[2.0]])]}
    fake = {"features": [tensor([[0.0, 0.0]]), tensor([[5.0]])]}
    assert float(SummedFeatureMatching().generator(real, fake)) == pytest.approx(2 * (2 + 3))
    assert float(losses.FeatureMatching(2.0).generator(real, fake)) == pytest.approx(2 + 3)
    check_config_round_trip(SummedFeatureMatching(0.5))
