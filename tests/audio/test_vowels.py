import dataclasses

import numpy as np
import pytest
from scipy import signal

from gankit.audio import vowels
from gankit.audio.vowels import FORMANTS, HELD_OUT, SPEAKERS, VOWELS, draw_speaker, draw_vowels

pytestmark = pytest.mark.once

RATE = 8000


@pytest.fixture(scope="module")
def drawn():
    return draw_vowels(n=600)


def spectrum(wave, rate=RATE, bands=40):
    """Log of the mean power in mel bands, where it is loud, without its mean: (bands,)."""
    frequencies, _, stft = signal.stft(wave, rate, nperseg=256, noverlap=192, nfft=512)
    power = np.abs(stft) ** 2
    power = power[:, power.sum(axis=0) > 0.1 * power.sum(axis=0).max()].mean(axis=1)
    mel = 2595 * np.log10(1 + frequencies / 700)
    edges = np.linspace(mel[1], mel[-1], bands + 2)
    rising = (mel - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - mel) / np.diff(edges)[1:, None]
    found = np.log(np.minimum(rising, falling).clip(0) @ power + 1e-9 * power.max())
    return found - found.mean()


def pitch(wave, rate=RATE, low=70, high=400):
    """Hz, by the largest normalised autocorrelation."""
    wave = wave - wave.mean()
    lags = np.arange(int(rate / high), int(rate / low) + 1)
    similar = [np.corrcoef(wave[:-lag], wave[lag:])[0, 1] for lag in lags]
    first = next(i for i, one in enumerate(similar) if one > 0.9 * max(similar))
    near = slice(first, first + 5)  # the peak that begins here
    return rate / lags[near][np.argmax(similar[near])]


def peaks(wave, rate, order):
    """Hz of the resonances that linear prediction finds."""
    wave = np.diff(wave) * np.hamming(len(wave) - 1)
    correlation = np.correlate(wave, wave, "full")[len(wave) - 1 :][: order + 1]
    from scipy.linalg import solve_toeplitz

    roots = np.roots([1, *-solve_toeplitz(correlation[:-1], correlation[1:])])
    sharp = roots[(roots.imag > 0) & (np.abs(roots) > 0.85)]
    return np.sort(np.angle(sharp)) * rate / (2 * np.pi)


