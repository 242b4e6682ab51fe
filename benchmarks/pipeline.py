"""Pictures from JPEG files on disk: how many a second, beside what a model consumes.

    python benchmarks/pipeline.py --data photos --size 64 64 --json pipeline.json

`decoding`: all files read, decoded and scaled, once, at the start of a run. `stream`: prepared batches
after that. `model`: what a training step of each preset takes in.
"""

import os
import pathlib
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np

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
    function()
    began, calls = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        function()
        calls += 1
    return n * calls / (time.perf_counter() - began)


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--data", help="a folder of JPEG files; one is made where none is given")
    parser.add_argument("--size", type=int, nargs=2, default=(32, 32))
    parser.add_argument("--presets", nargs="+", default=["default"], choices=recipe.PRESETS)
    options = parser.parse_args()
    seconds = 0.2 if options.quick else 5.0
    size = tuple(options.size)
    rows = []
    with tempfile.TemporaryDirectory() as made:
        spec = options.data
        if spec is None:
            spec = made
            make_folder(pathlib.Path(made), 200 if options.quick else 4000, size)
        began = time.perf_counter()
        data = images.load(spec, size=size)
        n = len(data.samples) + len(data.validation)
        decoding = n / (time.perf_counter() - began)
    protocol = f"{n} JPEG files, {size[0]} x {size[1]}, {os.cpu_count()} cores"
    batches = iter(data.dataset(BATCH, mirror=True, conditional=False).stream(0))
    stream = per_second(lambda: next(batches), BATCH, seconds)
    rows.append(table.row("decoding", [decoding], "pictures/s", 1, [0], protocol))
    rows.append(table.row("stream", [stream], "pictures/s", 1, [0], f"{protocol}, mirrored"))
    for name in options.presets:
        settings = recipe.Options(preset=name, batch_size=BATCH, conditional=False)
        launch.prepare_process(settings)
        gan = recipe.build(settings, data, 1000)
        pictures = BATCH * recipe.PRESETS[name].discriminator_steps
        dataset = data.dataset(pictures, conditional=False)
        gan.fit(dataset, epochs=1, steps_per_epoch=2, verbose=0)

        def train(gan=gan, dataset=dataset):
            gan.fit(dataset, epochs=1, steps_per_epoch=10, verbose=0)

        model = per_second(train, 10 * pictures, seconds)
        rows += [
            table.row(f"{name}/model", [model], "pictures/s", 1, [0], protocol),
            table.row(f"{name}/decoding over model", [decoding / model], "times", 1, [0], protocol),
            table.row(f"{name}/stream over model", [stream / model], "times", 1, [0], protocol),
        ]
    table.show(rows)
    table.save(rows, options.json)


if __name__ == "__main__":
    main()
