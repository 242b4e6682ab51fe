"""What a long benchmark keeps beside its JSON: each contender's steps, and every finished run.

So it may be interrupted and go on, on another day or machine; and since the steps for a time are
measured once, contenders in turn, what else a machine does later changes no result.
"""

import json
import time

import keras
import numpy as np


class Kept:
    """Steps by contender and results by run, written down as soon as they are known.

    Args:
        path: of the benchmark's JSON; they are kept beside it, in `NAME.runs.json`.
    """

    def __init__(self, path):
        self.path = path.with_suffix(".runs.json")
        found = json.loads(self.path.read_text()) if self.path.is_file() else {}
        self.steps, self.runs = found.get("steps", {}), found.get("runs", {})

    def keep(self):
        self.path.write_text(json.dumps({"steps": self.steps, "runs": self.runs}, indent=1) + "\n")

    def calibrate(self, minutes, names, trainer, rounds):
        """Finds the steps that take so many minutes, for those of `names` that have none yet.

        The first's steps are for the time; the others' follow from times of the same round, since a machine
        may be slower in some rounds.

        Args:
            minutes: the time to fill.
            names: of contenders.
            trainer: makes a function that trains a contender, of its name, for n steps.
            rounds: of which the median counts.
        """
        if all(name in self.steps for name in names):
            return
        least = min(4.0, 6 * minutes)  # a tenth of the time to fill
        times = seconds({name: trainer(name) for name in names}, rounds, least)
        first = times[names[0]]
        self.steps.setdefault(names[0], max(int(60 * minutes / np.median(first)), 1))
        for name in names[1:]:
            self.steps.setdefault(
                name, max(round(self.steps[names[0]] * np.median(first / times[name])), 1)
            )
        self.keep()
        keras.backend.clear_session()

    def run(self, key, make, *arguments):
        """What `make(*arguments)` gives: made once, then read."""
        if key not in self.runs:
            self.runs[key] = make(*arguments)
            self.keep()
            print(key, "is done", flush=True)
            keras.backend.clear_session()
        return self.runs[key]


def seconds(trainers, rounds, least=4.0):
    """Seconds a step of each contender, timed in turn, after one round that does not count.

    What a call costs by itself is taken off: the quickest of a contender's calls of one step says what.

    Args:
        trainers: functions that train for n steps, by name.
        rounds: of timing.
        least: seconds that a contender trains for in a round, half of them at the least.

    Returns:
        A NumPy array of `rounds` values, by name.
    """

    def took(train, n):
        began = time.perf_counter()
        train(n)
        return time.perf_counter() - began

    counts = {}
    for name, train in trainers.items():
        train(1)  # compiles
        counts[name] = 5
        while took(train, counts[name]) < least / 2:
            counts[name] *= 2
    times = [
        {name: (took(train, 1), took(train, counts[name] + 1)) for name, train in trainers.items()}
        for _ in range(rounds + 1)
    ]
    found = {}
    for name, n in counts.items():
        one, more = np.transpose([of[name] for of in times])
        found[name] = (more[1:] - one.min()) / n
    return found
