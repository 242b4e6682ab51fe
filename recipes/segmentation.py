"""Pairs: pictures to classes, classes to pictures, pictures to pictures, trained and measured.

    python recipes/segmentation.py                                       # rendered streets
    python recipes/segmentation.py --data mine --size 192 256            # images/ and labels/
    python recipes/segmentation.py --direction to-picture --preset spade
    python recipes/segmentation.py --data facades                        # source and target side by side

Trains a twin without an adversary, too, and puts its numbers beside. The same command again goes on
where it stopped. docs/segmentation.md says which preset is for what.
"""

import dataclasses
import os
import sys
from typing import Literal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


import gankit
from gankit import launch, runs, segmentation
from gankit.files import Classes, JointAugment
from gankit.optimizers import Adam
from gankit.penalties import R1
from gankit.reconstruction import L1, CrossEntropy, Jaccard
from gankit.schedules import Cosine
from gankit.segmentation import Cycle, Identity


@dataclasses.dataclass
class Options(launch.Options):
    """Train a translation of pictures."""

    data: str = "streets"
    """`streets`, a folder (images/ and labels/, sources/ and targets/, side by side, or for `cyclegan`
    trainA/, trainB/, testA/ and testB/), or tfds:NAME[/CONFIG][:SPLIT]."""
    direction: Literal["to-classes", "to-picture"] = "to-classes"
    """Pictures to classes (or sources to targets), or the other way round."""
    preset: str = "default"
    """`unet` (to classes), `pix2pix`, `spade` (from classes), `cyclegan` (unpaired pictures); by default
    `unet` to classes and `pix2pix` to pictures."""
    batch_size: int | None = None
    """Pairs in a batch; by default the preset's."""
    every: int = 400
    """Steps between two looks at the run: samples, validation, scalars. --steps is rounded up to it."""
    size: tuple[int, int] | None = None
    """Scale to this height and width, in pixels; by default their own."""
    crop: tuple[int, int] | None = None
    """Train on cut-outs of this height and width, in pixels, best multiples of 16; by default as large as
    the pictures."""
    scales: tuple[float, float] | None = None
    """Scale pairs by chance, from the smallest factor to the largest: 0.9 to 1.2 where targets are
    classes, 1 to 1.2 where they are pictures, which then have no borders."""
    fit: Literal["crop", "stretch"] = "crop"
    """How to scale to other proportions: cut off what is over, or stretch."""
    classes: tuple[str, ...] | None = None
    """Names of the classes, in order; by default those of classes.txt, or numbers."""
    class_weights: tuple[float, ...] | None = None
    """Factors of the classes in the cross-entropy, in order, larger for rare ones perhaps; by default all
    count the same."""
    ignore: int = 255
    """The index in masks that is no class."""
    mirror: bool = True
    """Mirror pairs left to right, by chance."""
    colours: bool = False
    """Take masks as pictures of their classes' colours: for `pix2pix` and `cyclegan`."""
    skip_bad_files: bool = False
    """Leave out pairs that can't be read, and say which, instead of stopping."""


@dataclasses.dataclass
class Preset:
    """A method: the networks, the game and the hyper-parameters."""

    generator: str
    loss: tuple
    reconstruction: tuple  # without the adversary, this is what is left
    of_generator: dict = dataclasses.field(default_factory=dict)
    of_discriminator: dict = dataclasses.field(default_factory=dict)
    scales: int = 1  # discriminators, each on pictures half as large
    sees_source: bool = True  # whether they are told the source
    paired: bool = True  # whether a source has its own target
    adversarial_weight: float = 1.0
    penalties: tuple = ()
    generator_rate: float = 1e-3  # falls to 0 along a cosine
    discriminator_rate: float = 2e-4
    beta_1: float = 0.9
    beta_2: float = 0.99
    half_life: int = 2_000  # of the average, in pairs
    batch_size: int = 8
    steps: int = 2_000

    def optimizer(self, player, steps):
        """Of a player, or of the generator's twin, for so many steps."""
        rate = Cosine(getattr(self, f"{player}_rate"), 0.0, steps)
        return Adam(rate, self.beta_1, self.beta_2)


PRESETS = {
    "unet": Preset(
        "unet",
        loss=("non_saturating",),
        reconstruction=(CrossEntropy(), Jaccard()),
        of_discriminator={"width": 16, "halvings": 2},
        adversarial_weight=0.1,
        penalties=(R1(0.03),),
        generator_rate=2e-3,
        steps=800,
    ),
    "pix2pix": Preset(
        "pix2pix_generator",
        loss=("least_squares",),
        adversarial_weight=2.0,  # (D - 1)^2, as published; our loss is half of it
        reconstruction=(L1(20.0),),
        of_generator={"width": 32, "depth": 5},
        of_discriminator={"width": 32, "normalization": "instance"},
        generator_rate=4e-4,
        discriminator_rate=4e-4,
        beta_1=0.5,
        beta_2=0.999,
        batch_size=4,
    ),
    "spade": Preset(
        "spade_generator",
        loss=("hinge", gankit.losses.FeatureMatching(10.0)),
        reconstruction=(L1(10.0),),
        of_generator={"width": 24},
        of_discriminator={"width": 32, "normalization": "instance"},
        scales=2,
        generator_rate=2e-4,
        beta_1=0.0,
        beta_2=0.999,
    ),
    "cyclegan": Preset(
        "resnet",
        paired=False,
        loss=("least_squares",),
        adversarial_weight=2.0,
        reconstruction=(Cycle(10.0), Identity(5.0)),
        of_discriminator={"width": 32, "normalization": "instance"},
        generator_rate=2e-4,
        beta_1=0.5,
        beta_2=0.999,
    ),
}


