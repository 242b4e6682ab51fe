"""Exact resume: runs killed by SIGKILL at random moments end as the run that was never killed.

    python benchmarks/resume.py --json resume.json           # 20 kills, a few minutes on 2 cores

Each run trains a small GAN on the ring, saving after every step, so that many kills fall while a
checkpoint is being written. It is started again after each kill. In the end every array of its state
is compared, bit for bit, with the uninterrupted run's.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import table

EPOCHS, STEPS = 40, 25


def train(directory):
    """The run: 40 epochs of 25 steps, from wherever the directory's checkpoints stand."""
    import keras

    import gankit

    gankit.backend.deterministic()
    keras.utils.set_random_seed(0)
    data = gankit.points.ring(n=2500)
    gan = gankit.GAN(
        gankit.points.generator(units=64), gankit.points.discriminator(units=64), seed=1
    )
    gan.compile(
        *[keras.optimizers.Adam(1e-3, 0.0, 0.99) for _ in range(2)],
        loss="relativistic_pairing",
        penalties=[gankit.penalties.R1(0.1), gankit.penalties.GradientPenalty(0.1, seed=2)],
        ema=0.999,
    )
    callbacks = [
        gankit.callbacks.Scalars(directory, tensorboard=False),
        gankit.callbacks.Resume(directory / "checkpoints", every=1, every_seconds=None),
    ]
    gan.fit(data.dataset(100), epochs=EPOCHS, callbacks=callbacks, verbose=0)


def launch(directory):
    return subprocess.Popen(
        [sys.executable, __file__, "--train", str(directory)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def progress(directory):
    """The newest checkpoint's step, 0 where there is none."""
    names = [path.name for path in directory.glob("checkpoints/step-*.npz")]
    return max((int(name.split("-")[1]) for name in names), default=0)


def kill_at_random(directory, rng, kills):
    """Starts the run again and again, kills it at a random moment, then lets it end.

    Every other time it waits on for the moment at which a checkpoint is being written.

    Returns:
        How many were killed, and at how many of them a half-written checkpoint was left.
    """
    killed = halves = 0
    total = EPOCHS * STEPS
    for i in range(kills):
        target = int(total * (i + rng.random()) / kills)  # spread over the run
        process = launch(directory)
        while progress(directory) < target and process.poll() is None:
            time.sleep(0.002)
        if i % 2:  # wait for a checkpoint that is being written
            while not half_written(directory) and process.poll() is None:
                pass
        else:
            time.sleep(rng.random() * 0.02)
        if process.poll() is None:
            process.kill()
            killed += 1
        process.wait()
        halves += half_written(directory)
    if launch(directory).wait() != 0:
        raise RuntimeError(f"the run in {directory} did not end after {killed} kills")
    return killed, halves


def half_written(directory):
    return any(directory.glob("checkpoints/*.partial"))


def final_state(directory):
    from gankit.callbacks import checkpoints

    newest = checkpoints.Checkpoints(directory / "checkpoints").files()[-1]
    return checkpoints.read(newest)[1], (directory / "metrics.csv").read_text()


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--train", type=pathlib.Path, help="be the run in this directory")
    options = parser.parse_args()
    if options.train:
        train(options.train)
        return
    kills = 2 if options.quick else options.kills
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = pathlib.Path(folder) / "whole", pathlib.Path(folder) / "killed"
        if launch(whole).wait() != 0:
            raise RuntimeError("the uninterrupted run failed")
        count, halves = kill_at_random(killed, np.random.default_rng(options.seed), kills)
        (arrays, csv), (arrays_killed, csv_killed) = final_state(whole), final_state(killed)
        same = [np.array_equal(a, b) for a, b in zip(arrays, arrays_killed)]
        equal = len(arrays) == len(arrays_killed) and all(same) and csv == csv_killed
    protocol = (
        f"{EPOCHS} epochs of {STEPS} steps, a checkpoint every step, one run killed {count} times, "
        f"seed {options.seed}; all arrays of the last checkpoint and metrics.csv compared"
    )
    rows = [
        table.row("resume/kills", [count], "kills", 1, [options.seed], protocol),
        table.row("resume/half-written files", [halves], "kills", count, [options.seed], protocol),
        table.row("resume/bit-identical", [equal], "share", 1, [options.seed], protocol),
    ]
    table.show(rows)
    table.save(rows, options.json)
    if not equal:
        sys.exit("the killed run ended otherwise")


if __name__ == "__main__":
    main()
