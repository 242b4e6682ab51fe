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


def pair(*shape):
    """Real and imaginary parts."""
    return list(normal(2, *shape))


def complexes(parts):
    real, imaginary = map(numpy, parts)
    return real + 1j * imaginary


def mel():
    return LogMel(8000, 64, 16, mels=6, high=3000.0)


def test_contracts(tmp_path):
    check_layer(PolarSpectrum(), pair(2, 5, 3), [(5, 3), (5, 3)], tmp_path)
    check_layer(PolarSpectrum(1.5), pair(2, 5, 3), [(5, 3), (5, 3)], tmp_path)
    for matrices in (False, True):
        check_layer(InverseSTFT(16, 4, matrices), pair(2, 5, 9), (20,), tmp_path)
        layer = GriffinLim(16, 4, 2, 0.5, matrices, limit=3.0, window=12)
        check_layer(layer, pair(2, 5, 9), [(5, 9), (5, 9)], tmp_path)
    check_layer(MelEnvelope(mel(), 2), normal(2, 5, 6), (5, 33), tmp_path)
    check_layer(Spectrogram(16, 4), normal(2, 21), (5, 9, 1), tmp_path)
    check_layer(FoldPeriod(3), normal(2, 11), (4, 3, 1), tmp_path)


def test_polar_spectrum_by_hand():
    sizes, phases = np.float32([[[[0.0, np.log(2), 9.0]]], [[[0.0, np.pi / 2, np.pi]]]])
    expected = [[[1, 2j, -100]]]  # the last is cut off at 100
    np.testing.assert_allclose(complexes(PolarSpectrum()([sizes, phases])), expected, atol=2e-5)
    expected = [[[1, 1.5j, -1.5]]]
    np.testing.assert_allclose(complexes(PolarSpectrum(1.5)([sizes, phases])), expected, atol=2e-5)


def test_polar_spectra_saved_before_they_had_a_limit():
    config = PolarSpectrum(7.0).get_config()
    del config["limit"]
    assert PolarSpectrum.from_config(config).limit == 100


