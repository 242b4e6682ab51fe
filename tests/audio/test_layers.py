import numpy as np
import pytest
from keras import ops

from gankit.audio.layers import FoldPeriod, InverseSTFT, PolarSpectrum, Spectrogram
from gankit.audio.stft import STFT
from tests.helpers import check_layer, numpy

SIZES = [(16, 4), (16, 8), (12, 5), (10, 3)]


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def test_contracts(tmp_path):
    check_layer(PolarSpectrum(), normal(2, 5, 6), (5, 6), tmp_path)
    check_layer(InverseSTFT(16, 4), normal(2, 5, 18), (20,), tmp_path)
    check_layer(Spectrogram(16, 4), normal(2, 21), (5, 9, 1), tmp_path)
    check_layer(FoldPeriod(3), normal(2, 11), (4, 3, 1), tmp_path)


def test_polar_spectrum_by_hand():
    x = np.float32([[[0.0, np.log(2), 9.0, 0.0, np.pi / 2, np.pi]]])
    expected = [[[1, 0, -100, 0, 2, 0]]]  # the last is cut off at 100
    np.testing.assert_allclose(numpy(PolarSpectrum()(x)), expected, atol=2e-5)


@pytest.mark.parametrize(("fft", "hop"), SIZES)
def test_inverse_stft_by_loops(fft, hop):
    """Griffin and Lim's least squares, sample by sample, ends included."""
    frames, bins = 7, fft // 2 + 1
    spectra = normal(2, frames, 2 * bins)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(fft) / fft)
    total, weight = np.zeros((2, frames * hop + fft)), np.zeros(frames * hop + fft)
    for t in range(frames):
        here = slice(t * hop, t * hop + fft)
        whole = spectra[:, t, :bins] + 1j * spectra[:, t, bins:]
        total[:, here] += window * np.fft.irfft(whole, fft)
        weight[here] += window**2
    middle = slice((fft - hop) // 2, (fft - hop) // 2 + frames * hop)
    waves = numpy(InverseSTFT(fft, hop)(spectra))
    np.testing.assert_allclose(waves, total[:, middle] / weight[middle], atol=1e-5)


@pytest.mark.parametrize(("fft", "hop"), SIZES)
def test_inverse_stft_is_that_of_the_transform(fft, hop):
    real, imaginary = normal(2, 2, 6, fft // 2 + 1)
    expected = numpy(STFT(fft, hop).inverse(real, imaginary))
    waves = numpy(InverseSTFT(fft, hop)(np.concatenate([real, imaginary], axis=-1)))
    np.testing.assert_allclose(waves, expected, atol=1e-5)


@pytest.mark.parametrize(("fft", "hop"), [(64, 16), (64, 32)])
def test_inverse_stft_against_keras(fft, hop):
    """Keras's starts in the middle of the first frame; away from the ends they agree."""
    real, imaginary = normal(2, 1, 20, fft // 2 + 1)
    theirs = numpy(ops.istft((real, imaginary), fft, hop, fft))[:, fft:-fft]
    ours = numpy(InverseSTFT(fft, hop)(np.concatenate([real, imaginary], axis=-1)))
    ours = ours[:, hop // 2 + fft :][:, : theirs.shape[1]]
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(("fft", "hop"), [(16, 4), (16, 8), (1024, 256)])
def test_there_and_back(fft, hop):
    waves = normal(2, 2 * fft)
    spectra = np.concatenate([numpy(part) for part in STFT(fft, hop)(waves)], axis=-1)
    np.testing.assert_allclose(numpy(InverseSTFT(fft, hop)(spectra)), waves, atol=1e-5)


def test_spectrogram():
    waves = normal(2, 64)
    real, imaginary = map(numpy, STFT(16, 4)(waves))
    expected = np.abs(real + 1j * imaginary)[..., None]
    np.testing.assert_allclose(numpy(Spectrogram(16, 4)(waves)), expected, rtol=1e-4, atol=1e-5)


def test_fold_period_by_hand():
    x = np.float32([[1, 2, 3, 4, 5, 6, 7]])
    rows = numpy(FoldPeriod(3)(x))[0, :, :, 0]
    np.testing.assert_array_equal(rows, [[1, 2, 3], [4, 5, 6], [7, 6, 5]])  # 7 is the mirror
    np.testing.assert_array_equal(numpy(FoldPeriod(1)(x))[0, :, 0, 0], x[0])


def test_arguments():
    with pytest.raises(ValueError, match="period=0"):
        FoldPeriod(0)
    with pytest.raises(ValueError, match="hop=10"):
        InverseSTFT(16, 10)
