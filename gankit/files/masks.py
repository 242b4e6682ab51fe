"""Class masks: pictures whose values are classes, and must not be mixed."""

import numpy as np

from gankit.files.classes import IGNORED
from gankit.files.pictures import unreadable

LOSSY = ("JPEG", "WEBP")
INDEXED = ("1", "L", "P", "I", "I;16", "I;16B")  # Pillow's modes


def read(path, classes=None, ignore=IGNORED, coloured=False):
    """A mask as class indices.

    Args:
        path: of a PNG, GIF, BMP or TIFF file: grey values or palette indices are classes, or, with
            `coloured`, colours are.
        classes: `gankit.files.Classes`, or None where any index is a class.
        ignore: the index that is no class.
        coloured: look colours up in the classes' palette.

    Returns:
        (height, width) uint8, `IGNORED` where there is no class.

    Raises:
        ValueError: naming the file, and the index or colour that is no class.
    """
    form, mode, stored = _decode(path, coloured)
    if form in LOSSY:
        raise ValueError(
            f"{path}: {form} changes values, and a mask's are classes. Save masks as PNG."
        )
    if coloured:
        indices = _from_colours(path, stored, classes)
        return np.where(indices == ignore, np.uint8(IGNORED), indices)
    if mode not in INDEXED:
        raise ValueError(
            f"{path}: a mask holds class indices (grey or palette), and this one colours ({mode}). Say "
            "which colour is which class in classes.txt, a line each: `name red green blue`."
        )
    indices = stored.astype("int64")
    known = indices < (IGNORED if classes is None else len(classes))
    bad = ~known & (indices != ignore)
    if bad.any():
        top = "" if classes is None else f" of {len(classes)} classes"
        raise ValueError(
            f"{path}: {int(indices[bad][0])} is the index of no class{top}, and not the ignored one, "
            f"{ignore}."
        )
    return np.where(indices == ignore, IGNORED, indices).astype("uint8")


def hold_colours(headers, classes):
    """Whether masks hold their classes' colours instead of indices.

    They do where classes have colours and a mask is no grey picture, or all of the colours are grey.

    Args:
        headers: of the masks' files, `gankit.files.pictures.Header`.
        classes: `gankit.files.Classes`, or None.
    """
    if classes is None or not classes.has_colours:
        return False
    grey = all(red == green == blue for red, green, blue in classes.palette)
    return grey or any(one.channels > 1 for one in headers)


def _decode(path, coloured=False):
    """A picture's format, Pillow's mode and values; those of a lossy one are of no use."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            form, mode = image.format, image.mode
            if form == "TIFF" and "jpeg" in image.info["compression"]:
                form = "JPEG"
            return form, mode, np.asarray(image.convert("RGB") if coloured else image)
    except UnidentifiedImageError as error:
        raise ValueError(f"{path}: not a picture, whatever its name says.") from error
    except unreadable() as error:
        raise ValueError(f"{path}: can't be read as a mask: {error}") from error


def _from_colours(path, colours, classes):
    """Colours looked up in the palette; black is ignored unless it is a class's."""
    codes = colours.astype("int64") @ np.array([65536, 256, 1])
    palette = np.array(classes.palette) @ np.array([65536, 256, 1])
    order = np.argsort(palette)
    place = np.minimum(np.searchsorted(palette[order], codes), len(palette) - 1)
    found = palette[order][place] == codes
    strange = ~found & (codes != 0)
    if strange.any():
        red, green, blue = colours[strange][0]
        raise ValueError(
            f"{path}: the colour {red} {green} {blue} is no class's. Add it to classes.txt, or mend the "
            "mask (smooth edges come from scaling or from lossy files)."
        )
    return np.where(found, order[place], IGNORED).astype("uint8")


def scale(mask, size, fit="crop"):
    """A mask as large as a picture that `pictures.decode` scaled: the nearest value at each place."""
    from PIL import Image, ImageOps

    image = Image.fromarray(mask)
    wanted = (size[1], size[0])
    if image.size == wanted:
        return mask
    if fit == "stretch":
        return np.asarray(image.resize(wanted, Image.Resampling.NEAREST))
    return np.asarray(ImageOps.fit(image, wanted, Image.Resampling.NEAREST))