def is_paired(name):
    """Whether the preset of that name learns from pairs; the default ones do."""
    return name not in PRESETS or PRESETS[name].paired


def preset_of(options, data):
    """The preset asked for; refuses one that does not suit the data."""
    kinds = (
        isinstance(kind, Classes) for kind in (data.preparation.source, data.preparation.target)
    )
    from_classes, to_classes = kinds
    name = options.preset
    if name == "default":
        name = "unet" if to_classes else "pix2pix"
    launch.require_preset(name, ["default", *PRESETS])
    needs = {
        "unet": ("masks as targets", to_classes),
        "pix2pix": ("pictures as targets", not to_classes),
        "spade": ("masks as sources", from_classes),
        "cyclegan": ("pictures on both sides", not from_classes and not to_classes),
    }
    what, given = needs[name]
    if not given:
        raise ValueError(f"--preset {name} needs {what}: see --direction and --colours.")
    preset = PRESETS[name]
    if options.class_weights is not None:
        preset = weighted(preset, options.class_weights, data.preparation.target)
    if not preset.paired and data.shape("source")[2] != data.shape("target")[2]:
        print("Sources and targets have other channels, so there is no identity loss.")
        terms = tuple(term for term in preset.reconstruction if not isinstance(term, Identity))
        preset = dataclasses.replace(preset, reconstruction=terms)
    return preset


def weighted(preset, weights, target):
    """The preset with other factors of the classes in its cross-entropy."""
    names = target.names if isinstance(target, Classes) else []
    if len(weights) != len(names):
        raise ValueError(
            f"--class-weights are one number for each class of the targets ({', '.join(names) or 'none'}). "
            f"Received: {len(weights)}"
        )
    terms = [
        CrossEntropy(class_weights=weights) if isinstance(term, CrossEntropy) else term
        for term in preset.reconstruction
    ]
    return dataclasses.replace(preset, reconstruction=tuple(terms))


def build_generator(preset, data, turned=False):
    """A generator for these pairs, of any height and width; `turned`, of sources from targets."""
    sides = ("target", "source") if turned else ("source", "target")
    source, target = (data.shape(side)[2] for side in sides)
    return getattr(segmentation, preset.generator)(
        (None, None, source),
        target,
        from_classes=isinstance(getattr(data.preparation, sides[0]), Classes),
        **preset.of_generator,
    )


def build_discriminators(preset, data, size):
    """Patch discriminators at every scale, or, for unpaired pictures, of both sides."""
    source, target = ((*size, data.shape(side)[2]) for side in ("source", "target"))
    if not preset.paired:
        return [
            segmentation.patchgan(shape, None, **preset.of_discriminator)
            for shape in (target, source)
        ]
    from_classes = isinstance(data.preparation.source, Classes)
    source = source if preset.sees_source else None
    return [
        segmentation.patchgan(
            target, source, scale=i, from_classes=from_classes, **preset.of_discriminator
        )
        for i in range(preset.scales)
    ]


def crop_of(options, data):
    """(height, width) of what is cut out to train on."""
    whole = data.shape("source")[:2]
    if options.crop and any(cut > side for cut, side in zip(options.crop, whole)):
        raise ValueError(
            f"--crop cuts out of pictures of {whole[0]} x {whole[1]} (height x width). "
            f"Received: --crop {options.crop[0]} {options.crop[1]}"
        )
    return options.crop or whole


def batch_of(options, preset, data):
    """How many pairs are in a batch: no more than there are."""
    return min(options.batch_size or preset.batch_size, len(data.sources))


def dataset_of(options, preset, data, size):
    """Batches of augmented pairs."""
    masks = [isinstance(one, Classes) for one in (data.preparation.source, data.preparation.target)]
    light = 0.15 if masks[1] else 0.0  # a picture's light can't be told from its source
    scales = options.scales or (0.9 if masks[1] else 1.0, 1.2)
    augment = JointAugment(size, scales, options.mirror, light, masks)
    return data.dataset(batch_of(options, preset, data), options.seed, augment)


