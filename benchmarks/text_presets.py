"""Every game of text on the same texts: quality against variety, each beside its maximum-likelihood twin.

    python benchmarks/text_presets.py --data captions.txt --runs runs/captions --json captions.json
    python benchmarks/text_presets.py --data news.tsv --columns "category text" --presets seqgan scratchgan

Each run is the recipe's, in a folder of its own within --runs, and goes on where it stopped; a finished
one is read. The rows are those of the reports, at temperature 1, and at every temperature what one is
chosen by: agreement with the category, variety, copies. The picture beside the JSON has the curves. A game
is ahead where its reverse LM score is lower than its twin's at equal LM score: the lead is the mean over
the game's temperatures that lie within the twin's sweep. What chance makes of it is told by the twin, swept
again with other samples.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras

from benchmarks import table
from benchmarks.kept import Kept
from gankit import launch, runs, text
from recipes import text as recipe

GAMES = [name for name, preset in recipe.PRESETS.items() if preset.steps and name != "dialogue"]
TWIN, REAL = "maximum_likelihood/", "real_against_real/"
BY_TEMPERATURE = ("label_accuracy", "distinct_2", "copied")
SHARES = ("label_accuracy", "distinct_2")  # told as shares of real text's own


def options_of(name, seed, options):
    """The recipe's options for a run."""
    return recipe.Options(
        data=options.data,
        preset=name,
        seed=seed,
        columns=options.columns,
        tokenizer=options.tokenizer,
        vocabulary=options.vocabulary,
        lower_case=options.lower_case,
        skip_bad_lines=options.skip_bad_lines,
        cut_long_lines=options.cut_long_lines,
        minutes=options.minutes,
        out=options.runs / f"{name}-{seed}",
        smoke=options.quick,
    )


def play(name, seed, options):
    """The report of a preset's run, which is made if it is not there."""
    wanted = options_of(name, seed, options)
    run = runs.Run.of("text", wanted)
    report = run.read_report() if run.has("report.json") else recipe.main(wanted)
    keras.backend.clear_session()
    return report


def sweep_again(name, seed, options):
    """The twin's curve, of other samples than those of the report."""
    run = runs.Run.open(options_of(name, seed, options).out)
    data = text.load_data(run.config, run.load_preparation())
    return text.curve(run.load(), run.kept("twin"), data, seed=2)


def rows_of(name, seeds, reports, again):
    """A preset's numbers and its twin's, and both leads."""
    steps = reports[0]["steps"]
    rows = []
    for prefix, key in (("", "metrics"), (TWIN, "controls")):
        for metric in reports[0]["metrics"]:
            found = [report[key].get(prefix + metric) for report in reports]
            if all(found):
                told = f"{steps} steps of the game; {found[0]['protocol']}"
                rows.append(row(f"{name}/{prefix}{metric}", found, seeds, told))
    about = f"{steps} steps of the game, mean over temperatures, at equal LM score"
    for prefix, curve in (("", "game"), (TWIN, "maximum likelihood")):
        rows += temperature_rows(f"{name}/{prefix}", curve, seeds, reports)
    of_twins = [report["curves"]["maximum likelihood"] for report in reports]
    for label, curves in (
        ("lead", [report["curves"]["game"] for report in reports]),
        ("lead of the twin swept again", again),
    ):
        leads = [text.lead(*both) for both in zip(curves, of_twins)]
        rows.append(table.row(f"{name}/{label}", leads, "nats", len(leads), seeds, about))
    return rows


def temperature_rows(prefix, curve, seeds, reports):
    """Of every temperature of a curve, what one is chosen by."""
    protocol, rows = f"{reports[0]['steps']} steps of the game", []
    for points in zip(*(report["curves"][curve] for report in reports)):
        at = f"{prefix}temperature {points[0]['temperature']:g}/"
        for metric in (one for one in BY_TEMPERATURE if one in points[0]):
            found, label, unit = [point[metric] for point in points], metric, ""
            if metric in SHARES:
                own = [report["controls"][REAL + metric]["value"] for report in reports]
                found = [value / of_real for value, of_real in zip(found, own)]
                label, unit = f"{metric} over real text's", "times"
            rows.append(table.row(at + label, found, unit, len(found), seeds, protocol))
    return rows


def row(name, found, seeds, protocol):
    """A row over the seeds; of one seed the report's own standard error."""
    made = table.row(name, [one["value"] for one in found], "", found[0]["n"], seeds, protocol)
    if len(found) == 1:
        made["standard_error"] = found[0].get("standard_error")
    return made


def draw(reports, path):
    """The curves of one seed: of every game, of the twins, which differ by their network, and real text."""
    curves, twins = {}, []
    for name, report in reports.items():
        curves[name] = report["curves"]["game"]
        twin = report["curves"]["maximum likelihood"]
        if twin not in twins:
            twins.append(twin)
            network = recipe.PRESETS[name].generator
            curves[f"maximum likelihood, {network}"] = twin
    of_real = next(iter(reports.values()))["controls"]
    real = {key: of_real[REAL + key]["value"] for key in text.curves.ON_THE_CURVE}
    text.draw_curves({**curves, "real text": [real]}, path)


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--data", default="headlines", help="as the recipe takes it")
    parser.add_argument("--columns", help="as the recipe takes them")
    parser.add_argument("--tokenizer", default="word", help="as the recipe takes it")
    parser.add_argument("--vocabulary", type=int, default=5000, help="as the recipe takes it")
    parser.add_argument("--lower-case", action="store_true", help="lower-case all text")
    for name in ("--skip-bad-lines", "--cut-long-lines"):
        parser.add_argument(name, action="store_true", help="as the recipe does")
    parser.add_argument("--presets", nargs="+", default=GAMES, choices=[*GAMES, "dialogue"])
    parser.add_argument("--minutes", type=float, help="of each game; the preset's steps by default")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--runs", type=pathlib.Path, default=pathlib.Path("runs/text-presets"))
    options = parser.parse_args()
    options.json = options.json or pathlib.Path("text-presets.json")
    state, rows, firsts = Kept(options.json), [], {}
    for name in options.presets:
        reports = [play(name, seed, options) for seed in options.seeds]
        again = [
            state.run(f"{name}/{seed}/again", sweep_again, name, seed, options)
            for seed in options.seeds
        ]
        firsts[name] = reports[0]
        rows += rows_of(name, options.seeds, reports, again)
        table.save(rows, options.json)
    of_real = {
        name: one
        for name, one in firsts[options.presets[0]]["controls"].items()
        if name.startswith(REAL)
    }
    rows += [row(name, [one], options.seeds[:1], one["protocol"]) for name, one in of_real.items()]
    table.save(rows, options.json)
    draw(firsts, options.json.with_suffix(".png"))
    table.show(rows)


if __name__ == "__main__":
    sys.exit(launch.reporting_errors(main))
