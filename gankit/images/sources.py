"""Where pictures come from: built-in sets, folders, arrays, TensorFlow Datasets."""

import os
import pathlib

import numpy as np

from gankit.files import arrays, folders, pictures, tfds
from gankit.images.glyphs import draw_glyphs


def read(spec, size, channels, fit, skip, seed):
    """The pictures that a data spec names, as `gankit.images.load` takes it.

    Returns:
        Pictures, an array; labels, (n,) integers, or None; their names, or None; and notes.
    """
    path = pathlib.Path(spec)
    if spec in BUILT_IN:
        return *BUILT_IN[spec](size, seed), []
    if tfds.is_spec(spec):
        return *_from_tfds(spec, size, fit), []
    if os.path.isdir(spec) and any(arrays.is_idx(one) for one in folders.entries(path)):
        return *_from_idx_folder(path), []
    if os.path.isdir(spec):
        return _from_folder(path, size, channels, fit, skip)
    if os.path.isfile(spec):
        return *_from_file(path), []
    if "/" in str(spec) or "." in str(spec):
        raise ValueError(f"{spec}: no such file or folder.")
    raise ValueError(
        f"Unknown pictures. Known: {', '.join(sorted(BUILT_IN))}, tfds:NAME, or the path of a folder, "
        f"IDX, .npy or .npz file. Received: {spec!r}"
    )


def _from_folder(folder, size, channels, fit, skip):
    paths, labels, classes, ignored = pictures.find(folder)
    notes = folders.beside_subfolders(folder, paths)
    if ignored:
        notes.append(f"{len(ignored):,} files that are no pictures were ignored.")
    headers, bad = folders.each(pictures.header, paths, skip, "Looking at")
    if bad:
        labels = None if labels is None else np.delete(labels, [i for i, _ in bad])
        notes += [f"Left out: {message}" for _, message in bad]
    if not headers:
        raise ValueError(f"{folder}: no picture in it can be read.")
    sizes = {(one.height, one.width) for one in headers}
    if size is None and len(sizes) > 1:
        smallest, largest = min(sizes), max(sizes)
        raise ValueError(
            f"{folder}: the pictures are of {len(sizes)} different sizes, from {smallest[0]} x "
            f"{smallest[1]} to {largest[0]} x {largest[1]} (height x width). Say which to scale them "
            "to, such as --size 64 64."
        )
    size = size or sizes.pop()
    kinds = {one.channels for one in headers}
    channels = channels or (4 if kinds == {4} else 1 if kinds == {1} else 3)
    depth = max(one.depth for one in headers)
    samples = arrays.empty((len(headers), *size, channels), "uint16" if depth == 16 else "uint8")

    def decode(i):
        samples[i] = pictures.decode(headers[i].path, size, channels, depth, fit)

    _, bad = folders.each(decode, range(len(headers)), skip, "Decoding")
    notes += [f"Left out: {message}" for _, message in bad]
    for i, _ in reversed(bad):
        samples[i], samples = samples[-1], samples[:-1]  # the last one takes its place
        if labels is not None:
            labels[i], labels = labels[-1], labels[:-1]
    if labels is not None:
        present, labels = np.unique(labels, return_inverse=True)
        lost = [name for i, name in enumerate(classes) if i not in present]
        notes += [f"Left out: class {name!r}, no picture of which can be read." for name in lost]
        classes = [classes[i] for i in present]
    return samples, labels, classes, notes


def _from_idx_folder(folder):
    tables = {one: arrays.read_idx(one) for one in folders.entries(folder) if arrays.is_idx(one)}
    stacks = [one for one, table in tables.items() if table.ndim in (3, 4)]
    labels = [one for one, table in tables.items() if table.ndim == 1]
    if len(stacks) != 1 or len(labels) > 1:
        raise ValueError(
            f"{folder}: expected one IDX file of pictures and at most one of labels. Received: "
            f"{len(stacks)} of pictures, {len(labels)} of labels. Give the path of one file of "
            "pictures, or put each pair into a folder of its own."
        )
    samples = tables[stacks[0]]
    if not labels:
        return samples, None, None
    return samples, *_name(tables[labels[0]], labels[0])


def _from_file(path):
    if arrays.is_idx(path):
        return arrays.read_idx(path), None, None
    if path.suffix == ".npy":
        return arrays.read_npy(path), None, None
    if path.suffix == ".npz":
        tables = arrays.read_npz(path)
        for images, labels in (("images", "labels"), ("x", "y"), ("x_train", "y_train")):
            if images in tables:
                named = _name(tables[labels].ravel(), path) if labels in tables else (None, None)
                return tables[images], *named
        raise ValueError(
            f"{path}: expected arrays `images` and, for classes, `labels` (or `x` and `y`). "
            f"Received: {', '.join(tables) or 'none'}"
        )
    raise ValueError(
        f"{path}: can't tell what it holds. Give a folder of pictures, an IDX, .npy or .npz file."
    )


def _from_tfds(spec, size, fit):
    examples, features = tfds.load(spec)
    kinds = {name: type(feature).__name__ for name, feature in features.items()}
    images = [name for name, kind in kinds.items() if kind == "Image"]
    labels = [name for name, kind in kinds.items() if kind == "ClassLabel"]
    if not images:
        raise ValueError(f"{spec}: no picture among its features: {kinds}")
    image, label, fixed = images[0], labels[0] if labels else None, size
    samples, numbers = [], []
    for one in examples:
        height, width = one[image].shape[:2]
        size = size or (height, width)
        if fixed is None and (height, width) != size:
            raise ValueError(
                f"{spec}: the pictures are of different sizes, such as {size[0]} x {size[1]} and "
                f"{height} x {width}. Say which to scale them to, such as --size 64 64."
            )
        samples.append(
            pictures.scale(one[image], size, fit)
        )  # as they come: originals may be large
        numbers.append(one[label] if label else None)
    if label is None:
        return np.stack(samples), None, None
    return np.stack(samples), np.array(numbers), features[label].names


def _name(labels, path):
    """Class numbers from 0 on, and names, of integer labels."""
    if labels.dtype.kind not in "ui":
        raise ValueError(f"{path}: labels are whole numbers. Received: {labels.dtype}")
    values, numbers = np.unique(labels, return_inverse=True)
    return numbers, [str(value) for value in values]


def _digits(size, seed):
    from sklearn.datasets import load_digits

    digits = load_digits()
    return (digits.images * (255 / 16)).round().astype("uint8"), digits.target, list("0123456789")


BUILT_IN = {"digits": _digits, "glyphs": draw_glyphs}
