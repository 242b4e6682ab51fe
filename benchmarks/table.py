"""What the benchmarks share: rows with their protocol, printed as a table and written as JSON."""

import argparse
import json
import pathlib

import numpy as np


def arguments(description):
    """The command line that every benchmark has: `--quick`, `--json FILE`. A parser to add to."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="a little of everything, to try it out"
    )
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the rows there")
    return parser


def row(name, values, unit, n, seeds, protocol):
    """A measured quantity: its mean and standard error over seeds, every seed's value kept."""
    values = [float(value) for value in values]
    error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
    return {
        "name": name,
        "value": float(np.mean(values)),
        "standard_error": error,
        "values": values,
        "unit": unit,
        "n": n,
        "seeds": list(seeds),
        "protocol": protocol,
    }


def show(rows):
    """Prints the rows."""
    width = max(len(one["name"]) for one in rows)
    for one in rows:
        error = "" if one["standard_error"] is None else f" +- {one['standard_error']:.2g}"
        values = " ".join(f"{value:.4g}" for value in one["values"])
        print(f"{one['name']:<{width}}  {one['value']:.4g}{error} {one['unit']}  [{values}]")


def save(rows, path):
    """Writes the rows as JSON, where a path was given."""
    if path is not None:
        path.write_text(json.dumps(rows, indent=2) + "\n")


def markdown(rows):
    """The rows as a Markdown table, every seed's value in it."""
    lines = ["| row | mean | ± | unit | each seed or the interval |", "|---|---|---|---|---|"]
    for one in rows:
        error = "" if one["standard_error"] is None else f"{one['standard_error']:.2g}"
        values = ", ".join(f"{value:.4g}" for value in one.get("interval", one["values"])[:10])
        shown = values if len(one["values"]) <= 10 or "interval" in one else ""
        cells = [f"`{one['name']}`", f"{one['value']:.4g}", error, one["unit"], shown]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    import sys

    print(markdown(json.loads(pathlib.Path(sys.argv[1]).read_text())))
