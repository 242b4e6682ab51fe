"""Matplotlib's figures, without pyplot, where they would pile up."""

import pathlib

import numpy as np


def figure(width, height, dpi=100):
    """An empty figure of so many inches, which finds room for its parts by itself."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
    FigureCanvasAgg(made)
    return made


def save(made, path):
    """Writes a figure as a picture, in a folder that is made where there is none.

    Returns:
        The picture, (height, width, 3) uint8.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    made.savefig(path)
    return np.asarray(made.canvas.buffer_rgba())[..., :3].copy()
