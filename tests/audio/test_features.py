import keras
import numpy as np
import pytest

from gankit.audio.features import FLOOR, LogMelPicture, RandomWaveFeatures, log_mels
from tests.audio.tones import RATE, SAMPLES, noise, tone
from tests.helpers import check_config_round_trip, check_layer


def test_log_mel_picture(tmp_path):
    waves = noise(2, SAMPLES).astype("float32")
    frames = SAMPLES // 128
    check_layer(LogMelPicture(RATE, dtype="float32"), waves, (frames, 40, 1), tmp_path)


def test_log_mel_picture_of_a_tone():
    """The loudest band is the tone's, and silence is the floor."""
    layer = LogMelPicture(RATE)
    picture = np.asarray(keras.ops.convert_to_numpy(layer(tone(1000)[None].astype("float32"))))
    band = picture[0, 2:-2, :, 0].mean(axis=0).argmax()
    assert layer.mels.frequencies[band] == pytest.approx(1000, rel=0.08)
    silent = keras.ops.convert_to_numpy(layer(np.zeros((1, SAMPLES), "float32")))
    np.testing.assert_allclose(silent, (np.log(FLOOR) + 4) / 2, rtol=1e-5)


@pytest.mark.parametrize("extractor", [log_mels, RandomWaveFeatures])
def test_features_without_labels(extractor):
    features = extractor(SAMPLES, RATE)
    waves = np.stack([tone(300), tone(300, amplitude=0.49), tone(900)])
    found = features(waves)
    assert found.ndim == 2
    near, far = (np.square(found[0] - found[i]).sum() for i in (1, 2))
    assert 0 < 10 * near < far
    if extractor is RandomWaveFeatures:
        np.testing.assert_allclose(check_config_round_trip(features)(waves), found, rtol=1e-5)
    assert "log" in features.name
