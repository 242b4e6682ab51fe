"""From a name, a run's directory or a file to a trained generator."""

import pathlib

import keras

from gankit.pretrained.trained import Trained
from gankit.runs import Run

NAMES = ("digits", "glyphs", "points")


def load(source):
    """A trained generator: one that comes with the package, one of a run, or one of a file.

    Args:
        source: `"points"` (eight Gaussians on a ring), `"digits"` (handwritten, 8 x 8 pixels) or
            `"glyphs"` (letters and digits, 20 x 20 pixels), which need neither network nor training;
            the directory of a finished run on points or pictures; or a file that `Trained.write`
            wrote. Keras's safe mode stays on: no code in a file is run.

    Returns:
        `Trained`.

    Raises:
        ValueError: naming what is unknown, not finished or not readable.

    Example:

    ```python
    import gankit

    letters = gankit.load("glyphs").generate(16, label="R", seed=0)
    gankit.images.draw(letters, "letters.png")
    ```
    """
    if source in NAMES:
        return _read(pathlib.Path(__file__).with_name(f"{source}.keras"))
    path = pathlib.Path(source)
    if path.is_dir():
        return Trained.of(Run.open(path))
    if not path.is_file():
        raise ValueError(
            f"Unknown model. Known: {', '.join(NAMES)}, the directory of a run, or a .keras file. "
            f"Received: {str(source)!r}"
        )
    return _read(path)


def _read(path):
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:
        raise ValueError(f"{path} is no model that gankit can load: {error}") from error
    if not isinstance(model, Trained):
        raise ValueError(
            f"{path} holds a {type(model).__name__} without the data's preparation. Give the "
            "directory of its run, or load it with gankit.runs.load_model."
        )
    return model
