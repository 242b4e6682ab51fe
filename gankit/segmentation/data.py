"""From a data spec to prepared pairs of pictures and class maps, and back."""

import dataclasses
import os
import pathlib

import keras
import numpy as np

from gankit import files
from gankit.files import Classes, Scaling, masks, pictures, tfds
from gankit.files.classes import IGNORED
from gankit.segmentation.folders import Reader
from gankit.segmentation.streets import draw_streets
from gankit.segmentation.streets.classes import CLASSES, PALETTE

FEWEST = 4  # pairs
MASKS = ("mask", "label", "seg")  # in names of TFDS's features


@keras.saving.register_keras_serializable(package="gankit")
class Preparation:
    """What a run keeps of its data: how sources and targets are stored.

    Args:
        source, target: a `Scaling` (pictures) or `Classes` (masks) each.

    Example:

    ```python
    from gankit.files import Classes, Scaling
    from gankit.segmentation import Preparation

    preparation = Preparation(source=Scaling(), target=Classes(["road", "sky"]))
    ```
    """

    def __init__(self, source, target):
        self.source, self.target = source, target

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {"source": serialize(self.source), "target": serialize(self.target)}

    @classmethod
    def from_config(cls, config):
        deserialize = keras.saving.deserialize_keras_object
        return cls(deserialize(config["source"]), deserialize(config["target"]))


@keras.saving.register_keras_serializable(package="gankit")
class Coloured(Scaling):
    """Masks as pictures of their classes' colours, in [-1, 1]; ignored places are black.

    Args:
        classes: `gankit.files.Classes`.

    Example:

    ```python
    from gankit import segmentation

    data = segmentation.load("streets", "to-picture", size=(32, 48)).colours()
    data.preparation.source  # a `Coloured`, of the streets' classes
    ```
    """

    def __init__(self, classes):
        super().__init__()
        self.classes = classes

    def get_config(self):
        return {"classes": keras.saving.serialize_keras_object(self.classes)}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config["classes"]))


@dataclasses.dataclass
class Pairs:
    """Sources and their targets, as stored.

    Attributes:
        name: the spec they came from.
        sources, targets: (n, height, width, channels) uint8 or uint16 pictures, or (n, height, width)
            uint8 masks of class indices, 255 where no class is known.
        validation_sources, validation_targets: others, held out.
        preparation: `Preparation`.
        paired: whether the i-th held-out target belongs to the i-th held-out source.
        notes: what the reader of the data should be told, sentences.

    Example:

    ```python
    from gankit import segmentation

    data = segmentation.load("streets", size=(32, 48))
    data.shape("source"), data.shape("target")  # (32, 48, 3), (32, 48, classes)
    pictures, masks = next(iter(data.dataset(4)))
    ```
    """

    name: str
    sources: np.ndarray
    targets: np.ndarray
    validation_sources: np.ndarray
    validation_targets: np.ndarray
    preparation: Preparation
    paired: bool = True
    notes: list = dataclasses.field(default_factory=list)

    def shape(self, side):
        """(height, width, channels) of `"source"` or `"target"`, or (height, width, classes)."""
        stored, kind = getattr(self, f"{side}s"), getattr(self.preparation, side)
        return (*stored.shape[1:3], len(kind) if isinstance(kind, Classes) else stored.shape[3])

    def turned(self):
        """The same pairs with sources as targets."""
        return dataclasses.replace(
            self,
            sources=self.targets,
            targets=self.sources,
            validation_sources=self.validation_targets,
            validation_targets=self.validation_sources,
            preparation=Preparation(self.preparation.target, self.preparation.source),
        )

    def first(self, n):
        """The same pairs with so many held out, from the first on; with all of them for None."""
        return dataclasses.replace(
            self,
            validation_sources=self.validation_sources[:n],
            validation_targets=self.validation_targets[:n],
        )

    def apart(self, seed=0):
        """The same sources to train on, with targets in another order."""
        order = np.random.default_rng(seed).permutation(len(self.targets))
        return dataclasses.replace(self, targets=self.targets[order])

    def colours(self):
        """The same pairs with masks as pictures of their classes' colours, ignored places black."""
        sides = {}
        for side in ("source", "target"):
            kind = getattr(self.preparation, side)
            if isinstance(kind, Classes):
                for name in (f"{side}s", f"validation_{side}s"):
                    sides[name] = kind.to_bytes(getattr(self, name))
                kind = Coloured(kind)
            sides[side] = kind
        preparation = Preparation(sides.pop("source"), sides.pop("target"))
        return dataclasses.replace(self, preparation=preparation, **sides)

    def dataset(self, batch_size, seed=0, augment=None):
        """Endless batches of prepared (sources, targets) to train on: a `gankit.files.Dataset`.

        Args:
            batch_size: pairs in a batch.
            seed: of the order and of the augmentation.
            augment: such as `gankit.files.JointAugment`, or None.
        """
        return files.Dataset.from_arrays(
            self.sources,
            self.targets,
            batch_size=batch_size,
            seed=seed,
            prepare=self._prepare(),
            augment=augment,
        )

    def validation_dataset(self, most=4):
        """The held-out pairs, whole and in order, in batches of at most so many."""
        return files.Dataset.from_arrays(
            self.validation_sources,
            self.validation_targets,
            batch_size=min(most, len(self.validation_sources)),
            shuffle=False,
            prepare=self._prepare(),
        )

    def _prepare(self):
        kinds = (self.preparation.source, self.preparation.target)
        return tuple(None if isinstance(kind, Classes) else kind for kind in kinds)

    def prepared(self, side, rows=slice(None)):
        """Held-out `"source"` or `"target"` as the networks see them."""
        stored = self.validation_sources if side == "source" else self.validation_targets
        return np.asarray(getattr(self.preparation, side)(stored[rows]))


