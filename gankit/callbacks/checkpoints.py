"""A directory of checkpoints: each one file, written whole or not at all, and checked when read."""

import errno
import hashlib
import io
import json
import os
import pathlib
import re
import secrets
import warnings

import ml_dtypes
import numpy as np
from keras import ops

from gankit import backend
from gankit.divergence import require_finite
from gankit.files.writing import naming

FORMAT = 2
NO_SYNC = (errno.EINVAL, errno.EBADF, errno.EACCES, errno.EPERM, errno.ENOTSUP)
_NAME = re.compile(r"step-(\d{12})-([0-9a-f]{16})\.npz")


class Checkpoints:
    """The training state of a `GAN` on disk, the newest few and the best.

    A checkpoint is one NPZ file of arrays and a JSON manifest, never pickled. Its name carries the
    first 16 digits of its SHA-256, so that a file that was cut short or changed is known by its name.
    It is written beside its place, synced and renamed: a crash leaves the old files and at most a
    temporary one, which the next save removes.

    Args:
        directory: made if it is not there.
        keep: how many of the newest to keep, at least 1. The best one is kept besides.

    Attributes:
        restored: the file that `restore` took, until another is saved; or None.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=16), points.discriminator(units=16))
    gan.compile()
    checkpoints = gankit.callbacks.Checkpoints("runs/mine/checkpoints")
    checkpoints.save(gan, {"epoch": 3, "batch": 0})
    manifest = checkpoints.restore(gan)
    ```
    """

    def __init__(self, directory, keep=3):
        if keep < 1:
            raise ValueError(f"`keep` must be at least 1. Received: keep={keep}")
        self.directory = pathlib.Path(directory)
        self.keep = keep
        self.restored = None

    def files(self):
        """The checkpoints, oldest first."""
        if not self.directory.is_dir():
            return []
        return sorted(path for path in self.directory.iterdir() if _NAME.fullmatch(path.name))

    def save(self, gan, manifest, best=False):
        """Writes the state of `gan`.

        Args:
            gan: a compiled `GAN`.
            manifest: what else to remember, JSON types.
            best: whether to keep this one until another is the best.

        Returns:
            The file's path. Of several workers the chief alone writes; the others look at their state
            and get None.

        Raises:
            DivergenceError: something in the state is NaN or infinite; nothing is written.
        """
        variables = state(gan)
        arrays = [ops.convert_to_numpy(variable) for variable in variables]
        manifest = {
            **manifest,
            "format": FORMAT,
            "best": best,
            "variables": [[v.path, list(v.shape), _dtype(v)] for v in variables],
        }
        step = int(ops.convert_to_numpy(gan.optimizer.iterations))
        require_finite(step, [(v.path, array) for v, array in zip(variables, arrays)])
        self.restored = None
        if not backend.is_chief():
            return None
        buffer = io.BytesIO()
        named = {f"{i:05d}": _plain(array) for i, array in enumerate(arrays)}
        np.savez(buffer, manifest=np.frombuffer(json.dumps(manifest).encode(), "uint8"), **named)
        content = buffer.getvalue()
        digest = hashlib.sha256(content).hexdigest()[:16]
        path = self.directory / f"step-{step:012d}-{digest}.npz"
        self.directory.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
        write_whole(self.directory / "newest", path.name.encode())  # so that it is missed
        if best:
            self._mark(path)
        self._tidy(path)
        return path

    def restore(self, gan):
        """Puts the newest intact checkpoint into `gan`.

        A damaged or missing one is reported in a warning that names it, and the one before it is used.

        Returns:
            Its manifest, or None where no checkpoint was ever written.

        Raises:
            ValueError: there were checkpoints and none is intact, or the state is another model's.
        """
        paths = self.files()
        missing = self._missing(paths)
        if missing:
            warnings.warn(f"{missing} is missing. Using the checkpoint before it.", stacklevel=2)
        for path in reversed(paths):
            try:
                manifest, arrays = read(path)
            except ValueError as error:
                warnings.warn(f"{error} Using the checkpoint before it.", stacklevel=2)
                continue
            _assign(gan, manifest, arrays, path)
            self.restored = path
            if manifest.get("best") and self._marked() != path.name and backend.is_chief():
                self._mark(path)  # as the process that wrote it had no time to
            return manifest
        if paths or missing:
            raise ValueError(
                f"{self.directory}: none of the {len(paths)} checkpoints is intact. Start anew in "
                "another directory, or put back a copy of one of these files."
            )
        return None

    def restore_best(self, gan):
        """Puts the checkpoint that was saved as the best into `gan`.

        Returns:
            Its manifest.

        Raises:
            ValueError: there is none, it is damaged, or the state is another model's.
        """
        name = self._marked() or ""
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{self.directory} has no best checkpoint: `Resume(..., best=NAME)` keeps one, by the value "
                "of that name in the logs."
            )
        manifest, arrays = read(self.directory / name)
        _assign(gan, manifest, arrays, self.directory / name)
        return manifest

    def set_aside(self, path):
        """Renames a checkpoint to `.diverged`, if there is one before it to go back to."""
        before = [one for one in self.files() if one.name < path.name]
        if before:
            write_whole(self.directory / "newest", before[-1].name.encode())
            path.rename(path.with_suffix(".diverged"))

    def _mark(self, path):
        """Makes a checkpoint the best."""
        write_whole(self.directory / "best", path.name.encode())

    def _marked(self):
        """The name of the best checkpoint, as it was written down; or None."""
        marker = self.directory / "best"
        return marker.read_text(errors="replace") if marker.is_file() else None

    def _missing(self, paths):
        """The newest checkpoint that was written, where it is not among `paths`."""
        try:
            name = (self.directory / "newest").read_text()
        except (OSError, UnicodeDecodeError):
            return None
        newer = _NAME.fullmatch(name) and (not paths or name > paths[-1].name)
        return self.directory / name if newer else None

    def _tidy(self, newest):
        """Removes what is neither among the newest, nor the best, nor whole.

        Checkpoints of later steps were damaged, or `newest` would have gone on from them: they go first.
        """
        kept = {newest.name, self._marked()}
        older = sorted(
            (path for path in self.files() if path.name not in kept),
            key=lambda path: (_step(path) <= _step(newest), path.name),
        )
        for path in older[: max(0, len(older) - (self.keep - 1))]:
            path.unlink()
        for leftover in self.directory.glob("*.partial"):
            leftover.unlink()


