"""Pictures as one looks at them: grids, single files, strips and moving pictures."""

import pathlib

import numpy as np

from gankit import labels
from gankit.files.names import safe, with_ending
from gankit.files.sheets import draw, write, write_gif

SHOWN = 64  # in a grid, where nobody says how many


def generate(run, out, n=None, seed=0, truncation=None, label=None, interpolate=None, files=False):
    """Pictures from a run's model, written to disk: `gankit generate`.

    Args:
        run: a `gankit.runs.Run`.
        out: a path without suffix.
        n, seed, truncation: as in `GAN.generate`; by default as many as look well together.
        label: a class's name, or None for all in turn.
        interpolate: instead, so many pictures on the way from the latents of `seed` to those of the
            next, as a strip and as a moving picture.
        files: single files instead of a grid.

    Returns:
        The paths written.

    Raises:
        ValueError: a label that the run does not know; something that `interpolate` does not go with.

    Example:

    ```python
    from gankit import images, runs

    run = runs.Run.open("runs/images-digits-default-0")
    images.generate(run, "sevens", n=16, label="7")  # ["sevens.png"]
    ```
    """
    for name, value in (("n", n), ("truncation", truncation), ("files", files)):
        if interpolate and value:
            raise ValueError(f"--interpolate and --{name} do not go together. Leave one out.")
    gan, preparation = run.load(), run.load_preparation()
    out, classes = pathlib.Path(out), run.config.get("classes")
    n, condition = interpolate or n or SHOWN, None
    if gan.conditional:
        one = classes[0] if interpolate and label is None else label  # to stay within a class
        condition = labels.asked(classes, n, one)
    elif label is not None:
        raise ValueError("This run is not conditional: it has no labels to choose from.")
    if interpolate:
        pictures = preparation.to_bytes(gan.interpolate(n, (seed, seed + 1), condition))
        strip, moving = with_ending(out, ".png"), with_ending(out, ".gif")
        draw(pictures, strip, columns=n)
        write_gif(np.concatenate([pictures, pictures[-2:0:-1]]), moving)  # there and back
        return [strip, moving]
    samples = gan.generate(n, condition, seed=seed, truncation=truncation)
    if not files:
        draw(preparation.to_bytes(samples), with_ending(out, ".png"))
        return [with_ending(out, ".png")]
    paths = []
    for i, picture in enumerate(preparation.inverse(samples)):
        name = f"{i:05d}"
        if condition is not None:  # in a folder of its class
            name = f"{safe(classes[condition[i]], '-_ ') or '_'}/{name}"
        if picture.dtype.kind == "f":
            picture = preparation.to_bytes(samples[i])
        paths.append(out / f"{name}.png")
        write(picture, paths[-1])
    return paths
