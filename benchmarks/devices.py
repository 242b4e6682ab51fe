"""Several devices: the same global batch on one replica, on two, and on two workers.

    python benchmarks/devices.py --json devices.json         # some minutes on 2 cores

Every contender trains the picture game (32 x 32, batches of 64) in processes of its own, one contender
after the other, in turns; the first comes a second time, which shows the noise. On one machine without
accelerators all share its cores, so that what is measured is what sharing out costs, not what it gains.
Besides: how long two workers take to add up vectors over the loopback, and how many bytes of gradients
each preset adds up in a step.
"""

import dataclasses
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import table

BATCH, SIZE = 64, 32
CONTENDERS = ("one replica", "two replicas", "two workers", "one replica again")
MEBIBYTES = (1, 4, 16)
STRATEGIES = {"two replicas": "mirrored", "two workers": "multiworker"}


# --- a contender, in its own process --------------------------------------------------------------


def contend(name, steps):
    """Prints, as JSON, the seconds of a step, and of adding up vectors where there are workers."""
    from gankit import backend, launch

    strategy = launch.strategy(STRATEGIES.get(name, "none"))
    found = {"step": seconds_of_step(strategy, steps)}
    if backend.workers() > 1:
        found["sums"] = {mib: seconds_of_sum(mib) for mib in MEBIBYTES}
    backend.any_worker(False)
    print(json.dumps(found))


def seconds_of_step(strategy, steps):
    """Of the picture recipe's default game, after as many steps to warm up."""
    import contextlib

    import keras

    from gankit import files
    from recipes import images

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    pictures = rng.uniform(-1, 1, (4 * BATCH, SIZE, SIZE, 1)).astype("float32")
    options = images.Options(conditional=False, strategy="none")
    with strategy.scope() if strategy else contextlib.nullcontext():
        gan = images.build(options, Shape((SIZE, SIZE, 1)), 1000)
    data = files.Dataset.from_arrays(pictures, batch_size=BATCH, seed=0)
    for _ in range(2):
        began = time.perf_counter()
        gan.fit(data, epochs=1, steps_per_epoch=steps, verbose=0)
    return (time.perf_counter() - began) / steps


@dataclasses.dataclass
class Shape:
    """As much of the data as a picture game is built from."""

    shape: tuple
    labels: None = None
    classes: tuple = ()


def seconds_of_sum(mebibytes, times=10):
    """How long the workers take to add up a vector."""
    from gankit import backend

    vector = np.zeros(mebibytes * 2**18, "int32")
    backend.from_chief(vector)  # compiles
    began = time.perf_counter()
    for _ in range(times):
        backend.from_chief(vector)
    return (time.perf_counter() - began) / times


# --- all of them ----------------------------------------------------------------------------------


def run(name, steps):
    """What a contender found; of two workers, the chief."""
    count = 2 if name == "two workers" else 1
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in held]
    for one in held:
        one.close()
    processes = []
    for i in range(count):
        environment = dict(os.environ)
        if name == "two replicas":
            environment["GANKIT_CPU_DEVICES"] = "2"
        if count > 1:
            task = {"type": "worker", "index": i}
            environment["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
        command = [sys.executable, __file__, "--contend", name, "--steps", str(steps)]
        pipe = subprocess.PIPE
        processes.append(subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment))
    said = [process.communicate() for process in processes]
    if any(process.returncode for process in processes):
        raise RuntimeError(f"{name} failed: {said[0][1].decode()[-2000:]}")
    return json.loads(said[0][0].splitlines()[-1])


def gradients():
    """Mebibytes of float32 gradients in a step, by preset: each player's, once for each of its steps."""
    from recipes import images, points

    shape = Shape((SIZE, SIZE, 3))
    found = {"points/default": points.build(points.Options(), 1000)}
    for preset in ("default", "r3gan"):
        options = images.Options(preset=preset, conditional=False)
        found[f"images/{preset}"] = images.build(options, shape, 1000)

    def count(variables):
        return sum(int(np.prod(v.shape)) for v in variables)

    return {
        name: 4
        * (
            count(gan.generator_variables)
            + gan.discriminator_steps * count(gan.discriminator_variables)
        )
        / 2**20
        for name, gan in found.items()
    }


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60, help="timed in a round")
    parser.add_argument("--contend", help="be this contender")
    options = parser.parse_args()
    if options.contend:
        contend(options.contend, options.steps)
        return
    rounds, steps = (1, 3) if options.quick else (options.rounds, options.steps)
    found = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name in CONTENDERS:
            found[name].append(run(name, steps))
    table_rows = rows(found, rounds, steps)
    table.show(table_rows)
    table.save(table_rows, options.json)


def rows(found, rounds, steps):
    protocol = (
        f"images/default without classes, {SIZE} x {SIZE} x 1, global batch {BATCH}, {steps} steps after "
        f"as many, {os.cpu_count()} cores that all share, processes of their own in each of {rounds} rounds"
    )
    numbers, made = range(rounds), []

    def add(name, values, unit, about=protocol):
        made.append(table.row(f"devices/{name}", values, unit, rounds, numbers, about))

    first = np.array([one["step"] for one in found[CONTENDERS[0]]])
    for name in CONTENDERS:
        seconds = np.array([one["step"] for one in found[name]])
        add(f"{name}/samples per second", BATCH / seconds, "1/s")
        add(f"{name}/speed beside one replica", first / seconds, "ratio")
    for mib in MEBIBYTES:
        values = [1000 * one["sums"][str(mib)] for one in found["two workers"]]
        add(
            f"two workers/sum of {mib} MiB", values, "ms", "gRPC over the loopback, mean of 10 sums"
        )
    for name, mib in gradients().items():
        about = f"trainable weights, times discriminator steps; pictures of {SIZE} x {SIZE} x 3"
        made.append(table.row(f"devices/gradients/{name}", [mib], "MiB a step", 1, [], about))
    return made


if __name__ == "__main__":
    main()
