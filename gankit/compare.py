"""Several runs beside each other: a table of their numbers, and their curves."""

import csv
import json

from gankit.runs import Run


def table(directories):
    """The final numbers of several runs, as a Markdown table: a row a metric, a column a run.

    Args:
        directories: of finished runs.

    Returns:
        The text, and the runs.

    Raises:
        ValueError: a directory is no run, or its run has not finished.
    """
    runs = [Run.open(directory) for directory in directories]
    reports = [run.read_report() for run in runs]
    rows = [
        ["", *(run.directory.name for run in runs)],
        ["---"] * (len(runs) + 1),
        ["preset", *(report["preset"] for report in reports)],
        ["data", *(report["data"] for report in reports)],
        ["steps", *(f"{report['steps']:,}" for report in reports)],
        ["seconds", *(f"{report['seconds']:,.0f}" for report in reports)],
    ]
    names = dict.fromkeys(name for report in reports for name in report["metrics"])
    for name in names:
        found = [report["metrics"].get(name) for report in reports]
        rows.append([name, *(f"{one['value']:.4g}" if one else "" for one in found)])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if len({_protocols(report) for report in reports}) > 1:
        lines += ["", "The runs were not measured alike: compare only rows whose protocols agree."]
    return "\n".join(lines), runs


def curves(runs, path):
    """Draws what every run wrote to `metrics.csv` over its steps, one picture for each column.

    Args:
        runs: a list of `gankit.runs.Run`.
        path: a `.png` file to write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    tables = {run.directory.name: _columns(run.directory / "metrics.csv") for run in runs}
    names = sorted({name for table in tables.values() for name in table} - {"step", "epoch"})
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(4 * columns, 2.6 * rows), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    for i, name in enumerate(names):
        axes = figure.add_subplot(rows, columns, i + 1)
        for run, table in tables.items():
            if name in table:
                axes.plot(table["step"], table[name], label=run)
        axes.set(title=name, xlabel="step")
    figure.axes[0].legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _protocols(report):
    return json.dumps({name: row["protocol"] for name, row in report["metrics"].items()})


def _columns(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = rows[0] if rows else {}
    return {
        name: [float(row[name]) if row[name] else float("nan") for row in rows] for name in names
    }
