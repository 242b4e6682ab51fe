"""Names of files to be written."""

import os
import re
import zlib

ENDINGS = (".png", ".gif", ".csv", ".txt", ".md")


def safe(text, signs="-_"):
    """Letters, digits and some signs as they are, and an underscore for anything else."""
    return "".join(c if c.isalnum() or c in signs else "_" for c in text)


def named(name, settings):
    """A file's name with settings in it.

    Of a setting in words letters and digits stand there, up to 40, and a checksum of it, so that no other
    has the same name.
    """
    for key, value in settings.items():
        value = str(value)
        plain = re.sub(r"[^\w.]+", "-", value)[:40].strip("-")
        mark = "" if plain == value else f"-{zlib.crc32(value.encode()):08x}"
        name += f"-{key.replace('_', '-')}-{plain}{mark}"
    return name


def with_ending(path, ending):
    """A path with this ending in the place of another of `ENDINGS`; any other dot belongs to the name."""
    name = path.name.removesuffix(path.suffix) if path.suffix in ENDINGS else path.name
    return path.with_name(name + ending)


def require_apart(inputs, outputs):
    """Refuses to write files over those that are read.

    Raises:
        ValueError: naming the first.
    """
    read = {os.path.realpath(path) for path in inputs}
    for path in outputs:
        if os.path.realpath(path) in read:
            raise ValueError(f"{path} is read, and would be written over. Give another --out.")