@pytest.mark.parametrize(("fft", "hop"), SIZES)
def test_inverse_stft_by_loops(fft, hop):
    """Griffin and Lim's least squares, sample by sample, ends included."""
    frames, bins = 7, fft // 2 + 1
    spectra = pair(2, frames, bins)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(fft) / fft)
    total, weight = np.zeros((2, frames * hop + fft)), np.zeros(frames * hop + fft)
    for t in range(frames):
        here = slice(t * hop, t * hop + fft)
        total[:, here] += window * np.fft.irfft(complexes(spectra)[:, t], fft)
        weight[here] += window**2
    middle = slice((fft - hop) // 2, (fft - hop) // 2 + frames * hop)
    waves = numpy(InverseSTFT(fft, hop)(spectra))
    np.testing.assert_allclose(waves, total[:, middle] / weight[middle], atol=1e-5)


@pytest.mark.parametrize(("fft", "hop"), SIZES)
def test_inverse_stft_by_matrices_is_that_of_the_transform(fft, hop):
    spectra = pair(2, 6, fft // 2 + 1)
    expected = numpy(STFT(fft, hop).inverse(*spectra))
    waves = numpy(InverseSTFT(fft, hop, matrices=True)(spectra))
    np.testing.assert_allclose(waves, expected, atol=1e-5)


@pytest.mark.parametrize(("fft", "hop"), [(64, 16), (64, 32)])
def test_inverse_stft_against_keras(fft, hop):
    """Keras's starts in the middle of the first frame; away from the ends they agree."""
    spectra = pair(1, 20, fft // 2 + 1)
    theirs = numpy(ops.istft(tuple(spectra), fft, hop, fft))[:, fft:-fft]
    ours = numpy(InverseSTFT(fft, hop)(spectra))
    ours = ours[:, hop // 2 + fft :][:, : theirs.shape[1]]
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(("fft", "hop"), [(16, 4), (16, 8), (1024, 256)])
def test_there_and_back(fft, hop):
    waves = normal(2, 2 * fft)
    back = InverseSTFT(fft, hop)(list(STFT(fft, hop)(waves)))
    np.testing.assert_allclose(numpy(back), waves, atol=1e-5)


def test_the_inverse_of_a_shorter_window():
    waves = normal(2, 128)
    for matrices in (False, True):
        found = InverseSTFT(32, 4, matrices, window=16)(STFT(32, 4, 16)(waves))
        np.testing.assert_allclose(numpy(found), waves, atol=1e-4)


@pytest.mark.parametrize(("fft", "hop"), SIZES)
def test_phases_that_agree_stay(fft, hop):
    spectra = list(STFT(fft, hop)(normal(2, 8 * hop)))
    found = GriffinLim(fft, hop, 3)(spectra)
    np.testing.assert_allclose(complexes(found), complexes(spectra), atol=1e-4)


@pytest.mark.parametrize(("fft", "hop"), SIZES)
def test_matrices_do_as_transforms_do(fft, hop):
    spectra = pair(2, 9, fft // 2 + 1)
    one, other = (GriffinLim(fft, hop, 2, matrices=matrices)(spectra) for matrices in (False, True))
    np.testing.assert_allclose(complexes(one), complexes(other), atol=1e-3)


@pytest.mark.parametrize("momentum", [0.0, 0.99])
def test_griffin_lim_is_librosas(momentum):
    """Away from the ends, where librosa does not reflect; from phases of 0."""
    fft, hop, frames, iterations = 64, 16, 40, 4
    sizes = np.abs(normal(2, frames, fft // 2 + 1))
    found = GriffinLim(fft, hop, iterations, momentum)([sizes, 0 * sizes])
    found = numpy(InverseSTFT(fft, hop)(found))
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
    spectra, lost = pair(2, 20, 33), []
    for iterations in (1, 2, 4, 8):
        made = GriffinLim(64, 16, iterations, 0.0)(spectra)
        np.testing.assert_allclose(abs(complexes(made)), abs(complexes(spectra)), rtol=1e-3)
        back = STFT(64, 16)(InverseSTFT(64, 16)(made))
        lost.append(np.linalg.norm(complexes(back) - complexes(made)))
    assert lost == sorted(lost, reverse=True)


def test_magnitudes_are_raised_to_a_limit():
    """Where the wave holds less of them than a part in `limit`; the others are kept."""
    spectra = pair(1, 6, 33)
    sizes = abs(complexes(spectra))
    held = abs(complexes(STFT(64, 16)(InverseSTFT(64, 16)(spectra))))
    made = abs(complexes(GriffinLim(64, 16, 1, limit=1.5)(spectra)))
    assert (sizes > 1.5 * held).any()
    assert (sizes < 1.5 * held).any()
    np.testing.assert_allclose(made, np.minimum(sizes, 1.5 * held), rtol=1e-4)


def test_no_iteration_changes_nothing():
    spectra = pair(1, 6, 33)
    np.testing.assert_array_equal(complexes(GriffinLim(64, 16, 0)(spectra)), complexes(spectra))


def test_iterations_turn_the_gradient_and_keep_its_size():
    """As a rotation by a constant does; the way back turns as far as the way there, back."""
    spectra, layer = normal(2, 1, 6, 33), GriffinLim(64, 16, 4)
    weights = np.random.default_rng(1).standard_normal(spectra.shape).astype("float32")

    def product(given):
        found = ops.stack(layer([given[0], given[1]], training=True))
        return ops.sum(ops.multiply(found, weights))

    _, gradient = slope(product, spectra)
    made = complexes(layer(list(spectra)))
    trained = complexes(layer(list(spectra), training=True))
    np.testing.assert_allclose(trained, made, rtol=1e-3, atol=1e-4)
    turn = made / complexes(spectra)
    np.testing.assert_allclose(complexes(gradient), complexes(weights) / turn, atol=1e-3)


def test_flat_spectra_are_told_exactly():
    """Frequencies above the highest band are as loud as the nearest."""
    flat = np.log(0.3 * mel().filters.sum(axis=1))[None, None]
    np.testing.assert_allclose(numpy(MelEnvelope(mel())(flat)), np.log(0.3), atol=1e-4)


def test_updates_bring_bands_nearer():
    """The divergence that each lowers: Lee & Seung (2000), theorem 2."""
    bands = np.exp(normal(2, 5, 6)).astype("float64")
    apart = []
    for updates in range(1, 6):
        logs = numpy(MelEnvelope(mel(), updates)(np.log(bands))).astype("float64")
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
    with pytest.raises(ValueError, match="limit=0"):
        PolarSpectrum(0)