def load(
    spec,
    direction="to-classes",
    size=None,
    fit="crop",
    names=None,
    ignore=IGNORED,
    paired=True,
    skip_bad_files=False,
    seed=0,
):
    """The pairs that a data spec names.

    Args:
        spec: `streets`; a folder with `images/` and `labels/`, or `sources/` and `targets/`, of files
            with the same stems; a folder of pictures with source and target side by side; a folder
            with two of these as `train/` and `val/`; one with `trainA/`, `trainB/`, `testA/` and `testB/`,
            unpaired; or `tfds:NAME[/CONFIG][:SPLIT]`. Masks have
            indices, or, if the folder or the one around it has a `classes.txt` with colours, those.
        direction: `"to-classes"` (picture to mask, or source to target) or `"to-picture"` (the other
            way).
        size: (height, width) to scale to; by default their own, if they are all of one.
        fit: `"crop"` or `"stretch"`, where the proportions are others.
        names: of the classes, in order; by default those of `classes.txt`, or `class 0` and so on, as
            many as there are indices.
        ignore: the index in masks that is no class.
        paired: False for `sources/` and `targets/` that do not belong together, of other names and
            numbers; the rarer ones come again.
        skip_bad_files: leave out pairs that can't be read, and note which.
        seed: of `streets`, and of the order of targets that do not belong to their sources.

    Returns:
        `Pairs`. Without `val/`, the last sixth in alphabetical order is held out, and 2 at least: frames
        of a film stay together.

    Raises:
        ValueError: naming the spec or file, what was expected and what to do.

    Example:

    ```python
    from gankit import segmentation

    data = segmentation.load("streets", size=(32, 48))  # or a folder with images/ and labels/
    ```
    """
    path = pathlib.Path(spec)
    if not 0 <= ignore <= IGNORED:
        raise ValueError(f"--ignore is an index in masks, 0 to {IGNORED}. Received: {ignore}")
    if spec == "streets":
        if names or ignore != IGNORED:
            raise ValueError(
                "streets: their classes are their own: leave --classes and --ignore out."
            )
        images, labels, _ = draw_streets(size, seed)
        pairs = _split(spec, images, labels, Classes(CLASSES, PALETTE), [])
    elif tfds.is_spec(spec):
        images, labels, found = _from_tfds(spec, size, fit, ignore)
        if names and found and len(names) != len(found):
            raise ValueError(
                f"{spec}: name each value that masks hold ({', '.join(found.names)}), in order. "
                f"Received: --classes with {len(names)} names"
            )
        target = _kind(spec, [labels], Classes(names) if names else found)
        pairs = _split(spec, images, labels, target, [])
    elif os.path.isdir(spec):
        pairs = _from_folder(path, size, fit, names, ignore, paired, skip_bad_files)
    elif "/" in str(spec) or "." in str(spec):
        raise ValueError(f"{spec}: no such folder.")
    else:
        raise ValueError(
            f"Unknown pairs. Known: streets, tfds:NAME, or the path of a folder. Received: {spec!r}"
        )
    if names and not isinstance(pairs.preparation.target, Classes):
        raise ValueError(
            f"{spec}: targets are pictures, which have no classes: leave --classes out."
        )
    pairs = pairs if paired else pairs.apart(seed)
    return pairs if direction == "to-classes" else pairs.turned()


