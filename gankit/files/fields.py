"""What a file's folder, its name or a table says about it, as named fields; and a split by them."""

import csv
import io
import os
import pathlib
import re

import numpy as np

from gankit.files.whole import read_whole

FIELD = re.compile(r"\{(\w+)\}")
EXAMPLES = {"label": "yes", "speaker": "anna"}  # any other field is a number


def reader(folder, paths, source):
    """A function from a file's path to its fields, a dict of strings.

    Args:
        folder: the directory that the files lie in.
        paths: all of them.
        source: `"subfolders"`: the folder's subfolders are the field `label`, if every file is in one;
            a pattern of names without suffix, such as `{label}_{speaker}_{index}` or
            `{speaker}/{label}_{index}`, where no field holds any of the text between fields; or the
            path of a CSV file with a header, a column `file` (paths relative to the folder, with
            suffix or without) and a column for each field.

    Raises:
        ValueError: naming the pattern or table; and, when called, a file that it does not fit.
    """
    folder = pathlib.Path(folder)
    if source == "subfolders":
        labelled = all(len(path.relative_to(folder).parts) > 1 for path in paths)
        return lambda path: {"label": path.relative_to(folder).parts[0]} if labelled else {}
    read = by_pattern(source) if "{" in source else _by_table(folder, source)
    return lambda path: read(path, path.relative_to(folder))


def without_file(folder, paths, source):
    """The rows of a table, by their files' names, that name none of these files; of no table none."""
    if source == "subfolders" or "{" in source:
        return []
    there = [path.relative_to(folder) for path in paths]
    names = {one.as_posix() for one in there} | {one.with_suffix("").as_posix() for one in there}
    return [
        name for name in _read_table(_locate(pathlib.Path(folder), source)) if name not in names
    ]


def by_pattern(pattern):
    """A function from a path, for errors, and the path or part of it that a pattern describes."""
    fields = FIELD.findall(pattern)
    if not {"label", "speaker"} & set(fields) or len(set(fields)) < len(fields):
        raise ValueError(
            "A pattern has each field once, {label}, {speaker} or both among them, such as "
            f"{{label}}_{{speaker}}_{{index}}. Received: {pattern}"
        )
    odd = next((field for field in fields if not field.isidentifier()), None)
    if odd:
        raise ValueError(
            f"A field is named as in {{index}}, a word. Received: {{{odd}}} in {pattern}"
        )
    expression = re.compile("/".join(map(_expression, pattern.split("/"))))
    levels = pattern.count("/") + 1
    example = FIELD.sub(lambda field: EXAMPLES.get(field[1], "7"), pattern)

    def read(path, described):
        name = "/".join(described.parts[-levels:]).removesuffix(described.suffix)
        found = expression.fullmatch(name)
        if not found:
            raise ValueError(
                f"{path}: its name {name!r} does not fit the pattern {pattern}, as {example!r} would "
                "(--labels)."
            )
        return found.groupdict()

    return read


def natural(text):
    """A key that sorts numbers within texts by their values."""
    parts = [part for part in re.split("([0-9]+)", text) if part]
    digits = [part.lstrip("0") if part.isdecimal() else None for part in parts]
    return [(1, 0, part) if one is None else (0, len(one), one) for part, one in zip(parts, digits)]


def numbered(values, others=()):
    """Numbers of values, (n,) int64, and the names that they number.

    Args:
        values: n texts.
        others: those among `values` whose names come last.

    Returns:
        The numbers, and the names in natural order, first those of `values` that are not `others`.
    """
    last = set(others)
    names = sorted(set(values), key=lambda name: (name in last, natural(name)))
    number = {name: i for i, name in enumerate(names)}
    return np.array([number[value] for value in values], "int64"), names


def held_out(fields, chosen, seed=0):
    """Which examples are held out.

    Args:
        fields: a dict for each example.
        chosen: a share of each label's examples, in (0, 1), drawn by `seed`; or a field and its
            values, such as `"index:5-9"` or `"speaker:anna,ben"`.
        seed: of the draw.

    Returns:
        (n,) bool.

    Raises:
        ValueError: no such field, nothing or everything is held out, or a label has one example.
    """
    try:
        share = float(chosen)
    except ValueError:
        return _by_field(fields, chosen)
    if not 0 < share < 1:
        raise ValueError(f"What is held out is a share between 0 and 1. Received: {chosen}")
    return _by_share([one.get("label", "") for one in fields], share, np.random.default_rng(seed))


