"""How long one waits: for `import gankit`, and from a recipe's command to its first step.

    python benchmarks/start.py --part import --json import.json
    python benchmarks/start.py --part recipes --json recipes.json

Every measurement is a fresh process, `import keras` among them each round, so that a ratio is of two
times of the same round; `noise` is `import keras` beside itself.

A recipe is started as on a terminal and stopped at its first step, which its counter shows there.
`begins` is when it first says that it trains something, such as the classifier that samples are measured
with; `first step` is when the first step of the game is done: of sound the vocoder's, which comes before
the game for mels, and of text after a language model has been trained by maximum likelihood.
"""

import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import table

ROOT = pathlib.Path(__file__).resolve().parents[1]
RECIPES = ("points", "images", "segmentation", "audio", "text")
# Of a game; maximum likelihood counts without a speed.
STEP = re.compile(r"step +\d+/\d+ +[\d.]+/s")
TRAINS = re.compile(r"(^|\n)Training ")


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}


def importing(module):
    """Seconds of a process that imports a module and ends."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True, env=environment())
    return time.perf_counter() - began


def starting(recipe):
    """Seconds from a recipe's command until it says that it trains, and until its game's first step.

    Raises:
        RuntimeError: it ended before that; with what it said.
    """
    with tempfile.TemporaryDirectory() as folder:
        screen, terminal = pty.openpty()
        command = [sys.executable, f"recipes/{recipe}.py", "--out", f"{folder}/run"]
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=terminal, stderr=terminal, cwd=ROOT, env=environment()
        )
        os.close(terminal)
        said, begins = "", None
        try:
            while not STEP.search(said):
                said += os.read(screen, 4096).decode(errors="replace")
                if begins is None and (TRAINS.search(said) or STEP.search(said)):
                    begins = time.perf_counter() - began
            return begins, time.perf_counter() - began
        except OSError as error:  # the other end of the terminal is closed
            raise RuntimeError(f"{recipe} ended before its first step: {said}") from error
        finally:
            process.kill()
            process.wait()
            os.close(screen)


def race(contenders, rounds):
    """What each contender gives in every round, in turn: `{name: (rounds, ...) array}`."""
    if rounds > 1:
        importing("gankit")  # fills the disk's cache
    found = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, function in contenders.items():
            found[name].append(function())
    return {name: np.array(values) for name, values in found.items()}


def imports(options, rounds):
    contenders = {
        "import keras": lambda: importing("keras"),
        "import keras again": lambda: importing("keras"),
        "import gankit": lambda: importing("gankit"),
    }
    seconds = race(contenders, rounds)
    protocol = f"a process each, {os.cpu_count()} cores, {rounds} rounds in turn"
    keras, again, gankit = seconds.values()
    return [
        table.row("import keras", keras, "s", rounds, [0], protocol),
        table.row("import gankit", gankit, "s", rounds, [0], protocol),
        table.row(
            "import gankit over import keras", gankit / keras, "times", rounds, [0], protocol
        ),
        table.row("noise", again / keras, "times", rounds, [0], protocol),
    ]


def recipes(options, rounds):
    contenders = {
        "import keras": lambda: importing("keras"),
        "import keras again": lambda: importing("keras"),
        **{f"recipe {name}": lambda name=name: starting(name) for name in options.recipes},
    }
    seconds = race(contenders, rounds)
    protocol = (
        f"python recipes/NAME.py, a process each, {os.cpu_count()} cores, {rounds} rounds in turn"
    )
    keras, rows = seconds["import keras"], []
    for name in options.recipes:
        begins, stepped = seconds[f"recipe {name}"].T
        rows += [
            table.row(f"{name}/begins", begins, "s", rounds, [0], protocol),
            table.row(f"{name}/first step", stepped, "s", rounds, [0], protocol),
            table.row(
                f"{name}/begins over import keras", begins / keras, "times", rounds, [0], protocol
            ),
            table.row(
                f"{name}/first step over import keras",
                stepped / keras,
                "times",
                rounds,
                [0],
                protocol,
            ),
        ]
    noise = seconds["import keras again"] / keras
    return [*rows, table.row("noise", noise, "times", rounds, [0], protocol)]


PARTS = {"import": imports, "recipes": recipes}


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--part", choices=PARTS, default="import")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    options = parser.parse_args()
    rows = PARTS[options.part](options, 1 if options.quick else options.rounds)
    table.show(rows)
    table.save(rows, options.json)


if __name__ == "__main__":
    main()
