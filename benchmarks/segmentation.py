"""Translations of pictures: what the adversary changes, over paired seeds, beside the same without it.

    python benchmarks/segmentation.py --data camvid --ignore 11 --part adversary --json adversary.json
    python benchmarks/segmentation.py --data camvid --ignore 11 --part variants --json variants.json
    python benchmarks/segmentation.py --data camvid --ignore 11 --part to-picture --json picture.json
    python benchmarks/segmentation.py --part cost --json cost.json

`adversary`: the recipe's `unet` preset, and its generator by the reconstruction terms alone, at equal
time and at equal steps, and by cross-entropy alone at equal time. `variants`: one thing of the adversary
changed at a time. `to-picture`: the `pix2pix` preset beside L1 alone for as many steps, as in the
paper's table 1. `cost`: a step's time beside that of Keras's `fit` by cross-entropy alone, over what the
networks' FLOPs say.
Steps for the time are measured first, contenders in turn on a machine that does nothing else, and kept
beside the JSON with every finished run: an interrupted benchmark goes on. Averaged weights, whole
held-out pictures, no augmentation of them. A sheet of each run's translations lies beside the JSON.
"""

import dataclasses
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras
import numpy as np

from benchmarks import table
from benchmarks.kept import Kept, seconds
from gankit import launch, segmentation
from gankit.reconstruction import CrossEntropy
from recipes import segmentation as recipe

WITHOUT = ("alone, equal time", "alone, equal steps")
SHOWN = 4  # pairs on a sheet
PLAIN = "cross-entropy only, equal time"
FIT = "cross-entropy fit"  # and no average
VARIANTS = {
    "weight 5 times": {"adversarial_weight": 0.5},
    "relativistic pairing": {"loss": ("relativistic_pairing",)},
    "sees 70 pixels": {"of_discriminator": {"width": 32, "halvings": 3}},
    "sees classes only": {"sees_source": False},
}


class Contest:
    """Everything that the contenders share: the pairs, the options, what is measured."""

    def __init__(self, options, direction):
        name = None if options.classes is None else tuple(options.classes)
        self.options = recipe.Options(
            data=options.data,
            direction=direction,
            ignore=options.ignore,
            classes=name,
            crop=options.crop and tuple(options.crop),
            scales=options.scales and tuple(options.scales),
            precision=options.precision,
        )
        self.data = segmentation.load(options.data, direction, names=name, ignore=options.ignore)
        self.preset = recipe.preset_of(self.options, self.data)
        if options.quick:
            small = {**self.preset.of_generator, "width": 4, "depth": 2}
            self.preset = dataclasses.replace(self.preset, of_generator=small)
        self.size = recipe.crop_of(self.options, self.data)

    def contender(self, name, seed, steps):
        """A function that trains a contender for some steps, and then a function that translates."""
        options = dataclasses.replace(self.options, seed=seed)
        launch.prepare_process(options)
        preset = dataclasses.replace(self.preset, **VARIANTS.get(name, {}))
        if name in (PLAIN, FIT):
            preset.reconstruction = (CrossEntropy(),)
        dataset = recipe.dataset_of(options, preset, self.data, self.size)
        gan = recipe.build(options, preset, self.data, self.size, steps)
        if name not in (*WITHOUT, PLAIN, FIT):
            return lambda n: gan.fit(dataset, steps_per_epoch=n, verbose=0), gan.translate
        twin, averaging = recipe.build_twin(options, preset, self.data, gan, steps)
        watching = [] if name == FIT else [averaging]

        def train(n):
            stream = dataset.stream(0)
            twin.fit(stream, steps_per_epoch=n, shuffle=False, verbose=0, callbacks=watching)

        return train, lambda source: averaging.ema.network.predict_on_batch(source)

    def trainer(self, name):
        return self.contender(name, 0, 1000)[0]

    def draw(self, translate, path):
        """A sheet of held-out pairs, far from each other, for somebody to look at."""
        rows = np.linspace(0, len(self.data.validation_sources) - 1, SHOWN).astype(int)
        source, target = self.data.prepared("source", rows), self.data.prepared("target", rows)
        segmentation.draw(source, target, translate(source), self.data.preparation, path)


def compete(contest, names, metrics, options, about):
    """Rows of every metric: of each contender over the seeds, and of paired differences."""
    minutes = 0.01 if options.quick else options.minutes
    seeds = options.seeds[:1] if options.quick else options.seeds
    kept = Kept(options.json)
    timed = [name for name in names if name != WITHOUT[1]]
    kept.calibrate(minutes, timed, contest.trainer, 1 if options.quick else 8)
    kept.steps[WITHOUT[1]] = kept.steps[names[0]]

    def play(name, seed):
        steps = kept.steps[name]
        train, translate = contest.contender(name, seed, steps)
        train(steps)
        sheet = f"{options.json.stem}.{name.replace(' ', '-').replace(',', '')}-{seed}.png"
        contest.draw(translate, options.json.with_name(sheet))
        found = segmentation.metrics.measure(contest.data, metrics, translate)
        return {metric: value for metric, value, _ in found}

    for seed in seeds:
        for name in names:
            kept.run(f"{name}/{seed}", play, name, seed)
    rows = []
    for name in names:
        protocol = f"{about}, {minutes:g} minutes a run: {kept.steps[name]} steps"
        runs = [kept.runs[f"{name}/{seed}"] for seed in seeds]
        firsts = [kept.runs[f"{names[0]}/{seed}"] for seed in seeds]
        for metric in runs[0]:
            values = np.array([run[metric] for run in runs])
            rows.append(table.row(f"{name}/{metric}", values, "", len(runs), seeds, protocol))
            if name != names[0]:
                ahead = np.array([run[metric] for run in firsts]) - values
                label = f"{names[0]} minus {name}/{metric}"
                rows.append(table.row(label, ahead, "", len(runs), seeds, protocol))
    return rows


