"""What `fit` is fed: gankit datasets, and everything Keras takes.

A gankit dataset is any object with `steps_per_epoch` and `stream(start)`, an endless
`tf.data.Dataset` of batches from batch number `start` on. Batch t is a pure function of t, so a
position in the data is a number.
"""

import itertools

import keras
import numpy as np
from keras import tree

from gankit import backend


def is_stream(x):
    """Whether `x` is a gankit dataset."""
    return hasattr(x, "stream") and hasattr(x, "steps_per_epoch")


def first_batch(arguments):
    """The first batch that `fit` with these arguments would see, and arguments that still hold it."""
    x, y = arguments["x"], arguments["y"]
    if x is None or (isinstance(x, list) and not is_arrays(x)):
        raise ValueError(
            "`fit` takes a gankit dataset, arrays, or whatever else Keras takes. "
            f"Received: {'nothing' if x is None else 'a list; use numpy.asarray'}"
        )
    if is_stream(x):
        if arguments["batch_size"] is not None:
            raise ValueError(
                f"A gankit dataset has a batch size of its own: leave out `batch_size`. Received: "
                f"batch_size={arguments['batch_size']}"
            )
        return next(iter(x.stream(0).take(1))), arguments
    if hasattr(x, "element_spec"):  # tf.data.Dataset
        return next(iter(x)), arguments
    if isinstance(x, keras.utils.PyDataset):
        return x[0], arguments
    if hasattr(x, "__next__"):  # a generator gives each batch once
        batch = next(x)
        return batch, {**arguments, "x": (one for one in itertools.chain([batch], x))}
    if hasattr(x, "__iter__") and not is_arrays(x):  # torch's DataLoader
        return tree.map_structure(np.asarray, next(iter(x))), arguments
    _require_full_batch(x, arguments["batch_size"])
    return next(batches(x, y, arguments["batch_size"], 1)), arguments


def count_steps(arguments):
    """The number of batches that `fit` will see, or None where the data does not tell."""
    x, epochs = arguments["x"], arguments["epochs"] - (arguments.get("initial_epoch") or 0)
    per_epoch = arguments.get("steps_per_epoch")
    if per_epoch is None and is_stream(x):
        per_epoch = x.steps_per_epoch
    elif per_epoch is None and is_arrays(x):
        per_epoch = -(-len(tree.flatten(x)[0]) // (arguments["batch_size"] or 32))
    elif per_epoch is None and hasattr(x, "cardinality"):
        per_epoch = int(x.cardinality()) if int(x.cardinality()) > 0 else None
    return per_epoch and per_epoch * epochs


def for_keras(arguments, steps_per_execution=1):
    """The arguments that Keras's `fit` understands: a gankit dataset becomes its stream.

    The stream starts where `initial_epoch`, and `first_batch` within it, say.
    """
    arguments = dict(arguments)
    held_out = arguments.get("validation_data")
    if is_stream(held_out):
        arguments["validation_data"] = once(held_out)
    x = arguments["x"]
    if not is_arrays(x):
        arguments["shuffle"] = False  # or Keras warns that it can't
    if not is_stream(x):
        return arguments
    per_epoch = arguments.get("steps_per_epoch") or x.steps_per_epoch
    per_epoch = whole_executions(per_epoch, steps_per_execution)
    start = (arguments.get("initial_epoch") or 0) * per_epoch + arguments.pop("first_batch", 0)
    stream = backend.shared_out(x.stream(start))
    arguments.update(x=stream, steps_per_epoch=per_epoch, batch_size=None)
    return arguments


def once(dataset):
    """A gankit dataset once through, with the smaller batch at the end that its stream has not."""
    if hasattr(dataset, "once"):
        return dataset.once()
    return dataset.stream(0).take(dataset.steps_per_epoch)


def require_even(arguments, size, parts):
    """Refuses batches that can't be shared out evenly among replicas and discriminator steps.

    Args:
        arguments: of `fit`.
        size: of the first batch.
        parts: how many there are to be.
    """
    if size % parts:
        raise ValueError(
            f"A batch is shared out in {parts} parts, one for each replica and discriminator step: use a "
            f"batch size that is a multiple of {parts}. Received: a batch of {size}"
        )
    x = arguments["x"]
    if is_stream(x) or arguments.get("steps_per_epoch"):
        return
    if hasattr(x, "element_spec"):
        uneven = any(leaf.shape[0] is None for leaf in tree.flatten(x.element_spec))
    else:
        uneven = is_arrays(x) and len(tree.flatten(x)[0]) % size
    if uneven:
        raise ValueError(
            f"The last batch may be smaller and can't be shared out in {parts} parts. Give a gankit "
            "dataset (`gankit.files.Dataset`), which has none, or `batch(..., drop_remainder=True)`. "
            f"Received: a {type(x).__name__}"
        )


def require_whole_executions(arguments, steps_per_execution):
    """Refuses a length of an epoch that would be changed, or read beyond."""
    asked = arguments.get("steps_per_epoch")
    if asked and is_stream(arguments["x"]) and asked % steps_per_execution:
        raise ValueError(
            f"An epoch is whole executions of {steps_per_execution} steps: `steps_per_epoch` must be a "
            f"multiple of it. Received: steps_per_epoch={asked}"
        )


def whole_executions(steps_per_epoch, steps_per_execution):
    """An epoch's length in whole executions, since an endless stream would be read beyond it."""
    return max(steps_per_epoch // steps_per_execution, 1) * steps_per_execution


def batches(x, y=None, batch_size=None, steps=None):
    """Batches of any data once through, as NumPy: `(samples,)` or `(samples, conditions)`.

    Args:
        x, y: as in `fit`.
        batch_size: for arrays, 32 by default.
        steps: at most so many.
    """
    if is_stream(x):
        x = once(x)
    elif is_arrays(x):
        size = batch_size or 32
        data = (x,) if y is None else (x, y)
        starts = range(0, len(tree.flatten(x)[0]), size)
        x = (_rows(data, slice(start, start + size)) for start in starts)
    for batch in itertools.islice(x, steps):
        several = isinstance(batch, (tuple, list))  # PyTorch's loaders yield lists
        batch = tuple(batch) if several else (batch,)
        yield tree.map_structure(np.asarray, batch)


def is_arrays(x):
    """Whether `x` is an array, or a structure of arrays, rather than something that yields them."""
    return all(hasattr(leaf, "shape") for leaf in tree.flatten(x))


def _require_full_batch(x, batch_size):
    size = len(tree.flatten(x)[0])
    if batch_size is not None and batch_size > size:
        raise ValueError(
            f"A batch can't be larger than the data: there are {size} samples. "
            f"Received: batch_size={batch_size}"
        )


def _rows(data, which):
    return tree.map_structure(lambda leaf: np.asarray(leaf[which]), data)