def _expression(part):
    """The regular expression of a pattern's part between slashes: fields hold none of its texts."""
    texts = FIELD.split(part)
    between = "|".join(re.escape(text) for text in texts[::2] if text)
    if any(not text for text in texts[2:-2:2]):
        raise ValueError(f"There must be some text between two fields. Received: {part}")
    values = f"(?:(?!{between})[^/])+" if between else "[^/]+"
    return "".join(
        f"(?P<{text}>{values})" if i % 2 else re.escape(text) for i, text in enumerate(texts)
    )


def _by_table(folder, source):
    table = _read_table(_locate(folder, source))

    def read(path, relative):
        for name in (relative.as_posix(), relative.with_suffix("").as_posix()):
            if name in table:
                return table[name]
        raise ValueError(f"{path}: there is no row for {relative.as_posix()!r} in {source}.")

    return read


def _locate(folder, source):
    for path in (pathlib.Path(source), folder / source):
        if os.path.isfile(path):
            return path
    raise ValueError(
        f"{source}: no such table, nor in {folder}, and no pattern of names either: that has fields in "
        "braces, such as {label}_{speaker}_{index}."
    )


def _read_table(path):
    """A dict from file to a dict of the row's other cells."""
    try:
        text = read_whole(path).decode("utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        columns = rows.fieldnames or []
        known = "file" in columns and {"label", "speaker"} & set(columns)
        if not known or len(set(columns)) < len(columns):
            raise ValueError(
                f"{path}: its first line must name the columns: file, and label, speaker or both. "
                f"Received: {columns}"
            )
        table = {}
        for row in rows:
            name = row.pop("file")
            if name in table or None in row or not all([name, *row.values()]):
                raise ValueError(
                    f"{path}, line {rows.line_num}: expected one row a file, with a cell for each of "
                    f"{len(columns)} columns. Received: {name}, {list(row.values())}"
                )
            table[name] = row
        return table
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: not a table in CSV and UTF-8: {error}") from error


def _by_field(fields, chosen):
    field, _, values = str(chosen).partition(":")
    known = sorted({name for one in fields for name in one})
    if field not in known or not values:
        raise ValueError(
            "What is held out is a share, or a field and its values, such as 0.1, index:5-9 or "
            f"speaker:anna,ben. Fields: {', '.join(known) or 'none'}. Received: {chosen}"
        )
    spans = [re.fullmatch("([0-9]+)-([0-9]+)", value) for value in values.split(",")]
    spans = [(natural(span[1]), natural(span[2])) for span in spans if span]

    def is_held_out(value):
        is_number = re.fullmatch("[0-9]+", value)
        within = is_number and any(low <= natural(value) <= high for low, high in spans)
        return bool(within) or value in values.split(",")

    rows = np.array([is_held_out(one.get(field, "")) for one in fields])
    if rows.all() or not rows.any():
        there = sorted({one.get(field, "") for one in fields}, key=natural)
        raise ValueError(
            f"{chosen} holds out {'everything' if rows.all() else 'nothing'}. There are "
            f"{field}: {', '.join(there[:20])}{' ...' if len(there) > 20 else ''}"
        )
    return rows


def _by_share(labels, share, rng):
    """The same share of every label, at least one and not all."""
    rows = np.zeros(len(labels), bool)
    names, groups = np.unique(labels, return_inverse=True)
    for i, label in enumerate(names):
        members = np.flatnonzero(groups == i)
        if len(members) < 2:
            raise ValueError(
                f"{f'Label {label}' if label else 'The set'} has a single example; at least 2 are "
                "needed, one of them to be held out."
            )
        n = min(max(round(share * len(members)), 1), len(members) - 1)
        rows[rng.permutation(members)[:n]] = True
    return rows