# --- sources --------------------------------------------------------------------------------


def _from_folder(path, size, fit, names, ignore, paired, skip):
    if (path / "trainA").is_dir():
        return _from_four_folders(path, size, fit, names, ignore, paired, skip)
    parts = [path / "train", path / "val"] if (path / "train").is_dir() else [path]
    if len(parts) == 2 and not parts[1].is_dir():
        raise ValueError(f"{path}: there is a folder train/ and none val/ beside it.")
    reader = Reader(parts[0], size, fit, names, ignore, paired, skip)
    read = [reader.read(part) for part in parts]
    target = _kind(path, [targets for _, targets in read], reader.classes)
    if len(parts) == 1:
        pairs = _split(str(path), *read[0], target, reader.notes)
    else:
        pairs = _pairs(str(path), *read, target, reader.notes)
    return dataclasses.replace(pairs, paired=not reader.apart)


def _from_four_folders(path, *options):
    """Unpaired pictures as CycleGAN's data has them: what it tests on is held out."""
    reader = Reader(path, *options)
    if not reader.paired:
        read = [
            reader.read_apart(path / f"{part}A", path / f"{part}B") for part in ("train", "test")
        ]
        pairs = _pairs(str(path), *read, _kind(path, [read[0][1]], None), reader.notes)
        return dataclasses.replace(pairs, paired=False)
    raise ValueError(
        f"{path}: trainA/ and trainB/ hold pictures that do not belong together: use --preset cyclegan "
        "(`paired=False`). Pairs lie in sources/ and targets/."
    )


def _from_tfds(spec, size, fit, ignore):
    examples, features = tfds.load(spec)
    found = [
        name for name, one in features.items() if type(one).__name__ in ("Image", "LabeledImage")
    ]
    if len(found) < 2:
        raise ValueError(f"{spec}: a pair needs two features that are pictures. Received: {found}")
    source, target, as_mask = _choose(spec, found, features)
    sources, targets = [], []
    for number, example in enumerate(examples):
        picture, other = example[source], example[target]
        if picture.shape[:2] != other.shape[:2]:
            high, wide = picture.shape[:2]
            raise ValueError(
                f"{spec}, example {number}: {source} is {high} x {wide} pixels (height x width), and its "
                f"partner {target} {other.shape[0]} x {other.shape[1]}: pairs must fit each other."
            )
        wanted = size or picture.shape[:2]
        sources.append(pictures.scale(picture, wanted, fit))
        scale = masks.scale if as_mask else pictures.scale
        targets.append(scale(other[..., 0] if as_mask else other, wanted, fit))
    if len({one.shape for one in sources}) > 1:
        raise ValueError(
            f"{spec}: the pictures are of different sizes. Say which to scale them to, such as "
            "--size 192 256."
        )
    targets = np.stack(targets)
    if as_mask and getattr(features[target], "names", None):
        indices = np.where(targets == ignore, IGNORED, targets).astype("uint8")
        return np.stack(sources), indices, Classes(features[target].names)
    if as_mask:  # indices may start at 1, as in oxford_iiit_pet
        none = (targets == ignore) | (targets == IGNORED)
        values = np.unique(targets[~none])
        indices = np.where(none, IGNORED, np.searchsorted(values, targets)).astype("uint8")
        known = Classes([f"value {value}" for value in values]) if len(values) > 1 else None
        return np.stack(sources), indices, known
    return np.stack(sources), targets, None


