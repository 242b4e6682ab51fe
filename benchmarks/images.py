"""Pictures: the presets beside the settings of keras.io's examples, at equal time, over paired seeds.

    python benchmarks/images.py --data mnist cifar10 --json images.json      # 12 minutes a run

Steps for that time are measured first, contenders in turn on a machine that does nothing else, and
kept beside the JSON with every finished run: an interrupted benchmark goes on. keras.io's networks have
a quarter of the examples' filters, which are made for a GPU (`--contenders` has them whole, too).
Unconditional, 2,000 samples against 2,000 held-out pictures; features of a classifier that is trained
on the data's own labels, apart from every run. A contender's figure is of its averaged generator where
it has one.
"""

import functools
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras

import gankit
from benchmarks import baselines, table
from benchmarks.kept import Kept
from gankit import images, launch
from gankit.metrics import FrechetDistance, KernelDistance, Neighbourhoods, OnFeatures
from recipes import images as recipe

KERAS_IO = {
    "keras.io dcgan": functools.partial(baselines.dcgan, narrower=4),
    "keras.io wgan-gp": functools.partial(baselines.wgan_gp, narrower=4),
    "keras.io dcgan, whole": baselines.dcgan,
    "keras.io wgan-gp, whole": baselines.wgan_gp,
}
CONTENDERS = ["keras.io dcgan", "keras.io wgan-gp", "sngan", "r3gan", "default"]
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


class Contest:
    """A data set's contenders: its classifier, the runs and their rows."""

    def __init__(self, spec, options, kept):
        self.name, self.data = pathlib.Path(spec).name, images.load(spec)
        self.options, self.kept = options, kept
        self.minutes = 0.01 if options.quick else options.minutes

    def key(self, name):
        return f"{self.name}/{name}"

    def calibrate(self):
        def trainer(key):
            gan, dataset = contend(key.removeprefix(f"{self.name}/"), self.data, 0, 1000)
            return lambda n: gan.fit(dataset, epochs=1, steps_per_epoch=n, verbose=0)

        keys = [self.key(name) for name in self.options.contenders]
        self.kept.calibrate(self.minutes, keys, trainer, 1 if self.options.quick else 8)

    def train_classifier(self):
        """The classifier that every run is measured by: trained once, and kept with the runs."""
        path = self.options.json.with_suffix(f".{self.name}.keras")

        def train():
            keras.utils.set_random_seed(0)
            steps = 100 if self.options.quick else 3000
            model, accuracy = images.train_classifier(self.data, steps)
            keras.Model(model.inputs, model.outputs).save(path)  # without its optimizer
            return {"accuracy": accuracy}

        self.accuracy = self.kept.run(self.key("classifier"), train)["accuracy"]
        self.features = images.of_classifier(keras.saving.load_model(path))
        print(f"{self.name}: the classifier names {self.accuracy:.1%} rightly", flush=True)

    def run(self, name, seed):
        """Trains a contender, and gives its distances."""
        key = self.key(name)
        return self.kept.run(f"{key}/{seed}", self.play, name, seed, self.kept.steps[key])

    def play(self, name, seed, steps):
        gan, dataset = contend(name, self.data, seed, steps)
        gan.fit(dataset, epochs=1, steps_per_epoch=steps, verbose=0)
        if self.options.grids:
            path = self.options.grids / f"{self.name}-{name}-{seed}.png".replace(" ", "-")
            images.draw(self.data.preparation.to_bytes(gan.generate(64, seed=seed)), path)
        return measure(gan, self.data, self.features, seed)

    def rows(self, seeds):
        data, rows = self.data, []
        protocol = (
            f"{self.name}, {len(data.samples)} training pictures {data.shape}, {self.minutes:g} "
            f"minutes a run on {os.cpu_count()} cores, batch {BATCH}, unconditional, "
            f"{len(data.validation)} samples against as many held-out pictures, classifier right on "
            f"{self.accuracy:.1%} of them"
        )
        for metric, value in real_against_real(data, self.features).items():
            name = f"{self.name}/real against real/{metric}"
            rows.append(table.row(name, [value], "", 1, [0], protocol))
        for name in self.options.contenders:
            runs = [self.run(name, seed) for seed in seeds]
            told = f"{protocol}, {self.kept.steps[self.key(name)]} steps"
            for metric in runs[0]:
                values = [run[metric] for run in runs]
                label = f"{self.key(name)}/{metric}"
                rows.append(table.row(label, values, "", len(runs), seeds, told))
        return rows


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--data", nargs="+", default=["glyphs"], help="data specs, with labels")
    parser.add_argument("--minutes", type=float, default=12.0, help="of a run")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument(
        "--contenders", nargs="+", default=CONTENDERS, choices=[*KERAS_IO, *CONTENDERS[2:]]
    )
    parser.add_argument("--grids", type=pathlib.Path, help="write a grid of each run's there")
    options = parser.parse_args()
    options.json = options.json or pathlib.Path("images.json")
    seeds = options.seeds[:1] if options.quick else options.seeds
    kept = Kept(options.json)
    contests = [Contest(spec, options, kept) for spec in options.data]
    for contest in contests:
        contest.calibrate()
    for contest in contests:
        contest.train_classifier()
    for seed in seeds:  # outermost, so that what is there at any time compares fairly
        for contest in contests:
            for name in options.contenders:
                contest.run(name, seed)
    rows = [row for contest in contests for row in contest.rows(seeds)]
    table.save(rows, options.json)
    table.show(rows)


if __name__ == "__main__":
    main()
