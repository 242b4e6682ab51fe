"""Text: sequences of words or characters from a game on tokens, measured beside maximum likelihood.

    python recipes/text.py                                        # headlines, built in
    python recipes/text.py --data mine.txt --preset scratchgan    # one sequence a line
    python recipes/text.py --data dialogue --preset dialogue
    python recipes/text.py --data mine.tsv --columns "category text"

Begins with a language model trained by maximum likelihood, which stays as the twin: the report has both
at every temperature. The same command again goes on where it stopped. docs/text.md says which preset is
for what, and what to expect.
"""

import dataclasses
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


import gankit
from gankit import launch, runs, text
from gankit.optimizers import Adam
from gankit.schedules import Exponential
from gankit.text.begun import texts_of


@dataclasses.dataclass
class Options(launch.Options):
    """Train a game on text."""

    data: str = "headlines"
    """`headlines`, `dialogue`, a text file with one sequence a line (or two columns and a tab), or
    tfds:NAME[/CONFIG][:SPLIT]."""
    preset: str = "default"
    """`default` (dialogue where there are prompts, scratchgan where sequences are longer than 64 tokens, else
    seqgan), `mle`, `seqgan`, `scratchgan`, `maligan`, `relgan` or `dialogue`."""
    generator: str | None = None
    """`lstm`, `gru`, `relational` (RelGAN's memory) or `transformer`; the preset's own by default."""
    batch_size: int = 64
    """Sequences in a batch."""
    every: int = 50
    """Steps between two looks at the run: samples, scalars. --steps is rounded up to it."""
    likelihood_steps: int = 2_000
    """Steps of maximum likelihood before the game, at most; it stops early when held-out likelihood no longer improves."""
    tokenizer: str = "word"
    """`word`, `character` or `bpe` (byte pairs)."""
    vocabulary: int = 5000
    """At most so many different tokens; the rarest become unknown, as do words that come once."""
    length: int | None = None
    """Tokens in a sequence; by default as many as the longest has."""
    columns: str | None = None
    """Of a file: "text", "category text" or "prompt reply"; found out where that is certain."""
    running: bool = False
    """The text runs on from line to line."""
    cut_long_lines: bool = False
    """Cut sequences that are too long, instead of stopping."""
    lower_case: bool = False
    """Lower-case all text."""
    units: int = 128
    """Of the generator's cell and embeddings, or its width."""
    skip_bad_lines: bool = False
    """Leave out lines that can't be used, and say how many, instead of stopping."""


@dataclasses.dataclass
class Preset:
    """A method: the networks, the game and the hyper-parameters."""

    game: str  # policy or gumbel
    rewards: tuple = ()  # class, arguments
    judge: str = "cnn"  # cnn, recurrent or relgan
    generator: str = "lstm"
    loss: str = "non_saturating"
    generator_rate: float = 1e-3
    discriminator_rate: float = 1e-4
    discriminator_steps: int = 3
    warm_up: int = 300  # steps of the discriminator alone, before the game
    steps: int = 200
    sharpness: tuple = (1.0, 100.0)  # of softened tokens, at the start and at the end


PRESETS = {
    "mle": Preset("policy", (text.PerToken, {}), judge="recurrent", warm_up=0, steps=0),
    "seqgan": Preset("policy", (text.RollOuts, {"n": 4, "baseline": 0.9}), discriminator_rate=1e-3),
    "scratchgan": Preset(
        "policy", (text.PerToken, {"discount": 0.23}), judge="recurrent", discriminator_rate=1e-3
    ),
    "maligan": Preset("policy", (text.Reweighted, {})),
    "relgan": Preset(
        "gumbel",
        judge="relgan",
        generator="relational",
        loss="relativistic_pairing",
        generator_rate=1e-4,
        discriminator_steps=5,
        warm_up=0,
    ),
    "dialogue": Preset(
        "policy", (text.PerToken, {"discount": 0.23}), judge="recurrent", discriminator_rate=1e-3
    ),
}
LIKELIHOOD_RATES = {"lstm": 4e-3, "gru": 4e-3, "relational": 1e-3, "transformer": 1e-3}
LONG = 64  # tokens, beyond which roll-outs, whose cost grows with the square, take too long
FILTERS = {1: 50, 2: 100, 3: 100, 4: 100, 5: 100}