def adversary(options):
    contest = Contest(options, "to-classes")
    metrics = segmentation.metrics_for(contest.data)
    names = ["adversarial", *WITHOUT, PLAIN]
    return compete(contest, names, metrics, options, about(contest))


def variants(options):
    contest = Contest(options, "to-classes")
    metrics = segmentation.metrics_for(contest.data)
    return compete(contest, ["adversarial", *VARIANTS], metrics, options, about(contest))


def to_picture(options):
    contest = Contest(options, "to-picture")
    steps = 20 if options.quick else 3000
    path = options.json.with_suffix(".segmenter.keras")
    if path.is_file():
        segmenter = keras.saving.load_model(path, compile=False)
    else:
        segmenter = segmentation.train_segmenter(contest.data.turned(), steps)
        segmenter.save(path)
    metrics = segmentation.metrics_for(contest.data, segmenter)
    rows = compete(contest, ["adversarial", WITHOUT[1]], metrics, options, about(contest))
    real = segmentation.metrics.of_real(contest.data, metrics)
    return rows + [
        table.row(name, [row["value"]], "", 1, [0], row["protocol"]) for name, row in real.items()
    ]


def cost(options):
    """Step times in turn, and what the convolutions' FLOPs predict."""
    contest = Contest(options, "to-classes")
    names = ["adversarial", FIT]
    rounds = 1 if options.quick else 12
    trainers = {name: contest.trainer(name) for name in names}
    took = seconds(trainers, rounds, 0.5 if options.quick else 4.0)
    gan = recipe.build(contest.options, contest.preset, contest.data, contest.size, 1000)
    g = flops(gan.generator, (*contest.size, contest.data.shape("source")[2]))
    d = sum(flops(one) for one in gan.discriminators)
    # G: forward and backward by weights and inputs. D on real and fake, the same (6); on fake again,
    # forward and by inputs (2); R1: by inputs, and that by weights and inputs again (3).
    per_d = 8 + 3 * len(contest.preset.penalties)
    predicted = (3 * g + per_d * d) / (3 * g)
    ratio = took[names[0]] / took[names[1]]
    batch = recipe.batch_of(contest.options, contest.preset, contest.data)
    interval = ratio.mean() + np.array([-1.96, 1.96]) * ratio.std(ddof=len(ratio) > 1) / np.sqrt(
        len(ratio)
    )
    protocol = f"{about(contest)}, batch {batch}, {rounds} rounds in turn"
    rows = [
        table.row(FIT, took[names[1]], "s a step", rounds, [0], protocol),
        table.row("adversarial over it", ratio, "times", rounds, [0], protocol),
        table.row("predicted by FLOPs", [predicted], "times", 1, [0], protocol),
        table.row("measured over predicted", ratio / predicted, "times", rounds, [0], protocol),
    ]
    rows[1]["interval"] = list(interval)
    return rows


def flops(network, shape=None):
    """Multiply-adds of a network's convolutions for one sample, at a given shape of its input."""
    if shape is not None:  # built for any size
        network = keras.models.clone_model(network, input_tensors=keras.Input(shape))
    total = 0
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            total += int(np.prod(layer.kernel.shape) * np.prod(layer.output.shape[1:3]))
    return total


def about(contest):
    data = contest.data
    return (
        f"{pathlib.Path(data.name).name}, {len(data.sources)} pairs {data.shape('source')[:2]}, "
        f"cut-outs {contest.size}, {len(data.validation_sources)} held out, {contest.options.precision}, "
        f"{os.cpu_count()} cores"
    )


PARTS = {"adversary": adversary, "variants": variants, "to-picture": to_picture, "cost": cost}


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--part", choices=PARTS, default="adversary")
    parser.add_argument("--data", default="streets")
    parser.add_argument("--classes", nargs="+", help="names, in order")
    parser.add_argument("--ignore", type=int, default=255)
    parser.add_argument("--crop", nargs=2, type=int, help="height and width trained on, pixels")
    parser.add_argument("--scales", nargs=2, type=float, help="of augmentation")
    parser.add_argument("--precision", default="float32", help="or mixed_bfloat16")
    parser.add_argument("--minutes", type=float, default=12.0, help="of a run")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    options.json = options.json or pathlib.Path(f"{options.part}.json")
    rows = PARTS[options.part](options)
    table.save(rows, options.json)
    table.show(rows)


if __name__ == "__main__":
    main()
