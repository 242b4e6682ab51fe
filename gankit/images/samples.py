"""Pictures as one looks at them: grids, single files, strips and moving pictures."""

import math
import pathlib

import numpy as np

SHOWN = 64  # in a grid, where nobody says how many


def tile(pictures, columns=None):
    """Many pictures as one, row by row, with a line of one pixel between.

    Args:
        pictures: (n, height, width, channels) uint8, 1, 3 or 4 channels.
        columns: how many in a row; by default as many as rows.

    Returns:
        (height, width, 3) uint8, or 4 channels where the pictures have 4.
    """
    pictures = np.asarray(pictures)
    n, height, width, channels = pictures.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = -(-n // columns)
    sheet = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1, channels), 128, "uint8")
    if channels == 4:
        sheet[..., 3] = 255
    for i, picture in enumerate(pictures):
        top, left = i // columns * (height + 1), i % columns * (width + 1)
        sheet[top : top + height, left : left + width] = picture
    return np.repeat(sheet, 3, axis=-1) if channels == 1 else sheet


def draw(pictures, path, columns=None, scale=None):
    """Writes pictures as a grid.

    Args:
        pictures: (n, height, width, channels) uint8.
        path: a `.png` file to write.
        columns: how many in a row; by default as many as rows.
        scale: each pixel becomes so many squared; by default enough for a picture to be 48 high.

    Returns:
        The grid, (height, width, 3) uint8.
    """
    sheet = tile(pictures, columns)
    scale = scale or max(round(48 / np.shape(pictures)[1]), 1)
    sheet = sheet.repeat(scale, axis=0).repeat(scale, axis=1)
    write(sheet, path)
    return sheet[..., :3]


def write(picture, path):
    """Writes one picture, uint8 or uint16, as PNG."""
    from PIL import Image

    picture = np.asarray(picture)
    if picture.shape[-1] == 1:
        picture = picture[..., 0]
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def write_gif(pictures, path, milliseconds=60):
    """Writes pictures, (n, height, width, channels) uint8, as a moving one that goes on forever."""
    from PIL import Image

    frames = [
        Image.fromarray(one[..., 0] if one.shape[-1] == 1 else one[..., :3]) for one in pictures
    ]
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=milliseconds, loop=0)


def one_of_each(classes, n):
    """`n` labels that go through the classes in turn."""
    return np.arange(n) % classes


def generate(run, request):
    """Pictures from a run's model, as `gankit generate` asks for them.

    Args:
        run: a `gankit.runs.Run`.
        request: with `out` (a path without suffix), `n`, `seed`, `truncation`, `label` (a class's
            name, or None for all in turn), `files` (single files instead of a grid) and
            `interpolate` (how many pictures between two latents, or None).

    Returns:
        The paths written.

    Raises:
        ValueError: a label that the run does not know.
    """
    gan, preparation = run.load(), run.load_preparation()
    classes = run.config.get("classes")
    labels = None
    n = request.interpolate or request.n or SHOWN
    if gan.conditional:
        labels = one_of_each(len(classes), n)
        if request.label is not None:
            if request.label not in classes:
                raise ValueError(
                    f"Unknown label. Known: {', '.join(classes)}. Received: {request.label!r}"
                )
            labels = np.full(n, classes.index(request.label))
        elif request.interpolate:
            labels = np.zeros(n, int)
    elif request.label is not None:
        raise ValueError("This run is not conditional: it has no labels to choose from.")
    out = pathlib.Path(request.out)
    if request.interpolate:
        ends = (request.seed, request.seed + 1)
        pictures = preparation.to_bytes(gan.interpolate(n, ends, labels))
        strip, moving = out.with_suffix(".png"), out.with_suffix(".gif")
        draw(pictures, strip, columns=n)
        write_gif(np.concatenate([pictures, pictures[-2:0:-1]]), moving)  # there and back
        return [strip, moving]
    samples = gan.generate(n, labels, seed=request.seed, truncation=request.truncation)
    if not request.files:
        draw(preparation.to_bytes(samples), out.with_suffix(".png"))
        return [out.with_suffix(".png")]
    paths = []
    for i, picture in enumerate(preparation.inverse(samples)):
        name = f"{i:05d}" if labels is None else f"{_safe(classes[labels[i]])}/{i:05d}"
        if picture.dtype.kind == "f":
            picture = preparation.to_bytes(samples[i])
        paths.append(out / f"{name}.png")
        write(picture, paths[-1])
    return paths


def _safe(name):
    """A class's name as a folder's: letters, digits and a few signs."""
    return "".join(c if c.isalnum() or c in "-_ " else "_" for c in name) or "_"
