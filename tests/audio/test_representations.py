import librosa
import numpy as np
import pytest
from keras import ops

from gankit.audio.instantaneous_frequency import MelInstantaneousFrequency
from gankit.audio.normalisation import RangeNormalisation
from gankit.audio.representations import LinearLogMagnitude, LogMel
from tests.audio.compiled import run, slope
from tests.helpers import check_config_round_trip, numpy, run_script

RATE = 8000


def voices(samples=8192, rate=RATE):
    """Two voices, (2, samples): a gliding and a steady pitch, two formants, a little noise."""
    time = np.arange(samples) / rate
    waves = []
    for pitch, glide in ((120, 0.2), (200, 0.0)):
        pitches = pitch * (1 + glide * np.sin(2 * np.pi * 0.8 * time))
        phase = 2 * np.pi * np.cumsum(pitches) / rate
        wave = np.zeros(samples)
        for h in range(1, int(rate / 2 / pitches.max())):
            formants = [1 / (1 + ((h * pitches - f) / 150) ** 2) for f in (700, 1200)]
            wave += (sum(formants) + 0.02) / h * np.sin(h * phase + h * h)
        waves.append(0.7 * wave / np.abs(wave).max())
    noise = np.random.default_rng(0).standard_normal((2, samples))
    return (np.stack(waves) + 0.003 * noise).astype("float32")


WAVES = voices()


def linear():
    return LinearLogMagnitude(RATE).fit(WAVES)


def scaled_mel():
    return LogMel.narrowband(normalise=RangeNormalisation()).fit(WAVES)


def with_phase():
    return MelInstantaneousFrequency(RATE, 256, 64)


KINDS = [linear, LogMel.narrowband, scaled_mel, with_phase]


def signal_to_noise(real, fake):
    return 10 * np.log10(np.square(real).sum(-1) / np.square(real - fake).sum(-1))


# --- what all have in common -----------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_contract(kind):
    representation = kind()
    features = run(representation, WAVES)
    assert features.dtype == "float32"
    assert features.shape[1:] == representation.shape(8192)
    assert representation.samples(representation.frames(8192)) == 8192
    assert representation.frequencies.shape == (representation.bins,)
    assert representation.frequencies[-1] <= RATE / 2
    again = check_config_round_trip(representation)
    np.testing.assert_array_equal(run(again.forward, WAVES), features)
    assert f"hop {representation.hop}, 8000 Hz" in representation.protocol()
    waves = numpy(representation.inverse(features))
    assert waves.shape == WAVES.shape
    assert waves.dtype == "float32"


@pytest.mark.parametrize("kind", [linear, scaled_mel, with_phase])
def test_normalised_features_keep_to_their_range(kind):
    loud = np.random.default_rng(0).choice([-1.0, 1.0], (2, 8192)).astype("float32")
    for waves in (WAVES, loud, 0 * loud):
        features = run(kind(), waves)
        assert -1 <= features.min() <= features.max() <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_gradient(kind):
    """It reaches every sample of a voice, and is finite in silence and beside it."""
    representation = kind()
    half_silent = WAVES * (np.arange(8192) < 4096)

    def total(waves):
        return ops.sum(ops.square(representation(waves) + 0.5))

    for waves in (WAVES, half_silent, 0 * WAVES):
        _, gradient = slope(total, waves)
        assert np.isfinite(gradient).all()
        if waves is WAVES:
            assert np.mean(gradient != 0) > 0.99


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("kind", KINDS)
def test_compiles_with_xla(kind):
    import tensorflow as tf

    representation = kind()
    forward = tf.function(representation.forward, jit_compile=True)

    @tf.function(jit_compile=True)
    def gradient(waves):
        return tf.gradients(tf.reduce_sum(representation(waves)), waves)[0]

    voice = WAVES[:1, :2048]  # noise beside it may have any phase
    np.testing.assert_allclose(forward(voice)[..., :40], representation(voice)[..., :40], atol=2e-3)
    assert np.isfinite(gradient(tf.constant(voice)).numpy()).all()


@pytest.mark.parametrize("kind", KINDS)
def test_waves_that_cannot_work(kind):
    representation = kind()
    hop = representation.hop
    with pytest.raises(ValueError, match=f"Received: 8191 samples. .*: {8192 - hop} and 8192"):
        representation.frames(8191)
    with pytest.raises(ValueError, match="Received: 24 samples. The nearest that work: 128"):
        representation(WAVES[:, :24])
    with pytest.raises(ValueError, match=r"\(batch, samples\). Received: \(8192,\)"):
        representation(WAVES[0])
    assert representation.frames(128) == 128 // hop


def test_sample_rate():
    with pytest.raises(ValueError, match="Received: sample_rate=0"):
        LinearLogMagnitude(0)


# --- linear log-magnitude --------------------------------------------------------------------


def test_specgan_has_128_by_128():
    assert LinearLogMagnitude(16000).shape(16384) == (128, 128)


