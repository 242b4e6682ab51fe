import colorsys

import keras
import numpy as np

from gankit.files.whole import read_whole

IGNORED = 255  # what stands in a mask where no class is known


@keras.saving.register_keras_serializable(package="gankit")
class Classes:
    """Names and colours of the classes in a mask, and from scores of classes back to them.

    Args:
        names: a list of strings, at least two, at most 255.
        palette: a colour for each, (red, green, blue) in 0 to 255; by default far apart in hue.

    Attributes:
        has_colours: whether the palette was given, so that masks may be coded by it.

    Example:

    ```python
    import numpy as np

    import gankit

    classes = gankit.files.Classes(["road", "sky"], palette=[(128, 64, 128), (70, 130, 180)])
    classes(np.array([[[0, 1]]]))  # the mask as the networks see it
    ```
    """

    def __init__(self, names, palette=None):
        self.names = [str(name) for name in names]
        if not 2 <= len(self.names) <= IGNORED:
            raise ValueError(f"Classes are 2 to {IGNORED}. Received: {len(self.names)}")
        if twice := sorted({name for name in self.names if self.names.count(name) > 1}):
            raise ValueError(f"Each class needs a name of its own. Received twice: {twice}")
        self.has_colours = palette is not None
        palette = _distinct(len(self.names)) if palette is None else palette
        self.palette = [tuple(int(part) for part in colour) for colour in palette]
        if len(set(self.palette)) < len(self.names) or len(self.palette) != len(self.names):
            raise ValueError(
                f"Each of {len(self.names)} classes needs a colour of its own. "
                f"Received: {len(set(self.palette))} different ones"
            )

    def __len__(self):
        return len(self.names)

    @classmethod
    def read(cls, path):
        """Classes from a text file: on each line a name, and its colour where masks are coloured.

        `road 128 64 128` is such a line; the first line is class 0.

        Raises:
            ValueError: naming the file and the line.
        """
        try:
            text = read_whole(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{path}: not a text file in UTF-8: {error}. Save it as one."
            ) from error
        names, colours = [], []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            name, *colour = line.rsplit(maxsplit=3) if _ends_in_colour(line) else [line.strip()]
            names.append(name)
            if colour:
                colours.append(
                    [int(part[:9]) for part in colour]
                )  # int refuses thousands of digits
                if max(map(len, colour)) > 9 or max(colours[-1]) > 255:
                    raise ValueError(f"{path}, line {number}: colours are 0 to 255: {line!r}")
        if colours and len(colours) != len(names):
            raise ValueError(
                f"{path}: {len(colours)} of {len(names)} classes have a colour. Give one to each or "
                "to none: `name red green blue`."
            )
        try:
            return cls(names, colours or None)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    def __call__(self, mask):
        """Class indices as the networks take them."""
        return mask

    def inverse(self, scores):
        """The likeliest class of each place: (..., classes) scores to (...) uint8."""
        return np.argmax(scores, axis=-1).astype("uint8")

    def to_bytes(self, values):
        """Colours to look at: (..., classes) scores or (...) integers to (..., 3) uint8; ignored
        places are black."""
        values = np.asarray(values)
        mask = self.inverse(values) if values.dtype.kind == "f" else values
        colours = np.zeros((256, 3), "uint8")
        colours[: len(self)] = self.palette
        return colours[mask]

    def get_config(self):
        palette = [list(colour) for colour in self.palette] if self.has_colours else None
        return {"names": self.names, "palette": palette}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _ends_in_colour(line):
    parts = line.split()
    return len(parts) > 3 and all(part.isascii() and part.isdigit() for part in parts[-3:])


def _distinct(n):
    """Colours around the circle of hues, light and dark by turns."""
    return [
        tuple(round(255 * part) for part in colorsys.hsv_to_rgb(i / n, 0.75, 0.95 - 0.4 * (i % 2)))
        for i in range(n)
    ]
