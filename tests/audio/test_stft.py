import librosa
import numpy as np
import pytest
import scipy.signal
from keras import ops

from gankit.audio.stft import STFT, griffin_lim, hann, in_parts, magnitude, overlap_add
from tests.audio.compiled import run, slope
from tests.helpers import check_config_round_trip, numpy

WAVES = np.random.default_rng(0).uniform(-1, 1, (2, 2048)).astype("float32")
SIZES = [(1024, 256, None), (256, 128, None), (512, 64, 400), (256, 100, 251), (128, 31, 62)]


def spectra(stft, waves):
    real, imaginary = run(stft, waves)
    return real + 1j * imaginary


def there_and_back(stft, waves):
    return run(lambda waves: stft.inverse(*stft(waves)), waves)


def test_hann_by_hand():
    np.testing.assert_allclose(hann(4), [0, 0.5, 1, 0.5], atol=1e-7)
    np.testing.assert_allclose(hann(251), scipy.signal.get_window("hann", 251), atol=1e-7)


def test_overlap_add_by_hand():
    frames = np.array([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], "float32")
    np.testing.assert_array_equal(numpy(overlap_add(frames, 2)), [[1, 2, 3 + 4, 5, 6 + 7, 8, 9, 0]])
    np.testing.assert_array_equal(numpy(overlap_add(frames, 3)), [range(1, 10)])


@pytest.mark.parametrize(("fft", "hop", "window"), SIZES)
def test_like_librosa(fft, hop, window):
    """On waves that were reflected before; `samples // hop` frames, whatever is left over."""
    stft = STFT(fft, hop, window)
    found = spectra(stft, WAVES)
    before = (fft - hop) // 2
    padded = np.pad(WAVES, [(0, 0), (before, fft - hop - before)], mode="reflect")
    expected = librosa.stft(padded, n_fft=fft, hop_length=hop, win_length=window, center=False)
    assert found.shape == (2, 2048 // hop, fft // 2 + 1)
    np.testing.assert_allclose(found, np.swapaxes(expected, 1, 2), atol=1e-4)


@pytest.mark.parametrize(("fft", "hop", "window"), SIZES)
def test_there_and_back(fft, hop, window):
    """Ends included."""
    waves = WAVES[:, : 2048 // hop * hop]
    stft = STFT(fft, hop, window)
    np.testing.assert_allclose(there_and_back(stft, waves), waves, atol=1e-5)


def test_a_single_frame():
    stft = STFT(256, 128)
    waves = WAVES[:, :128]
    np.testing.assert_allclose(there_and_back(stft, waves), waves, atol=1e-5)


def test_inverse_is_the_nearest_wave():
    """Spectra of no wave: a step along any wave's own spectra leads away, by least squares."""
    rng = np.random.default_rng(1)
    stft = STFT(64, 16)
    real, imaginary = rng.standard_normal((2, 1, 12, 33)).astype("float32")
    imaginary[..., [0, -1]] = 0  # of a real wave
    frames = np.fft.irfft(real + 1j * imaginary, 64)
    wave = run(stft.inverse, real, imaginary)[0]
    taper = hann(64)
    system = np.zeros((12 * 64, 11 * 16 + 64))
    for t in range(12):
        system[t * 64 + np.arange(64), t * 16 + np.arange(64)] = taper
    nearest = np.linalg.lstsq(system, frames.reshape(-1), rcond=None)[0]
    np.testing.assert_allclose(wave, nearest[24 : 24 + 12 * 16], atol=1e-4)


def test_a_tone_by_hand():
    """cos(2 pi 8 n / 64) under a Hann window: 64 / 4 at its frequency, half of it beside."""
    tone = np.cos(2 * np.pi * 8 * np.arange(512) / 64)[None].astype("float32")
    found = np.abs(spectra(STFT(64, 16), tone))[0, 10]
    np.testing.assert_allclose(found[6:11], [0, 8, 16, 8, 0], atol=1e-4)


def test_lower_precision_is_computed_in_float32():
    real, _ = run(STFT(256, 64), ops.cast(WAVES, "bfloat16"))
    assert real.dtype == "float32"


def test_magnitude_has_a_slope_in_silence():
    def total(waves):
        return ops.sum(magnitude(*STFT(256, 64)(waves)))

    value, gradient = slope(total, np.zeros((1, 512)))
    assert value < 1e-5
    np.testing.assert_array_equal(gradient, 0.0)
    _, gradient = slope(total, WAVES)
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).min() < 1 < np.abs(gradient).max()


def test_griffin_lim_makes_magnitudes_consistent():
    """A random phase is far off, and 32 iterations much nearer; the same seed gives the same wave."""
    stft = STFT(256, 64)
    tones = np.sin(np.outer([0.2, 0.5], np.arange(2048)) * np.linspace(1, 1.2, 2048))
    magnitudes = np.abs(spectra(stft, tones.astype("float32")))

    def error(iterations):
        waves = griffin_lim(magnitudes, stft, iterations, seed=3)
        found = np.abs(spectra(stft, waves))
        return np.linalg.norm(found - magnitudes) / np.linalg.norm(magnitudes)

    assert error(32) < 0.15 < error(1)
    waves = griffin_lim(magnitudes, stft, 2, seed=3)
    assert waves.shape == (2, 2048)
    np.testing.assert_array_equal(waves, griffin_lim(magnitudes, stft, 2, seed=3))
    assert np.any(waves != griffin_lim(magnitudes, stft, 2, seed=4))


@pytest.mark.tensorflow_only
def test_any_number_of_frames_compiles():
    import tensorflow as tf

    stft = STFT(256, 64)
    back = tf.function(lambda real, imaginary: stft.inverse(real, imaginary))
    spec = tf.TensorSpec((None, None, 129))
    unknown = back.get_concrete_function(spec, spec)
    real, imaginary = stft(WAVES)
    np.testing.assert_allclose(unknown(real, imaginary).numpy(), WAVES, atol=1e-5)


@pytest.mark.tensorflow_only
def test_compiles_with_xla():
    import tensorflow as tf

    stft = STFT(256, 64)
    compiled = tf.function(lambda waves: stft.inverse(*stft(waves)), jit_compile=True)
    np.testing.assert_allclose(compiled(WAVES).numpy(), WAVES, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((255, 64), "fft=255. The nearest that work are 254 and 256"),
        ((256, 64, 400), "fft=256, window=400. The nearest that work are fft=400, or window=256"),
        ((256, 64, 401), "fft=402"),
        ((256, 129), "hop=129, window=256. The nearest that works is 128"),
        ((256, 128, 200), "hop=128, window=200. The nearest that works is 100"),
        ((256, 0), "whole number of at least 1. Received: hop=0"),
        ((256.5, 64), "Received: fft=256.5"),
        ((2, 1), "whole number of at least 4. Received: fft=2"),
    ],
)
def test_sizes_that_cannot_work(arguments, message):
    with pytest.raises(ValueError, match=message):
        STFT(*arguments)


