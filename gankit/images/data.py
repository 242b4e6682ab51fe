"""From a data spec to prepared pictures, and back."""

import dataclasses
import pathlib

import numpy as np

from gankit import files
from gankit.files import Scaling, arrays, pictures, tfds
from gankit.images.glyphs import draw_glyphs

VALIDATION = 2000  # pictures held out, or a tenth where that is more, a fifth where that is less


@dataclasses.dataclass
class Pictures:
    """A set of pictures, as stored.

    Attributes:
        name: the spec it came from.
        samples: (n, height, width, channels) uint8, uint16 or float32, to train on.
        validation: as many others, held out.
        preparation: what the networks see is `preparation(samples)`, float32 in [-1, 1].
        labels, validation_labels: (n,) int64, or None.
        classes: the labels' names, or None.
        controls: the first so many of `samples` stand for a perfect generator when samples are
            measured: nothing that measures is trained on them. As many of each class as are held
            out, where there are so many.
        notes: what the reader of the data should be told, sentences.
    """

    name: str
    samples: np.ndarray
    validation: np.ndarray
    preparation: Scaling
    labels: np.ndarray | None = None
    validation_labels: np.ndarray | None = None
    classes: list | None = None
    controls: int = 0
    notes: list = dataclasses.field(default_factory=list)

    @property
    def shape(self):
        """(height, width, channels) of a picture."""
        return self.samples.shape[1:]

    def dataset(self, batch_size, seed=0, split="train", conditional=None, mirror=False):
        """Endless batches of prepared pictures, or of (pictures, labels): a `gankit.files.Dataset`.

        Args:
            batch_size: pictures in a batch.
            seed: of the order.
            split: `"train"` or `"validation"`; the latter keeps its order and is not mirrored.
            conditional: whether labels come along; by default where there are any.
            mirror: each picture is there twice, the second time mirrored left to right.
        """
        train = split == "train"
        stored = self.samples if train else self.validation
        labels = self.labels if train else self.validation_labels
        if conditional is None:
            conditional = labels is not None
        if conditional and labels is None:
            raise ValueError(f"{self.name} has no labels, and a conditional game needs them.")
        return files.Dataset.from_arrays(
            stored,
            labels if conditional else None,
            batch_size=batch_size,
            seed=seed,
            shuffle=train,
            prepare=self.preparation,
            mirror=mirror and train,
        )


def load(spec, size=None, channels=None, fit="crop", skip_bad_files=False, seed=0):
    """The pictures that a data spec names.

    Args:
        spec: `glyphs`, `digits`; a folder of pictures, whose subfolders are the classes if every
            picture is in one; an IDX file, or a folder with one IDX file of pictures and one of
            labels; a `.npy` or `.npz` file; or `tfds:NAME[/CONFIG][:SPLIT]`.
        size: (height, width) to scale pictures to; by default their own, if they are all of one.
        channels: 1, 3 or 4; by default the files' own.
        fit: `"crop"` or `"stretch"`, where the proportions are others.
        skip_bad_files: leave out files that can't be read, and note how many.
        seed: of the built-in sets, and of which pictures are held out for validation.

    Returns:
        `Pictures`.

    Raises:
        ValueError: naming the spec or file, what was expected and what to do.
    """
    path = pathlib.Path(spec)
    notes = []
    if spec in _BUILT_IN:
        samples, labels, classes = _BUILT_IN[spec](size, seed)
    elif tfds.is_spec(spec):
        samples, labels, classes = _from_tfds(spec, size, fit)
    elif path.is_dir() and any(arrays.is_idx(one) for one in path.iterdir()):
        samples, labels, classes = _from_idx_folder(path)
    elif path.is_dir():
        samples, labels, classes, notes = _from_folder(path, size, channels, fit, skip_bad_files)
    elif path.is_file():
        samples, labels, classes = _from_file(path)
    elif "/" in str(spec) or "." in str(spec):
        raise ValueError(f"{spec}: no such file or folder.")
    else:
        raise ValueError(
            f"Unknown pictures. Known: {', '.join(sorted(_BUILT_IN))}, tfds:NAME, or the path of a "
            f"folder, IDX, .npy or .npz file. Received: {spec!r}"
        )
    samples = _check(samples, labels, spec)
    if size is not None and samples.shape[1:3] != tuple(size):
        samples = np.stack([pictures.scale(one, size, fit) for one in samples])
    if channels is not None and samples.shape[-1] != channels:
        raise ValueError(
            f"{spec}: the pictures have {samples.shape[-1]} channels. Received: channels={channels}"
        )
    return _split(spec, samples, labels, classes, seed, notes)


