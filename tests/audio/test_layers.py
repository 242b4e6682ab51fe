import librosa
import numpy as np
import pytest
from keras import ops

from gankit.audio import LogMel
from gankit.audio.layers import (
    FoldPeriod,
    GriffinLim,
    InverseSTFT,
    MelEnvelope,
    PolarSpectrum,
    Spectrogram,
)
from gankit.audio.stft import STFT
from tests.audio.compiled import slope
from tests.helpers import check_layer, numpy

SIZES = [(16, 4), (16, 8), (12, 5), (10, 3)]


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def mel():
    return LogMel(8000, 64, 16, mels=6, high=3000.0)


def test_contracts(tmp_path):
    check_layer(PolarSpectrum(), normal(2, 5, 6), (5, 6), tmp_path)
    check_layer(InverseSTFT(16, 4), normal(2, 5, 18), (20,), tmp_path)
    check_layer(GriffinLim(16, 4, 2, 0.5), normal(2, 5, 18), (5, 18), tmp_path)
    check_layer(MelEnvelope(mel(), 2), normal(2, 5, 6), (5, 66), tmp_path)
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


def spectra_of(waves, fft, hop):
    return np.concatenate([numpy(part) for part in STFT(fft, hop)(waves)], axis=-1)


@pytest.mark.parametrize(("fft", "hop"), SIZES)
def test_phases_that_agree_stay(fft, hop):
    spectra = spectra_of(normal(2, 8 * hop), fft, hop)
    np.testing.assert_allclose(numpy(GriffinLim(fft, hop, 3)(spectra)), spectra, atol=1e-4)


@pytest.mark.parametrize(("fft", "hop"), SIZES)
def test_matrices_do_as_transforms_do(fft, hop):
    spectra = normal(2, 9, 2 * (fft // 2 + 1))
    one, other = (GriffinLim(fft, hop, 2, matrices=matrices)(spectra) for matrices in (False, True))
    np.testing.assert_allclose(numpy(one), numpy(other), atol=1e-3)


@pytest.mark.parametrize("momentum", [0.0, 0.99])
def test_griffin_lim_is_librosas(momentum):
    """Away from the ends, where librosa does not reflect; from phases of 0."""
    fft, hop, frames, iterations = 64, 16, 40, 4
    sizes = np.abs(normal(2, frames, fft // 2 + 1))
    start = np.concatenate([sizes, 0 * sizes], axis=-1)
    found = numpy(InverseSTFT(fft, hop)(GriffinLim(fft, hop, iterations, momentum)(start)))
    expected = librosa.griffinlim(
        np.swapaxes(sizes, 1, 2),
        n_iter=iterations,
        hop_length=hop,
        n_fft=fft,
        center=False,
        momentum=momentum,
        init=None,
    )
    expected = expected[:, (fft - hop) // 2 :][:, : frames * hop]
    middle = slice((iterations + 1) * 3 * hop, -(iterations + 1) * 3 * hop)
    assert np.abs(expected[:, middle]).max() > 0.1
    np.testing.assert_allclose(found[:, middle], expected[:, middle], atol=1e-4)


def test_iterations_keep_magnitudes_and_bring_phases_together():
    """What a spectrum loses on its way through a wave falls with every iteration, without momentum."""
    spectra, lost = normal(2, 20, 66), []
    sizes = np.hypot(spectra[..., :33], spectra[..., 33:])
    for iterations in (1, 2, 4, 8):
        made = numpy(GriffinLim(64, 16, iterations, 0.0)(spectra))
        np.testing.assert_allclose(np.hypot(made[..., :33], made[..., 33:]), sizes, rtol=1e-3)
        lost.append(np.linalg.norm(spectra_of(numpy(InverseSTFT(64, 16)(made)), 64, 16) - made))
    assert lost == sorted(lost, reverse=True)


def test_iterations_turn_the_gradient_and_keep_its_size():
    """As a rotation by a constant does; the way back turns as far as the way there, back."""
    spectra, weights = normal(1, 6, 66), np.random.default_rng(1).standard_normal((1, 6, 66))
    weights, layer = weights.astype("float32"), GriffinLim(64, 16, 4)
    _, gradient = slope(lambda given: ops.sum(ops.multiply(layer(given), weights)), spectra)
    complexes = [a[..., :33] + 1j * a[..., 33:] for a in (spectra, weights, gradient)]
    before, wanted, found = complexes
    made = numpy(layer(spectra))
    turn = (made[..., :33] + 1j * made[..., 33:]) / before
    np.testing.assert_allclose(found, wanted / turn, atol=1e-3)


def test_flat_spectra_are_told_exactly():
    """Frequencies above the highest band are as loud as the nearest; frames peak in their middles."""
    flat = np.log(0.3 * mel().filters.sum(axis=1))[None, None]
    sizes, phases = np.split(numpy(MelEnvelope(mel())(flat)), 2, axis=-1)
    np.testing.assert_allclose(sizes, np.log(0.3), atol=1e-4)
    np.testing.assert_allclose(phases[0, 0], [np.pi * (k % 2) for k in range(33)], rtol=1e-6)
    made = np.fft.irfft(np.exp(sizes[0, 0] + 1j * phases[0, 0]))
    assert np.argmax(np.abs(made)) == 32


def test_updates_bring_bands_nearer():
    """The divergence that each lowers: Lee & Seung (2000), theorem 2."""
    bands = np.exp(normal(2, 5, 6)).astype("float64")
    apart = []
    for updates in range(1, 6):
        logs = numpy(MelEnvelope(mel(), updates)(np.log(bands)))[..., :33].astype("float64")
        told = np.exp(logs) @ mel().filters.T
        apart.append(np.sum(bands * np.log(bands / told) - bands + told))
    assert apart == sorted(apart, reverse=True)
    assert apart[-1] < 0.5 * apart[0]


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
