"""Recipes and commands as a user runs them."""

import contextlib
import importlib
import io
import os
import pathlib
import subprocess
import sys
from unittest import mock

from gankit import cli, launch

ROOT = pathlib.Path(__file__).resolve().parents[2]


def start(*arguments, **kwargs):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=ROOT,
        **kwargs,
    )


def run(*arguments):
    process = start(*arguments)
    out, err = process.communicate()
    return process.returncode, out, err


def within(script, *arguments):
    """As `run`, in this process: for what starts no training, which would leave its settings behind."""
    module = importlib.import_module(script.removesuffix(".py").replace("/", "."))
    return captured(arguments, lambda: launch.command(module.main, module.Options))


def gankit(*arguments):
    """The `gankit` command, in this process."""
    return captured(arguments, cli.main)


def captured(arguments, main):
    """Calls a command's `main`: its exit status, and what it printed and complained."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["command", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            code = main()
        except SystemExit as exit:  # of the command line's parser
            code = exit.code or 0
    return code, out.getvalue(), err.getvalue()