def test_linear_like_librosa():
    padded = np.pad(WAVES, [(0, 0), (64, 64)], mode="reflect")
    spectra = librosa.stft(padded, n_fft=256, hop_length=128, center=False)
    logs = np.swapaxes(np.log(np.abs(spectra) + 1e-6), 1, 2)[..., :-1]
    representation = linear()
    found = run(representation.log_magnitude, WAVES)
    loud = logs > np.log(1e-2)  # float32 has no more digits for a thousandth of that beside 30
    np.testing.assert_allclose(found[loud], logs[loud], atol=1e-4)
    np.testing.assert_allclose(np.exp(found), np.exp(logs), atol=1e-4)
    mean, std = logs.mean(axis=(0, 1)), logs.std(axis=(0, 1))
    np.testing.assert_allclose(representation.normalise.mean, mean, atol=1e-4)
    expected = np.clip((logs - mean) / std / 3, -1, 1)
    np.testing.assert_allclose(run(representation, WAVES), expected, atol=1e-3)


def test_linear_there_and_back():
    """Griffin-Lim keeps log-magnitudes, to about a sixth of a neper; not the wave."""
    representation = linear()
    waves = representation.inverse(representation(WAVES))
    before, after = (run(representation.log_magnitude, w) for w in (WAVES, waves))
    assert 0.02 < np.abs(before - after).mean() < 0.35
    more = representation.inverse(representation(WAVES), iterations=1)
    assert (
        np.abs(before - after).mean()
        < np.abs(before - run(representation.log_magnitude, more)).mean()
    )


def test_linear_must_be_fitted():
    with pytest.raises(ValueError, match="representation.fit"):
        LinearLogMagnitude(RATE)(WAVES)


def test_fitted_batch_by_batch():
    whole, parts = (LinearLogMagnitude(RATE).fit(WAVES, batch_size=size) for size in (2, 1))
    np.testing.assert_allclose(whole.normalise.mean, parts.normalise.mean, atol=1e-5)
    np.testing.assert_allclose(whole.normalise.std, parts.normalise.std, atol=1e-5)
    broken = WAVES.copy()
    broken[1, 100] = np.nan
    with pytest.raises(ValueError, match="no numbers"):
        LinearLogMagnitude(RATE).fit(broken)


# --- log-mel ---------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [LogMel.hifigan, LogMel.narrowband])
def test_mel_like_librosa(make):
    representation = make()
    fft, hop = representation.stft.fft, representation.hop
    padded = np.pad(WAVES, [(0, 0), ((fft - hop) // 2,) * 2], mode="reflect")
    bands = librosa.feature.melspectrogram(
        y=padded,
        sr=representation.sample_rate,
        n_fft=fft,
        hop_length=hop,
        n_mels=representation.bins,
        fmax=representation.high,
        power=1.0,
        center=False,
    )
    expected = np.swapaxes(np.log(np.maximum(bands, 1e-5)), 1, 2)
    np.testing.assert_allclose(run(representation, WAVES), expected, atol=1e-4)


def test_hifigan():
    representation = LogMel.hifigan()
    assert representation.shape(8192) == (32, 80)
    assert representation.sample_rate == 22050
    assert representation.high == 8000
    assert LogMel.hifigan(high=None).high == 11025
    silence = run(representation, np.zeros((1, 8192), "float32"))
    np.testing.assert_allclose(silence, np.log(1e-5), rtol=1e-6)


def test_a_tone_lies_in_its_band():
    representation = LogMel.narrowband()
    for hertz in (300, 1000, 3000):
        tone = np.sin(2 * np.pi * hertz * np.arange(2048) / RATE)[None].astype("float32")
        band = run(representation, tone)[0, 16].argmax()
        assert abs(representation.frequencies[band] - hertz) < 0.05 * hertz


def test_mel_there_and_back():
    representation = LogMel.narrowband()
    features = run(representation, WAVES)
    error = np.abs(features - run(representation, representation.inverse(features))).mean()
    assert 0.02 < error < 0.35
    scaled = scaled_mel()
    np.testing.assert_allclose(
        scaled.inverse(scaled(WAVES)), representation.inverse(features), atol=1e-2
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"high": 5000.0}, "Received: high=5000.0. The nearest that works is 4000"),
        ({"low": 4000.0}, r"must be in \[0, 4000\) Hz. Received: low=4000.0"),
        ({"mels": 160}, "Received: mels=160, .* The nearest that work are mels=149, or fft=512"),
        ({"fft": 64, "hop": 32, "mels": 80}, "The nearest that work are mels=36, or fft=256"),
        ({"floor": 0.0}, "Received: floor=0.0"),
        ({"mels": 0}, "Received: mels=0"),
        ({"hop": 200}, "hop=200, window=256. The nearest that works is 128"),
    ],
)
def test_bands_that_cannot_work(changes, message):
    with pytest.raises(ValueError, match=message):
        LogMel.narrowband(**changes)