def _choose(spec, found, features):
    """The names of source and target among features that are pictures, and whether the target is a
    mask: one that says so by its type or name, else the only one without colours."""
    masks = [name for name in found if type(features[name]).__name__ == "LabeledImage"]
    grey = [name for name in found if features[name].shape[-1] == 1]
    masks = masks or [name for name in grey if any(word in name.lower() for word in MASKS)]
    masks = masks or (grey if len(grey) < len(found) else [])
    shown = [name for name in found if name not in masks]
    if not shown or (not masks and len(grey) == len(found)):
        raise ValueError(
            f"{spec}: which of {', '.join(found)} is the picture, and which its mask? One is to be a mask by "
            f"its type (LabeledImage) or its name ({', '.join(MASKS)}), and the other not."
        )
    return (shown[0], masks[0], True) if masks else (*found[:2], False)


def _kind(name, parts, classes):
    """How targets are stored: a `Scaling`, or `Classes`, by default as many as there are indices."""
    if parts[0].ndim == 4:
        return Scaling.of(parts[0])
    values = np.unique(np.concatenate([np.unique(targets) for targets in parts]))
    used = values[values != IGNORED]
    if not used.size:
        raise ValueError(f"{name}: every pixel of every mask is ignored: is --ignore right?")
    if len(used) == 1:
        black_and_white = (
            f" ({IGNORED} is the ignored index. Where it is a class, write a classes.txt beside the "
            "folders with the lines `background 0 0 0` and `object 255 255 255`.)"
        )
        raise ValueError(
            f"{name}: masks hold nothing but class {used[0]}: there is nothing to tell apart. Are "
            f"these the masks?{black_and_white if IGNORED in values else ''}"
        )
    count = int(used.max()) + 1
    if classes is None and count > 8 * len(used):
        raise ValueError(
            f"{name}: masks hold only {', '.join(map(str, used))} of the indices from 0 to {count - 1}. "
            "Where these are colours, write a classes.txt beside the folders with a line for each class, "
            "such as `background 0 0 0`; where the others are classes too, name all with --classes."
        )
    if classes is not None and count > len(classes):
        raise ValueError(
            f"{name}: masks hold class {count - 1}, and there are {len(classes)} classes, from 0 on. "
            "Name them all with --classes, or say with --ignore which index is none."
        )
    return classes or Classes([f"class {i}" for i in range(count)])


# --- what they share ------------------------------------------------------------------------------


def _split(name, sources, targets, target, notes):
    """The last sixth is held out, of each side, and two at least."""
    ends = [-max(len(side) // 6, 2) for side in (sources, targets)]
    train = [side[:end] for side, end in zip((sources, targets), ends)]
    validation = [side[end:] for side, end in zip((sources, targets), ends)]
    return _pairs(name, train, validation, target, notes)


def _pairs(name, train, validation, target, notes):
    total = min(map(len, train)) + min(map(len, validation))
    if total < FEWEST:
        raise ValueError(
            f"{name}: too few pairs to learn from, at least {FEWEST}. Received: {total}"
        )
    if min(map(len, validation)) < 2:
        raise ValueError(
            f"{name}: at least 2 pairs are held out, to measure with. Received: 1 in val/"
        )
    train, (fewest, most) = _as_many(train), sorted(map(len, validation))
    validation = [side[:fewest] for side in validation]
    if fewest < most:
        notes = [
            *notes,
            f"Of one side {most} are held out, of the other {fewest}: so many are used.",
        ]
    if isinstance(target, Classes):
        empty = [
            sum(int((mask == IGNORED).all()) for mask in part[1]) for part in (train, validation)
        ]
        if empty[1] == len(validation[1]):
            raise ValueError(
                f"{name}: every pixel of every held-out mask is ignored, so nothing can be measured: is "
                "--ignore right?"
            )
        if any(empty):
            notes = [*notes, f"{sum(empty)} masks are ignored everywhere, and teach nothing."]
    preparation = Preparation(Scaling.of(train[0], name), target)
    return Pairs(name, *train, *validation, preparation, notes=notes)


def _as_many(sides):
    """Both sides, the one with fewer several times."""
    n = max(map(len, sides))
    return [side if len(side) == n else side[np.arange(n) % len(side)] for side in sides]
