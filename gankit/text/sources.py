"""From a data spec to lines."""

import os
import pathlib

from gankit.files import tfds
from gankit.text.corpora import draw_dialogue, draw_headlines
from gankit.text.lines import Line, read_lines, split_columns

BUILT_IN = {
    "dialogue": ("prompt reply", draw_dialogue),
    "headlines": ("category text", draw_headlines),
}
MOST = 2_000_000  # examples of a TFDS set
FEATURES = ("text", "sentence", "headline", "title")  # of a TFDS set with several texts


def read(spec, columns, running, bad, seed):
    """The lines that a data spec names.

    Args:
        spec, columns, running, seed: as in `gankit.text.load`.
        bad: `BadLines`.

    Returns:
        A list of `Line`; what their columns are, or `"running"`; and notes.
    """
    path = pathlib.Path(spec)
    if spec in BUILT_IN:
        return _draw(spec, columns, running, seed)
    if tfds.is_spec(spec):
        return _from_tfds(spec, columns, running, bad)
    if os.path.isfile(path):  # unlike pathlib's, of a name that is too long, too
        return _from_file(path, columns, running, bad)
    if os.path.isdir(spec):
        raise ValueError(f"{spec} is a folder. Give the path of one text file.")
    if "/" in str(spec) or "." in str(spec):
        raise ValueError(f"{spec}: no such file.")
    raise ValueError(
        f"Unknown text. Known: {', '.join(sorted(BUILT_IN))}, tfds:NAME, or the path of a text file. "
        f"Received: {spec!r}"
    )


def _draw(spec, columns, running, seed):
    found, draw = BUILT_IN[spec]
    if columns not in (None, found) or running:
        raise ValueError(
            f"{spec} has the columns {found!r}, and does not run on. "
            f"Received: columns={columns!r}, running={running}"
        )
    return [Line(i, text, other) for i, (other, text) in enumerate(draw(seed), 1)], found, []


def _from_file(path, columns, running, bad):
    if running and columns not in (None, "text"):
        raise ValueError(
            f"{path}: a text that runs on has no columns. Leave out --columns or --running. Received: "
            f"columns={columns!r}"
        )
    lines = read_lines(path, bad)
    if running:
        return lines, "running", []
    rows, columns, notes = split_columns(lines, columns, bad)
    blank = sum(not line.text.strip() for line in lines)
    return rows, columns, [*notes, f"{blank:,} blank lines were ignored."] if blank else notes


def _from_tfds(spec, columns, running, bad):
    examples, features = tfds.load(spec)
    _require_few(spec, examples)
    *other, text = _features(spec, features, columns)
    names = getattr(features[other[0]], "names", None) if other else None
    lines = []
    for number, example in enumerate(examples, 1):
        try:
            row = Line(number, example[text].decode("utf-8").strip())
            if other:
                found = example[other[0]]
                row.other = _class(names, found) if names else found.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            bad.meet(number, f"byte {error.start} is not UTF-8.")
        except LookupError as error:
            bad.meet(number, error.args[0])
        else:
            lines.append(row)
    notes = [f"The text is the feature {text!r}{f', beside {other[0]!r}' if other else ''}."]
    if running or len(lines) == 1:
        return lines, "running", [*notes, "It is taken as running text."]
    return lines, "category text" if names else "prompt reply" if other else "text", notes


def _require_few(spec, examples):
    """Refuses more examples than memory is likely to hold as text and tokens, where their number is known."""
    try:
        n = len(examples)
    except TypeError:  # TensorFlow can't tell
        return
    if n > MOST:
        name, _, split = str(spec).removeprefix(tfds.PREFIX).partition(":")
        part = f"{tfds.PREFIX}{name}:{split.partition('[')[0] or 'train'}[:{MOST // 10}]"
        raise ValueError(
            f"{spec}: {n:,} examples are too many to be read at once, which takes them into memory; at "
            f"most {MOST:,} are. Take a part of them, such as {part}."
        )


def _class(names, number):
    """The name of a class; a LookupError for -1, by which TFDS marks examples without any."""
    if number < 0:
        raise LookupError(f"its class is {number}: it has none.")
    return names[number]


def _features(spec, features, columns):
    """The name of the text's feature, and before it that of its category or prompt, if any."""
    kinds = {name: type(feature).__name__ for name, feature in features.items()}
    texts = [name for name, kind in kinds.items() if kind == "Text"]
    labels = [name for name, kind in kinds.items() if kind == "ClassLabel"]
    if columns:
        *before, text = columns.split()
        if text in texts and len(before) <= 1 and set(before) <= {*texts, *labels}:
            return [*before, text]
    elif len(texts) == 1 or set(FEATURES) & set(texts):
        text = next((name for name in FEATURES if name in texts), texts[0])
        return [*labels, text] if len(labels) == 1 else [text]
    raise ValueError(
        f"{spec}: say which features to learn from, a text, with or without a class or another text "
        f'before it, such as --columns "label title". It has: {kinds}. Received: columns={columns!r}'
    )
