"""The small pictures of the home page, cut out of those of the benchmarks."""

from PIL import Image

SIDE = 320  # pixels
CUTS = {  # left, top, right, bottom, in the picture's own pixels
    "grid": (40, 20, 590, 570),
    "glyphs": (0, 0, 263, 263),
    "camvid64": (0, 0, 259, 259),
    "streets": (0, 0, 515, 515),
    "vowels": (0, 0, 520, 520),
    "headlines-curves": (0, 0, 540, 540),
}


def draw(name, path):
    """Cuts a square out of `images/NAME.png`, and makes it as large as the others."""
    with Image.open(path.with_name(f"{name}.png")) as picture:
        cut = picture.convert("RGB").crop(CUTS[name]).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    cut.quantize(128).save(path, optimize=True)
