import csv
import os
import pathlib

import numpy as np

from gankit.files import arrays
from gankit.files.whole import read_whole


def read_table(path):
    """The numbers in a CSV or NPY file, as a matrix.

    A CSV may have a header line; columns are separated by a comma, semicolon, tab or space.

    Args:
        path: a `.csv`, `.tsv`, `.txt` or `.npy` file.

    Returns:
        (rows, columns) float32.

    Raises:
        ValueError: naming the file, and the line where there is one: no such file, text where a
            number belongs, NaN, infinity or what is beyond float32, rows of different lengths,
            nothing at all.

    Example:

    ```python
    import numpy as np

    import gankit

    np.savetxt("mine.csv", [[1, 2], [3, 4]], delimiter=",", header="x,y")
    gankit.files.read_table("mine.csv")  # [[1, 2], [3, 4]]
    ```
    """
    path = pathlib.Path(path)
    if not os.path.isfile(path):  # unlike pathlib's, of a name that is too long, too
        raise ValueError(f"{path}: no such file. Give a .csv or .npy file of numbers.")
    if path.suffix.lower() == ".npy":
        table, lines = _read_npy(path), None
    elif path.suffix.lower() in (".csv", ".tsv", ".txt"):
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
    with np.errstate(over="ignore"):
        narrow = np.asarray(table, "float32")
    bad = np.argwhere(~np.isfinite(narrow))
    if len(bad):
        row, column = bad[0]
        where = f"line {lines[row]}" if lines else f"row {row}"
        raise ValueError(
            f"{path}, {where}, column {column + 1}: {table[row, column]} is not a finite number "
            f"of 32 bits. Remove such rows ({len(set(bad[:, 0]))} in the file) or fill them in."
        )
    return narrow


def _read_npy(path):
    table = arrays.read_npy(path)
    if table.dtype.kind not in "biuf":
        raise ValueError(f"{path}: not a .npy file of numbers: it holds {table.dtype}.")
    return table


def _read_csv(path):
    """The table, and the line number of each of its rows."""
    try:
        text = read_whole(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not a text file in UTF-8: {error}") from error
    sample = text[:10_000]
    delimiter = max(",;\t ", key=sample.count)
    rows, lines = [], []
    for line, cells in _records(path, text, delimiter):
        cells = [cell for cell in cells if cell.strip()] if delimiter == " " else cells
        if not any(cell.strip() for cell in cells):
            continue
        try:
            row = [float(cell) for cell in cells]
        except ValueError as error:
            if line == 1 and not any(_is_number(cell) for cell in cells):
                continue  # a header
            raise ValueError(
                f"{path}, line {line}: {error!s:.100}. Every cell below the header must be a "
                "number; columns are separated by a comma, semicolon, tab or space."
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
    return np.asarray(rows, "float64"), lines


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _records(path, text, delimiter):
    """The number of the line where each record begins, and its cells."""
    records = csv.reader(text.splitlines(), delimiter=delimiter, strict=True)
    try:
        while True:
            line = records.line_num + 1
            yield line, next(records)
    except StopIteration:
        return
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {line}: {error}. Is there a quotation mark too many or too few?"
        ) from error
