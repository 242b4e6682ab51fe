"""A directory of files that say facts by name: JSON, written whole, and read with errors that name it."""

import functools
import json
import pathlib
import tempfile

from gankit import backend
from gankit.callbacks.checkpoints import write_whole

AGAIN = "train again in another directory, with --out."


class Folder:
    """A directory that several processes read and one writes.

    Of several workers all do the same, and the chief alone writes there: what the others write goes to a
    directory of their own that is removed in the end.

    Args:
        directory: that all of them see.

    Attributes:
        shared: the same.
        directory: where this process writes: the same one, for the chief.
    """

    def __init__(self, directory):
        self.shared = pathlib.Path(directory)
        self.directory = self.shared if backend.is_chief() else scratch(self.shared)

    def has(self, name):
        """Whether there is a file of that name."""
        return self.found(name).is_file()

    def path(self, name):
        """Where this process writes a file."""
        return self.directory / name

    def found(self, name):
        """Where to read a file: this process's own, or the one that all see."""
        own = self.path(name)
        return own if own.is_file() else self.shared / name

    def read(self, name):
        """What a JSON file says.

        Returns:
            `Facts`.

        Raises:
            ValueError: naming the file: it is missing or damaged.
        """
        path = self.found(name)
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ValueError(f"{path} is missing: has the run finished?") from error
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f"{path} is damaged: {error}. Put back a copy of it, or {AGAIN}"
            ) from error
        if not isinstance(facts, dict):
            raise ValueError(
                f"{path} is damaged: it holds no JSON object, but {json.dumps(facts):.40}. Put back a "
                f"copy of it, or {AGAIN}"
            )
        return Facts(path, facts)

    def write(self, name, facts):
        """Writes a JSON file, so that it is there whole or not at all."""
        write_whole(self.path(name), (json.dumps(facts, indent=2) + "\n").encode())


class Facts(dict):
    """What a file says by name; what it does not say is an error that names the file."""

    def __init__(self, path, facts):
        super().__init__(facts)
        self.path = path

    def __missing__(self, name):
        raise ValueError(
            f"{self.path} is damaged: it does not say {name!r}. Put back a copy of it, or {AGAIN}"
        )


def scratch(directory):
    """Where a worker that is not the chief writes what would go to `directory`."""
    return pathlib.Path(_scratch().name) / directory.resolve().relative_to("/")


@functools.cache
def _scratch():
    return tempfile.TemporaryDirectory(prefix="gankit-worker-", ignore_cleanup_errors=True)
