"""How fast gankit is beside what else there is: one table of ratios, of all the other speed benchmarks.

    python benchmarks/all.py --json docs/results/speed.json --page docs/speed.md
    python benchmarks/all.py --against docs/results/speed.json     # what got slower?
    python benchmarks/all.py --parts step import --backend jax

A ratio is gankit's time over the other's, of the same round, in turn: below 1, gankit is the faster one.
Its mean is the geometric one, with a 95 % interval; `noise` is the interval of something beside itself in
the same benchmark, and what lies within it means nothing. Each part is a benchmark of its own, in a process
of its own; its protocol is in the JSON. One that fails is named, and the others go on; so are goals that
were missed. The status is 1 where one failed, or, with `--against`, where something got slower: a table of
another machine, backend or device is refused.
"""

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmarks import ratios, table
from benchmarks.parts import PARTS, RECIPES

ROOT = pathlib.Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- the table of benchmarks/all.py -->", "<!-- its end -->"
ALIKE = ("backend", "device", "processor", "cores", "quick")  # of tables that are compared


def measure(part, options):
    """The rows of a part, as the one table has them."""
    with tempfile.TemporaryDirectory() as folder:
        rows = pathlib.Path(folder, "rows.json")
        name, *given = part.command
        command = [sys.executable, f"benchmarks/{name}", *given, "--json", str(rows)]
        command += ["--rounds", str(options.rounds or part.rounds)]
        command += ["--quick"] if options.quick else []
        if name == "step.py":
            command += ["--backend", options.backend, "--device", options.device]
        if options.recipes and "recipes" in given:
            command += ["--recipes", *options.recipes]
        environment = {**os.environ, "KERAS_BACKEND": options.backend, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=sys.stderr)
        found = {row["name"]: row for row in json.loads(rows.read_text())}
    read = [one.read(found) for one in part.ratios]
    for one in part.ratios:
        if one.row not in found:
            print(
                f"{name}: there is no row {one.row!r}, such as where PyTorch is missing.",
                file=sys.stderr,
            )
    seconds = (
        {**found[row], "name": label, "goal": goal}
        for row, (label, goal) in part.seconds.items()
        if row in found
    )
    return [row for row in (*read, *seconds) if row is not None]


def environment(options):
    """What was measured on what."""
    packages = ("keras", "tensorflow", "jax", "torch", "numpy", "scipy", "librosa", "nltk")
    return {
        "date": datetime.date.today().isoformat(),
        "backend": options.backend,
        "device": options.device,
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "quick": options.quick,
        "other load": f"{os.getloadavg()[0]:.1f} processes in the minute before",
        **{name: version for name in packages if (version := installed(name))},
    }


def processor():
    """The processor's name, as the system gives it."""
    information = pathlib.Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def installed(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def markdown(rows, about):
    """The table as the site shows it."""
    lines = [
        f"On {about['processor']}, {about['cores']} cores, Python {about['python']}, Keras "
        f"{about['keras']} on {about['backend']} ({about['device']}), {about['date']}; other load: "
        f"{about['other load']}.",
        "",
        "| what / beside what | times | 95 % interval | noise | goal |",
        "|---|---|---|---|---|",
    ]
    seconds = ["", "| seconds | mean | each round | goal |", "|---|---|---|---|"]
    for row in rows:
        goal = "" if row["goal"] is None else f"at most {row['goal']:g}"
        if row["unit"] == "times":
            low, high = (between(row[one]) for one in ("interval", "noise"))
            lines.append(f"| {row['name']} | {row['value']:.3g} | {low} | {high} | {goal} |")
        else:
            each = ", ".join(f"{value:.3g}" for value in row["values"])
            seconds.append(f"| {row['name']} | {row['value']:.3g} | {each} | {goal} |")
    return "\n".join([*lines, *(seconds if len(seconds) > 3 else [])])


def between(interval):
    """An interval in words; none where nothing was timed beside itself."""
    return f"{interval[0]:.3g} to {interval[1]:.3g}" if interval else ""


def around(page):
    """What stands before the table and after it on a page of the site."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{page} has no place for the table: a line {BEGIN}, and a line {END}.")
    return before, after


def draw(page, text):
    """Puts the table in its place on a page of the site."""
    before, after = around(page)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def older(path, about):
    """The rows of an older table.

    Raises:
        ValueError: it is one of something else.
    """
    found = json.loads(path.read_text())
    for name in ALIKE:
        if found["environment"][name] != about[name]:
            raise ValueError(
                f"{path} can't be compared: its {name} was {found['environment'][name]}, and is "
                f"{about[name]} now."
            )
    return found["rows"]


def device_of(backend):
    """Where Keras computes under a backend: cpu or cuda."""
    code = "import gankit.backend as b; print('cuda' if b.on_accelerator() else 'cpu')"
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, env=environment, stdout=subprocess.PIPE
    )
    return told.stdout.decode().split()[-1]


def compare(rows, old, path):
    """Says what was compared and what got slower; returns whether anything did."""
    worse = ratios.slower(rows, old)
    names = [{row["name"] for row in one if row["unit"] == "times"} for one in (rows, old)]
    print(f"{len(names[0] & names[1])} rows compared with {path}.")
    for name in sorted(names[0] ^ names[1]):
        print(f"not in both tables: {name}")
    for name, factor in worse:
        print(f"slower than in {path}: {name}, {factor:.2f} times")
    return bool(worse)


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rounds", type=int, help="in every part, instead of its own number")
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, help="whose first step is timed")
    parser.add_argument("--backend", default="tensorflow", choices=["tensorflow", "jax", "torch"])
    parser.add_argument("--page", type=pathlib.Path, help="the Markdown page to put the table into")
    parser.add_argument("--against", type=pathlib.Path, metavar="FILE", help="an older --json")
    options = parser.parse_args()
    if options.page:  # found out before anything is measured
        if options.quick or set(options.parts) != set(PARTS):
            parser.error("--page takes the whole table, without --parts and --quick")
        around(options.page)
    options.device = device_of(options.backend)
    about, rows, failed = environment(options), [], False
    if options.against and not options.against.is_file():
        parser.error(
            f"{options.against} is not there: make it first, with --json {options.against}"
        )
    old = older(options.against, about) if options.against else []
    for name in options.parts:
        part = PARTS[name]
        if options.backend not in part.backends or options.device not in part.devices:
            print(f"{name}: not on {options.backend}, {options.device}.", file=sys.stderr)
            continue
        try:
            rows += measure(part, options)
        except subprocess.CalledProcessError as error:
            print(f"{name} failed: {error}", file=sys.stderr)
            failed = True
        table.save({"environment": about, "rows": rows}, options.json)
    print(markdown(rows, about))
    for name in ratios.missed(rows):
        print(f"beyond its goal: {name}")
    if options.page and not failed:
        draw(options.page, markdown(rows, about))
    slower = compare(rows, old, options.against) if options.against else False
    return 1 if slower or failed else 0


if __name__ == "__main__":
    sys.exit(main())
