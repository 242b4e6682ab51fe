"""Pictures: train a GAN on a folder of your own, or on built-in letters, and measure it.

    python recipes/images.py                                 # letters and digits, minutes on two cores
    python recipes/images.py --data photos --size 64 64      # a folder; its subfolders are classes
    python recipes/images.py --data tfds:mnist --minutes 20

Ends with a grid of samples, a report and a model in runs/; the same command again goes on where it
stopped. docs/images.md says which preset is for what.
"""

import dataclasses
import os
import sys
from typing import Literal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


import gankit
from gankit import images, launch, runs
from gankit.optimizers import Adam
from gankit.schedules import Cosine


@dataclasses.dataclass
class Options(launch.Options):
    """Train a GAN on pictures."""

    data: str = "glyphs"
    """`glyphs`, `digits`, a folder of pictures, an IDX, .npy or .npz file, or tfds:NAME[/CONFIG][:SPLIT]."""
    preset: str = "default"
    """`default`, `original` (2014), `dcgan`, `wgan-gp`, `sngan` or `r3gan`."""
    batch_size: int = 64
    """Pictures in a batch."""
    size: tuple[int, int] | None = None
    """Scale pictures to this height and width, in pixels; by default their own."""
    channels: int | None = None
    """1 (grey), 3 (colour) or 4 (with alpha); by default the files' own."""
    fit: Literal["crop", "stretch"] = "crop"
    """How to scale to other proportions: cut off what is over, or stretch."""
    mirror: bool = False
    """Show every picture mirrored left to right, too."""
    conditional: bool | None = None
    """Learn to make each class when asked; by default wherever there are classes."""
    augment: Literal["none", "diffaugment", "ada"] = "none"
    """Augment what the discriminator sees: for fewer than some thousand pictures."""
    skip_bad_files: bool = False
    """Leave out files that can't be read, and say which, instead of stopping."""


@dataclasses.dataclass
class Preset:
    """A method: the networks, the game and the hyper-parameters."""

    networks: str
    loss: str
    of_generator: dict = dataclasses.field(default_factory=dict)
    of_discriminator: dict = dataclasses.field(default_factory=dict)
    penalties: tuple = ()  # (class, weight at the start, weight at the end)
    generator_rate: tuple = (2e-4, 2e-4)  # at the start, at the end
    discriminator_rate: tuple = (2e-4, 2e-4)
    beta_1: float = 0.5
    beta_2: tuple = (0.999, 0.999)
    discriminator_steps: int = 1
    half_life: int | None = None  # of the average, in pictures
    steps: int = 4_000


R1, R2, GradientPenalty = (
    gankit.penalties.R1,
    gankit.penalties.R2,
    gankit.penalties.GradientPenalty,
)
PRESETS = {
    "default": Preset(
        "dcgan",
        "relativistic_pairing",
        of_generator={"width": 32, "normalize": False, "mapping": 2},
        of_discriminator={"width": 32, "normalize": False},
        penalties=((R1, 10.0, 0.1), (R2, 10.0, 0.1)),
        generator_rate=(5e-4, 5e-5),
        discriminator_rate=(5e-4, 5e-5),
        beta_1=0.0,
        beta_2=(0.9, 0.99),
        half_life=50_000,
    ),
    "original": Preset("mlp", "non_saturating"),
    "dcgan": Preset("dcgan", "non_saturating"),
    "wgan-gp": Preset(
        "dcgan",
        "wasserstein",
        of_discriminator={"normalize": False},
        penalties=((GradientPenalty, 10.0, 10.0),),
        beta_1=0.0,
        beta_2=(0.9, 0.9),
        discriminator_steps=5,
    ),
    "sngan": Preset(
        "sngan",
        "hinge",
        of_generator={"width": 64},
        of_discriminator={"width": 64},
        beta_1=0.0,
        beta_2=(0.9, 0.9),
        discriminator_steps=5,
    ),
    "r3gan": Preset(
        "r3gan",
        "relativistic_pairing",
        of_generator={"widths": (128, 96, 64), "blocks": 1},
        of_discriminator={"widths": (128, 96, 64), "blocks": 1},
        penalties=((R1, 1.0, 0.1), (R2, 1.0, 0.1)),
        generator_rate=(2e-4, 5e-5),
        discriminator_rate=(2e-4, 5e-5),
        beta_1=0.0,
        beta_2=(0.9, 0.99),
        half_life=50_000,
    ),
}
AUGMENTATIONS = {
    "none": lambda options: None,
    "diffaugment": lambda options: images.DiffAugment(seed=options.seed),
    "ada": lambda options: images.AdaptiveAugment(mirror=options.mirror, seed=options.seed),
}


