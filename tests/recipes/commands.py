"""Recipes and commands within the test's own process; `tests.programs` runs them as a user does."""

import contextlib
import importlib
import io
import sys
import warnings
from unittest import mock

from gankit import cli, launch


def within(script, *arguments):
    """A recipe in this process, which is quicker; what it sets, `conftest.py` sets back after a test."""
    module = importlib.import_module(script.removesuffix(".py").replace("/", "."))
    return captured(arguments, lambda: launch.command(module.main, module.Options))


def gankit(*arguments):
    """The `gankit` command, in this process."""
    return captured(arguments, cli.main)


def captured(arguments, main):
    """Calls a command's `main`: its exit status, and what it printed and complained. Its warnings, of a
    training that goes badly for instance, are no errors, as in a process of its own."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["command", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("default")
        warnings.simplefilter("ignore", DeprecationWarning)  # of libraries
        try:
            code = main()
        except SystemExit as exit:  # of the command line's parser
            code = exit.code or 0
    return code, out.getvalue(), err.getvalue()
