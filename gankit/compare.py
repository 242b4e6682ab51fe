"""Several runs beside each other: a table of their numbers, and their curves."""

import csv
import json
import pathlib

import numpy as np

from gankit.callbacks.scalars import group
from gankit.files import figures
from gankit.runs import Run

ABOUT = {  # of a report, and how it is written
    "recipe": str,
    "preset": str,
    "data": str,
    "steps": "{:,}".format,
    "seconds": "{:,.0f}".format,
}


def table(directories):
    """The final numbers of several runs, as a Markdown table: a row a metric, a column a run.

    Args:
        directories: of finished runs.

    Returns:
        The text; real data's own number stands below each that has one.

    Raises:
        ValueError: a directory is no run, or its run has not finished.

    Example:

    ```python
    from gankit import compare

    print(compare.table(["runs/points-ring-default-0", "runs/images-digits-default-0"]))
    ```
    """
    reports = [Run.open(directory).read_report() for directory in directories]
    rows = [["", *labels(directories)], ["---", *["---:"] * len(reports)]]
    rows += [[name, *(write(report[name]) for report in reports)] for name, write in ABOUT.items()]
    names = dict.fromkeys(name for report in reports for name in report["metrics"])
    for name in names:
        found = [report["metrics"].get(name) for report in reports]
        rows.append([name, *map(_number, found)])
        real = f"real_against_real/{name}"
        found = [report["controls"].get(real) for report in reports]
        if any(found):
            rows.append([real, *map(_number, found)])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if len({_protocols(report) for report in reports}) > 1:
        lines += [
            "",
            "The runs were not measured alike: compare only rows of the same data whose protocols agree.",
        ]
    return "\n".join(lines)


def curves(directories, path):
    """Draws what every run wrote to `metrics.csv` over its steps, a plot for each scalar.

    Args:
        directories: of runs, which need not have finished.
        path: a `.png` file to write.

    Raises:
        ValueError: a directory is no run, or its run has written nothing yet.

    Example:

    ```python
    from gankit import compare

    compare.curves(["runs/points-ring-default-0", "runs/images-digits-default-0"], "curves.png")
    ```
    """
    tables = [_columns(Run.open(one).directory / "metrics.csv") for one in directories]
    names = sorted({name for table in tables for name in table} - {"step", "epoch"}, key=group)
    if not names:
        raise ValueError(
            f"No run of {', '.join(map(str, directories))} has written any scalar yet."
        )
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    figure = figures.figure(4 * columns, 2.6 * rows + 0.6)
    for i, name in enumerate(names):
        axes = figure.add_subplot(rows, columns, i + 1)
        for run, table in enumerate(tables):
            if name in table:
                values = np.array(table[name])
                few = "o" if np.isfinite(values).sum() < 2 else None  # a line needs two
                axes.plot(table["step"], values, marker=few, **_style(run))
        axes.set_title(group(name), fontsize="medium")
        axes.grid(alpha=0.3)
        if i >= len(names) - columns:
            axes.set_xlabel("step")
    handles = [_handle(run) for run in range(len(tables))]
    figure.legend(handles, labels(directories), loc="outside upper left", ncols=columns)
    figures.save(figure, path)


def labels(directories):
    """Short names of directories: the last part, or as many as tell them apart.

    Example:

    ```python
    from gankit import compare

    compare.labels(["mon/points", "tue/points"])  # ["mon/points", "tue/points"]
    ```
    """
    parts = [pathlib.Path(one).resolve().parts for one in directories]
    different = len(set(parts))
    short = [one[-1] for one in parts]
    for n in range(1, max(map(len, parts)) + 1):
        short = ["/".join(one[-n:]) for one in parts]
        if len(set(short)) == different:
            break
    return short


def _style(run):
    """Of a run's lines: ten colours, and as often another dash."""
    return {"color": f"C{run}", "linestyle": ("-", "--", ":", "-.")[run // 10 % 4]}


def _handle(run):
    from matplotlib.lines import Line2D

    return Line2D([], [], **_style(run))


def _number(row):
    return f"{row['value']:.4g}" if row else ""


def _protocols(report):
    """Of what, on how much and how everything was measured."""
    rows = {name: (row["n"], row["protocol"]) for name, row in report["metrics"].items()}
    return json.dumps([report["data"], rows])


def _columns(path):
    """The table that `Scalars` wrote: numbers by column, NaN where a cell is empty."""
    if not path.is_file():
        raise ValueError(f"{path} is missing: the run has not come to its first look yet.")
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = rows[0] if rows else {}
    return {
        name: [float(row[name]) if row[name] else float("nan") for row in rows] for name in names
    }
