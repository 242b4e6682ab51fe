"""Pictures written to disk, one by one or many on a sheet."""

import math
import pathlib

import numpy as np

DURATION = 60  # of a frame of a moving picture, in milliseconds


def tile(pictures, columns=None):
    """Many pictures as one, row by row, with a line of one pixel between.

    Args:
        pictures: (n, height, width, channels) uint8, 1, 3 or 4 channels.
        columns: how many in a row; by default as many as rows.

    Returns:
        (height, width, 3) uint8, or 4 channels where the pictures have 4.

    Example:

    ```python
    import gankit
    from gankit import images

    images.tile(gankit.load("digits").generate(20, seed=0), columns=10)  # (17, 89, 3)
    ```
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

    Example:

    ```python
    import gankit
    from gankit import images

    images.draw(gankit.load("digits").generate(20, seed=0), "digits.png", columns=10)
    ```
    """
    sheet = tile(pictures, columns)
    scale = scale or max(round(48 / np.shape(pictures)[1]), 1)
    sheet = sheet.repeat(scale, axis=0).repeat(scale, axis=1)
    write(sheet, path)
    return sheet[..., :3]


def write(picture, path):
    """Writes one picture, uint8 or uint16, as PNG."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if picture.dtype == np.uint16:  # which Pillow has for grey only
        import tensorflow as tf

        path.write_bytes(tf.io.encode_png(picture).numpy())
        return
    from PIL import Image

    Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).save(path)


def write_gif(pictures, path):
    """Writes pictures, (n, height, width, channels) uint8, as a moving one that goes on forever."""
    from PIL import Image

    frames = [
        Image.fromarray(one[..., 0] if one.shape[-1] == 1 else one[..., :3]) for one in pictures
    ]
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=DURATION, loop=0)
