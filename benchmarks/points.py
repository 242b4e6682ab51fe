"""Mode coverage on the ring and the grid, as in the PacGAN experiments, over seeds.

    python benchmarks/points.py --json points.json          # the default preset: 25 minutes, 2 busy cores
    python benchmarks/points.py --presets original wgan-gp pacgan2

z = N(0, I2), multilayer perceptrons, 2,500 samples a seed, none rejected. The presets are those of
recipes/points.py, each trained for its own number of steps. docs/benchmarks.md says on
which seeds they were tuned.
"""

import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import gankit
from benchmarks import table
from recipes import points as recipe

UNITS = {"modes": "modes", "high_quality": "share", "reverse_kl": "nats", "cpu_seconds": "s"}


def measure(data, preset, seed, steps):
    """Trains one seed and returns its metrics, with the CPU-seconds of training and sampling."""
    options = recipe.Options(data=data, preset=preset, seed=seed, steps=steps)
    gankit.launch.prepare_process(options)
    points = gankit.points.load(data, seed)
    method = recipe.PRESETS[preset]
    dataset = points.dataset(options.batch_size * method.discriminator_steps, seed)
    began = time.process_time()
    gan = recipe.build(options, steps)
    gan.fit(dataset, epochs=1, steps_per_epoch=steps, verbose=0)
    metric = gankit.points.ModeCoverage(points.modes, points.sigma, points.preparation)
    metric.update(None, gan.generate(2500, seed=1000 + seed))
    return {**metric.result(), "cpu_seconds": time.process_time() - began}


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--presets", nargs="+", default=["default"], choices=recipe.PRESETS)
    parser.add_argument("--data", nargs="+", default=["ring", "grid"], choices=["ring", "grid"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[31, 32, 33, 34, 35])
    options = parser.parse_args()
    seeds = options.seeds[:1] if options.quick else options.seeds
    rows = []
    for preset in options.presets:
        for data in options.data:
            steps = 200 if options.quick else recipe.PRESETS[preset].steps
            results = [measure(data, preset, seed, steps) for seed in seeds]
            prefix = data if preset == "default" else f"{preset}/{data}"
            protocol = (
                f"preset {preset}, {steps} steps of batch {recipe.Options.batch_size}, z = N(0, I2), "
                "latent seed 1000 + seed, averaged generator where the preset has one, no rejection"
            )
            new = [
                table.row(
                    f"{prefix}/{name}",
                    [result[name] for result in results],
                    UNITS.get(name, "ratio"),
                    2500,
                    seeds,
                    protocol,
                )
                for name in results[0]
            ]
            table.show(new)
            rows += new
            table.save(rows, options.json)


if __name__ == "__main__":
    main()
