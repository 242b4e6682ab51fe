"""Letters and digits drawn from the fonts that matplotlib ships: pictures that need no download."""

import functools
import pathlib

import numpy as np

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FACES = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique",
    "DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique",
    "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic",
    "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta",
    "cmr10", "cmb10", "cmss10", "cmtt10",
)  # fmt: skip


def draw_glyphs(size=None, seed=0, variants=15):
    """Every character in every face, several times, each a little larger, turned and moved.

    Args:
        size: (height, width), at least 8 x 8; 32 x 32 by default.
        seed: of the variations.
        variants: how many of each character in each face.

    Returns:
        Pictures (n, height, width, 1) uint8, white on black; labels (n,), the character's number; and
        the characters.

    Example:

    ```python
    from gankit import images

    pictures, labels, characters = images.draw_glyphs((16, 16), variants=1)
    pictures.shape  # (720, 16, 16, 1): 36 characters in 20 faces
    ```
    """
    height, width = size or (32, 32)
    if min(height, width) < 8:
        raise ValueError(f"glyphs are at least 8 x 8 pixels. Received: {height} x {width}")
    rng = np.random.default_rng(seed)
    pictures, labels = [], []
    for label, character in enumerate(CHARACTERS):
        for face in FACES:
            for _ in range(variants):
                pictures.append(_draw(character, face, height, width, rng))
                labels.append(label)
    return np.stack(pictures)[..., None], np.array(labels), list(CHARACTERS)


def face_labels(variants=15):
    """The face's number of every picture of `draw_glyphs`, and the faces' names."""
    return np.tile(np.repeat(np.arange(len(FACES)), variants), len(CHARACTERS)), list(FACES)


def _draw(character, face, height, width, rng):
    """One character about the middle: twice as large first, then scaled down."""
    from PIL import Image, ImageDraw

    fine = 2
    canvas = (width * fine, height * fine)
    em = fine * min(height, width) * rng.uniform(0.72, 0.92)
    font = _font(face, max(int(em), 6))
    image = Image.new("L", canvas)
    x = canvas[0] / 2 + fine * width * rng.uniform(-0.05, 0.05)
    y = canvas[1] / 2 + fine * height * rng.uniform(-0.05, 0.05)
    left, top, right, bottom = font.getbbox(character)
    place = (x - (left + right) / 2, y - (top + bottom) / 2)
    ImageDraw.Draw(image).text(place, character, fill=255, font=font)
    image = image.rotate(rng.uniform(-7, 7), Image.Resampling.BILINEAR)
    return np.asarray(image.resize((width, height), Image.Resampling.BOX))


@functools.cache
def _font(face, pixels):
    import matplotlib
    from PIL import ImageFont

    folder = pathlib.Path(matplotlib.get_data_path(), "fonts", "ttf")
    return ImageFont.truetype(str(folder / f"{face}.ttf"), pixels)
