"""Sound: train a generator of spoken labels, or a vocoder, on recordings of your own or on built-in vowels.

    python recipes/audio.py                                            # vowels, minutes on two cores
    python recipes/audio.py --data words --seconds 1                   # a folder; its subfolders are labels
    python recipes/audio.py --data spoken-digits --labels "{label}_{speaker}_{index}" --validation index:5-9
    python recipes/audio.py --data music --preset vocoder              # mels to waves, alone

Spoken labels come out of two trainings: of a vocoder, from mels to waves, and then of a game for mels.
Ends with sound, a report and a model in runs/; the same command again goes on where it stopped.
docs/audio.md says which preset is for what.
"""

import dataclasses
import os
import pathlib
import sys
from collections.abc import Callable
from typing import Literal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras

import gankit
from gankit import audio, files, launch, runs
from gankit.optimizers import Adam
from gankit.schedules import Cosine
from recipes import vocoders

LONGEST = 30.0  # seconds of a recording that is made whole; a generator's weights grow with it
FITTED = 1000  # recordings, at most, that spectrograms are scaled by
REFERENCE = 256  # recordings whose spread samples should have
WATCHED, JUDGED = 250, 128  # held-out recordings, for validation and for the discriminator


@dataclasses.dataclass
class Options(launch.Options):
    """Train a GAN on recordings."""

    data: str = "vowels"
    """`vowels`, a folder of WAV, FLAC, OGG or MP3 files, or tfds:NAME[/CONFIG][:SPLIT]."""
    preset: str = "default"
    """`spectrogram` (labels to mels, and a vocoder; the default), `specgan` (labels to linear
    spectrograms), or, from mels to waves, `vocoder`, `hifigan-v1`, `hifigan-v2`, `hifigan-v3`."""
    batch_size: int | None = None
    """Recordings, or segments of them, in a batch; by default the preset's."""
    every: int = 500
    """Steps between two looks at the run: samples, validation, scalars. --steps is rounded up to it."""
    steps: int | None = None
    """Adversarial steps to train for; the preset's own number by default. A vocoder that is trained
    first has its own."""
    minutes: float | None = None
    """Train for about so many minutes instead, each of the two trainings where there are two."""
    vocoder: pathlib.Path | None = None
    """Of `spectrogram`: a finished vocoder's run to use, instead of training one first."""
    labels: str = "subfolders"
    """Where labels and speakers come from: `subfolders`, a pattern of file names such as
    "{label}_{speaker}_{index}", a CSV file with the columns file, label and speaker, or a feature."""
    validation: str | None = None
    """What is held out: a share, or a field and its values, such as index:5-9 or speaker:anna,ben; by
    default a tenth of each label's recordings, or what the data says."""
    sample_rate: int | None = None
    """Resample to this rate, in hertz; by default the recordings' own, or the vocoder's."""
    seconds: float | None = None
    """Cut longer recordings there."""
    trim: bool = False
    """Cut off the silence before and after each recording."""
    normalise: bool = True
    """Make every recording's peak the same."""
    segment: int | None = None
    """Samples that a vocoder is trained on at once, a multiple of the hop; by default 32 hops."""
    fft: int | None = None
    """Samples in a frame that is transformed; by default about 0.046 seconds, 256 with `specgan` and 1,024
    with `hifigan-*`."""
    hop: int | None = None
    """Samples from a frame to the next; by default a quarter of --fft, half of it with `specgan`.
    `hifigan-*` has 256."""
    window: int | None = None
    """Samples under the window; by default all of --fft."""
    mels: int | None = None
    """Mel bands; by default 80, or 64 below 16,000 hertz; with `hifigan-*` 80 at any rate. `specgan` has
    none."""
    augment: Literal["none", "shift"] | None = None
    """Of `spectrogram` and `specgan`: `shift` moves what the discriminator sees a little in time, frequency
    and level, real and made alike. By default `shift` with `spectrogram` and `none` with `specgan`."""
    skip_bad_files: bool = False
    """Leave out recordings that can't be used, and say which, instead of stopping."""


# --- representations ------------------------------------------------------------------------------


