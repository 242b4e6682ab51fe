import csv
import pathlib

import numpy as np


def read_table(path):
    """The numbers in a CSV or NPY file, as a matrix.

    A CSV may have a header line; columns are separated by a comma, semicolon, tab or space.

    Args:
        path: a `.csv`, `.tsv`, `.txt` or `.npy` file.

    Returns:
        (rows, columns) float32.

    Raises:
        ValueError: naming the file, and the line where there is one: no such file, text where a
            number belongs, NaN or infinity, rows of different lengths, nothing at all.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file. Give a .csv or .npy file of numbers.")
    if path.suffix == ".npy":
        table, lines = _read_npy(path), None
    elif path.suffix in (".csv", ".tsv", ".txt"):
        table, lines = _read_csv(path)
    else:
        raise ValueError(
            f"{path}: can't tell what a {path.suffix or 'file without a suffix'} holds. "
            "Give a .csv, .tsv, .txt or .npy file of numbers."
        )
    if table.ndim != 2 or not table.size:
        raise ValueError(
            f"{path}: expected a table of numbers, rows by columns. Received: shape {table.shape}"
        )
    bad = np.argwhere(~np.isfinite(table))
    if len(bad):
        row, column = bad[0]
        where = f"line {lines[row]}" if lines else f"row {row}"
        raise ValueError(
            f"{path}, {where}, column {column + 1}: {table[row, column]} is not a finite number. "
            f"Remove such rows ({len(set(bad[:, 0]))} in the file) or fill them in."
        )
    return table


def _read_npy(path):
    try:
        table = np.load(path, allow_pickle=False)
        return np.asarray(table, "float32")
    except (ValueError, OSError, EOFError, TypeError) as error:
        raise ValueError(f"{path}: not a .npy file of numbers: {error}") from error


def _read_csv(path):
    """The table, and the line number of each of its rows."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not a text file in UTF-8: {error}") from error
    sample = text[:10_000]
    delimiter = max(",;\t ", key=sample.count)
    rows, lines = [], []
    for line, cells in enumerate(csv.reader(text.splitlines(), delimiter=delimiter), start=1):
        cells = [cell for cell in cells if cell.strip()] if delimiter == " " else cells
        if not any(cell.strip() for cell in cells):
            continue
        try:
            row = [float(cell) for cell in cells]
        except ValueError as error:
            if line == 1:
                continue  # a header
            raise ValueError(
                f"{path}, line {line}: {error}. Every cell below the header must be a number."
            ) from error
        if rows and len(row) != len(rows[0]):
            raise ValueError(
                f"{path}, line {line}: {len(row)} columns where the lines before have "
                f"{len(rows[0])}."
            )
        rows.append(row)
        lines.append(line)
    if not rows:
        raise ValueError(f"{path}: no row of numbers in it.")
    return np.asarray(rows, "float32"), lines