@launch.on_devices
def build(options, data, steps):
    """The compiled model of a preset for some pictures, that will train for so many steps."""
    preset = PRESETS[options.preset]
    classes = len(data.classes) if is_conditional(options, data) else None

    def over(share, start, end):
        return Cosine(start, end, max(int(share * steps), 1))

    def optimizer(rates):
        return Adam(over(1.0, *rates), preset.beta_1, over(0.45, *preset.beta_2))

    def network(player, given):
        return getattr(images, f"{preset.networks}_{player}")(data.shape, classes=classes, **given)

    gan = gankit.GAN(
        network("generator", preset.of_generator),
        network("discriminator", preset.of_discriminator),
        discriminator_steps=preset.discriminator_steps,
        augment=AUGMENTATIONS[options.augment](options),
        seed=options.seed,
    )
    gan.compile(
        generator_optimizer=optimizer(preset.generator_rate),
        discriminator_optimizer=optimizer(preset.discriminator_rate),
        loss=preset.loss,
        penalties=[penalty(over(1.0, start, end)) for penalty, start, end in preset.penalties],
        ema=preset.half_life and gankit.EMA(half_life=preset.half_life),
    )
    return gan


def is_conditional(options, data):
    """Whether classes are asked for; refuses data that have none, or one."""
    if options.conditional is None:
        return data.labels is not None and len(data.classes) > 1
    if options.conditional and (data.labels is None or len(data.classes) < 2):
        found = "no labels" if data.labels is None else "a single class"
        raise ValueError(
            f"--conditional needs two classes at least, and {data.name} has {found}. Put each class "
            "into a subfolder of its own."
        )
    return options.conditional


def main(options):
    """Trains, samples and measures."""
    launch.require_preset(options.preset, PRESETS)
    launch.shorten(options)
    preset = PRESETS[options.preset]
    launch.require_positive(options)
    data = images.load_data(dataclasses.asdict(options))
    for note in data.notes:
        print(note)
    conditional = is_conditional(options, data)
    batch = options.batch_size * preset.discriminator_steps
    if batch > len(data.samples):
        raise ValueError(
            f"--preset {options.preset} takes {preset.discriminator_steps} batches of "
            f"{options.batch_size} in a step, {batch} pictures, and {data.name} has "
            f"{len(data.samples)} to train on. Give a smaller --batch-size."
        )
    dataset = data.dataset(batch, options.seed, conditional=conditional, mirror=options.mirror)
    run = runs.Run.start("images", options)
    run.remember(classes=data.classes)
    run.save_preparation(data.preparation)
    launch.prepare_process(options)
    classifier = images.classifier_of(run, data, steps=20 if options.smoke else 1000)
    steps = run.total_steps(preset.steps, lambda: build(options, data, 1000), dataset)
    gan = build(options, data, steps)
    metrics = images.metrics_for(data, classifier=classifier, conditional=conditional)
    gan.host_metrics = images.metrics_while_training(data, classifier)
    if options.init_from:
        runs.initialise(gan, options.init_from)

    def labels(n):
        return images.in_turn(len(data.classes), n) if conditional else None

    def draw(samples, path):
        return images.draw(data.preparation.to_bytes(samples), path)

    seconds = run.train(
        gan,
        dataset,
        steps,
        others=[
            gankit.callbacks.Samples(
                run.directory, draw, n=images.SHOWN, condition=labels(images.SHOWN)
            ),
            images.PictureDiagnostics(data, classifier, labels(256)),
            gankit.callbacks.Logits(
                run.directory,
                data.preparation(data.validation[:256]),
                data.validation_labels[:256] if conditional else None,
            ),
        ],
        show=("val_frechet_distance", "val_coverage"),
        validation_data=data.dataset(
            min(250, len(data.validation)), split="validation", conditional=conditional
        ),
    )
    numbers, controls, remarks = images.evaluate(gan, data, metrics)
    report = run.report(gan, seconds, numbers, controls, [*data.notes, *remarks])
    final, copies = (run.directory / "samples" / f"{name}.png" for name in ("final", "neighbours"))
    samples = gan.generate(images.SHOWN, labels(images.SHOWN), seed=0)
    draw(samples, final)
    rows = images.neighbours(samples[:8], data, images.usual_features(data, classifier))
    images.draw(rows.reshape(-1, *data.shape), copies, columns=rows.shape[1])
    print(launch.closing(run, report, [final, copies]))
    return report


if __name__ == "__main__":
    sys.exit(launch.command(main, Options))
