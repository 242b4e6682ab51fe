"""A small game trained by several workers: one of them, as a process. Run by tests and benchmarks."""

import os
import pathlib
import sys

import keras

import gankit
from gankit import backend, launch
from tests.helpers import mlp, numpy, some_points


def train(directory, epochs, doomed=False):
    """Trains from wherever the directory's checkpoints stand; the chief saves the final state. If `doomed`,
    a checkpoint is lost, being finite, and all that goes on from it diverges."""
    many = launch.strategy("multiworker" if "TF_CONFIG" in os.environ else "none")
    backend.deterministic()
    keras.utils.set_random_seed(
        backend.is_chief() + 1
    )  # alike all the same: the chief's state counts
    with many.scope() if many else keras.name_scope("one"):
        gan = gankit.GAN(mlp(2, 2), mlp(2, 1), seed=3)
        gan.compile(
            *[keras.optimizers.SGD(0.05, momentum=0.9) for _ in range(2)],
            loss="relativistic_pairing",
            penalties=[gankit.penalties.R1(0.1), gankit.penalties.GradientPenalty(0.1, seed=1)],
            ema=0.99,
            steps_per_execution=2,
        )
    data = gankit.files.Dataset.from_arrays(some_points(320), batch_size=64, seed=0)
    said = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: print(
            "from step", int(numpy(gan.optimizer.iterations)), flush=True
        ),
        on_epoch_end=lambda epoch, logs: print("epoch", epoch, "is done", flush=True),
    )
    callbacks = [
        gankit.callbacks.Scalars(directory),
        gankit.callbacks.Samples(directory, lambda samples, path: samples.tofile(path) or "drawn"),
        said,
        gankit.callbacks.Resume(directory / "checkpoints", every=4, every_seconds=None),
    ]
    if doomed:
        from tests.callbacks.test_recover import Doom  # which computes something

        callbacks += [Doom(), gankit.callbacks.Recover()]
    gan.fit(data, epochs=epochs, steps_per_epoch=4, verbose=0, callbacks=callbacks)
    backend.any_worker(False)


if __name__ == "__main__":
    folder, count, *more = pathlib.Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]
    sys.exit(launch.reporting_errors(lambda: train(folder, count, bool(more))))
