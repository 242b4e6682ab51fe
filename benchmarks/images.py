"""Pictures: the presets beside the settings of keras.io's examples, at equal time, over paired seeds.

    python benchmarks/images.py --data mnist cifar10 --json images.json      # 12 minutes a run

Steps for that time are measured first, contenders in turn on a machine that does nothing else, and
kept in the JSON; so runs may be interrupted and go on, and what else runs meanwhile changes nothing.
Unconditional, 2,000 samples against 2,000 held-out pictures; features of a classifier that is trained
on the data's own labels, apart from every run. A contender's figure is of its averaged generator where
it has one.
"""

import json
import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras
import numpy as np

import gankit
from benchmarks import baselines, table
from gankit import images, launch
from gankit.metrics import FrechetDistance, KernelDistance, Neighbourhoods, OnFeatures
from recipes import images as recipe

KERAS_IO = {"keras.io dcgan": baselines.dcgan, "keras.io wgan-gp": baselines.wgan_gp}
CONTENDERS = [*KERAS_IO, "sngan", "r3gan", "default"]
BATCH = 64


def contend(name, data, seed, steps):
    """A contender's compiled model for a number of steps, and its dataset."""
    options = recipe.Options(preset=name, seed=seed, batch_size=BATCH, conditional=False)
    launch.prepare_process(options)
    if name in KERAS_IO:
        generator, discriminator, rules, k = KERAS_IO[name](data.shape)
        gan = gankit.GAN(
            generator, discriminator, discriminator_steps=k, share_forward=False, seed=seed
        )
        gan.compile(**rules)
    else:
        gan, k = recipe.build(options, data, steps), recipe.PRESETS[name].discriminator_steps
    return gan, data.dataset(BATCH * k, seed, conditional=False)


def steps_for(minutes, data, names, rounds=4):
    """How many steps of each contender take so many minutes: timed in turn."""
    gans = {name: contend(name, data, 0, 1000) for name in names}
    seconds = {name: [] for name in names}
    for i in range(rounds + 1):
        for name, (gan, dataset) in gans.items():
            began = time.perf_counter()
            gan.fit(dataset, epochs=1, steps_per_epoch=20, verbose=0)
            if i:
                seconds[name].append((time.perf_counter() - began) / 20)
    return {name: int(60 * minutes / np.median(values)) for name, values in seconds.items()}


def measure(gan, data, features, seed):
    """Distances of as many samples as there are held-out pictures."""
    real = data.preparation(data.validation)
    metric = OnFeatures(features, [FrechetDistance(), KernelDistance(block=200), Neighbourhoods()])
    metric.update(real, gan.generate(len(real), seed=1000 + seed))
    return metric.result()


def real_against_real(data, features):
    """What a perfect generator would get."""
    metric = OnFeatures(features, [FrechetDistance(), KernelDistance(block=200), Neighbourhoods()])
    n = min(len(data.validation), data.controls)
    metric.update(data.preparation(data.validation[:n]), data.preparation(data.samples[:n]))
    return metric.result()


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--data", nargs="+", default=["glyphs"], help="data specs, with labels")
    parser.add_argument("--minutes", type=float, default=12.0, help="of a run")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--contenders", nargs="+", default=CONTENDERS, choices=CONTENDERS)
    parser.add_argument("--grids", type=pathlib.Path, help="write a grid of each run's there")
    options = parser.parse_args()
    minutes = 0.05 if options.quick else options.minutes
    seeds = options.seeds[:1] if options.quick else options.seeds
    path = options.json or pathlib.Path("images.json")
    kept = path.with_suffix(".runs.json")  # every finished run, so that one may go on
    state = json.loads(kept.read_text()) if kept.is_file() else {"steps": {}, "runs": {}}
    loaded = {pathlib.Path(spec).name: images.load(spec) for spec in options.data}
    for folder, data in loaded.items():
        missing = [n for n in options.contenders if f"{folder}/{n}" not in state["steps"]]
        if missing:
            for name, steps in steps_for(minutes, data, missing).items():
                state["steps"][f"{folder}/{name}"] = steps
            kept.write_text(json.dumps(state, indent=2))
            keras.backend.clear_session()
    rows = []
    for folder, data in loaded.items():
        model, accuracy = images.train_classifier(data, 100 if options.quick else 3000)
        print(f"{folder}: the classifier names {accuracy:.1%} rightly", flush=True)
        features = images.of_classifier(model)
        protocol = (
            f"{folder}, {len(data.samples)} training pictures {data.shape}, {minutes:g} minutes a run "
            f"on {os.cpu_count()} cores, batch {BATCH}, unconditional, {len(data.validation)} samples "
            f"against as many held-out pictures, classifier right on {accuracy:.1%} of them"
        )
        for seed in seeds:
            for name in options.contenders:
                key = f"{folder}/{name}/{seed}"
                if key in state["runs"]:
                    continue
                steps = state["steps"][f"{folder}/{name}"]
                gan, dataset = contend(name, data, seed, steps)
                gan.fit(dataset, epochs=1, steps_per_epoch=steps, verbose=0)
                state["runs"][key] = measure(gan, data, features, seed)
                kept.write_text(json.dumps(state, indent=2))
                print(key, f"{steps} steps", state["runs"][key], flush=True)
                if options.grids:
                    grid = data.preparation.to_bytes(gan.generate(64, seed=seed))
                    images.draw(grid, options.grids / f"{key.replace('/', '-')}.png")
                keras.backend.clear_session()
        real = real_against_real(data, features)
        for metric, value in real.items():
            name = f"{folder}/real against real/{metric}"
            rows.append(table.row(name, [value], "", 1, [0], protocol))
        for name in options.contenders:
            runs = [state["runs"][f"{folder}/{name}/{seed}"] for seed in seeds]
            steps = state["steps"][f"{folder}/{name}"]
            for metric in runs[0]:
                rows.append(
                    table.row(
                        f"{folder}/{name}/{metric}",
                        [run[metric] for run in runs],
                        "",
                        len(runs),
                        seeds,
                        f"{protocol}, {steps} steps",
                    )
                )
        table.save(rows, path)
    table.show(rows)


if __name__ == "__main__":
    main()
