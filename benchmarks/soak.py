"""Long runs: whether memory grows, the step is traced anew, or gets slower.

    python benchmarks/soak.py --json soak.json          # on a machine that does nothing else

The recipes' default runs with all that they do besides training, watched from their checkpoints' callback:
20,000 steps on the ring and 3,000 on letters. The first fifth is warm-up; what the last tenth has, is
compared with what the tenth after the warm-up has. The exit status is 1 where a function was traced anew
after the warm-up, or where a step got slower by more than 2 % beyond two standard errors, or where memory
grew by 2 % or more, without --quick.
"""

import importlib
import os
import pathlib
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np
import psutil

import gankit
from benchmarks import table
from benchmarks.watched import EnoughError, watched

STEPS = {"points": 20_000, "images": 3_000}
QUICK = {"points": 2_000, "images": 40}
BLOCKS = 200  # that a run is watched in
WARM_UP = 0.2  # of a run
MOST = 0.02  # growth of memory, as a share


class Watch(gankit.callbacks.Resume):
    """Checkpoints as ever, and notes what becomes of memory, traces and the time of a step.

    Args:
        directory: of the checkpoints.
        steps: of the run, in all.

    Attributes:
        memory: resident bytes at the end of each block.
        seconds: of a step, the median of each block.
        traces: of the step and of what the generator is asked with, at the end of each block.
    """

    def __init__(self, directory, steps):
        super().__init__(directory)
        self.block = max(steps // BLOCKS, 1)
        self.memory, self.seconds, self.traces = [], [], []
        self._process, self._times, self._updates = psutil.Process(), [], 0

    def before_fit(self, gan, arguments):
        update = gan.update

        def counted(batch):
            self._updates += 1
            return update(batch)

        gan.update = counted
        return super().before_fit(gan, arguments)

    def on_train_batch_begin(self, batch, logs=None):
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._times.append((time.perf_counter() - self._began) / self._gan.steps_per_execution)
        super().on_train_batch_end(batch, logs)
        if len(self._times) * self._gan.steps_per_execution >= self.block:
            self.memory.append(self._process.memory_info().rss)
            self.seconds.append(float(np.median(self._times)))
            self.traces.append(self._updates + traces_of(self._gan))
            self._times = []

    def on_train_end(self, logs=None):
        super().on_train_end(logs)
        raise EnoughError  # the run has trained, and need not be measured


def traces_of(gan):
    """How often the functions were traced that samples and logits are computed with."""
    functions = [network.predict_function for network in (gan.sampler, *gan.discriminators)]
    counts = [getattr(one, "experimental_get_tracing_count", lambda: 0)() for one in functions]
    return sum(counts)


def watch(domain, steps):
    """Trains the default preset of a recipe for so many steps. Returns the `Watch`."""
    options = importlib.import_module(f"recipes.{domain}").Options
    every = min(options.every, max(steps // 10, 1))
    with tempfile.TemporaryDirectory() as folder:
        return watched(domain, folder, lambda path: Watch(path, steps), steps=steps, every=every)


def growth(values):
    """How much more the last tenth has than the tenth after the warm-up, as a share of that."""
    n = len(values)
    tenth, start = max(n // 10, 1), round(WARM_UP * n)
    return float(np.mean(values[-tenth:]) / np.mean(values[start : start + tenth]) - 1)


def slope(values):
    """Growth over the run after the warm-up by the straight line of least squares, as a share of the
    mean; and its standard error."""
    values = np.asarray(values[round(WARM_UP * len(values)) :])
    x = np.linspace(-0.5, 0.5, len(values))
    line = x @ (values - values.mean()) / (x @ x)
    left = values - values.mean() - line * x
    error = np.sqrt(left @ left / max(len(values) - 2, 1) / (x @ x))
    return float(line / values.mean()), float(error / values.mean())


def complaints(rows, grows=True):
    """What is not as it should be, in sentences.

    Args:
        rows: of any domains.
        grows: whether the runs were long enough for their memory to say something.
    """
    found = []
    for row in rows:
        name, value = row["name"], row["value"]
        if name.endswith("traces after the warm-up") and value:
            found.append(f"{name}: a function was traced anew")
        if name.endswith("growth of memory") and grows and value >= MOST:
            found.append(f"{name}: memory grew by {value:.1%}, and less than {MOST:.0%} is right")
        if name.endswith("growth of a step's time") and value - 2 * row["standard_error"] > MOST:
            found.append(f"{name}: a step takes {value:.1%} longer in the end")
    return found


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--domains", choices=list(STEPS), nargs="+", default=list(STEPS))
    options = parser.parse_args()
    rows = []
    for domain in options.domains:
        steps = (QUICK if options.quick else STEPS)[domain]
        seen = watch(domain, steps)
        protocol = f"recipes/{domain}.py, default preset, {steps} steps, watched every {seen.block}"
        warm = round(WARM_UP * len(seen.traces))
        line, error = slope(seen.seconds)
        for name, value, unit in (
            ("memory", np.mean(seen.memory) / 2**20, "MiB"),
            ("growth of memory", growth(seen.memory), "share"),
            ("traces", seen.traces[-1], "traces"),
            ("traces after the warm-up", seen.traces[-1] - seen.traces[warm], "traces"),
            ("a step", 1000 * np.median(seen.seconds), "ms"),
            ("growth of a step's time", line, "share"),
        ):
            rows.append(table.row(f"{domain}/{name}", [value], unit, steps, [0], protocol))
        rows[-1]["standard_error"] = error
    table.show(rows)
    table.save(rows, options.json)
    if found := complaints(rows, grows=not options.quick):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
