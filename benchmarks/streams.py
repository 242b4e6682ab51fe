"""Every domain's batches beside its training steps: does the model ever wait for its data?

    python benchmarks/streams.py --json streams.json
    python benchmarks/streams.py --domains audio text

The recipes' default games on their built-in data, as the recipes build them (of sound, the vocoder's). A
batch as `fit` gets it, shuffled, augmented and prepared, and a step on one and the same that is there
already, in turn; a ratio is of two times of the same round, and `noise` that of the batches to themselves.
A ratio above 1 is a model that waits.
"""

import dataclasses
import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import table

STEPS = 1000  # that schedules are built for
AHEAD = 16  # batches, more than a stream prepares ahead: drawn before the timed ones


def points():
    from gankit import points
    from recipes import points as recipe

    options = recipe.Options()
    data = points.load(options.data)
    return data.dataset(options.batch_size), recipe.build(options, STEPS)


def images():
    from gankit import images
    from recipes import images as recipe

    options = recipe.Options()
    data = images.load(options.data)
    return data.dataset(options.batch_size, conditional=True), recipe.build(options, data, STEPS)


def segmentation():
    from gankit import segmentation
    from recipes import segmentation as recipe

    options = recipe.Options()
    data = segmentation.load(options.data)
    preset, size = recipe.preset_of(options, data), recipe.crop_of(options, data)
    dataset = recipe.dataset_of(options, preset, data, size)
    return dataset, recipe.build(options, preset, data, size, STEPS)


def audio():
    from recipes import audio as recipe
    from recipes import vocoders

    options = recipe.Options(preset="vocoder")
    data, preset = recipe.load(options, None), vocoders.PRESETS[options.preset]
    representation = preset.representation(options, data.sample_rate)
    segment = preset.segment * representation.hop
    dataset = vocoders.segments_of(options, preset, data, segment)
    return dataset, vocoders.build(options, preset, data, representation, segment, STEPS)


def text():
    from gankit import text
    from recipes import text as recipe

    options = recipe.Options()
    data = text.load_data(dataclasses.asdict(options))
    preset = recipe.preset_of(options, data)
    generator = recipe.build_generator(options, preset, data)
    dataset = data.dataset(options.batch_size * preset.discriminator_steps)
    return dataset, recipe.build(options, preset, data, generator, STEPS)


DOMAINS = {one.__name__: one for one in (points, images, segmentation, audio, text)}


def seconds(dataset, gan, rounds, steps):
    """Of a batch, of one again, and of a step, in every round after one that compiles."""
    import tensorflow as tf

    batches = iter(dataset.stream(0))
    same = tf.data.Dataset.from_tensors(next(batches)).repeat()
    steps = max(steps, gan.steps_per_execution)

    def draw(n):
        for _ in range(n):
            next(batches)

    def train(n):
        gan.fit(same, epochs=1, steps_per_epoch=n, verbose=0)

    found = {"batch": [], "again": [], "step": []}
    for _ in range(rounds + 1):
        for name, function in (("batch", draw), ("step", train), ("again", draw)):
            if function is draw:
                draw(AHEAD)
            began = time.perf_counter()
            function(steps)
            found[name].append((time.perf_counter() - began) / steps)
    return {name: np.array(values[1:]) for name, values in found.items()}


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--domains", nargs="+", choices=DOMAINS, default=list(DOMAINS))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rounds, steps = (2, 2) if options.quick else (options.rounds, 40)
    rows = []
    for name in options.domains:
        found = seconds(*DOMAINS[name](), rounds, steps)
        protocol = f"recipes/{name}.py's default, {os.cpu_count()} cores, {rounds} rounds in turn"
        for what, values, unit in (
            ("batch", found["batch"] * 1e3, "ms"),
            ("step", found["step"] * 1e3, "ms"),
            ("batch over step", found["batch"] / found["step"], "times"),
            ("noise", found["again"] / found["batch"], "times"),
        ):
            rows.append(table.row(f"{name}/{what}", values, unit, rounds, [0], protocol))
        table.save(rows, options.json)
    table.show(rows)


if __name__ == "__main__":
    main()