@launch.on_devices
def build(options, preset, data, size, steps):
    """The compiled model of a preset for some pairs, that will train for so many steps."""
    generator = build_generator(preset, data)
    game = gankit.Translation
    if isinstance(data.preparation.target, Classes):
        game = segmentation.Segmenter
    elif not preset.paired:
        game = segmentation.CycleGAN
        same = any(isinstance(term, Identity) for term in preset.reconstruction)
        generator = segmentation.there_and_back(
            generator, build_generator(preset, data, True), identity=same
        )
    gan = game(generator, build_discriminators(preset, data, size), seed=options.seed)
    gan.compile(
        generator_optimizer=preset.optimizer("generator", steps),
        discriminator_optimizer=preset.optimizer("discriminator", steps),
        loss=list(preset.loss),
        penalties=list(preset.penalties),
        reconstruction=list(preset.reconstruction),
        adversarial_weight=preset.adversarial_weight,
        ema=gankit.EMA(half_life=preset.half_life),
    )
    return gan


def build_twin(options, preset, data, gan, steps):
    """The generator of `gan`, compiled for Keras's own `fit`, and the callback that averages it: the same
    losses but the adversarial ones, the same optimizer and average."""
    launch.prepare_process(options)
    twin = build_generator(preset, data)
    if options.init_from:
        twin.set_weights(runs.Run.open(options.init_from).load().generator.get_weights())
    twin.compile(preset.optimizer("generator", steps), loss=gan.reconstruction_loss)
    ema = gankit.EMA(half_life=preset.half_life)
    return twin, gankit.callbacks.Averaging(ema, batch_of(options, preset, data))


def twin_of(run, options, preset, data, gan, dataset, steps):
    """The run's twin, trained now on the same batches where there is none yet."""

    def make():
        print("Training the twin without an adversary ...")
        twin, averaging = build_twin(options, preset, data, gan, steps)
        folder = run.shared / "twin-checkpoints"
        gankit.twins.train(twin, dataset.stream, steps, folder, options.every, averaging)
        return averaging.ema.network

    return run.keep("twin", make, steps)


def main(options):
    """Trains, samples and measures."""
    launch.shorten(options)
    launch.require_positive(options)
    sides = {"size": options.size, "crop": options.crop}
    launch.require_at_least(4, **{name: given and min(given) for name, given in sides.items()})
    paired = is_paired(options.preset)
    data = segmentation.load_data({**dataclasses.asdict(options), "paired": paired})
    for note in data.notes:
        print(note)
    preset = preset_of(options, data)
    size = crop_of(options, data)
    dataset = dataset_of(options, preset, data, size)
    build_discriminators(preset, data, size)  # refuses pictures that are too small
    run = runs.Run.start("segmentation", options)
    run.remember(
        source_channels=data.shape("source")[2], paired=paired, twin_name=twin_name(preset)
    )
    run.save_preparation(data.preparation)
    launch.prepare_process(options)
    segmenter = segmentation.segmenter_of(run, data, steps=20 if options.smoke else 1500)
    steps = run.total_steps(preset.steps, lambda: build(options, preset, data, size, 1000), dataset)
    gan = build(options, preset, data, size, steps)
    metrics = segmentation.metrics_for(data, segmenter)
    gan.host_metrics = metrics[:1]
    if options.init_from:
        runs.initialise(gan, options.init_from)
    shown = slice(0, segmentation.SHOWN)
    source, target = data.prepared("source", shown), data.prepared("target", shown)

    def draw(outputs, path):
        truth = target if data.paired else None
        return segmentation.draw(source, truth, outputs, data.preparation, path)

    seconds = run.train(
        gan,
        dataset,
        steps,
        others=[
            gankit.callbacks.Samples(run.directory, draw, n=len(source), condition=source),
            gankit.callbacks.Logits(run.directory, *middle(source, target, size)),
            gankit.callbacks.Diagnostics(),
        ],
        show=[f"val_{one}" for one in ("mean_iou", "l1", "kernel_distance")],
        validation_data=data.validation_dataset(),
    )
    twin = None  # without pairs there is nothing that it could learn
    if preset.paired:
        twin = twin_of(run, options, preset, data, gan, dataset, steps)
    numbers, controls, remarks = segmentation.evaluate(gan, data, metrics, twin, twin_name(preset))
    folder, more = run.directory / "samples", {}
    files = [folder / "final.png"]
    draw(gan.translate(source), files[0])
    if isinstance(data.preparation.target, Classes):
        names = data.preparation.target.names
        counts = segmentation.measure_confusion(gan, data)
        more["confusion"] = {"names": list(names), "pixels": counts.tolist()}
        files.append(folder / "confusion.png")
        segmentation.draw_confusion(counts, names, files[-1])
    report = run.report(gan, seconds, numbers, controls, [*data.notes, *remarks], **more)
    print(launch.closing(run, report, files))
    return report


def middle(source, target, size):
    """Held-out pairs as large as those trained on, which is what discriminators take."""
    top, left = ((whole - part) // 2 for whole, part in zip(source.shape[1:3], size))
    return [side[:, top : top + size[0], left : left + size[1]] for side in (source, target)]


def twin_name(preset):
    """What the twin minimises, such as `l1_only`."""
    return f"{'_and_'.join(term.name for term in preset.reconstruction)}_only"


if __name__ == "__main__":
    sys.exit(launch.command(main, Options))
