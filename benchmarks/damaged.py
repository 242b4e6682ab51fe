"""Checkpoints that are damaged at random, and what comes back from them."""

import pathlib
import shutil
import tempfile
import warnings

import numpy as np

from benchmarks import tiny
from gankit.callbacks import Checkpoints
from gankit.callbacks.checkpoints import state


def truncate(path, rng):
    path.write_bytes(path.read_bytes()[: rng.integers(path.stat().st_size)])


def flip(path, rng):
    """A hundred bytes at most become others."""
    content = bytearray(path.read_bytes())
    for i in rng.integers(len(content), size=rng.integers(1, 101)):
        content[i] ^= rng.integers(1, 256)
    path.write_bytes(bytes(content))


def remove(path, rng):
    path.unlink()


DAMAGES = {"truncated": truncate, "bytes flipped": flip, "missing": remove}


def try_domain(domain, kinds, seed):
    """Damages the newest of three checkpoints, again and again, and restores.

    Args:
        domain: whose game it is.
        kinds: names of `DAMAGES`, one for each time.
        seed: of what exactly is damaged.

    Returns:
        For each: `{"kind", "recovered", "named"}`: whether the state was that of the one before, and
        whether a warning named the file.
    """
    gan, data = tiny.make(domain)
    batches, states = data.stream(0).take(3), []
    with tempfile.TemporaryDirectory() as folder:
        kept = Checkpoints(pathlib.Path(folder) / "kept")
        for batch in batches:
            gan.train_on_batch(*batch) if isinstance(batch, tuple) else gan.train_on_batch(batch)
            kept.save(gan, {})
            states.append(arrays(gan))
        return [
            try_once(gan, kept.directory, kind, states[1], np.random.default_rng([seed, i]))
            for i, kind in enumerate(kinds)
        ]


def try_once(gan, kept, kind, expected, rng):
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = Checkpoints(shutil.copytree(kept, pathlib.Path(folder) / "checkpoints"))
        newest = checkpoints.files()[-1]
        DAMAGES[kind](newest, rng)
        for variable in state(gan):
            variable.assign(np.zeros(variable.shape))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            checkpoints.restore(gan)
    recovered = all(np.array_equal(a, b) for a, b in zip(expected, arrays(gan)))
    named = any(newest.name in str(one.message) for one in caught)
    return {"kind": kind, "recovered": int(recovered), "named": int(named)}


def arrays(gan):
    return [np.array(variable) for variable in state(gan)]