def linear(options, rate):
    """SpecGAN's evenly spaced frequencies."""
    fft = options.fft or 256
    return audio.LinearLogMagnitude(rate, fft, options.hop or fft // 2, options.window)


# --- presets --------------------------------------------------------------------------------------


@dataclasses.dataclass
class Speech:
    """A game for spectrograms: what they are, the losses and the hyper-parameters."""

    representation: Callable | None  # of the options and the sample rate; None: its vocoder's
    loss: str
    penalties: tuple  # (class, weight at the start, weight at the end)
    rate: tuple  # at the start, at the end
    beta_1: float
    beta_2: tuple
    width: int = 32
    discriminator_steps: int = 1
    half_life: int | None = None  # of the average, in recordings
    augment: str = "none"
    batch_size: int = 32
    steps: int = 3_000


R1, R2, GradientPenalty = (
    gankit.penalties.R1,
    gankit.penalties.R2,
    gankit.penalties.GradientPenalty,
)
PRESETS = {
    "spectrogram": Speech(
        None,
        "relativistic_pairing",
        ((R1, 10.0, 0.1), (R2, 10.0, 0.1)),
        rate=(5e-4, 5e-5),
        beta_1=0.0,
        beta_2=(0.9, 0.99),
        half_life=10_000,
        augment="shift",
        steps=2_000,
    ),
    "specgan": Speech(
        linear,
        "wasserstein",
        ((GradientPenalty, 10.0, 10.0),),
        rate=(1e-4, 1e-4),
        beta_1=0.5,
        beta_2=(0.9, 0.9),
        width=64,
        discriminator_steps=5,
        batch_size=64,
        steps=20_000,
    ),
}
DEFAULT = "spectrogram"
AUGMENTATIONS = {
    "none": lambda options: None,
    "shift": lambda options: audio.ShiftAugment(seed=options.seed),
}


# --- spoken labels --------------------------------------------------------------------------------


@launch.on_devices
def build_speech(options, preset, names, representation, samples, steps):
    """The compiled game for spectrograms of waves of so many samples."""
    shape = (*representation.shape(samples), 1)
    counts = {field: len(values) for field, values in names.items()} or None

    def over(share, start, end):
        return Cosine(start, end, max(int(share * steps), 1))

    def optimizer():
        return Adam(over(1.0, *preset.rate), preset.beta_1, over(0.45, *preset.beta_2))

    gan = audio.SpectrogramGAN(
        audio.spectrogram_generator(shape, conditions=counts, width=preset.width),
        audio.spectrogram_discriminator(shape, counts, preset.width),
        representation,
        discriminator_steps=preset.discriminator_steps,
        augment=AUGMENTATIONS[options.augment or preset.augment](options),
        seed=options.seed,
    )
    gan.compile(
        optimizer(),
        optimizer(),
        loss=preset.loss,
        penalties=[penalty(over(1.0, start, end)) for penalty, start, end in preset.penalties],
        ema=preset.half_life and gankit.EMA(half_life=preset.half_life),
    )
    return gan


MEANINGLESS = {  # options of no use to a preset
    "specgan": ("vocoder", "segment", "mels"),
    **dict.fromkeys(vocoders.PRESETS, ("vocoder", "augment")),
}


def given_vocoder(options):
    """The GAN of the vocoder's run that was asked for, or None; refuses one that does not fit."""
    if options.vocoder is None:
        return None
    if options.segment is not None:
        raise ValueError(
            f"--segment is of a vocoder's training, and that of {options.vocoder} is done: leave it out."
        )
    asked = ("sample_rate", "fft", "hop", "window", "mels")
    return audio.open_vocoder(options.vocoder, **{one: getattr(options, one) for one in asked})


def rate_of(vocoder_gan, run):
    """The sample rate of the vocoder that is given, or that the run has from before; or None."""
    if run.has("vocoder.keras"):
        return run.load_preparation().sample_rate
    return vocoder_gan and vocoder_gan.representation.sample_rate


def own_vocoder(options, data, run):
    """The GAN of the run's own vocoder, which is a run in the run, trained now if it is not yet."""
    own = run.shared / "vocoder"
    if runs.Run(own).has("report.json"):
        return runs.Run.open(own).load()
    print(f"Training a vocoder first, in {own}: from mels to waves.")
    changes = {"batch_size": None, "init_from": None, "extend": False, "augment": None}
    steps = 10 if options.smoke else None
    vocoders.train(
        dataclasses.replace(options, preset="vocoder", out=own, steps=steps, **changes), data
    )
    print("\nNow the game for mels.")
    return runs.Run.open(own).load()


def fitted(options, preset, data, vocoder_gan):
    """The preset's representation, or else its vocoder's mels, scaled to [-1, 1] by the recordings."""
    mels = vocoder_gan and vocoder_gan.representation
    base = mels or preset.representation(options, data.sample_rate)
    rows = audio.some_rows(len(data.train), FITTED)
    waves = data.train.padded(audio.whole_frames(data.longest, base), rows)
    return audio.in_range(base, waves) if mels else base.fit(waves)


def train_speech(options):
    """Trains, samples and measures a generator of spoken labels. Returns its report."""
    preset = PRESETS[DEFAULT if options.preset == "default" else options.preset]
    run = runs.Run.start("audio", options)
    vocoded = preset.representation is None
    begun = run.has("vocoder.keras")  # by an earlier call, which kept its representation, too
    vocoder_gan = None if begun else given_vocoder(options)
    data = load(options, options.sample_rate or rate_of(vocoder_gan, run))
    if len(data.validation) < 2:
        raise ValueError(
            f"{data.name}: distances take at least 2 held-out recordings. Received: "
            f"{len(data.validation)}. Hold out more, such as --validation 0.3."
        )
    longest = data.longest / data.sample_rate
    if longest > LONGEST:
        raise ValueError(
            f"{data.name}: a recording lasts {longest:.0f} s, and whole ones are made, of at most "
            f"{LONGEST:g} s: cut them with --seconds, or make them shorter."
        )
    names = audio.names_of(data)
    run.remember(rate=data.sample_rate, names=names)
    if vocoded and not begun:
        vocoder_gan = vocoder_gan or own_vocoder(options, data, run)
    representation = run.load_preparation() if begun else fitted(options, preset, data, vocoder_gan)
    run.save_preparation(representation)
    vocoder = run.keep("vocoder", lambda: vocoder_gan.sampler) if vocoded else None
    samples = audio.whole_frames(data.longest, representation)
    asked = audio.askable(data, names)
    at_most = max(len(data.train) // preset.discriminator_steps, 1)
    batch = options.batch_size or min(preset.batch_size, at_most)
    dataset = asked.clips(batch * preset.discriminator_steps, options.seed, samples=samples)
    launch.prepare_process(options)
    trained_for = 20 if options.smoke else 600
    classifiers = [
        audio.classifier_of(run, data, field, trained_for) for field in ("label", "speaker")
    ]

    def build(steps):
        return build_speech(options, preset, names, representation, samples, steps)

    steps = run.total_steps(preset.steps, lambda: build(1000), dataset)
    gan = build(steps)
    gan.host_metrics = audio.metrics_while_training(data, representation, samples)
    if options.init_from:
        runs.initialise(gan, options.init_from)
    told = audio.in_turn(names, audio.SHOWN)
    titles = audio.titles(names, told, audio.SHOWN)

    def draw(features, path):
        waves = audio.waves_of(features, representation, vocoder)
        return audio.draw(waves, path, data.sample_rate, representation, titles)

    some = data.train.padded(samples, audio.some_rows(len(data.train), REFERENCE))
    reference = keras.ops.convert_to_numpy(audio.pictures(representation(some)))
    watched, asked_for = held_out(asked, samples, WATCHED)
    seconds = run.train(
        gan,
        dataset,
        steps,
        others=[
            gankit.callbacks.Samples(run.directory, draw, n=audio.SHOWN, condition=told),
            gankit.callbacks.Diagnostics(reference, audio.in_turn(names, REFERENCE)),
            gankit.callbacks.Logits(run.directory, *held_out(asked, samples, JUDGED)),
        ],
        show=("val_frechet_distance", "val_coverage"),
        validation_data=files.Dataset.from_arrays(
            watched, asked_for, batch_size=len(watched), shuffle=False
        ),
    )
    metrics = audio.metrics_for(data, *classifiers)
    n = 40 if options.smoke else audio.SAMPLES
    numbers, controls, remarks = audio.evaluate_generator(gan, data, metrics, vocoder, n)
    report = run.report(gan, seconds, numbers, controls, [*data.notes, *remarks])
    final = run.directory / "samples" / "final.png"
    draw(gan.generate(audio.SHOWN, told, seed=0), final)
    print(launch.closing(run, report, [final, final.with_suffix("")]))
    if "label" in names:
        print(f'speech       gankit say {run.directory} "{" ".join(names["label"][:3])}"')
    return report


def held_out(data, samples, n):
    """At most so many held-out recordings, and their condition or None."""
    waves, rows = data.validation, audio.some_rows(len(data.validation), n)
    return waves.padded(samples, rows), waves.condition(rows)


# --- both -----------------------------------------------------------------------------------------


def load(options, rate):
    """The recordings; what should be known of them is printed."""
    data = audio.load_data({**dataclasses.asdict(options), "rate": rate})
    for note in data.notes:
        print(note)
    return data


def main(options):
    """Trains, samples and measures."""
    launch.require_preset(options.preset, ["default", *PRESETS, *vocoders.PRESETS])
    launch.shorten(options)
    launch.require_positive(options)
    launch.require_at_least(1, segment=options.segment)
    for name in MEANINGLESS.get(options.preset, ()):
        if getattr(options, name) not in (None, "none"):
            raise ValueError(f"--{name} means nothing for --preset {options.preset}: leave it out.")
    if options.preset not in vocoders.PRESETS:
        return train_speech(options)
    rate = options.sample_rate or vocoders.PRESETS[options.preset].sample_rate
    return vocoders.train(options, load(options, rate))


if __name__ == "__main__":
    sys.exit(launch.command(main, Options))