def test_bad_waves():
    stft = STFT(256, 64)
    with pytest.raises(ValueError, match=r"\(batch, samples\). Received: \(2048,\)"):
        stft(WAVES[0])
    with pytest.raises(ValueError, match="of at least 97 samples. Received: 24"):
        stft(WAVES[:, :24])
    assert spectra(stft, WAVES[:, :97]).shape == (2, 1, 129)


def test_configuration():
    assert check_config_round_trip(STFT(512, 64, 400)).window == 400


def test_large_batches_are_computed_in_parts(monkeypatch):
    """The last part is smaller; a wave that is longer than a part is one."""
    monkeypatch.setattr("gankit.audio.stft.AT_ONCE", 64)
    waves, seen = np.random.default_rng(0).normal(size=(7, 20)).astype("float32"), []

    def function(some):
        seen.append(some.shape[0])
        return ops.cumsum(some, axis=-1)

    np.testing.assert_allclose(numpy(in_parts(function, waves)), waves.cumsum(axis=-1), rtol=1e-5)
    assert seen == [3, 3, 1]
    monkeypatch.setattr("gankit.audio.stft.AT_ONCE", 10)
    np.testing.assert_allclose(numpy(in_parts(function, waves)), waves.cumsum(axis=-1), rtol=1e-5)
    assert seen == [3, 3, 1] + 7 * [1]
    monkeypatch.undo()
    in_parts(function, waves)
    assert seen[-1] == 7
