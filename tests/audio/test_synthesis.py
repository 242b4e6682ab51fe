import keras
import numpy as np
import pytest
import soundfile

from gankit.audio import synthesis
from gankit.audio.discriminators import multi_period
from gankit.audio.model import Vocoder
from gankit.audio.representations import LogMel
from gankit.audio.vocoders import vocos
from tests.helpers import numpy

RATE = 8000


def tone(samples, hertz=440):
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(samples) / RATE)).astype("float32")


def vocoder():
    keras.utils.set_random_seed(0)
    return Vocoder(
        vocos(6, 64, 16, width=8, blocks=1),
        multi_period(256, (2,), 1),
        LogMel(RATE, 64, 16, mels=6),
    )


@pytest.mark.parametrize("samples", [10, 160, 5000])
@pytest.mark.parametrize("piece", [7, 1000])
def test_features_of_pieces_are_those_of_the_whole(samples, piece):
    """What is over in a last frame is silence; a clip shorter than a frame is filled up."""
    mel, wave = LogMel(RATE, 64, 16, mels=6), tone(samples)
    whole = np.pad(wave, (0, max(-samples % 16, 32 - samples)))
    found = synthesis.mels_of(wave, mel, piece)
    np.testing.assert_allclose(found, numpy(mel(whole[None])), atol=1e-4)


def test_a_long_recording_is_made_again_in_pieces(tmp_path, monkeypatch):
    """At another sample rate, and as long as it was; piece by piece it is what it is in one go."""
    game, wave = vocoder(), tone(3001)
    soundfile.write(tmp_path / "a.wav", wave, RATE)
    (path,) = synthesis.resynthesise(game, tmp_path / "a.wav", tmp_path / "out", peak=None)
    assert path == tmp_path / "out" / "a.wav"
    made, rate = soundfile.read(path, dtype="float32")
    assert (len(made), rate) == (3001, RATE)
    mels = synthesis.mels_of(
        soundfile.read(tmp_path / "a.wav", dtype="float32")[0], LogMel(RATE, 64, 16, mels=6)
    )
    expected = game.translate(mels)[0, :3001]
    np.testing.assert_allclose(made, np.clip(expected, -1, 1), atol=1e-4)


def test_quiet_recordings_are_analysed_as_loud_as_in_training(tmp_path, capsys):
    """And are as quiet again afterwards."""
    game, made = vocoder(), []
    for gain in (1.0, 0.01):
        soundfile.write(tmp_path / "a.wav", gain * tone(3000), RATE, subtype="FLOAT")
        (path,) = synthesis.resynthesise(game, tmp_path / "a.wav", tmp_path / "out")
        made.append(soundfile.read(path)[0])
    assert not capsys.readouterr().out
    np.testing.assert_allclose(100 * made[1], made[0], atol=100 / 32768)


def test_the_share_of_clipped_samples_is_told(tmp_path, capsys, monkeypatch):
    soundfile.write(tmp_path / "a.wav", tone(1000), RATE)
    loud = np.concatenate([np.full((1, 900), 0.5), np.full((1, 100), 2.0)], axis=1)
    monkeypatch.setattr(synthesis, "stream", lambda *_: [loud])
    (path,) = synthesis.resynthesise(vocoder(), tmp_path / "a.wav", tmp_path / "out", peak=None)
    assert capsys.readouterr().out == f"{path}: 10.00% of its samples are clipped.\n"
    assert np.abs(soundfile.read(path)[0]).max() == pytest.approx(1, abs=1e-3)


def test_nothing_that_is_no_number_is_written(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", tone(1000), RATE)
    monkeypatch.setattr(synthesis, "stream", lambda *_: [np.full((1, 1000), np.nan)])
    with pytest.raises(ValueError, match=r"a.wav: 1,000 of 1,000 samples are NaN or infinite"):
        synthesis.resynthesise(vocoder(), tmp_path / "a.wav", tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_folder_of_recordings(tmp_path):
    (tmp_path / "in" / "b").mkdir(parents=True)
    soundfile.write(tmp_path / "in" / "a.flac", tone(1000), RATE)
    soundfile.write(tmp_path / "in" / "b" / "c.wav", tone(4000), 2 * RATE)
    paths = synthesis.resynthesise(vocoder(), tmp_path / "in", tmp_path / "out")
    assert paths == [tmp_path / "out" / "a.wav", tmp_path / "out" / "b" / "c.wav"]
    assert [soundfile.info(path).frames for path in paths] == [1000, 2000]
    with pytest.raises(ValueError, match="give --input"):
        synthesis.resynthesise(vocoder(), None, tmp_path / "out")
    soundfile.write(tmp_path / "in" / "a.ogg", tone(1000), RATE)
    with pytest.raises(
        ValueError, match=r"a.flac and .*a.ogg differ in nothing but their suffixes"
    ):
        synthesis.resynthesise(vocoder(), tmp_path / "in", tmp_path / "out")


def test_words():
    assert synthesis.words_of(" 3 1  4 ") == ["3", "1", "4"]
    assert synthesis.words_of("turn left, stop") == ["turn left", "stop"]
    assert synthesis.words_of(" turn left", ["turn left", "turn"]) == ["turn left"]
    for nothing in ("", " , "):
        with pytest.raises(ValueError, match="nothing to say"):
            synthesis.words_of(nothing)


def test_words_are_joined_without_the_silence_around_them():
    clips = np.zeros((2, 4000), "float32")
    clips[0, 1600:2400], clips[1, :800] = tone(800), tone(800)
    joined = synthesis.joined(clips, RATE, pause=0.25)
    assert len(joined) == 800 + 2000 + 800
    np.testing.assert_array_equal(joined[:760], tone(760))
    assert np.abs(joined[798:802]).max() < 0.01
    np.testing.assert_array_equal(joined[800:2800], 0)