def preset_of(options, data):
    """The preset asked for; refuses one that does not suit the data."""
    name = options.preset
    if name == "default":
        name = "scratchgan" if data.length > LONG else "seqgan"
        name = name if data.prompts is None else "dialogue"
    launch.require_preset(name, ["default", *PRESETS])
    if name == "dialogue" and data.prompts is None:
        raise ValueError("--preset dialogue needs prompts and replies: two columns and a tab.")
    if options.generator not in (None, *LIKELIHOOD_RATES):
        raise ValueError(
            f"Unknown generator. Known: {', '.join(LIKELIHOOD_RATES)}. "
            f"Received: --generator {options.generator}"
        )
    if not PRESETS[name].steps and (options.steps or options.minutes):
        raise ValueError(
            f"--preset {name} plays no game, so --steps and --minutes mean nothing: say "
            "--likelihood-steps."
        )
    return PRESETS[name]


def build_generator(options, preset, data):
    """A language model for these texts."""
    given, vocabulary = None, data.preparation.vocabulary_size
    if data.labels is not None:
        given = text.Category(len(data.classes), 32)
    elif data.prompts is not None:
        given = text.Prompt(vocabulary, options.units, options.units)
    kind = options.generator or preset.generator
    if kind == "transformer":
        return text.Transformer(vocabulary, data.length, options.units, given=given)
    return text.Recurrent(vocabulary, data.length, options.units, options.units, kind, given)


def build(options, preset, data, generator, steps):
    """The compiled game of a preset, that will go on from `generator` for so many steps."""
    size = (data.preparation.vocabulary_size, data.length)
    given = None
    if data.labels is not None:
        given = text.told_category(len(data.classes))
    elif data.prompts is not None:
        given = text.told_prompt(data.prompts.shape[1])
    if preset.judge == "cnn":
        judge = text.cnn_discriminator(*size, filters=FILTERS, given=given)
    elif preset.judge == "recurrent":
        judge = text.recurrent_discriminator(*size, units=options.units, given=given)
    else:
        filters = {width: 100 for width in (2, 3, 4, 5)}
        judge = text.relgan_discriminator(*size, filters=filters, given=given)
    shared = {"discriminator_steps": preset.discriminator_steps, "seed": options.seed}
    if preset.game == "gumbel":
        sharpness = Exponential(*preset.sharpness, max(steps, 1))
        gan = text.GumbelGAN(generator, judge, sharpness=sharpness, **shared)
    else:
        reward, arguments = preset.rewards
        gan = text.PolicyGAN(generator, judge, reward(**arguments), **shared)
    gan.compile(
        generator_optimizer=Adam(preset.generator_rate, clipnorm=5.0),
        discriminator_optimizer=Adam(preset.discriminator_rate),
        loss=preset.loss,
    )
    return gan


def twin_of(run, options, preset, data):
    """The language model trained by maximum likelihood that a run keeps."""

    def make():
        print("Training by maximum likelihood ...")
        launch.prepare_process(options)  # the same, whatever was there from before
        model = build_generator(options, preset, data)
        halves = text.evaluation.Halves(data)  # numbers are taken on the other one
        held_out = halves.others
        if halves.others_asked is not None:
            held_out = (held_out, halves.others_asked)
        steps = 5 if options.smoke else options.likelihood_steps
        dataset = data.dataset(min(options.batch_size, len(data.samples)), options.seed)
        rate = LIKELIHOOD_RATES[options.generator or preset.generator]
        folder = run.shared / "twin-checkpoints"
        found = text.likelihood.train(
            model, dataset, steps, rate, held_out=held_out, directory=folder
        )
        run.remember(twin=text.likelihood.course(found, steps))
        print(f"Held-out text costs {min(found):.3f} nats a token.")
        return model

    return run.keep("twin", make)


def encoder_of(run, options, data):
    """What the Frechet distance is measured on, trained once and kept in the run."""
    steps = 5 if options.smoke else text.features.STEPS

    def make():
        print("Training the encoder that distances are measured on ...")
        launch.prepare_process(options)
        return text.train_encoder(data, steps, options.batch_size, seed=options.seed)

    about = text.features.describe(steps=steps)
    run.remember(encoder=about)
    return text.Encoder(run.keep("encoder", make), about)


def judge_of(run, options, preset, data, twin, dataset):
    """The discriminator that the game begins with, trained while the twin rests, and kept in the run."""
    steps = min(preset.warm_up, 5) if options.smoke else preset.warm_up
    rate = Adam(preset.discriminator_rate)

    def make():
        print("Training the discriminator while the generator rests ...")
        launch.prepare_process(options)
        (judge,) = build(options, preset, data, twin, 1).discriminators
        text.warm_up(twin, judge, dataset, steps, rate, preset.loss, options.seed)
        return judge

    return run.keep("judge", make) if steps else None


