"""Programs in processes of their own. One that hangs fails its test, and shows where it is."""

import os
import pathlib
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LONGEST = 600  # seconds; what starts two processes in turn is within pytest's own limit, too


def start(*arguments, cwd=ROOT, **environment):
    """A Python process with these arguments, from the project's root, and more in its environment."""
    settings = {"PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **settings, **environment},
        cwd=cwd,
    )


def ended(process, longest=LONGEST):
    """A process's exit status, output and errors.

    Raises:
        TimeoutError: with all its threads' stacks, if it does not end.
    """
    try:
        out, err = process.communicate(timeout=longest)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # on which Python's fault handler shows the stacks
        _, err = process.communicate()
        raise TimeoutError(f"{process.args} did not end in {longest} s:\n{err[-9000:]}") from None
    return process.returncode, out, err


def run(*arguments, **environment):
    """A Python process with these arguments, from start to end: exit status, output and errors."""
    return ended(start(*arguments, **environment))


def output(*arguments, **environment):
    """What a Python process that goes well prints."""
    status, out, err = run(*arguments, **environment)
    assert status == 0, err[-3000:]
    return out
