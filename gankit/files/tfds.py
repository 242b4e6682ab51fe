"""TensorFlow Datasets, by a spec `tfds:NAME[/CONFIG][:SPLIT]`."""

import itertools

import numpy as np

PREFIX = "tfds:"


def is_spec(spec):
    """Whether a data spec names a set of TensorFlow Datasets."""
    return str(spec).startswith(PREFIX)


def load(spec, default_split="train"):
    """The examples of a set, as dicts of NumPy arrays, and what its features are.

    A set that is not on this machine yet is downloaded to where TensorFlow Datasets keeps them
    (`TFDS_DATA_DIR`).

    Args:
        spec: `tfds:NAME[/CONFIG][:SPLIT]`; a split as TensorFlow Datasets writes it, such as `train`
            or `train[:10%]`.
        default_split: where the spec names none.

    Returns:
        An iterable of examples, and the set's `tfds.features.FeaturesDict`.

    Raises:
        ValueError: naming the spec: no such set or split, or it can't be had.
    """
    import tensorflow_datasets as tfds

    name, _, split = str(spec).removeprefix(PREFIX).partition(":")
    try:
        data, info = tfds.load(
            name, split=split or default_split, with_info=True, shuffle_files=False
        )
    except Exception as error:  # of many kinds: registry, network, checksum, split
        reason = next(itertools.chain(str(error).strip().splitlines(), [type(error).__name__]))
        raise ValueError(
            f"{spec}: TensorFlow Datasets can't load {name!r}, split {split or default_split!r}: "
            f"{reason}"
        ) from error
    return tfds.as_numpy(data), info.features


def flat(tree, above=""):
    """A dict of features, or an example, without dicts in it: `a/b` for b in a."""
    leaves = {}
    for name, value in tree.items():
        inner = hasattr(value, "items")
        leaves |= flat(value, f"{above}{name}/") if inner else {above + name: value}
    return leaves


def kind(feature):
    """The name of a feature's class, such as `Audio`."""
    return type(feature).__name__


def texts(features):
    """A function from a flat example to those of its values that are names, texts or whole numbers.

    Args:
        features: flat; the values of a `ClassLabel` are named.
    """

    def read(example):
        found = {}
        for name, value in example.items():
            if kind(features[name]) == "ClassLabel":
                found[name] = features[name].int2str(int(value))
            elif isinstance(value, bytes):
                found[name] = value.decode("utf-8", "replace")
            elif np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iu":
                found[name] = str(value)
        return found

    return read
