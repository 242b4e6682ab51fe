"""A recipe's run that is watched from its checkpoints' callback."""

import contextlib
import importlib
import pathlib
from unittest import mock

import gankit
from gankit import launch


class EnoughError(Exception):
    """Enough is known: the run need not go on."""


def watched(domain, folder, resume, **options):
    """Runs a recipe in a folder until its checkpoints' callback has had enough.

    Args:
        domain: of the recipe.
        folder: that the run's directory is made in.
        resume: makes the callback, a `Resume` that may raise `EnoughError`, of the checkpoints' directory.
        options: of the recipe, where they are not its defaults.

    Returns:
        The last callback that was made.
    """
    recipe, made = importlib.import_module(f"recipes.{domain}"), []

    def make(directory):
        made.append(resume(directory))
        return made[-1]

    options = recipe.Options(out=pathlib.Path(folder) / "run", **options)
    launch.prepare_process(options)
    with mock.patch.object(gankit.callbacks, "Resume", make), contextlib.suppress(EnoughError):
        recipe.main(options)
    return made[-1]
