"""What checkpoints cost a recipe's default run."""

import tempfile
import time

import numpy as np

import gankit
from benchmarks.watched import EnoughError, watched

RECIPES = ("points", "images", "segmentation", "audio", "text")


class Timed(gankit.callbacks.Resume):
    """Takes the time of a step, of looking whether to save after it, and of saving, every time.

    Args:
        directory: of the checkpoints.
        saves: to take the time of, after two that do not count.
    """

    def __init__(self, directory, saves):
        super().__init__(directory)
        self.saves = saves
        self.times = {"step": [], "look": [], "save": []}

    def on_train_batch_begin(self, batch, logs=None):
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        ended = time.perf_counter()
        super().on_train_batch_end(batch, logs)
        looked = time.perf_counter()
        self._save({"epoch": self._at_epoch, "batch": self._offset + batch + 1})
        saved = time.perf_counter()
        per_call = self._gan.steps_per_execution
        for name, seconds in (
            ("step", (ended - self._began) / per_call),
            ("look", (looked - ended) / per_call),
            ("save", saved - looked),
        ):
            self.times[name].append(seconds)
        if len(self.times["save"]) > self.saves + 1:
            raise EnoughError


def cost(domain, saves):
    """Seconds of a step, a look and a save, medians, of a recipe's default preset.

    Also `share`, what the default interval makes of them: of a run, spent on checkpoints.
    """
    with tempfile.TemporaryDirectory() as folder:
        steps = 100 * (saves + 4)
        timed = watched(
            domain, folder, lambda path: Timed(path, saves), smoke=True, steps=steps, every=100
        )
        newest = gankit.callbacks.Checkpoints(timed.checkpoints.directory).files()[-1]
        size = newest.stat().st_size
    seconds = {name: float(np.median(times[2:])) for name, times in timed.times.items()}
    interval = timed.every_seconds
    share = seconds["look"] / seconds["step"] + seconds["save"] / (interval + seconds["save"])
    return {**seconds, "share": share, "megabytes": size / 1e6, "interval": interval}