def test_what_is_proposed_works():
    for changes in ({"mels": 149}, {"mels": 160, "fft": 512}):
        filters = LogMel.narrowband(**changes).filters
        assert (filters.max(axis=1) > 0).all()


def test_nothing_to_fit():
    with pytest.raises(ValueError, match="Received: normalise=None"):
        LogMel.narrowband().fit(WAVES)


@pytest.mark.once
def test_nothing_is_compiled_on_the_way(tmp_path):
    """`librosa.feature.melspectrogram` compiles for half a minute at its first call."""
    run_script(f"""
    import os
    os.environ["NUMBA_CACHE_DIR"] = {str(tmp_path)!r}
    from numba.core import event

    class Count(event.Listener):
        found = 0
        def on_start(self, event):
            self.found += 1
        def on_end(self, event):
            pass

    count = Count()
    event.register("numba:compile", count)
    import numpy as np
    from gankit.audio.instantaneous_frequency import MelInstantaneousFrequency
    from gankit.audio.representations import LinearLogMagnitude, LogMel

    waves = np.ones((1, 2048), "float32")
    LogMel.hifigan()(waves)
    LinearLogMagnitude(8000).fit(waves)(waves)
    pair = MelInstantaneousFrequency(8000, 256, 64)
    pair.inverse(pair(waves))
    assert count.found == 0
    import numba
    numba.njit(lambda x: x + 1)(1)
    assert count.found == 1  # so it does count
    """)


# --- mel and instantaneous frequency ---------------------------------------------------------


@pytest.mark.parametrize("rate", [8000, 16000])
def test_rows_are_averages(rate):
    """Of frequencies about theirs, and of one at least, though mel bins lie closer at the bottom."""
    representation = MelInstantaneousFrequency(rate, 256, 64)
    warp = representation.warp
    assert warp.shape == (128, 129)
    assert (warp >= 0).all()
    np.testing.assert_allclose(warp.sum(axis=1), 1)
    middles = warp @ (np.arange(129) * rate / 256)
    np.testing.assert_allclose(middles, representation.frequencies, atol=rate / 256)
    steps = np.diff(representation.frequencies)
    assert 0 < steps.min() < rate / 256 < steps.max()


def test_a_tone_by_hand():
    """A tone of f Hz steps by 2 pi f hop / rate from frame to frame, and begins with its phase."""
    representation = MelInstantaneousFrequency(RATE, 256, 64)
    hertz = 406.25  # the 13th of the transform's frequencies
    tone = 0.5 * np.cos(2 * np.pi * hertz * np.arange(2048) / RATE)[None].astype("float32")
    features = run(representation, tone)[0]
    band = np.abs(representation.frequencies - hertz).argmin()
    step = 2 * hertz * 64 / RATE
    np.testing.assert_allclose(features[1:-4, band, 1], (step + 1) % 2 - 1, atol=2e-3)
    begin = step / 2  # a cosine is its own reflection, and the first middle is half a hop away
    np.testing.assert_allclose(features[0, band, 1], (begin + 1) % 2 - 1, atol=2e-3)
    lowest, highest = np.log(1e-6), np.log(128)
    logs = lowest + (features[4:-4, :, 0].max(axis=1) + 1) / 2 * (highest - lowest)
    np.testing.assert_allclose(logs, np.log(0.5 * 256 / 4), atol=0.1)


def test_phase_there_and_back():
    """The wave itself comes back, as Griffin-Lim's does not, though the mel scale is coarser above."""
    representation = MelInstantaneousFrequency(RATE, 256, 64)
    found = run(representation.inverse, run(representation, WAVES))
    assert np.all((signal_to_noise(WAVES, found) > 14) & (signal_to_noise(WAVES, found) < 40))
    guessed = scaled_mel().inverse(scaled_mel()(WAVES))
    assert np.all(signal_to_noise(WAVES, guessed) < 3)


def test_finer_scales_lose_less():
    def worst(fft):
        representation = MelInstantaneousFrequency(RATE, fft, fft // 4)
        found = run(representation.inverse, run(representation, WAVES))
        return signal_to_noise(WAVES, found).min()

    fewer = MelInstantaneousFrequency(RATE, 256, 64, bins=32)
    coarse = run(fewer.inverse, run(fewer, WAVES))
    assert signal_to_noise(WAVES, coarse).max() < 10 < worst(256)


def test_inverse_passes_gradients():
    representation = MelInstantaneousFrequency(RATE, 256, 64)

    def energy(features):
        return ops.sum(ops.square(representation.inverse(features) - 0.1))

    _, gradient = slope(energy, run(representation, WAVES[:, :1024]))
    assert np.isfinite(gradient).all()
    assert (np.abs(gradient).max(axis=(0, 1, 2)) > 0).all()


def test_too_many_bins():
    with pytest.raises(ValueError, match="Received: bins=200. .* bins=129, or fft=398"):
        MelInstantaneousFrequency(RATE, 256, 64, bins=200)
    assert MelInstantaneousFrequency(RATE, 256, 64, bins=129).shape(256) == (4, 129, 2)
