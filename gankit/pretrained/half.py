"""Keras files of half the size."""

import io
import json
import zipfile

import numpy as np

WEIGHTS = "model.weights.h5"
METADATA = "metadata.json"


def halve(path):
    """Rewrites a `.keras` file with its float32 weights in float16. Keras reads them as float32.

    The same model gives the same bytes.

    Args:
        path: of the file.

    Raises:
        ValueError: a weight that float16 does not hold.
    """
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[WEIGHTS] = _in_halves(parts[WEIGHTS])
    about = {**json.loads(parts[METADATA]), "date_saved": ""}  # the same model is the same file
    parts[METADATA] = json.dumps(about).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():  # ZipInfo's date is always the same
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _in_halves(content):
    """The bytes of an HDF5 file, from those of another."""
    import h5py

    halved = io.BytesIO()
    with h5py.File(io.BytesIO(content)) as source, h5py.File(halved, "w") as target:

        def copy(name, item):
            if isinstance(item, h5py.Group):
                copied = target.require_group(name)
            else:
                copied = target.create_dataset(name, data=_half(item[()], name))
            copied.attrs.update(item.attrs)

        source.visititems(copy)
    return halved.getvalue()


def _half(array, name):
    if array.dtype != np.float32:
        return array
    with np.errstate(over="ignore"):
        half = array.astype("float16")
    if not np.isfinite(half).all():
        raise ValueError(
            f"{name} reaches to {np.abs(array).max():.3g}, which float16 does not hold."
        )
    return half
