"""Trust: runs that are killed, checkpoints that are damaged, what checkpoints cost, and bad input.

    python benchmarks/trust.py --part kills --json kills.json
    python benchmarks/trust.py --part damage --json damage.json
    python benchmarks/trust.py --part cost --json cost.json       # on a machine that does nothing else
    python benchmarks/trust.py --part inputs --json inputs.json   # needs the extra `test`

`kills`: tiny games of every domain that save after every step are killed by SIGKILL at a random moment,
every other one while a checkpoint is being written, started again, and in the end compared bit for bit
with a run that was not. Finished runs are kept beside the JSON, so that an interrupted benchmark goes
on; those of another format of checkpoints are made again. `damage`: the newest of three checkpoints is
cut, changed or removed. `cost`: of the recipes' default presets, as a share of a run that saves at the
default interval. `inputs`: the suite of tests/trust, and what the recipes say to whatever their loaders
refuse.

The exit status is 1 where a killed run ended otherwise, a damaged checkpoint was not recovered from or not
named, a bad input was not told in one paragraph, or, without --quick, checkpoints cost more than 2 %.
"""

import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmarks import killed, table

DOMAINS = ("points", "images", "segmentation", "audio", "text")
MOST = 0.02  # that checkpoints may cost, as a share of a run
EQUAL = {  # of a name's last part and the one that it must equal, what it means if it does not
    ("bit-identical", "killed"): "a killed run ended otherwise",
    ("recovered", "tried"): "a damaged checkpoint was not recovered from",
    ("named in a warning", "tried"): "a damaged checkpoint was not named",
    ("told in one paragraph", "given to the recipe"): "a bad input was not told in one paragraph",
}


def kills(options):
    """Runs killed once each, and how they ended."""
    from benchmarks.kept import Kept
    from gankit.callbacks.checkpoints import FORMAT

    each = 2 if options.quick else options.kills // len(options.domains)
    found, total = {domain: [] for domain in options.domains}, []
    with tempfile.TemporaryDirectory() as folder:
        kept = Kept(options.json or pathlib.Path(folder) / "kills")
        for i in range(each):
            for domain in options.domains:  # in turn: half of the runs say something of all domains
                key = f"{domain}/{i}/format {FORMAT}"
                one = kept.run(key, killed.kill_and_resume, domain, i, i % 2 == 1)
                found[domain].append(one)
                total.append(one)
    rows = [row for domain, some in found.items() for row in summed(f"kills/{domain}", some)]
    return [*rows, *summed("kills/all", total)]


def summed(name, found):
    """Counts over runs that were killed."""
    protocol = (
        f"tiny game, {killed.EPOCHS} epochs of {killed.STEPS} steps, a checkpoint every step; each run is "
        "killed once by SIGKILL, every other one while a checkpoint is being written, and started again; "
        "all arrays of the last checkpoint, its step and metrics.csv compared with the uninterrupted run's"
    )
    n = len(found)
    seeds = range(n)
    counts = {"killed": n, "with a half-written checkpoint": sum(one["half"] for one in found)}
    counts["before the first checkpoint"] = sum(one["step"] == 0 for one in found)
    counts["resumed"] = sum(one["resumed"] for one in found)
    counts["bit-identical"] = sum(one["same"] for one in found)
    return [
        table.row(f"{name}/{what}", [count], "runs", n, seeds, protocol)
        for what, count in counts.items()
    ]


def damage(options):
    """Checkpoints damaged at random."""
    from benchmarks import damaged

    each, kinds = 3 if options.quick else 4, list(damaged.DAMAGES)
    found = []
    for number, domain in enumerate(options.domains):
        chosen = [kinds[(number * each + i) % len(kinds)] for i in range(each)]
        found += damaged.try_domain(domain, chosen, seed=number)
    protocol = (
        f"the newest of three checkpoints damaged, in {', '.join(options.domains)}; restored is the state of "
        "the one before, with a warning that names the damaged or missing file"
    )
    rows = []
    for kind in [*kinds, "all"]:
        some = [one for one in found if kind in (one["kind"], "all")]
        counts = {"tried": len(some), "recovered": sum(one["recovered"] for one in some)}
        counts["named in a warning"] = sum(one["named"] for one in some)
        rows += [
            table.row(f"damage/{kind}/{what}", [n], "checkpoints", len(some), [0], protocol)
            for what, n in counts.items()
        ]
    return rows


def cost(options):
    """What checkpoints cost at their default interval."""
    from benchmarks import checkpointing

    rows, saves = [], 2 if options.quick else options.saves
    for domain in options.domains:
        found = checkpointing.cost(domain, saves)
        protocol = (
            f"recipe's default preset, medians of {saves} steps and saves; share: of looking whether to save "
            f"in a step, plus of a save in {found['interval']:.0f} s and a save"
        )
        for name, value, unit in (
            ("share of a run", found["share"], "share"),
            ("a save", 1000 * found["save"], "ms"),
            ("a step", 1000 * found["step"], "ms"),
            ("a look", 1e6 * found["look"], "us a step"),
            ("checkpoint", found["megabytes"], "MB"),
        ):
            rows.append(table.row(f"cost/{domain}/{name}", [value], unit, saves, [0], protocol))
    return rows


def inputs(options):
    """Bad inputs tried, and what the recipes showed."""
    from benchmarks import bad_inputs

    rows = []
    for domain in options.domains:
        tried = bad_inputs.try_domain(domain, options.tests)
        if tried.failed:
            raise RuntimeError(f"tests failed: {', '.join(tried.failed)}")
        protocol = f"tests/trust/test_bad_{domain}.py; inputs that passed, by test"
        rows += [
            table.row(f"inputs/{domain}/{kind}", [n], "inputs", n, [0], protocol)
            for kind, n in tried.kinds.items()
        ]
        protocol = f"what {domain}.load refused in those tests, given to recipes/{domain}.py"
        for name, n in (
            ("given to the recipe", tried.seen),
            ("told in one paragraph", tried.paragraphs),
            ("stack traces", tried.traces),
        ):
            rows.append(
                table.row(f"inputs/{domain}/{name}", [n], "inputs", tried.seen, [0], protocol)
            )
    return rows


PARTS = {"kills": kills, "damage": damage, "cost": cost, "inputs": inputs}


def complaints(rows, costs=True):
    """What is not as it should be, in sentences.

    Args:
        rows: of any parts.
        costs: whether the times that were taken say something.
    """
    values, found = {row["name"]: row["value"] for row in rows}, []
    for name, value in values.items():
        of, _, what = name.rpartition("/")
        for (one, other), sentence in EQUAL.items():
            if what == one and value != values[f"{of}/{other}"]:
                found.append(f"{name}: {sentence}")
        if what == "stack traces" and value:
            found.append(f"{name}: a bad input ended in a stack trace")
        if what == "share of a run" and costs and value > MOST:
            found.append(f"{name}: checkpoints cost {value:.1%} of a run, more than {MOST:.0%}")
    return found


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--part", choices=PARTS, nargs="+", default=list(PARTS))
    parser.add_argument("--domains", choices=DOMAINS, nargs="+", default=DOMAINS)
    parser.add_argument("--kills", type=int, default=100, help="runs to kill, over all domains")
    parser.add_argument("--saves", type=int, default=20, help="to take the time of")
    parser.add_argument("--tests", help="which tests of bad input, as pytest's -k")
    options = parser.parse_args()
    rows = [row for part in options.part for row in PARTS[part](options)]
    table.show(rows)
    table.save(rows, options.json)
    if found := complaints(rows, costs=not options.quick):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
