"""From a data spec to prepared pictures, and back."""

import dataclasses

import numpy as np

from gankit import files
from gankit.files import Scaling, pictures
from gankit.images import sources

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
        controls: how many of `samples`, from the first on, stand for a perfect generator when samples
            are measured: no classifier that measures is trained on them. As many of each class as
            are held out, where there are so many.
        notes: what the reader of the data should be told, sentences.

    Example:

    ```python
    from gankit import images

    data = images.load("digits")
    data.samples.shape, data.classes  # (n, 8, 8, 1), ["0", ..., "9"]
    pictures, labels = next(iter(data.dataset(64)))  # prepared, in [-1, 1]
    ```
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
            raise ValueError(
                f"{self.name} has no labels, and a conditional game needs them. Put each class into a "
                "subfolder of its own, or give conditional=False."
            )
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

    Example:

    ```python
    from gankit import images

    digits = images.load("digits", size=(16, 16))  # or a folder of pictures, or "tfds:mnist"
    ```
    """
    _check_wishes(size, channels)
    samples, labels, classes, notes = sources.read(spec, size, channels, fit, skip_bad_files, seed)
    samples = _check(samples, labels, classes, spec)
    if size is not None and samples.shape[1:3] != tuple(size):
        samples = np.stack([pictures.scale(one, size, fit) for one in samples])
    if channels is not None and samples.shape[-1] != channels:
        raise ValueError(
            f"{spec}: the pictures have {samples.shape[-1]} channels. Received: channels={channels}"
        )
    return _split(spec, samples, labels, classes, seed, notes)


def _check_wishes(size, channels):
    if size is not None and min(size) < pictures.SMALLEST:
        raise ValueError(
            f"A size is a height and a width of {pictures.SMALLEST} pixels at least. Received: "
            f"size={tuple(size)}"
        )
    if channels not in (None, 1, 3, 4):
        raise ValueError(
            "Channels are 1 (grey), 3 (colour) or 4 (colour with alpha). Received: "
            f"channels={channels}"
        )


def _check(samples, labels, classes, spec):
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
                f"{spec}: class {classes[int((counts == 1).argmax())]!r} has a single picture; at "
                "least 2 are needed. Add some, or take the class out."
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
