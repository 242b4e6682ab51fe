"""Recordings as one meets them: sound to listen to, and spectrograms to look at."""

import io
import pathlib

import numpy as np
from keras import ops

from gankit.audio.representations import LinearLogMagnitude
from gankit.callbacks.samples import Sound
from gankit.files import figures
from gankit.files.names import safe
from gankit.files.waves import FULL_SCALE

SHOWN = 16  # spectrograms on a sheet
COLUMNS = 4
TICKS = 5  # frequencies that are written at the left
RANGE = 80.0  # dB below the loudest place of a sheet


def draw(waves, path, sample_rate, representation=None, titles=None, lengths=None):
    """Writes every wave as a WAV file, and a sheet of the first 16 spectrograms.

    What is beyond full scale is clipped, and its share stands above the spectrogram: waves are never
    made quieter.

    Args:
        waves: (n, samples) floats, in [-1, 1] if all is well.
        path: a `.png` file for the sheet. The WAV files go to a folder of its name without the suffix:
            `00.wav`, `01-zero.wav`.
        sample_rate: in hertz.
        representation: a `Representation` whose log-magnitudes are drawn; by default, evenly spaced
            frequencies.
        titles: n texts, such as labels, or None.
        lengths: (n,) samples of each wave without its padding, or None for all.

    Returns:
        A `gankit.callbacks.Sound`, for TensorBoard.

    Example:

    ```python
    import pathlib

    import numpy as np

    from gankit import audio

    waves = np.random.default_rng(0).uniform(-0.5, 0.5, (4, 2000)).astype("float32")
    sound = audio.draw(waves, pathlib.Path("sheet.png"), sample_rate=8_000)  # the sheet, and a folder of WAVs
    ```
    """
    waves = np.asarray(waves, "float32")
    path = pathlib.Path(path)
    titles = [""] * len(waves) if titles is None else [str(title) for title in titles]
    shown = []
    for i, (wave, title) in enumerate(zip(waves, titles)):
        kept = wave if lengths is None else wave[: lengths[i]]
        name = "-".join(part for part in (f"{i:02d}", safe(title).strip("_")) if part)
        clipped = write(kept, path.with_suffix("") / f"{name}.wav", sample_rate)
        shown.append(title + (f" ({clipped:.1%} clipped)" if clipped else ""))
    picture = sheet(waves[:SHOWN], path, sample_rate, representation, shown[:SHOWN])
    return Sound(picture, np.clip(waves, -1, 1), sample_rate)


def write(wave, path, sample_rate):
    """Writes a wave as a WAV file of 16 bits.

    Args:
        wave: (samples,) floats; what is beyond [-1, 1] is clipped.
        path: of the file, in a folder that is made where there is none.
        sample_rate: in hertz.

    Returns:
        The share of samples that were clipped.

    Raises:
        ValueError: naming the file: samples are no numbers.

    Example:

    ```python
    import pathlib

    import numpy as np

    from gankit import audio

    audio.write(np.zeros(800), pathlib.Path("silence.wav"), 8_000)
    ```
    """
    import soundfile

    wave = np.asarray(wave, "float64")
    require_finite(wave, path)
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = np.clip(np.round(wave * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    form, content = path.suffix[1:].upper(), io.BytesIO()  # soundfile's errors are no OSErrors
    soundfile.write(content, stored.astype("int16"), sample_rate, subtype="PCM_16", format=form)
    path.write_bytes(content.getvalue())
    return float(np.mean(np.abs(wave) > 1)) if wave.size else 0.0


def require_finite(waves, path):
    """Refuses samples that are no numbers, naming the file that they were for."""
    waves = np.asarray(waves)
    if not np.isfinite(waves).all():
        raise ValueError(
            f"{path}: {np.sum(~np.isfinite(waves)):,} of {waves.size:,} samples are NaN or infinite, so "
            "there is nothing to hear. Has the training diverged?"
        )


def sheet(waves, path, sample_rate, representation=None, titles=None):
    """Writes a picture of spectrograms, with seconds and hertz along the axes.

    Args:
        waves: (n, samples) floats.
        path, sample_rate, representation, titles: as in `draw`.

    Returns:
        The picture, (height, width, 3) uint8.
    """
    representation = representation or _even(sample_rate)
    levels = decibels(waves, representation)
    columns = min(len(waves), COLUMNS)
    rows = -(-len(waves) // columns)
    figure = figures.figure(3 * columns + 1, 2.4 * rows, dpi=80)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    end = levels.shape[1] * representation.hop / sample_rate
    titles = titles or [""] * len(waves)
    for axes, one, title in zip(grid.flat, levels, titles):
        image = _show(axes, one, end, levels.max())
        axes.set_title(title, fontsize=9)
    _name_axes(grid, len(waves), representation.frequencies)
    figure.colorbar(image, ax=grid, label="dB", shrink=0.8)
    return figures.save(figure, path)


def decibels(waves, representation):
    """Log-magnitudes of waves in dB, (n, frames, bins); what is too short is followed by silence."""
    waves = np.clip(np.asarray(waves, "float32"), -1, 1)
    hop, least = representation.hop, representation.stft.least
    samples = -(-max(waves.shape[1], least) // hop) * hop
    waves = np.pad(waves, [(0, 0), (0, samples - waves.shape[1])])
    return 20 / np.log(10) * ops.convert_to_numpy(representation.log_magnitude(waves))


def _show(axes, levels, end, peak):
    """One spectrogram, (frames, bins) dB, from 0 to `end` seconds."""
    extent = (0, end, -0.5, levels.shape[1] - 0.5)
    return axes.imshow(
        levels.T, origin="lower", aspect="auto", extent=extent, vmin=peak - RANGE, vmax=peak
    )


def _name_axes(grid, n, frequencies):
    """Seconds below, and at the left the hertz of some bins, which may be spaced unevenly."""
    places = np.linspace(0, len(frequencies) - 1, TICKS).round().astype(int)
    for axes in grid[:, 0]:
        axes.set_yticks(places, [f"{frequencies[place]:,.0f}" for place in places])
        axes.set_ylabel("Hz")
    for axes in grid.flat[max(n - grid.shape[1], 0) : n]:  # with nothing beneath
        axes.set_xlabel("s")
        axes.tick_params(labelbottom=True)
    for axes in grid.flat[n:]:
        axes.set_axis_off()


def _even(sample_rate):
    fft = 2 ** round(np.log2(0.032 * sample_rate))
    return LinearLogMagnitude(sample_rate, fft, fft // 4)
