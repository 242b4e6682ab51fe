"""What an exported model is, in one page of Markdown."""

INVENTS = (
    "It makes things up: what it gives was never photographed, recorded or written by anybody."
)
TRANSLATES = (
    "It gives something for every input, for one unlike all that it was trained on too, and does not say "
    "so."
)
LIMITS = (
    "It knows nothing but its training data, and repeats what is one-sided in them. The numbers above "
    "hold for data of that kind alone."
)


def card(run, exported):
    """A model card, from a run's report: what goes in and out, data, numbers with protocol, limits.

    Args:
        run: a `gankit.runs.Run` that has finished.
        exported: a list of `gankit.export.Exported`.
    """
    report, config = run.read_report(), run.config
    lines = [
        f"# {run.directory.name}",
        "",
        f"{report['recipe']}, preset `{report['preset']}`, {report['steps']:,} adversarial steps in "
        f"{report['seconds']:,.0f} s, seed {config['seed']}, gankit {report['environment']['gankit']}.",
        "",
        "## Files",
        "",
        "The first axis of every input and output is the batch. `preparation.json` says how the data "
        "was scaled to what the network sees.",
        "",
        "| file | inputs | outputs | largest difference from the trained network |",
        "|---|---|---|---|",
    ]
    for one in exported:
        inputs = ", ".join(f"`{name}` {_shape(s)} {d}" for name, (s, d) in one.inputs.items())
        outputs = ", ".join(map(_shape, one.outputs))
        lines.append(
            f"| `{one.path.name}` | {inputs} | {outputs} | {one.difference:.1e} of {one.scale:.3g}, "
            f"{one.n} samples |"
        )
    for what, names in _names(config).items():
        numbered = ", ".join(f"{i} {name}" for i, name in enumerate(names))
        lines += ["", f"{what.capitalize()} by number: {numbered}."]
    lines += [
        "",
        "## Data",
        "",
        f"`{report['data']}`. Held out from training, and what the numbers compare with: see below.",
        "",
        "## Numbers",
        "",
        "| measure | this model | n | protocol |",
        "|---|---|---|---|",
    ]
    for table in ("metrics", "controls"):
        lines += [
            f"| {name} | {row['value']:.4g} | {row['n']} | {row['protocol']} |"
            for name, row in report[table].items()
        ]
    lines += ["", *(f"- {remark}" for remark in report["remarks"])]
    vocoder = [one.path.stem for one in exported] == ["vocoder"]
    first = TRANSLATES if vocoder or report["recipe"] == "segmentation" else INVENTS
    lines += ["", "## Limits", "", f"{first} {LIMITS}", "", "## Licence", ""]
    lines += [
        "gankit is under Apache-2.0. What was learned may be bound by the licence of the training data: "
        "write it here before you pass this model on.",
        "",
    ]
    return "\n".join(lines)


def _names(config):
    """What the integers of a run stand for: classes, or labels and speakers."""
    classes = config.get("classes") or config.get("classes_found")
    of_sound = {f"{field}s": names for field, names in (config.get("names") or {}).items()}
    return of_sound | ({"classes": classes} if classes else {})


def _shape(shape):
    return " x ".join("any" if one is None else str(one) for one in shape) or "a number"