@launch.on_devices
def begin(options, preset, data, twin, judge, steps):
    """The compiled game for so many steps, with the weights of the twin and the trained discriminator."""
    generator = build_generator(options, preset, data)
    generator.set_weights(twin.get_weights())
    gan = build(options, preset, data, generator, steps)
    if judge is not None:
        gan.discriminators[0].set_weights(judge.get_weights())
    return gan


def measure(run, gan, data, twin, encoder):
    """The numbers, their controls and remarks, and the picture of both curves over temperatures."""
    numbers, controls, remarks = text.evaluate(gan, data, twin, encoder)
    models = {"game": gan.sampler, "maximum likelihood": twin}
    curves = {name: text.curve(gan, model, data) for name, model in models.items()}
    real = {
        name: controls[f"real_against_real/{name}"]["value"] for name in text.curves.ON_THE_CURVE
    }
    picture = run.directory / "samples" / "curves.png"
    text.draw_curves({**curves, "real text": [real]}, picture)
    told = text.curves.of_curves(curves["game"], curves["maximum likelihood"])
    return numbers, controls, [*data.notes, *remarks, told], curves, picture


def unfinished(twin):
    """A remark where the twin was still learning; `twin` as `likelihood.course` tells it, or None."""
    if twin is None or twin["stopped_early"]:
        return []
    return [
        f"The maximum-likelihood twin did not stop early: after {twin['steps']:,} steps, the best of them "
        f"{twin['best_step']:,}, it may still have been learning. Try more --likelihood-steps."
    ]


def main(options):
    """Trains, samples and measures."""
    launch.require_positive(options)
    launch.require_at_least(1, **{"likelihood-steps": options.likelihood_steps})
    data = texts_of(options)
    preset = preset_of(options, data)
    build_generator(options, preset, data)  # refused before anything is written, if it can't be
    launch.shorten(options, every=2, steps=4 if preset.steps else None)
    for note in data.notes:
        print(note)
    data.require_categories(options.batch_size)
    parts = preset.discriminator_steps
    if len(data.samples) < parts:
        raise ValueError(
            f"{data.name}: {len(data.samples)} lines to train on are fewer than the {parts} batches that a "
            f"step of this preset takes. Add some, or choose another --preset."
        )
    batch = min(options.batch_size, len(data.samples) // parts)
    dataset = data.dataset(min(batch * parts, len(data.samples)), options.seed)
    run = runs.Run.start("text", options)
    run.remember(
        classes_found=data.classes,
        prompt_length=None if data.prompts is None else data.prompts.shape[1],
        checksum=data.checksum,
    )
    run.save_preparation(data.preparation)
    encoder = encoder_of(run, options, data)
    twin = twin_of(run, options, preset, data)
    alone = data.dataset(batch, options.seed)
    judge = None if options.init_from else judge_of(run, options, preset, data, twin, alone)
    steps = run.total_steps(
        preset.steps, lambda: begin(options, preset, data, twin, judge, 100), dataset
    )
    gan = begin(options, preset, data, twin, judge, steps)
    if options.init_from:
        runs.initialise(gan, options.init_from)
    conditions = data.validation_conditions
    n = min(text.SHOWN, len(data.validation))
    shown = None if conditions is None else conditions[:n]
    write = text.Writer(data, shown)
    watching = [
        gankit.callbacks.Samples(run.directory, write, n=n, condition=shown),
        text.TextDiagnostics(data, conditions),
        gankit.callbacks.Logits(run.directory, data.validation[:n], shown),
    ]
    seconds = run.train(gan, dataset, steps, others=watching, show=("reward",))
    numbers, controls, remarks, curves, picture = measure(run, gan, data, twin, encoder)
    course = run.config.get("twin")  # not in runs of an older version
    remarks += unfinished(course)
    report = run.report(
        gan,
        seconds,
        numbers,
        controls,
        remarks,
        curves=curves,
        curves_protocol=text.curves.protocol(data),
        twin=course,
    )
    final = run.directory / "samples" / "final.txt"
    print(write(gan.generate(n, shown, seed=0), final))
    print(launch.closing(run, report, [final, picture]))
    return report


if __name__ == "__main__":
    sys.exit(launch.command(main, Options))
