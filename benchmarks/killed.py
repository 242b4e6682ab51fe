"""Runs that are killed by SIGKILL at a random moment and started again.

Each is a process that a server forks, which has imported everything and started nothing: a hundred
runs then cost little more than what they compute. The uninterrupted run is a process of its own, so that
nothing is the same in both that is not the same in any two.
"""

import functools
import multiprocessing
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

EPOCHS, STEPS = 4, 8
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["benchmarks.tiny"])


def start(domain, directory):
    """A process that trains a domain's tiny game from wherever the directory's checkpoints stand."""
    process = SERVER.Process(target=train, args=(domain, directory), daemon=True)
    process.start()
    return process


def train(domain, directory):
    from benchmarks import tiny

    tiny.train(domain, pathlib.Path(directory), EPOCHS, STEPS)


def train_alone(domain, directory):
    """The same in a new interpreter, uninterrupted."""
    code = f"from benchmarks import killed; killed.train({domain!r}, {str(directory)!r})"
    root = pathlib.Path(__file__).resolve().parents[1]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, stderr=subprocess.DEVNULL)


def kill_once(domain, directory, rng, while_writing):
    """Starts a run and kills it at a random moment.

    Args:
        domain, directory: of the run, a new one.
        rng: draws the moment.
        while_writing: wait on, from there, for a checkpoint that is being written.

    Returns:
        The step of its newest checkpoint, and whether a half-written one was left; None if the run had
        ended before.
    """
    target = int(EPOCHS * STEPS * rng.random())
    process = start(domain, directory)
    while progress(directory) < target and process.is_alive():
        time.sleep(0.002)
    if while_writing:
        while not half_written(directory) and process.is_alive():
            pass
    else:
        time.sleep(rng.random() * 0.05)
    process.kill()
    process.join()
    if process.exitcode == 0:
        return None
    if process.exitcode != -signal.SIGKILL:
        raise RuntimeError(f"the run in {directory} broke: exit status {process.exitcode}")
    return progress(directory), half_written(directory)


def kill_and_resume(domain, seed, while_writing):
    """One run that is killed once, and started again.

    Args:
        domain, seed, while_writing: of the run and the moment.

    Returns:
        A dict of numbers: `step`, the newest checkpoint's when it was killed; whether a `half` written
        one was left; whether it `resumed`, from there to its end; whether it ended the `same` bit for bit.
    """
    from benchmarks.tiny import last_start

    rng, found = np.random.default_rng(seed), None
    with tempfile.TemporaryDirectory() as folder:
        while found is None:
            directory = pathlib.Path(tempfile.mkdtemp(dir=folder))
            found = kill_once(domain, directory, rng, while_writing)
        step, half = found
        process = start(domain, directory)
        process.join()
        resumed = process.exitcode == 0 and last_start(directory) >= step
        equal = resumed and same(final_state(directory), uninterrupted(domain))
    return {"step": step, "half": int(half), "resumed": int(resumed), "same": int(equal)}


@functools.cache
def uninterrupted(domain):
    """The final state of a run that nothing happens to."""
    with tempfile.TemporaryDirectory() as folder:
        train_alone(domain, folder)
        return final_state(pathlib.Path(folder))


def progress(directory):
    """The newest checkpoint's step, 0 where there is none."""
    names = [path.name for path in directory.glob("checkpoints/step-*.npz")]
    return max((int(name.split("-")[1]) for name in names), default=0)


def half_written(directory):
    return any(directory.glob("checkpoints/step-*.partial"))


def final_state(directory):
    """All arrays of the last checkpoint, its step, and the rows of `metrics.csv`."""
    from gankit.callbacks import checkpoints

    newest = checkpoints.Checkpoints(directory / "checkpoints").files()[-1]
    return checkpoints.read(newest)[1], progress(directory), (directory / "metrics.csv").read_text()


def same(one, other):
    """Whether two final states are the same bit for bit."""
    arrays, others = one[0], other[0]
    equal = len(arrays) == len(others) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(arrays, others)
    )
    return equal and one[1:] == other[1:]
