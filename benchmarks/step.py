"""The training step: `fit` against hand-written loops, interleaved in one run.

    python benchmarks/step.py --json step.json                # TensorFlow, about a quarter of an hour
    python benchmarks/step.py --backend jax                   # the same table on JAX, or torch

Every round runs all contenders in turn for as many steps; a row is the mean ratio over the rounds of
one contender's time to another's, with a 95 % interval. `noise` rows time a loop against a second
copy of itself.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import table

CASES = {
    # kind, gamma of R1 and R2, batch, batches of data, steps a round, steps per execution
    "dcgan": ("dcgan", 0.0, 64, 20, 15, 1),
    "dcgan-r3gan": ("dcgan", 0.1, 64, 20, 8, 1),
    "points": ("mlps", 0.1, 256, 390, 1000, 50),  # as many points as the recipe's
}


def flops(kind, gamma, batch):
    """Multiply-adds times two of a step, by layer: forward 1, backward by weights 1, by inputs 1.

    The plain game: G forward and backward (3); D on real and fake, forward and by weights and inputs
    (2 x 3, less the first layer's input gradient, which is neglected); D on fake again, forward and by
    inputs (2). R1 and R2 differentiate D by its input and that again by weights: about 2 x 4 more;
    the relativistic generator loss sees real once more (1).
    """
    if kind == "dcgan":
        g = 128 * 4096 + 16 * (256 * 128 * 64 + 128 * 64 * 256 + 64 * 3 * 1024) / 4 * 1.0
        d = 16 * (3 * 64 * 256 + 64 * 128 * 64 + 128 * 256 * 16) + 4096
    else:
        g, d = 2 * 128 + 3 * 128**2 + 128 * 2, 2 * 128 + 2 * 128**2 + 128
    return 2 * batch * (3 * g + (8 + (9 if gamma else 0)) * d)


def matmul_rate(backend, seconds=1.0, size=1024):
    """Floating-point operations a second of a large float32 matrix product on this backend."""
    import keras

    x = keras.ops.convert_to_tensor(np.random.default_rng(0).random((size, size), "float32"))
    product = keras.ops.matmul(x, x)
    keras.ops.convert_to_numpy(product)
    began, n = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        for _ in range(10):
            product = keras.ops.matmul(x, x)
        keras.ops.convert_to_numpy(product[:1, :1])
        n += 10
    return 2 * size**3 * n / (time.perf_counter() - began)


class TorchProcess:
    """A PyTorch loop in a process of its own, which waits between its turns."""

    def __init__(self, case, device):
        command = [sys.executable, __file__, "--serve", case, "--device", device]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, steps):
        print(steps, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def close(self):
        self.process.communicate()


def serve(case, device):
    """Runs as many steps as each line of the input says, and answers the seconds."""
    from benchmarks import games

    kind, gamma, batch, size, _, _ = CASES[case]
    data = (games.pictures if kind == "dcgan" else games.points)(batch, size)
    loop = games.TorchLoop(kind, data, gamma, average=gamma > 0, device=device)
    for line in sys.stdin:
        began = time.perf_counter()
        loop.run(int(line))
        print(time.perf_counter() - began, flush=True)


def contend(case, backend, rounds, device, quick=False):
    """Seconds a step of every contender in every round: `{name: (rounds,) array}`."""
    import keras

    import gankit
    from benchmarks import games

    kind, gamma, batch, size, steps, per_execution = CASES[case]
    steps = max(steps // 20, per_execution) if quick else steps
    if backend == "torch":
        per_execution = 1
    networks = games.dcgan if kind == "dcgan" else games.mlps
    data = (games.pictures if kind == "dcgan" else games.points)(batch, size)
    loop = {"tensorflow": games.TensorFlowLoop, "jax": games.JAXLoop}.get(backend)
    others = {}
    if loop is not None:
        options = {"gamma": gamma, "per_call": per_execution, "average": gamma > 0}
        others["bare loop"] = loop(networks(), data, **options)
        others["bare loop again"] = loop(networks(), data, **options)
        if backend == "tensorflow":  # where gankit's Adam is one kernel and Keras's a dozen
            keras_adam = {**options, "adam": keras.optimizers.Adam}
            others["bare loop with Keras's Adam"] = loop(networks(), data, **keras_adam)
        else:
            keras_adam = options
        if not gamma:
            others["two passes"] = loop(networks(), data, two_passes=True, **keras_adam)
    server = None
    if has_torch():
        others["PyTorch"] = server = TorchProcess(case, device)

    gan = gankit.GAN(*networks(), seed=0)
    rules = {"loss": "non_saturating"}
    if gamma:
        penalties = [gankit.penalties.R1(gamma), gankit.penalties.R2(gamma)]
        rules = {"loss": "relativistic_pairing", "penalties": penalties, "ema": 0.999}
    gan.compile(*games.optimizers(), steps_per_execution=per_execution, **rules)
    flat = data.reshape(-1, *data.shape[2:])
    dataset = gankit.files.Dataset.from_arrays(flat, batch_size=batch)

    seconds = {name: [] for name in ["fit", *others]}
    rng = np.random.default_rng(0)

    class TakeTurns(keras.callbacks.Callback):
        """An epoch of `fit` is its turn; then the others have theirs, in random order."""

        def on_epoch_begin(self, epoch, logs=None):
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            seconds["fit"].append((time.perf_counter() - self.began) / steps)
            for name in rng.permutation(list(others)):
                began = time.perf_counter()
                inside = others[name].run(steps)
                seconds[name].append((inside or time.perf_counter() - began) / steps)

    gan.fit(
        dataset,
        epochs=rounds + 2,
        steps_per_epoch=steps,
        verbose=0,
        callbacks=[TakeTurns()],
    )
    if server is not None:
        server.close()
    return {name: np.array(values[2:]) for name, values in seconds.items()}  # two to warm up


def has_torch():
    import importlib.util

    return importlib.util.find_spec("torch") is not None


def ratio(name, over, under, protocol):
    """A row: the ratio of two contenders' times, round by round, with its 95 % interval."""
    ratios = over / under
    one = table.row(name, ratios, "times", len(ratios), [0], protocol)
    error = 1.96 * (one["standard_error"] or 0.0)
    one["interval"] = [one["value"] - error, one["value"] + error]
    return one


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--backend", default="tensorflow", choices=["tensorflow", "jax", "torch"])
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--serve", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--device", default="cpu", help="of the PyTorch contender: cpu or cuda")
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.device)
        return
    os.environ["KERAS_BACKEND"] = options.backend
    rounds = 2 if options.quick else options.rounds
    peak = matmul_rate(options.backend)
    rows = [table.row("matmul", [peak / 1e9], "GFLOP/s", 1, [0], "float32, 1024 x 1024")]
    for case in options.cases:
        kind, gamma, batch, _, steps, per_execution = CASES[case]
        seconds = contend(case, options.backend, rounds, options.device, options.quick)
        protocol = (
            f"{options.backend}, {kind}, gamma {gamma}, batch {batch}, {rounds} rounds of {steps} "
            f"steps, {per_execution} steps per execution, interleaved"
        )
        fit = seconds["fit"]
        new = [table.row(f"{case}/fit", fit * 1e3, "ms a step", rounds, [0], protocol)]
        for name, values in seconds.items():
            if name == "bare loop again":
                new.append(ratio(f"{case}/noise", values, seconds["bare loop"], protocol))
            elif name == "bare loop":
                new.append(ratio(f"{case}/fit over bare loop", fit, values, protocol))
            elif name != "fit":
                new.append(ratio(f"{case}/{name} over fit", values, fit, protocol))
        share = flops(kind, gamma, batch) / fit / peak
        new.append(table.row(f"{case}/share of matmul rate", share, "share", rounds, [0], protocol))
        for one in new:
            one["values"] = [round(value, 5) for value in one["values"]]
        table.show([{**one, "values": one.get("interval", [])} for one in new])
        rows += new
        table.save(rows, options.json)


if __name__ == "__main__":
    main()
