"""Phases that magnitudes imply, against those of the waves that they are of."""

import numpy as np
import pytest

from gankit.audio.layers import InverseSTFT
from gankit.audio.phases import SinglePassPhases
from gankit.audio.stft import STFT
from gankit.audio.vowels import draw_vowels
from tests.helpers import check_layer, numpy

FFT, HOP = 256, 64
N = np.arange(40 * HOP)


def analysed(wave):
    """Of one wave the log-magnitudes, with a batch of one, and the spectra, (frames, bins) complex."""
    real, imaginary = map(numpy, STFT(FFT, HOP)(np.float32(wave)[None]))
    spectra = real + 1j * imaginary
    return np.log(np.abs(spectra) + 1e-9).astype("float32"), spectra[0]


def phases(logs, **options):
    return numpy(SinglePassPhases(FFT, HOP, **options)(logs))


def turned(angle):
    """An angle within half a turn."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def test_contract(tmp_path):
    x = np.random.default_rng(0).standard_normal((2, 21, 33)).astype("float32")
    check_layer(SinglePassPhases(64, 16, window=48, span=5), x, (21, 33), tmp_path)


@pytest.mark.parametrize("place", [20.0, 33.3, 71.6])
def test_a_tone_goes_on_by_its_frequency(place):
    """From frame to frame, and in the bins about the peak as in those of the tone itself."""
    logs, spectra = analysed(np.sin(2 * np.pi * place / FFT * N + 0.3))
    found, peak = phases(logs)[0], round(place)
    steps = np.diff(found[2:15, peak])
    np.testing.assert_allclose(turned(steps - 2 * np.pi * place * HOP / FFT), 0, atol=0.1)
    about = slice(peak - 1, peak + 2)
    apart = turned(np.diff(found[8, about]) - np.diff(np.angle(spectra[8, about])))
    np.testing.assert_allclose(apart, 0, atol=0.1)


@pytest.mark.parametrize("late", [-40, 10, 25])
def test_a_click_is_where_it_was_in_its_frame(late):
    """Magnitudes that rise tell that a frame holds the click behind its middle, and how far."""
    frame = 20
    click = np.zeros(len(N))
    click[frame * HOP + HOP // 2 + late] = 1.0
    logs, _ = analysed(click + 1e-6 * np.random.default_rng(0).standard_normal(len(N)))
    slopes = np.diff(phases(logs)[0, frame] - np.pi * (np.arange(FFT // 2 + 1) % 2))
    expected = -2 * np.pi * late / FFT
    assert np.median(turned(slopes)) == pytest.approx(expected, abs=0.25 * abs(expected))


def test_sums_begin_anew():
    """Nothing before a block of frames bears on it but the frame just before."""
    logs, _ = analysed(draw_vowels(n=1)[0][0, : len(N)])
    other = logs.copy()
    other[:, :10] += np.random.default_rng(0).standard_normal(other[:, :10].shape)
    one, two = phases(logs, span=12), phases(other, span=12)
    assert np.abs(one[:, 11] - two[:, 11]).max() > 0.1
    np.testing.assert_array_equal(one[:, 12:], two[:, 12:])


def test_no_peak_is_near():
    """Magnitudes that only fall have their peak at 0 hertz; far from it bins stand for themselves."""
    flat = np.tile(-0.1 * np.arange(FFT // 2 + 1, dtype="float32"), (1, 20, 1))
    assert np.isfinite(phases(flat)).all()
    np.testing.assert_allclose(
        turned(phases(flat)[0, 3, :16:2]), turned(phases(flat)[0, 3, 0]), atol=1e-4
    )


def test_a_voice_by_its_magnitudes():
    """The wave that they make together has those magnitudes, far better than with phases of one kind."""
    waves, *_ = draw_vowels(n=4)
    real, imaginary = map(numpy, STFT(FFT, HOP)(waves[:, : len(N)]))
    sizes = np.hypot(real, imaginary)
    middle = np.pi * (np.arange(FFT // 2 + 1) % 2) * np.ones_like(sizes)

    def apart(angles):
        made = InverseSTFT(FFT, HOP)([sizes * np.cos(angles), sizes * np.sin(angles)])
        found = np.hypot(*map(numpy, STFT(FFT, HOP)(made)))
        return np.linalg.norm(found - sizes) / np.linalg.norm(sizes)

    assert apart(np.arctan2(imaginary, real)) < 1e-4
    assert apart(phases(np.log(sizes + 1e-9))) < 0.6 * apart(middle)
