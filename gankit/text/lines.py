"""The lines of a text file, and its columns."""

import dataclasses

from gankit.files.whole import read_whole

LONGEST = 20_000  # characters in a line
COLUMNS = ("text", "category text", "prompt reply")
# What a header line may call them.
HEADERS = {
    "category text": (
        {"category", "label", "class", "topic"},
        {"text", "headline", "sentence", "title"},
    ),
    "prompt reply": ({"prompt", "question", "input"}, {"reply", "answer", "response", "output"}),
}


@dataclasses.dataclass
class Line:
    """A sequence, and what it belongs to.

    Attributes:
        number: in its file, from 1.
        text: what is to be learned.
        other: its category or its prompt, or None.
    """

    number: int
    text: str
    other: str | None = None


class BadLines:
    """What to do about lines that can't be used: an error, or a note.

    Args:
        name: of the file.
        skip: leave them out, and note how many.
        unit: what its parts are called.
    """

    def __init__(self, name, skip=False, unit="line"):
        self.name, self.skip, self.unit = name, skip, unit
        self._messages = []

    def meet(self, number, problem):
        """Raises a ValueError about a line, or remembers it."""
        message = f"{self.name}, {self.unit} {number}: {problem}"
        if not self.skip:
            raise ValueError(f"{message} (Or leave such out with --skip-bad-lines.)")
        self._messages.append(message)

    @property
    def notes(self):
        if not self._messages:
            return []
        n, first = len(self._messages), self._messages[0]
        return [f"{n:,} {self.unit}s are left out, the first is {first}"]


def read_lines(path, bad):
    """The lines of a text file in UTF-8, blank ones too.

    Lines end in LF, CR LF or CR. A byte-order mark is dropped.

    Args:
        path: a `pathlib.Path`.
        bad: `BadLines`.

    Returns:
        A list of `Line`.

    Raises:
        ValueError: naming the file, and the byte and the line where there is one.
    """
    data = read_whole(path)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(
            f"{path} starts with byte 0x{data[0]:02x}, as text in UTF-16 does. Convert it to UTF-8, "
            f"such as with: iconv -f UTF-16 -t UTF-8 {path}"
        )
    lines, start = [], 0
    for number, row in enumerate(data.splitlines(keepends=True), 1):
        try:
            text = _decode(row, start)
        except ValueError as error:
            bad.meet(number, error)
        else:
            text = text.removeprefix("\ufeff") if number == 1 else text
            lines.append(Line(number, text.rstrip("\r\n")))
        start += len(row)
    if not any(line.text.strip() for line in lines):
        raise ValueError(f"{path}: there is no text in it. Give a file with one sequence a line.")
    return lines


def _decode(row, start):
    """A row of bytes as text; `start` is where it starts in the file."""
    null = row.find(b"\0")
    if null >= 0:
        raise ValueError(f"byte {start + null} is 0. Text has none: is this a binary file?")
    try:
        return row.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"byte {start + error.start} (0x{row[error.start]:02x}) is not UTF-8. Convert the file, "
            "such as with: iconv -f LATIN1 -t UTF-8"
        ) from error


def split_columns(lines, columns, bad):
    """Splits the lines that are not blank into text and, where there is one, category or prompt.

    Args:
        lines: of `Line`.
        columns: `"text"`, `"category text"` or `"prompt reply"`, with a tab between them; or None,
            to find out.
        bad: `BadLines`.

    A header may name the columns the other way round; then they are swapped.

    Returns:
        The lines, without a header; which of the three it is; and notes, of how two columns are read.

    Raises:
        ValueError: naming the file, and the line where one has not two columns, or saying that the
            three can't be told apart, that the columns seem swapped, or that no line is left.
    """
    if columns not in (None, *COLUMNS):
        raise ValueError(f"Unknown columns. Known: {', '.join(COLUMNS)}. Received: {columns!r}")
    lines = [line for line in lines if line.text.strip()]
    headed, swapped = _header(lines[0].text)
    if headed and columns in (None, headed):
        columns, lines = headed, lines[1:]
    else:
        swapped = False
    if columns is None and not _has_tabs(lines, bad.name):
        columns = "text"
    if columns == "text":
        rows = [Line(line.number, line.text.strip()) for line in lines]
    else:
        rows = [row for row in (_two(line, bad, swapped) for line in lines) if row]
        columns = columns or (rows and _which(rows, bad.name))
    rows = [row for row in rows if not _too_long(row, bad)]
    if not rows:
        raise ValueError(" ".join([f"{bad.name}: there is no line to learn from.", *bad.notes]))
    return rows, columns, _read_as(columns, swapped)


