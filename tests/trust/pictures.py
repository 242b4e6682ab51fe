"""Malformed pictures, each a function of the path to write."""

import struct
import zlib

import numpy as np
from PIL import Image


def noise(*shape):
    return np.random.default_rng(0).integers(256, size=shape).astype("uint8")


def good(path, size=(12, 10), channels=3):
    """A PNG file, whatever its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    array = noise(*size, channels)
    Image.fromarray(array if channels > 1 else array[..., 0]).save(path, format="png")
    return path


def text(path):
    path.write_text("no picture\n")


def empty(path):
    path.touch()


def truncated(path):
    content = good(path, (64, 64)).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def header_alone(path):
    path.write_bytes(good(path).read_bytes()[:20])


def flipped(path):
    """Some bytes of the pixels are others: zlib's checksum tells."""
    content = bytearray(good(path, (64, 64)).read_bytes())
    for i in range(2000, 2040):
        content[i] ^= 0xFF
    path.write_bytes(content)


def truncated_jpeg(path):
    Image.fromarray(noise(64, 64, 3)).save(path, format="jpeg")
    path.write_bytes(path.read_bytes()[:700])


def tiny(path):
    good(path, (1, 1))


def chunk(kind, content):
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def bomb(path):
    """A PNG file of a few bytes that says that it has 3.6 billion pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)


def no_pixels(path):
    header = struct.pack(">IIBBBBB", 0, 0, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b""))


def floats(path):
    Image.fromarray(noise(12, 10).astype("float32")).save(path, format="tiff")


def dangling(path):
    path.symlink_to(path.parent / "nowhere.png")


def to_itself(path):
    path.symlink_to(path)


BAD = {
    "text": (text, "not a picture, whatever its name says"),
    "empty": (empty, "not a picture, whatever its name says"),
    "truncated": (truncated, "can't be (decoded|read)"),
    "header alone": (header_alone, "not a picture|can't be read"),
    "flipped bytes": (flipped, "can't be decoded"),
    "truncated JPEG": (truncated_jpeg, "can't be decoded"),
    "one pixel": (tiny, "1 x 1 pixels are too few, at least 4 x 4"),
    "bomb": (bomb, "can't be read as a picture.*decompression bomb"),
    "no pixels": (no_pixels, "not a picture|can't be read|too few"),
    "floats": (floats, "its pixels are floats.*8 or 16 bits"),
    "dangling link": (dangling, "can't be read"),
    "link to itself": (to_itself, "can't be read"),
}
