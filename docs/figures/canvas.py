"""What all figures share: colours, sizes, and how they are written."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

REAL, FAKE, JUDGE = "#8a8a8a", "#c8442c", "#00796b"  # the data, the samples, the discriminator
KEPT = (REAL, FAKE, "black", "white")  # in a moving picture's palette, however few their pixels


def figure(width, height):
    """A matplotlib figure of so many hundred pixels, without pyplot."""
    made = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(made)
    return made


def write(figure, path):
    """Writes a figure as a PNG of few colours, which line drawings do not miss."""
    Image.fromarray(pixels(figure)).quantize(128).save(path, optimize=True)


def pixels(figure):
    """A figure as (height, width, 3) uint8."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


def write_gif(frames, path, seconds=0.15, last=3.0, colours=32):
    """Writes a moving picture that is played twice and then rests on its last frame.

    Args:
        frames: (height, width, 3) uint8 pictures.
        path: a `.gif` file.
        seconds: that a frame is shown; the last one for `last`.
        colours: of the palette that all frames share; those of thin things are always among them.
    """
    shared = Image.fromarray(np.concatenate(frames[:: max(1, len(frames) // 6)]))
    kept = [int(255 * part) for one in KEPT for part in to_rgb(one)]
    found = shared.quantize(colours - len(KEPT), method=Image.Quantize.MEDIANCUT).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette(kept + found[: 3 * (colours - len(KEPT))])
    images = [
        Image.fromarray(one).quantize(palette=palette, dither=Image.Dither.NONE) for one in frames
    ]
    milliseconds = [int(1000 * seconds)] * (len(images) - 1) + [int(1000 * last)]
    images[0].save(
        path, save_all=True, append_images=images[1:], duration=milliseconds, loop=1, optimize=True
    )


def scatter_over_data(axes, samples, data, limit, title=None):
    """Samples in colour over the data in grey, on a square without ticks."""
    axes.scatter(*data.T, s=3, color=REAL, linewidths=0)
    axes.scatter(*samples.T, s=3, color=FAKE, linewidths=0)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xticks=[], yticks=[])
    if title is not None:
        axes.set_title(title, fontsize=9)
