"""The models that come with the package, trained anew by the recipes: `gankit.load("digits")`.

    python benchmarks/pretrained.py --json docs/results/pretrained.json
    python benchmarks/pretrained.py --out gankit/pretrained     # into the package, instead of the old

Trains in runs/pretrained-NAME; a run that is there goes on where it stopped. The rows are the runs'
own reports, the files' sizes, and how far the stored half-precision weights move a sample.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np

import gankit
from benchmarks import table
from recipes import images, points

MODELS = {
    "points": (points, points.Options(steps=20_000)),
    "digits": (images, images.Options(data="digits", augment="ada")),
    "glyphs": (images, images.Options(size=(20, 20))),
}


def train(name, runs, smoke):
    """The finished run of a model."""
    recipe, options = MODELS[name]
    options.out, options.smoke = runs / f"pretrained-{name}", smoke
    if not (options.out / "report.json").is_file():
        recipe.main(options)
    return gankit.runs.Run.open(options.out)


def pack(name, run, folder):
    """Writes a run's model to the folder; rows of what its report and its file say."""
    whole, path = gankit.pretrained.Trained.of(run), folder / f"{name}.keras"
    whole.write(path)
    packed = gankit.load(path)
    samples = [one.generate(1000, seed=1).astype("float64") for one in (whole, packed)]
    report = run.read_report()
    seeds = [run.config["seed"]]
    rows = [
        table.row(
            f"{name}/{metric}", [one["value"]], "as reported", one["n"], seeds, one["protocol"]
        )
        for metric, one in {**report["metrics"], **report["controls"]}.items()
    ]
    rounding = np.sqrt(np.mean((samples[0] - samples[1]) ** 2)) / samples[0].std()
    return [
        *rows,
        table.row(
            f"{name}/rounding",
            [rounding],
            "of the samples' standard deviation",
            1000,
            seeds,
            "root mean square between samples of the float32 and of the stored float16 weights, "
            "equal latents",
        ),
        table.row(
            f"{name}/size",
            [path.stat().st_size / 1e6],
            "MB",
            1,
            seeds,
            "a .keras file, weights in float16",
        ),
    ]


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--names", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--runs", type=pathlib.Path, default=pathlib.Path("runs"))
    parser.add_argument(
        "--out", type=pathlib.Path, help="the folder for the .keras files; that of the runs if none"
    )
    options = parser.parse_args()
    folder = options.out or options.runs
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in options.names:
        new = pack(name, train(name, options.runs, options.quick), folder)
        table.show(new)
        rows += new
    table.save(rows, options.json)


if __name__ == "__main__":
    main()
