"""Points in the plane: train a GAN on a mixture or on a table of your own, and measure it.

    python recipes/points.py                       # the ring, about two minutes on two cores
    python recipes/points.py --data grid
    python recipes/points.py --data mine.csv --minutes 3

Ends with a scatter plot, a report and a model in runs/; the same command again goes on where it
stopped. What each preset reaches is in docs/benchmarks.md.
"""

import dataclasses
import math
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

import gankit
from gankit import launch, points, runs
from gankit.optimizers import Adam
from gankit.schedules import Cosine


@dataclasses.dataclass
class Options(launch.Options):
    """Train a GAN on points in the plane."""

    data: str = "ring"
    """`ring`, `grid`, or the path of a .csv, .tsv, .txt or .npy file with two columns."""
    preset: str = "default"
    """`default`, `original` (the 2014 game), `wgan-gp` or `pacgan2`."""
    batch_size: int = 256
    """Points in a batch."""


@dataclasses.dataclass
class Preset:
    """A method: the game, the networks and the hyper-parameters."""

    loss: str
    penalties: tuple = ()  # (class, weight at the start, weight at the end)
    steps: int = 40_000
    generator_rate: tuple = (1e-3, 1e-4)  # at the start, at the end
    discriminator_rate: tuple = (1e-3, 1e-4)
    beta_2: tuple = (0.9, 0.99)
    packing: int = 1
    discriminator_steps: int = 1
    half_life: int | None = 50_000  # of the average, in samples


PRESETS = {
    "default": Preset(
        "relativistic_pairing",
        penalties=((gankit.penalties.R1, 1.0, 0.07), (gankit.penalties.R2, 1.0, 0.07)),
        steps=70_000,
        generator_rate=(6e-4, 3e-5),
        discriminator_rate=(2e-3, 1e-4),
    ),
    "original": Preset("non_saturating", half_life=None),
    "wgan-gp": Preset(
        "wasserstein",
        penalties=((gankit.penalties.GradientPenalty, 10.0, 10.0),),
        discriminator_steps=5,
        steps=10_000,
    ),
    "pacgan2": Preset("non_saturating", packing=2, half_life=None),
}


@launch.on_devices
def build(options, steps):
    """The compiled model of a preset that will train for so many steps."""
    preset = PRESETS[options.preset]

    def over(share, start, end):
        return Cosine(start, end, max(int(share * steps), 1))

    def optimizer(rates):
        return Adam(over(0.9, *rates), beta_2=over(0.45, *preset.beta_2))

    gan = gankit.GAN(
        points.generator(),
        points.discriminator(packing=preset.packing),
        discriminator_steps=preset.discriminator_steps,
        seed=options.seed,
    )
    gan.compile(
        generator_optimizer=optimizer(preset.generator_rate),
        discriminator_optimizer=optimizer(preset.discriminator_rate),
        loss=preset.loss,
        penalties=[penalty(over(0.7, start, end)) for penalty, start, end in preset.penalties],
        ema=preset.half_life and gankit.EMA(half_life=preset.half_life),
        steps_per_execution=math.gcd(50, options.every)
        if keras.backend.backend() != "torch"
        else 1,
    )
    return gan


def main(options):
    """Trains, samples and measures."""
    launch.require_preset(options.preset, PRESETS)
    launch.shorten(options, every=50, steps=100)
    data = points.load(options.data, options.seed)
    preset = PRESETS[options.preset]
    batch = options.batch_size * preset.discriminator_steps
    dataset = data.dataset(batch, options.seed)
    run = runs.Run.start("points", options)
    run.save_preparation(data.preparation)
    steps = run.total_steps(preset.steps, lambda: build(options, 1000), dataset)
    gan = build(options, steps)
    gan.host_metrics = points.metrics_for(data)
    if options.init_from:
        runs.initialise(gan, options.init_from)

    def draw(samples, path):
        return points.draw(data.preparation.inverse(samples), path, real=data.validation[:2500])

    seconds = run.train(
        gan,
        dataset,
        steps,
        others=[
            gankit.callbacks.Samples(run.directory, draw, n=2500, every=5),
            gankit.callbacks.Diagnostics(data.preparation(data.validation[:2500])),
            gankit.callbacks.Logits(run.directory, data.preparation(data.validation[:2500])),
        ],
        show=("val_modes", "val_high_quality", "val_sigma_ratio", "val_sliced_wasserstein"),
        validation_data=data.dataset(min(2500, len(data.validation)), split="validation"),
    )
    metrics, controls, remarks = points.evaluate(gan, data)
    report = run.report(gan, seconds, metrics, controls, remarks)
    samples = data.preparation.inverse(gan.generate(2500, seed=1))
    files = points.save(samples, run.directory / "samples" / "final", real=data.validation[:2500])
    print(launch.closing(run, report, files))
    return report


if __name__ == "__main__":
    sys.exit(launch.command(main, Options))