def _header(text):
    """Which columns a header names, or None; and whether it names them the other way round."""
    cells = [cell.strip().lower() for cell in text.split("\t")]
    for columns, names in HEADERS.items():
        for swapped in (False, True):
            one, other = reversed(names) if swapped else names
            if len(cells) == 2 and cells[0] in one and cells[1] in other:
                return columns, swapped
    return None, False


def _read_as(columns, swapped):
    """A note of what two columns are taken for."""
    if columns == "text":
        return []
    one, other = columns.split()
    if swapped:
        return [f"By the header, the first column is the {other}, and the second the {one}."]
    return [f"The first column is taken as the {one}, and the second as the {other}."]


def _has_tabs(lines, name):
    """Whether lines have columns; an error where some have a tab, and most have none."""
    tabs = [line.number for line in lines if "\t" in line.text]
    if 0 < len(tabs) < len(lines) / 2:
        raise ValueError(
            f"{name}, line {tabs[0]}: there is a tab here, and none in {len(lines) - len(tabs):,} of "
            f"{len(lines):,} lines. If tabs are a part of the text, say --columns text."
        )
    return bool(tabs)


def _two(line, bad, swapped):
    """The line in its two columns, or None if it was left out."""
    cells = [cell.strip() for cell in line.text.split("\t")]
    if len(cells) == 2 and all(cells):
        cells = cells[::-1] if swapped else cells
        return Line(line.number, cells[1], cells[0])
    filled = sum(map(bool, cells))
    found = f"{filled} filled of {len(cells)}" if filled < len(cells) else f"{len(cells)}"
    bad.meet(
        line.number,
        f"expected two columns with a tab between them, category and text or prompt and reply, and "
        f"found {found}. If tabs are a part of the text, say --columns text.",
    )
    return None


def _too_long(line, bad):
    """Whether a line is absurdly long, and left out."""
    size = max(len(line.text), len(line.other or ""))
    if size > LONGEST:
        bad.meet(
            line.number,
            f"{size:,} characters are more than the {LONGEST:,} that a line may have. If the text "
            "runs on from line to line, say --running.",
        )
    return size > LONGEST


def _which(lines, name):
    """Whether the first column holds categories or prompts, where that is certain."""
    firsts, seconds = {line.other for line in lines}, {line.text for line in lines}
    if _like_categories(firsts, len(lines)):
        return "category text"
    if _like_categories(seconds, len(lines)):
        raise ValueError(
            f"{name} has two columns, and only {len(seconds)} different texts in the second of "
            f"{len(lines):,} lines, such as {min(seconds)!r}: are the columns the other way round? Put "
            "categories first, or say so in a first line, text and label with a tab between them. If "
            'these are replies, say --columns "prompt reply".'
        )
    lines_each = len(lines) / max(len(firsts), 1)
    sizes = sorted(len(first.split()) for first in firsts) or [0]
    if lines_each <= 4 and sizes[len(sizes) // 2] >= 2:
        return "prompt reply"
    raise ValueError(
        f"{name} has two columns, and {len(firsts):,} different texts in the first of {len(lines):,} "
        'lines: are they categories or prompts? Say --columns "category text" or --columns "prompt '
        'reply".'
    )


def _like_categories(texts, n):
    """Whether the different texts of a column of `n` lines are few, short, and no sentences."""
    return (
        n >= 4 * len(texts)
        and all(len(text.split()) <= 4 for text in texts)
        and not any(text.endswith((".", "?", "!")) for text in texts)
    )
