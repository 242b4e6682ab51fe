"""Translations as one looks at them: source, target, output and error, with a legend; and files."""

import pathlib

import numpy as np

from gankit.files import Classes, folders, masks, pictures
from gankit.files.classes import IGNORED
from gankit.files.names import require_apart
from gankit.files.sheets import tile, write
from gankit.segmentation.data import Coloured

SHOWN = 6  # pairs on a sheet
LARGEST_CELL = 256  # pixels on a side of a picture on a sheet
LARGEST = 512  # pixels on a side that are translated at once
OVERLAP = 64  # pixels that neighbouring tiles share


def draw(source, target, output, preparation, path, scale=None):
    """Writes a sheet: a row for each pair, with source, target, output and where it is wrong; where
    there are no pairs, with source and output.

    Args:
        source, target, output: as the networks see them, n rows each: pictures in [-1, 1], masks of
            indices, or scores of classes. `target` may be None.
        preparation: `Preparation`.
        path: a `.png` file to write.
        scale: each pixel becomes so many squared; by default enough for a picture to be 96 high. Of what
            is over 256 pixels high or wide every second, third, ... is drawn.

    Returns:
        The sheet, (height, width, 3) uint8.

    Example:

    ```python
    import numpy as np

    from gankit import segmentation

    data = segmentation.load("streets", size=(32, 48))
    source, target = data.prepared("source", slice(3)), data.prepared("target", slice(3))
    scores = np.eye(data.shape("target")[-1])[target]  # as a perfect generator gives them
    segmentation.draw(source, target, scores, data.preparation, "sheet.png")
    ```
    """
    columns = [preparation.source.to_bytes(source), preparation.target.to_bytes(output)]
    if target is not None:
        columns.insert(1, preparation.target.to_bytes(target))
        columns.append(error(target, output, preparation.target))
    columns = [_rgb(one) for one in columns]
    cells = np.stack(columns, axis=1).reshape(-1, *columns[0].shape[1:])
    every = -(-max(cells.shape[1:3]) // LARGEST_CELL)
    cells = cells[:, ::every, ::every]
    sheet = tile(cells, columns=len(columns))
    scale = scale or max(round(96 / cells.shape[1]), 1)
    sheet = sheet.repeat(scale, axis=0).repeat(scale, axis=1)
    classes = [one for one in map(classes_of, (preparation.source, preparation.target)) if one]
    if classes:
        sheet = np.concatenate([sheet, legend(classes[0], sheet.shape[1])])
    write(sheet, path)
    return sheet


def error(target, output, kind):
    """Where the output is wrong: white for wrong classes and grey for ignored places, or the mean
    absolute difference of pictures; (n, height, width, 1) uint8."""
    if isinstance(kind, Classes):
        wrong = np.where(kind.inverse(output) != target, 255, 0)
        return np.where(target >= len(kind), 128, wrong)[..., None].astype("uint8")
    gap = np.abs(target - output).mean(axis=-1, keepdims=True)
    return np.round(np.clip(gap, 0, 1) * 255).astype("uint8")


def legend(classes, width):
    """The classes' names on their colours, (height, width, 3) uint8."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(11)
    row, place, places = 0, 0, []
    for name in classes.names:
        length = int(font.getlength(name)) + 10
        if place and place + length > width:
            row, place = row + 1, 0
        places.append((place, row * 16, length))
        place += length
    image = Image.new("RGB", (width, (row + 1) * 16), "black")
    pen = ImageDraw.Draw(image)
    for name, colour, (x, y, length) in zip(classes.names, classes.palette, places):
        pen.rectangle([x, y, x + length - 2, y + 14], fill=colour)
        dark = np.dot(colour, (0.299, 0.587, 0.114)) < 128
        pen.text((x + 4, y + 1), name, fill="white" if dark else "black", font=font)
    return np.asarray(image)


def overlay(picture, mask, classes, share=0.5):
    """A picture with its classes' colours over it: (height, width, 3) uint8.

    Example:

    ```python
    from gankit import segmentation
    from gankit.files import Classes

    (picture,), (mask,), names = segmentation.draw_streets((32, 48), n=1)
    segmentation.overlay(picture, mask, Classes(names))  # (32, 48, 3)
    ```
    """
    colours = classes.to_bytes(mask)
    mixed = (1 - share) * _rgb(picture) + share * colours
    return np.where((mask == IGNORED)[..., None], _rgb(picture), mixed).round().astype("uint8")


def translate_large(translate, source, largest=LARGEST, overlap=OVERLAP):
    """A source of any size, translated in tiles that overlap and are blended.

    Args:
        translate: from a batch of sources to a batch of outputs as high and wide.
        source: (height, width, ...) as the network sees it.
        largest: the side of a tile, in pixels.
        overlap: what neighbouring tiles share, in pixels, less than `largest`.

    Returns:
        (height, width, channels) float32: the mean of the tiles, weighted by the nearness to their
        middles.
    """
    tops, height = _places(source.shape[0], largest, overlap)
    lefts, width = _places(source.shape[1], largest, overlap)
    weight = np.minimum.outer(_ramp(height, overlap), _ramp(width, overlap))[..., None]
    total = weights = 0.0
    for top in tops:
        for left in lefts:
            part = translate(source[None, top : top + height, left : left + width])[0]
            if isinstance(total, float):
                total = np.zeros((*source.shape[:2], part.shape[-1]), "float32")
                weights = np.zeros((*source.shape[:2], 1), "float32")
            total[top : top + height, left : left + width] += weight * part
            weights[top : top + height, left : left + width] += weight
    return total / weights


def _places(length, largest, overlap):
    """Where tiles start along a side, evenly spread, and how long they are."""
    if length <= largest:
        return [0], length
    count = -(-(length - overlap) // (largest - overlap))
    return [round(i * (length - largest) / (count - 1)) for i in range(count)], largest


def _ramp(length, overlap):
    """1 in the middle, falling to nearly 0 at both ends over the overlap."""
    distance = np.minimum(np.arange(length), np.arange(length)[::-1]) + 1.0
    return np.minimum(distance / (overlap + 1.0), 1.0).astype("float32")


def generate(run, out, input=None):
    """Translations of a file or of a folder, written to disk: `gankit generate RUN --input PATH`.

    Args:
        run: a `gankit.runs.Run`.
        out: a folder to write to.
        input: a picture's (or a mask's) file or a folder of them, of any size. Where the run was trained
            on pictures scaled to a `--size`, these are scaled as much, and outputs are scaled back.

    Returns:
        The paths written: for classes NAME.png with indices and NAME-overlay.png, for pictures
        NAME.png.

    Raises:
        ValueError: there is no input, or a file can't be read.

    Example:

    ```python
    import pathlib

    from gankit import images, runs, segmentation

    pictures, *_ = segmentation.draw_streets((64, 96), n=1)
    images.draw(pictures, "street.png", scale=1)
    run = runs.Run.open("runs/segmentation-streets-default-0")
    segmentation.generate(run, pathlib.Path("masks"), input=pathlib.Path("street.png"))
    ```
    """
    if input is None:
        raise ValueError(
            "This run translates pictures: give --input FILE or --input FOLDER. (What it makes of "
            "held-out pictures is in samples/.)"
        )
    gan, preparation = run.load(), run.load_preparation()
    given, out, paths = pathlib.Path(input), pathlib.Path(out), []
    folder, found = (given.parent, [given]) if given.is_file() else (given, pictures.find(given)[0])
    named = folders.by_stem(folder, found)
    to_classes = isinstance(preparation.target, Classes)
    ends = ("", "-overlay") if to_classes else ("",)
    require_apart(found, [out / f"{name}{end}.png" for name in named for end in ends])
    for name in named if to_classes else ():
        if (other := name.with_name(f"{name.name}-overlay")) in named:
            raise ValueError(
                f"{named[other]}: its classes and the overlay of {named[name]} would both be "
                f"written to {out / other}.png. Rename one of the two."
            )
    for name, file in named.items():
        source = _read(file, preparation.source, run.config)
        size = source.shape[:2]
        wanted = _as_trained(size, run.config["size"], run.config["fit"])
        if wanted == size:
            result = translate_large(gan.translate, source)
        else:
            small = _read(file, preparation.source, run.config, wanted)
            result = pictures.scale(translate_large(gan.translate, small), size, "stretch")
        paths.append(out / f"{name}.png")
        if to_classes:
            mask = preparation.target.inverse(result)
            write(mask[..., None], paths[-1])
            paths.append(out / f"{name}-overlay.png")
            write(overlay(preparation.source.to_bytes(source), mask, preparation.target), paths[-1])
        else:
            write(preparation.target.inverse(result), paths[-1])
    return paths


def classes_of(kind):
    """The classes of a mask's kind, be it indices or colours; None of a picture's."""
    classes = kind.classes if isinstance(kind, Coloured) else kind
    return classes if isinstance(classes, Classes) else None


def _read(file, kind, config, size=None):
    """A picture or a mask as the network sees it, read as those that the run was trained on were; in its
    own size, unless scaled to another."""
    header = pictures.header(file)
    classes = classes_of(kind)
    if classes is not None:
        mask = masks.read(file, classes, config["ignore"], masks.hold_colours([header], classes))
        mask = masks.scale(mask, size, "stretch") if size else mask
        return np.asarray(kind(mask if classes is kind else classes.to_bytes(mask)))
    depth = 16 if kind.dtype == "uint16" else 8
    size = size or (header.height, header.width)
    stored = pictures.decode(file, size, config["source_channels"], depth, "stretch")
    return np.asarray(kind(stored))


def _as_trained(size, trained, fit):
    """The (height, width) that a picture of some size would have been scaled to, with nothing cut off."""
    if trained is None or tuple(trained) == size:
        return size
    if fit == "stretch":
        return tuple(trained)
    factor = max(one / whole for one, whole in zip(trained, size))
    return tuple(max(round(factor * whole), 1) for whole in size)


def _rgb(picture):
    picture = np.asarray(picture)[..., :3]
    return np.repeat(picture, 3, axis=-1) if picture.shape[-1] == 1 else picture