def _check(samples, labels, spec):
    """Pictures as (n, height, width, channels), or an error that says what is wrong with them."""
    if samples.ndim == 3:
        samples = samples[..., None]
    if samples.ndim != 4 or samples.shape[-1] not in (1, 3, 4):
        raise ValueError(
            f"{spec}: pictures are (n, height, width) or (n, height, width, channels) with 1, 3 or 4 "
            f"channels. Received: shape {samples.shape}"
        )
    if min(samples.shape[1:3]) < pictures.SMALLEST:
        raise ValueError(
            f"{spec}: pictures of {samples.shape[1]} x {samples.shape[2]} pixels are too small, at "
            f"least {pictures.SMALLEST} x {pictures.SMALLEST}."
        )
    if samples.dtype.kind == "f":
        bad = ~np.array([np.isfinite(one).all() for one in samples])
        if bad.any():
            raise ValueError(
                f"{spec}: {bad.sum()} pictures hold NaN or infinity, the first is number "
                f"{bad.argmax()}. Remove or mend them."
            )
    elif samples.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"{spec}: pictures are uint8, uint16 or floats. Received: {samples.dtype}")
    if len(samples) < 20:
        raise ValueError(
            f"{spec}: too few pictures to learn from, at least 20. Received: {len(samples)}"
        )
    if labels is not None:
        if np.shape(labels) != (len(samples),):
            raise ValueError(
                f"{spec}: one label for each of {len(samples)} pictures is needed. Received: shape "
                f"{np.shape(labels)}"
            )
        counts = np.bincount(labels)
        if (counts == 1).any():
            raise ValueError(
                f"{spec}: class number {int((counts == 1).argmax())} has a single picture; at least "
                "2 are needed. Add some, or take the class out."
            )
    return samples


def _split(spec, samples, labels, classes, seed, notes):
    """Some of the pictures are held out, and as many of the others are controls: the same share of
    every class. They change places with the first ones, so that all parts are views of one array."""
    rng = np.random.default_rng(seed)
    share = min(max(0.1, VALIDATION / len(samples)), 0.2)
    samples = np.require(samples, requirements="W")
    groups = np.zeros(len(samples), "int64") if labels is None else labels.astype("int64")
    sizes = np.bincount(groups)
    held_out = np.maximum((share * sizes).astype(int), 1)
    controls = np.minimum(held_out, np.maximum(sizes - held_out - 1, 0))
    ends = [0]
    for counts in (held_out, controls):
        start = ends[-1]
        order = start + rng.permutation(len(groups) - start)
        of_classes = [order[groups[order] == one][:n] for one, n in enumerate(counts)]
        rows = np.sort(np.concatenate(of_classes))
        end, mixed = start + len(rows), rng.permutation(len(rows))
        for array in (samples, groups):
            for here, there in enumerate(rows, start):
                array[[here, there]] = array[[there, here]]
            array[start:end] = array[start:end][mixed]
        ends.append(end)
    _, n, end = ends
    return Pictures(
        name=str(spec),
        samples=samples[n:],
        validation=samples[:n],
        preparation=Scaling.of(samples, spec),
        labels=None if labels is None else groups[n:],
        validation_labels=None if labels is None else groups[:n],
        classes=classes,
        controls=end - n,
        notes=notes,
    )


def _from_folder(folder, size, channels, fit, skip):
    paths, labels, classes, ignored = pictures.find(folder)
    notes = []
    if ignored:
        notes.append(f"{len(ignored):,} files that are no pictures were ignored.")
    headers, bad = pictures.each(pictures.header, paths, skip, "Looking at")
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

    _, bad = pictures.each(decode, range(len(headers)), skip, "Decoding")
    notes += [f"Left out: {message}" for _, message in bad]
    for i, _ in reversed(bad):
        samples[i], samples = samples[-1], samples[:-1]  # the last one takes its place
        if labels is not None:
            labels[i], labels = labels[-1], labels[:-1]
    return samples, labels, classes, notes


def _from_idx_folder(folder):
    tables = {one: arrays.read_idx(one) for one in sorted(folder.iterdir()) if arrays.is_idx(one)}
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
    image, label = images[0], labels[0] if labels else None
    rows = [(one[image], one[label] if label else None) for one in examples]
    sizes = {row.shape[:2] for row, _ in rows}
    if size is None and len(sizes) > 1:
        raise ValueError(
            f"{spec}: the pictures are of {len(sizes)} different sizes. Say which to scale them to, "
            "such as --size 64 64."
        )
    size = size or sizes.pop()
    samples = np.stack([pictures.scale(row, size, fit) for row, _ in rows])
    if label is None:
        return samples, None, None
    return samples, np.array([number for _, number in rows]), features[label].names


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


_BUILT_IN = {"digits": _digits, "glyphs": draw_glyphs}
