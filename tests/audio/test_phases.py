"""Phases that mels imply, against those of the waves that they are of."""

import numpy as np
import pytest

from gankit.audio import LogMel
from gankit.audio.layers import InverseSTFT
from gankit.audio.phases import SinglePassPhases
from gankit.audio.vowels import draw_vowels
from tests.helpers import check_layer, numpy

MEL = LogMel(8000, 512, 128, mels=64)
FFT, HOP, BINS = MEL.stft.fft, MEL.hop, MEL.stft.bins
N = np.arange(31 * HOP)


def analysed(wave):
    """Of one wave the log-mels, with a batch of one, and the spectra, (frames, bins) complex."""
    wave = np.float32(wave)[None]
    real, imaginary = map(numpy, MEL.stft(wave))
    return numpy(MEL(wave)), (real + 1j * imaginary)[0]


def phases(logs, **options):
    return numpy(SinglePassPhases(MEL, **options)(logs))


def turned(angle):
    """An angle within half a turn."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def test_contract(tmp_path):
    mel = LogMel(8000, 128, 32, window=96, mels=20)
    x = np.random.default_rng(0).standard_normal((2, 21, 20)).astype("float32")
    check_layer(SinglePassPhases(mel, span=5), x, (21, 65), tmp_path)


@pytest.mark.parametrize("place", [10.0, 21.9, 45.7])
def test_a_tone_goes_on_by_its_frequency(place):
    """From frame to frame, and in the bins about the peak as in those of the tone itself."""
    logs, spectra = analysed(np.sin(2 * np.pi * place / FFT * N + 0.3))
    found, peak = phases(logs)[0], round(place)
    steps = np.diff(found[2:15, peak])
    np.testing.assert_allclose(turned(steps - 2 * np.pi * place * HOP / FFT), 0, atol=0.1)
    about = slice(peak - 1, peak + 2)
    apart = turned(np.diff(found[8, about]) - np.diff(np.angle(spectra[8, about])))
    np.testing.assert_allclose(apart, 0, atol=0.1)


@pytest.mark.parametrize("late", [-80, 20, 50])
def test_a_click_is_where_it_was_in_its_frame(late):
    """Mels that rise tell that a frame holds the click behind its middle, and how far."""
    frame = 20
    click = np.zeros(len(N))
    click[frame * HOP + HOP // 2 + late] = 1.0
    logs, _ = analysed(click + 1e-6 * np.random.default_rng(0).standard_normal(len(N)))
    slopes = np.diff(phases(logs)[0, frame] - np.pi * (np.arange(BINS) % 2))
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
    """Mels that only fall have their peak in the lowest band; far from it bands stand for themselves."""
    flat = np.tile(-0.1 * np.arange(MEL.bins, dtype="float32"), (1, 20, 1))
    centres = MEL.frequencies * FFT / MEL.sample_rate
    steps = np.diff(phases(flat)[0, 1:15], axis=0)
    near, far = np.rint(centres[3]).astype(int), np.rint(centres[20]).astype(int)
    np.testing.assert_allclose(
        turned(steps[:, near] - 2 * np.pi * centres[0] * HOP / FFT), 0, atol=1e-3
    )
    own = centres[20] - 0.5 * (centres[21] - centres[19]) / 2  # as far down as a parabola may lead
    np.testing.assert_allclose(turned(steps[:, far] - 2 * np.pi * own * HOP / FFT), 0, atol=1e-3)


def test_a_voice_by_its_mels():
    """The wave that they make with its magnitudes has those, far better than with phases of one kind."""
    waves = draw_vowels(n=4)[0][:, : len(N)]
    real, imaginary = map(numpy, MEL.stft(waves))
    sizes = np.hypot(real, imaginary)
    middle = np.pi * (np.arange(BINS) % 2) * np.ones_like(sizes)

    def apart(angles):
        made = InverseSTFT(FFT, HOP)([sizes * np.cos(angles), sizes * np.sin(angles)])
        found = np.hypot(*map(numpy, MEL.stft(made)))
        return np.linalg.norm(found - sizes) / np.linalg.norm(sizes)

    assert apart(np.arctan2(imaginary, real)) < 1e-4
    assert apart(phases(numpy(MEL(waves)))) < 0.6 * apart(middle)
