import numpy as np
import pytest

from gankit.audio.instantaneous_frequency import MelInstantaneousFrequency
from gankit.audio.representations import LinearLogMagnitude, LogMel
from gankit.audio.samples import decibels, draw, sheet, write
from gankit.callbacks import Sound
from tests.audio.tones import RATE, noise, tone


def read(path):
    import soundfile

    return soundfile.read(path, dtype="int16")


def test_write_is_exact(tmp_path):
    """What came from 16 bits goes back to them."""
    stored = np.array([0, 1, -1, 12345, -32768, 32767], "int16")
    assert write(stored / 32768, tmp_path / "deep" / "a.wav", 11025) == 0
    found, rate = read(tmp_path / "deep" / "a.wav")
    assert rate == 11025
    np.testing.assert_array_equal(found, stored)


def test_peaks_are_clipped_and_said(tmp_path):
    share = write(np.array([0.5, 1.0, -1.0, 1.5, -2.0]), tmp_path / "a.wav", RATE)
    assert share == pytest.approx(0.4)
    np.testing.assert_array_equal(
        read(tmp_path / "a.wav")[0], [16384, 32767, -32768, 32767, -32768]
    )


def test_samples_that_are_no_numbers(tmp_path):
    with pytest.raises(ValueError, match="a.wav: 2 of 3 samples are NaN or infinite"):
        write(np.array([0.5, np.nan, np.inf]), tmp_path / "a.wav", RATE)


def test_draw(tmp_path):
    from PIL import Image

    waves = np.stack([tone(300, 1000), tone(500, 1000), 3 * tone(700, 1000)])
    sound = draw(
        waves,
        tmp_path / "step-7.png",
        RATE,
        titles=["zero", "a/b c", ""],
        lengths=[1000, 600, 1000],
    )
    assert isinstance(sound, Sound)
    assert sound.sample_rate == RATE
    assert sound.waves.shape == (3, 1000)
    assert sound.waves.max() == 1
    assert sound.picture.dtype == np.uint8
    with Image.open(tmp_path / "step-7.png") as picture:
        assert picture.size == sound.picture.shape[1::-1]
    files = sorted(path.name for path in (tmp_path / "step-7").iterdir())
    assert files == ["00-zero.wav", "01-a_b_c.wav", "02.wav"]
    assert len(read(tmp_path / "step-7" / "01-a_b_c.wav")[0]) == 600


def test_clipping_stands_on_the_sheet(tmp_path, monkeypatch):
    from gankit.audio import samples

    seen = []
    monkeypatch.setattr(samples, "sheet", lambda *arguments: seen.append(arguments[-1]))
    draw(np.array([[0.5, 2.0], [0.5, 0.5]]), tmp_path / "a.png", RATE, titles=["one", "two"])
    assert seen == [["one (50.0% clipped)", "two"]]


REPRESENTATIONS = [
    LinearLogMagnitude(RATE, 256, 64),
    LogMel(RATE, 256, 64, mels=40),
    MelInstantaneousFrequency(RATE, 256, 64),
]


@pytest.mark.parametrize("representation", REPRESENTATIONS, ids=lambda one: one.name)
def test_decibels_of_a_tone(representation):
    """The loudest bin is the tone's; half the amplitude is 6 dB less; seconds are frames."""
    levels = decibels(np.stack([tone(1000), 0.5 * tone(1000)]), representation)
    assert levels.shape == (2, 16, representation.bins)
    band = levels[0, 3:-3].mean(axis=0).argmax()
    assert representation.frequencies[band] == pytest.approx(1000, rel=0.08)
    gap = levels[0, 3:-3, band] - levels[1, 3:-3, band]
    np.testing.assert_allclose(gap, 20 * np.log10(2), atol=0.01)


@pytest.mark.parametrize("representation", [None, REPRESENTATIONS[1]])
@pytest.mark.parametrize(("n", "samples"), [(1, 3), (6, 700)])
def test_sheets_of_any_size(tmp_path, representation, n, samples):
    picture = sheet(noise(n, samples), tmp_path / "new" / "a.png", RATE, representation)
    assert (tmp_path / "new" / "a.png").is_file()
    rows, columns = -(-n // 4), min(n, 4)
    assert picture.shape == (round(2.4 * 80) * rows, 80 * (3 * columns + 1), 3)
    assert len(np.unique(picture)) > 10


def test_axes_are_in_seconds_and_hertz(tmp_path, monkeypatch):
    """The texts at the axes, as matplotlib has them."""
    from matplotlib.figure import Figure

    found, save = [], Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda figure, path: (found.append(figure), save(figure, path))
    )
    sheet(noise(5, 4000), tmp_path / "a.png", RATE, titles=list("abcde"))
    axes = found[0].axes
    first = axes[0]
    assert [one.get_ylabel() for one in axes[:5]] == ["Hz", "", "", "", "Hz"]
    assert [one.get_xlabel() for one in axes[:5]] == ["", "s", "s", "s", "s"]
    assert axes[-1].get_ylabel() == "dB"
    assert first.get_xlim() == pytest.approx((0, 0.504))  # 63 frames of 8 ms
    hertz = [text.get_text() for text in first.get_yticklabels()]
    assert (hertz[0], hertz[-1]) == ("0", "3,969")
    assert [one.get_title() for one in axes[:5]] == list("abcde")