def _step(path):
    return int(_NAME.fullmatch(path.name)[1])


def state(gan):
    """All that a training step reads and writes: weights, EMA, seeds, both optimizers, log means."""
    return [*gan.variables, *gan.optimizer.variables, *gan.metrics_variables]


def read(path):
    """The manifest and the arrays of a checkpoint.

    Raises:
        ValueError: naming the file: it is not whole, or was changed.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error}.") from error
    if hashlib.sha256(content).hexdigest()[:16] != _NAME.fullmatch(path.name)[2]:
        raise ValueError(f"{path} is damaged: its content is not what its name says.")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in sorted(archive.files)}
        manifest = json.loads(arrays.pop("manifest").tobytes())
        found = manifest["format"]
    except Exception as error:  # NumPy's, zipfile's, json's
        raise ValueError(f"{path} is damaged: it is no checkpoint: {error}.") from error
    if found != FORMAT:
        raise ValueError(f"{path} has format {found}, and this version reads {FORMAT}.")
    return manifest, list(arrays.values())


def write_whole(path, content):
    """Writes bytes to a file so that it is there whole or not at all, whatever happens meanwhile.

    Raises:
        OSError: naming the file: a full disk, a read-only one. What was there before is still there.
    """
    with naming(path):
        _replace(path, content)


def _replace(path, content):
    partial = path.with_name(f"{path.name}{secrets.token_hex(4)}.partial")
    try:
        with open(partial, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    os.replace(partial, path)
    sync(path.parent)


def sync(path):
    """Has the disk keep a file's content, or a folder's names, through a power cut; where a file system
    can't do so for folders, nothing more can be done."""
    try:
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError as error:
        if not os.path.isdir(path) or error.errno not in NO_SYNC:
            raise


def _assign(gan, manifest, arrays, path):
    variables = state(gan)
    now = [[list(v.shape), _dtype(v)] for v in variables]
    then = [[shape, dtype] for _, shape, dtype in manifest["variables"]]
    if now != then:
        at = next((i for i, pair in enumerate(zip(now, then)) if pair[0] != pair[1]), None)
        what = (
            f"variable {variables[at].path} is {now[at]} here and {then[at]} there"
            if at is not None
            else f"there are {len(now)} variables here and {len(then)} there"
        )
        raise ValueError(
            f"{path} holds another model's state: {what}. Build and compile the model as it was, or "
            "use another directory."
        )
    for variable, array in zip(variables, arrays):
        if _dtype(variable) == "bfloat16":
            array = array.view(ml_dtypes.bfloat16)
        variable.assign(array)


def _plain(array):
    """NumPy's own types only: bfloat16 travels as its bits."""
    return array.view("uint16") if array.dtype == ml_dtypes.bfloat16 else array


def _dtype(variable):
    return str(variable.dtype)
