"""Folders of pictures: what is in them, and every picture as an array of one size."""

import dataclasses
import pathlib
import struct
import zlib

import numpy as np

from gankit.files import folders

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
# Formats that may hold several pictures, none of which is the main one, as a camera's JPEG has.
SEVERAL = ("GIF", "TIFF", "WEBP", "PNG")
SMALLEST = 4  # pixels on a side
GREY, ALPHA = ("1", "L", "I", "I;16", "I;16B"), ("RGBA", "LA", "PA")  # Pillow's modes


@dataclasses.dataclass
class Header:
    """What the first bytes of a picture's file tell.

    Attributes:
        path: the file.
        height, width: in pixels, turned upright.
        channels: 1, 3 or 4.
        depth: bits of a channel, 8 or 16.
    """

    path: pathlib.Path
    height: int
    width: int
    channels: int
    depth: int


def find(folder):
    """The pictures in a folder and below it, as `gankit.files.folders.find` has them."""
    return folders.find(folder, SUFFIXES, "picture")


def unreadable():
    """What Pillow raises at files that are damaged, of any format."""
    from PIL import Image

    damaged = OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error
    return *damaged, Image.DecompressionBombError


def header(path):
    """What the first bytes of a picture's file tell.

    Raises:
        ValueError: naming the file: it is no picture, or too small.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        # Opened here, since Pillow leaves one open that can't be read.
        with open(path, "rb") as file, Image.open(file) as image:
            width, height = image.size
            tagged = "exif" in image.info or image.format == "TIFF"  # else PNGs would be decoded
            tagged = tagged and _png_depth(path) != 16  # which is decoded as it lies
            if tagged and image.getexif().get(0x0112, 1) >= 5:  # lying on its side
                width, height = height, width
            mode = image.mode
            frames = getattr(image, "n_frames", 1) if image.format in SEVERAL else 1
            transparent = "transparency" in image.info
    except UnidentifiedImageError as error:
        raise ValueError(f"{path}: not a picture, whatever its name says.") from error
    except unreadable() as error:
        raise ValueError(f"{path}: can't be read as a picture: {error}") from error
    if frames > 1:
        raise ValueError(
            f"{path}: holds {frames} pictures, and a file stands for one. Save each of them as a file."
        )
    if min(height, width) < SMALLEST:
        raise ValueError(
            f"{path}: {height} x {width} pixels are too few, at least {SMALLEST} x {SMALLEST}."
        )
    if mode == "F":
        raise ValueError(
            f"{path}: its pixels are floats, whose range a picture's file does not tell. Save it with "
            "8 or 16 bits, or all pictures as one .npy file."
        )
    channels = 4 if mode in ALPHA or (mode == "P" and transparent) else 1 if mode in GREY else 3
    return Header(path, height, width, channels, _depth(path, mode))


def decode(path, size, channels, depth=8, fit="crop"):
    """A picture as an array.

    Args:
        path: its file.
        size: (height, width) to scale it to.
        channels: 1 (grey), 3 (colour; what is transparent becomes white) or 4 (with alpha).
        depth: 8 or 16 bits.
        fit: `"crop"` keeps the proportions and cuts off what is over on both sides; `"stretch"` does
            not keep them.

    Returns:
        (height, width, channels) uint8 or uint16.

    Raises:
        ValueError: naming the file.
    """
    from PIL import Image

    try:
        if depth == 16:
            return _decode_16(path, size, channels, fit)
        with Image.open(path) as image:
            if _depth(path, image.mode) == 16:
                return (_decode_16(path, size, channels, fit) / 257).round().astype("uint8")
            image.draft(None, (size[1] * 2, size[0] * 2))  # a JPEG may be decoded smaller
            return _channels(_fit(_upright(image), size, fit), channels)
    except unreadable() as error:
        raise ValueError(f"{path}: can't be decoded: {error}") from error


def scale(picture, size, fit="crop"):
    """An array of a picture, (height, width, channels), scaled; its type and range are kept."""
    from PIL import Image

    planes = [Image.fromarray(plane.astype("float32")) for plane in np.moveaxis(picture, -1, 0)]
    scaled = np.stack([np.asarray(_fit(plane, size, fit)) for plane in planes], axis=-1)
    if picture.dtype.kind == "f":
        return scaled.clip(picture.min(), picture.max())
    return scaled.round().clip(0, np.iinfo(picture.dtype).max).astype(picture.dtype)


def _upright(image):
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _fit(image, size, fit):
    from PIL import Image, ImageOps

    wanted = (size[1], size[0])
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    elif image.mode == "1":
        image = image.convert("L")
    if image.size == wanted:
        return image
    if fit == "stretch":
        return image.resize(wanted, Image.Resampling.LANCZOS)
    return ImageOps.fit(image, wanted, Image.Resampling.LANCZOS)


def _channels(image, channels):
    from PIL import Image

    if channels != 4 and image.mode in ALPHA:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    array = np.asarray(image.convert({1: "L", 3: "RGB", 4: "RGBA"}[channels]))
    return array[..., None] if channels == 1 else array


def _decode_16(path, size, channels, fit):
    """Sixteen bits: Pillow keeps them in grey pictures only, TensorFlow in PNG files."""
    from PIL import Image

    if _png_depth(path) == 16:
        import tensorflow as tf

        contents = pathlib.Path(path).read_bytes()
        try:
            array = tf.io.decode_png(contents, dtype=tf.uint16).numpy()
        except tf.errors.InvalidArgumentError as error:
            raise ValueError(str(error)) from error
    else:
        with Image.open(path) as image:
            image = _upright(image)
            if image.mode.startswith("I"):
                array = np.asarray(image)
                if array.min() < 0 or array.max() > 65535:
                    raise ValueError(
                        f"its values go from {array.min()} to {array.max()}, and 16 bits hold 0 to 65535. "
                        "Scale them, or save all pictures as one .npy file."
                    )
                array = array.astype("uint16")[..., None]
            else:  # an 8-bit picture among them
                array = _channels(_fit(image, image.size[::-1], fit), channels) * np.uint16(257)
    array = scale(array, size, fit)
    if array.shape[-1] in (2, 4) and channels != 4:
        alpha = array[..., -1:] / 65535
        array = (array[..., :-1] * alpha + 65535 * (1 - alpha)).round().astype("uint16")
    if array.shape[-1] == 2:
        array = np.concatenate([np.repeat(array[..., :1], 3, axis=-1), array[..., 1:]], axis=-1)
    if array.shape[-1] == 1 and channels > 1:
        array = np.repeat(array, 3, axis=-1)
    if array.shape[-1] == 3 and channels == 4:
        array = np.concatenate([array, np.full_like(array[..., :1], 65535)], axis=-1)
    if array.shape[-1] == 3 and channels == 1:
        array = (array @ np.array([0.299, 0.587, 0.114]))[..., None].round().astype("uint16")
    return array


def _depth(path, mode):
    return 16 if mode.startswith("I") or _png_depth(path) == 16 else 8


def _png_depth(path):
    with open(path, "rb") as file:
        start = file.read(25)
    return start[24] if start[:8] == b"\x89PNG\r\n\x1a\n" and len(start) == 25 else None
