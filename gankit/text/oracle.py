"""SeqGAN's synthetic benchmark: a fixed random LSTM whose likelihood of any sequence is known."""

import pathlib
import zipfile
import zlib

import numpy as np

from gankit.text.recurrent import Recurrent

SIZE = 32  # of the oracle's embeddings and of its cell
SPREAD = 0.1  # standard deviation of a student's weights at the start
GATES = "ifco"  # as Keras orders them
START = 0
BROKEN = (OSError, ValueError, TypeError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error)


def student(vocabulary=5000, length=20, units=32, **kwargs):
    """A generator for the benchmark, SeqGAN's: an LSTM whose weights start as N(0, 0.1^2).

    Args:
        vocabulary, length, kwargs: as in `Recurrent`. Sequences have full length and no end.
        units: of the embedding and the cell.

    Example:

    ```python
    from gankit import text

    model = text.student(vocabulary=100, length=10, units=8)
    ```
    """
    ends = {"start": START, "end": None, "padding": None}
    return Recurrent(vocabulary, length, units, units, spread=SPREAD, **ends, **kwargs)


def seeded_oracle(vocabulary=5000, length=20, seed=0):
    """A seeded oracle of our own: every weight N(0, 1). Yu et al. (2017), section 5.1.

    Example:

    ```python
    import numpy as np

    from gankit import text

    oracle = text.seeded_oracle(vocabulary=100, length=10)
    real = oracle.sample(np.random.default_rng(0).random((64, 10)).astype("float32"))
    ```
    """
    rng = np.random.default_rng(seed)
    model = student(vocabulary, length, SIZE)
    model.set_weights([rng.standard_normal(weight.shape) for weight in model.get_weights()])
    return model


def load_oracle(path, length=20):
    """An oracle from a file.

    Args:
        path: of an `.npz` file with `embeddings` (vocabulary, 32); for each gate, i, f, o and c, `Wi` and
            `Ui` (32, 32) and `bi` (32,) and so on; `output_kernel` (32, vocabulary) and `output_bias`
            (vocabulary,).
        length: of the sequences.

    Raises:
        ValueError: naming the file, and the array that is missing or of another shape.

    Example:

    ```python
    import numpy as np

    from gankit import text

    rng = np.random.default_rng(0)
    arrays = {f"{name}{gate}": rng.normal(size=(32, 32)) for name in "WU" for gate in "ifoc"}
    arrays |= {f"b{gate}": rng.normal(size=32) for gate in "ifoc"}
    arrays |= {"embeddings": rng.normal(size=(50, 32)), "output_kernel": rng.normal(size=(32, 50))}
    np.savez("oracle.npz", output_bias=np.zeros(50), **arrays)
    oracle = text.load_oracle("oracle.npz", length=10)
    ```
    """
    path = pathlib.Path(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except BROKEN as error:
        raise ValueError(
            f"{path}: can't be read as an oracle, an .npz file of arrays: {error or 'it is empty'}"
        ) from error
    (vocabulary,) = np.shape(arrays.get("embeddings", ()))[:1] or (0,)
    shapes = {"embeddings": (vocabulary, SIZE), "output_kernel": (SIZE, vocabulary)}
    shapes["output_bias"] = (vocabulary,)
    for gate in GATES:
        shapes |= {f"W{gate}": (SIZE, SIZE), f"U{gate}": (SIZE, SIZE), f"b{gate}": (SIZE,)}
    for name, shape in shapes.items():
        found = np.shape(arrays[name]) if name in arrays else "nothing"
        if found != shape or 0 in shape:
            raise ValueError(f"{path}: {name} must have shape {shape}. Received: {found}")
        if arrays[name].dtype.kind not in "fiu" or not np.isfinite(arrays[name]).all():
            raise ValueError(f"{path}: {name} must hold finite numbers. It does not.")
    model = student(vocabulary, length, SIZE)
    kernel, recurrent, bias = (
        np.concatenate([arrays[f"{kind}{gate}"] for gate in GATES], axis=-1) for kind in "WUb"
    )
    model.set_weights(
        [arrays["embeddings"], kernel, recurrent, bias]
        + [arrays["output_kernel"], arrays["output_bias"]]
    )
    return model
