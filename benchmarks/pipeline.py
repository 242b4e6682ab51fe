"""Pictures from JPEG files on disk: how many a second, beside what a model consumes.

    python benchmarks/pipeline.py --data photos --size 64 64 --json pipeline.json

`decoding`: all files read, decoded and scaled, once, at the start of a run. `stream`: prepared batches
after that. `model`: what a training step of each preset takes in, on a batch that is there already. All
in turn, several rounds; a ratio is of two rates of the same round, and `noise` that of the stream to itself.
"""

import os
import pathlib
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np
import tensorflow as tf

from benchmarks import table
from gankit import images, launch
from recipes import images as recipe

BATCH = 64


def make_folder(folder, n, size):
    """JPEG files of noise and ramps, where no folder was given."""
    from PIL import Image

    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 200, size[1])[None, :, None]
    for i in range(n):
        picture = ramp + rng.uniform(0, 55, (*size, 3))
        Image.fromarray(picture.astype("uint8")).save(folder / f"{i}.jpg", quality=90)


def per_second(function, n, seconds):
    """Calls of `function`, each worth `n` pictures, for so many seconds: pictures a second."""
    began, calls = time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - began < seconds:
        function()
        calls += 1
    return n * calls / (time.perf_counter() - began)


def trainer(name, data):
    """A function that trains a preset for ten steps, and the pictures those take in."""
    settings = recipe.Options(preset=name, batch_size=BATCH, conditional=False)
    launch.prepare_process(settings)
    gan = recipe.build(settings, data, 1000)
    pictures = BATCH * recipe.PRESETS[name].discriminator_steps
    batch = next(iter(data.dataset(pictures, conditional=False).stream(0)))
    same = tf.data.Dataset.from_tensors(batch).repeat()

    def train():
        gan.fit(same, epochs=1, steps_per_epoch=10, verbose=0)

    return train, 10 * pictures


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--data", help="a folder of JPEG files; one is made where none is given")
    parser.add_argument("--size", type=int, nargs=2, default=(32, 32))
    parser.add_argument("--presets", nargs="+", default=["default"], choices=recipe.PRESETS)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rounds, seconds = (1, 0.2) if options.quick else (options.rounds, 5.0)
    size = tuple(options.size)
    with tempfile.TemporaryDirectory() as made:
        spec = options.data
        if spec is None:
            spec = made
            make_folder(pathlib.Path(made), 200 if options.quick else 4000, size)
        data = images.load(spec, size=size)
        n = len(data.samples) + len(data.validation)
        batches = iter(data.dataset(BATCH, mirror=True, conditional=False).stream(0))
        contenders = {
            "decoding": (lambda: images.load(spec, size=size), n, 0),
            "stream": (lambda: next(batches), BATCH, seconds),
            "stream again": (lambda: next(batches), BATCH, seconds),
        }
        for name in options.presets:
            contenders[f"{name}/model"] = (*trainer(name, data), seconds)
        for function, _, _ in contenders.values():  # the first call traces
            function()
        rates = {name: [] for name in contenders}
        for _ in range(rounds):
            for name, measured in contenders.items():
                rates[name].append(per_second(*measured))
    protocol = f"{n} JPEG files, {size[0]} x {size[1]}, mirrored, {os.cpu_count()} cores"
    rows = [
        table.row(name, values, "pictures/s", rounds, [0], protocol)
        for name, values in rates.items()
    ]
    noise = np.array(rates["stream again"]) / np.array(rates["stream"])
    rows.append(table.row("noise", noise, "times", rounds, [0], protocol))
    for name in options.presets:
        for reader in ("decoding", "stream"):
            ratios = np.array(rates[reader]) / np.array(rates[f"{name}/model"])
            rows.append(
                table.row(f"{name}/{reader} over model", ratios, "times", rounds, [0], protocol)
            )
    table.show(rows)
    table.save(rows, options.json)


if __name__ == "__main__":
    main()