def test_shapes_and_ranges(drawn):
    waves, lengths, labels, speakers, names = drawn
    assert waves.shape == (600, RATE // 2)
    assert waves.dtype == np.float32
    assert names == (list(VOWELS), SPEAKERS)
    assert (np.bincount(labels) == 120).all()
    assert (np.bincount(speakers) == 30).all()
    assert len(SPEAKERS) >= 12
    assert set(HELD_OUT) < set(SPEAKERS)
    peak = np.abs(waves).max(axis=1)
    assert peak.max() < 1
    assert peak.min() > 0.05
    assert lengths.max() <= RATE // 2
    assert lengths.std() > 0.02 * RATE
    for wave, length in zip(waves, lengths):
        assert wave[:length].any()
        assert not wave[length:].any()


def test_a_clip_depends_on_seed_and_number_only(drawn, monkeypatch):
    monkeypatch.setattr(vowels, "AT_ONCE", 3)
    fewer = draw_vowels(n=7)
    np.testing.assert_array_equal(fewer[0], drawn[0][:7])
    np.testing.assert_array_equal(fewer[1], drawn[1][:7])
    other = draw_vowels(n=7, seed=1)
    assert (fewer[0] != other[0]).any(axis=1).all()
    assert len({wave.tobytes() for wave in drawn[0]}) == 600


def test_vowels_are_recognised_of_unknown_speakers(drawn):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    waves, lengths, labels, speakers, names = drawn
    x = np.array([spectrum(wave[:length]) for wave, length in zip(waves, lengths)])
    held_out = np.isin(np.array(names[1])[speakers], HELD_OUT)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    model.fit(x[~held_out], labels[~held_out])
    assert (model.predict(x[held_out]) == labels[held_out]).mean() > 0.95


def test_speakers_are_told_apart(drawn):
    """The voice is in the sound: far better than one in twenty, from one half of the clips."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    waves, lengths, labels, speakers, _ = drawn
    x = np.array([spectrum(wave[:length]) for wave, length in zip(waves, lengths)])
    x = np.concatenate([x, np.eye(len(VOWELS))[labels][:, 1:]], axis=1)
    model = LinearDiscriminantAnalysis().fit(x[:300], speakers[:300])
    assert (model.predict(x[300:]) == speakers[300:]).mean() > 0.4


def test_pitch_is_the_speakers(drawn):
    """Within the semitones that a clip may differ by: 5 % on average over a speaker's clips."""
    waves, lengths, _, speakers, _ = drawn
    for number in range(0, 20, 3):
        found = []
        for i in np.flatnonzero(speakers == number)[:12]:
            middle = lengths[i] // 2
            found.append(pitch(waves[i, middle - 400 : middle + 400]))
        assert np.median(found) == pytest.approx(draw_speaker(number).pitch, rel=0.08)


@pytest.mark.parametrize("hertz", [90.0, 137.0, 220.0, 300.0])
def test_glottis_has_the_pitch_asked_for(hertz):
    rng = np.random.default_rng(0)
    source = vowels.glottis(np.full(16_000, hertz), 16_000, draw_speaker(0), rng)
    assert pitch(source, 16_000) == pytest.approx(hertz, rel=0.02)


def test_rosenberg():
    """Hand-worked: closed at 0, open at 0.4, closing halfway at 0.5, closed from 0.6 on."""
    phase = np.array([0.0, 0.2, 0.4, 0.5, 0.6, 0.9])
    flow = vowels.rosenberg(phase, 0.6)
    np.testing.assert_allclose(flow, [0, 0.5, 1, np.sqrt(0.5), 0, 0], atol=1e-12)


@pytest.mark.parametrize("vowel", range(5))
def test_resonances_are_at_the_formants(vowel):
    """An impulse's spectrum peaks where formants are far apart, and is 1 at 0 Hz."""
    rate = 16_000
    impulse = np.zeros((rate, 1))
    impulse[0] = 1
    formants = np.tile(FORMANTS[vowel][None, :, None], (101, 1, 1))
    response = np.abs(np.fft.rfft(vowels.resonate(impulse, formants, rate)[:, 0]))  # a bin a hertz
    assert response[0] == pytest.approx(1, abs=1e-6)
    found = signal.argrelmax(response)[0]
    np.testing.assert_allclose(found[:5], FORMANTS[vowel], rtol=0.03)


def test_a_shorter_tract_has_higher_formants():
    speaker = dataclasses.replace(draw_speaker(0), accent=np.ones((5, 5)), tract=17.5)
    np.testing.assert_allclose(speaker.formants(2), FORMANTS[2])
    child = dataclasses.replace(speaker, tract=12.5)
    np.testing.assert_allclose(child.formants(2), 1.4 * FORMANTS[2])


def test_formants_of_clips(drawn):
    """Linear prediction finds the first two where the speaker has them, in the lowest voices."""
    waves, lengths, labels, speakers, _ = drawn
    low = [i for i in range(20) if draw_speaker(i).pitch < 130]
    assert low
    for vowel in range(5):
        misses = []
        for i in np.flatnonzero(np.isin(speakers, low) & (labels == vowel)):
            middle = lengths[i] // 2
            found = peaks(waves[i, middle - 320 : middle + 320].astype(float), RATE, 10)
            wanted = draw_speaker(speakers[i]).formants(vowel)[:2]
            misses.append([np.abs(found - one).min() / one for one in wanted])
        assert np.median(misses, axis=0).max() < 0.12, VOWELS[vowel]


def test_other_rates_and_seconds():
    """The same clips, resampled: their spectra agree where both have one."""
    low, low_lengths, *_ = draw_vowels(8000, n=5)
    high, high_lengths, *_ = draw_vowels(24_000, n=5, seconds=0.5)
    assert high.shape == (5, 12_000)
    np.testing.assert_allclose(high_lengths, 3 * low_lengths, atol=6)
    for one, other in zip(low, high):
        gap = spectrum(one) - spectrum(signal.resample_poly(other, 1, 3))
        assert np.abs(gap[:20]).mean() < 1.5
    assert draw_vowels(n=2, seconds=1.0)[1].min() > 0.4 * RATE


@pytest.mark.parametrize("options", [{"sample_rate": 4000}, {"seconds": 0.1}])
def test_too_little_is_refused(options):
    with pytest.raises(ValueError, match=r"at least 6,000 samples a second and 0.2 seconds"):
        draw_vowels(**options)
