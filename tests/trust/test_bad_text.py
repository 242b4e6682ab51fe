"""What is no text: an error that names it and says what to do, and never another one."""

import gzip
import pickle

import numpy as np
import pytest

from gankit import text
from tests.trust import hostile
from tests.trust.hostile import Evil, containing

pytestmark = pytest.mark.once

LINES = "".join(f"line {i} of {i % 7}\n" for i in range(40))
ROWS = "".join(f"{'cats' if i % 2 else 'dogs'}\tline {i}\n" for i in range(40))


SPECS = {
    "an unknown word": (lambda _: "headline", "Known: dialogue, headlines, tfds:NAME"),
    "nowhere": (lambda path: path / "none.txt", "none.txt: no such file"),
    "a long name": (lambda path: path / f"{'a' * 300}.txt", "no such file"),
    "a NUL in the name": (lambda _: "a\0.txt", "no such file"),
    "a lone surrogate in the name": (lambda _: "\ud800.txt", "no such file"),
    "..": (lambda _: "..", "is a folder. Give the path of one text file"),
    "a folder": (hostile.folder("a.txt"), "is a folder. Give the path of one text file"),
    "a dangling link": (hostile.linked("a.txt", "none"), "no such file"),
    "a link to itself": (hostile.linked("a.txt"), "no such file"),
    "a pipe": (hostile.pipe("a.txt"), "no such file"),
    "unreadable": (hostile.unreadable("a.txt"), "can't be read: Input/output error"),
    "forbidden": (hostile.forbidden("a.txt"), "can't be read: Permission denied"),
    "four TiB": (hostile.huge("a.txt", LINES), "4,096.0 GiB are too many.*Cut it"),
}
FILES = {
    "empty": ("", "no text in it. Give a file with one sequence a line"),
    "blank lines": ("\n \n\t\n\u3000\r\n", "no text in it"),
    "a mark alone": ("\ufeff", "no text in it"),
    "one line": ("alone\n", "only one distinct line; at least 8.*--running"),
    "one line often": ("same\n" * 30, "only one distinct line; at least 8.*--running"),
    "header alone": ("label\ttext\n", "no line to learn from"),
    "UTF-16": (LINES.encode("utf-16"), "as text in UTF-16 does. Convert it to UTF-8.*iconv"),
    "UTF-16, other end first": (
        b"\xfe\xff" + LINES.encode("utf-16-be"),
        "starts with byte 0xfe.*iconv",
    ),
    "UTF-32": (LINES.encode("utf-32"), "Convert it to UTF-8"),
    "one long line": ("a" * 20_001, "line 1: 20,001 characters.*--running"),
    "a tab in one line": (
        LINES + "a\tb\n",
        "line 41: there is a tab here, and none in 40.*--columns",
    ),
    "uncertain columns": (
        "".join(f"name{i % 12}\tline {i}\n" for i in range(24)),
        "12 different texts.*--columns",
    ),
    "a category of one line": (
        ROWS + "birds\tone\n",
        "category 'birds' has 1 different lines.*Add some",
    ),
    "a category of one line often": (
        ROWS + "birds\tone\n" * 3,
        "category 'birds' has 1 different lines, and at least 2",
    ),
    "one prompt": (
        "".join(f"How are you?\tline {i}\n" for i in range(40)),
        "1 different texts in the first of 40.*--columns",
    ),
}
BAD_LINES = {
    "Latin-1": ("café\n".encode("latin-1"), r"byte \d+ \(0xe9\) is not UTF-8.*iconv"),
    "a lone surrogate": (b"a \xed\xa0\x80\n", r"byte \d+ \(0xed\) is not UTF-8"),
    "overlong": (b"a \xc0\x80\n", r"byte \d+ \(0xc0\) is not UTF-8"),
    "cut within a character": ("日".encode()[:2] + b"\n", r"byte \d+ \(0xe6\) is not UTF-8"),
    "beyond Unicode": (b"\xf4\x90\x80\x80\n", r"byte \d+ \(0xf4\) is not UTF-8"),
    "a NUL byte": (b"a\0b\n", r"byte \d+ is 0. Text has none: is this a binary file"),
    "an enormous line": (b"word " * 5000 + b"\n", "24,999 characters are more than the 20,000"),
    "many words": (
        b"word " * 65 + b"\n",
        "65 tokens are more than the limit of 64. Say --length 65",
    ),
}
BINARY = {
    "gzip": lambda path: gzip.compress(LINES.encode(), mtime=0),
    "a pickle": lambda path: pickle.dumps(Evil(path / "evil")),
    "a WAV": lambda path: b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0",
    "random": lambda path: np.random.default_rng(0).bytes(999),
    "UTF-16 without mark": lambda path: LINES.encode("utf-16-le"),
}


def check(tmp_path, spec, message, **options):
    with pytest.raises(ValueError, match=rf"(?s){message}") as caught:
        text.load(spec, **options)
    assert type(caught.value) is ValueError
    assert str(spec) in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("kind", SPECS)
def test_a_bad_spec(tmp_path, kind):
    make, message = SPECS[kind]
    check(tmp_path, make(tmp_path), message)


@pytest.mark.parametrize("kind", FILES)
def test_a_bad_file(tmp_path, kind):
    """Which lines are left out makes no difference."""
    content, message = FILES[kind]
    check(tmp_path, containing("a.txt", content)(tmp_path), message)
    if kind != "one long line":
        check(tmp_path, tmp_path / "a.txt", message, skip_bad_lines=True)


@pytest.mark.parametrize("kind", BINARY)
def test_a_binary_file(tmp_path, kind):
    path = containing("a.txt", BINARY[kind])(tmp_path)
    check(tmp_path, path, r"line \d+: byte \d+ .*(UTF-8|binary file).*--skip-bad-lines")


@pytest.mark.parametrize("kind", BAD_LINES)
def test_a_bad_line_among_good_ones(tmp_path, kind):
    """It is named, with what to do; or left out, and noted."""
    content, message = BAD_LINES[kind]
    path = containing("a.txt", LINES.encode() + content)(tmp_path)
    check(tmp_path, path, f"line 41: {message}.*--skip-bad-lines")
    data = text.load(path, skip_bad_lines=True)
    assert len(data.samples) + len(data.validation) == 40
    assert "1 lines are left out, the first is" in data.notes[-1]
    assert "line 41" in data.notes[-1]


@pytest.mark.parametrize(
    ("line", "found"),
    [("no tab", "1"), ("a\tb\tc", "3"), ("cats\t", "1 filled of 2"), ("cats,a line", "1")],
)
def test_a_ragged_row(tmp_path, line, found):
    path = containing("a.txt", f"{ROWS}{line}\n")(tmp_path)
    check(tmp_path, path, f"line 41: expected two columns with a tab.*found {found}.*--skip-bad")
    data = text.load(path, skip_bad_lines=True)
    assert len(data.samples) + len(data.validation) == 40


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("café\n".encode("latin-1") * 3, "there is no text in it"),
        (b"a\tb\tc\n" * 3, "no line to learn from. 3 lines are left out, the first is.*line 1"),
        (
            b"a" * 30_000 + b"\n",
            "no line to learn from. 1 lines are left out, the first is.*line 1",
        ),
        (
            b"\n".join(b"%d word " % i * 65 for i in range(9)),
            "too few lines of at most 64 tokens",
        ),
    ],
    ids=["encoding", "columns", "characters", "tokens"],
)
def test_no_line_is_left(tmp_path, content, message):
    check(tmp_path, containing("a.txt", content)(tmp_path), message, skip_bad_lines=True)


@pytest.mark.parametrize("content", ["a", "ab", "\n\nab", "a b", "\u200b"], ids=repr)
@pytest.mark.parametrize("tokenizer", ["word", "character"])
def test_running_text_that_is_too_short(tmp_path, tokenizer, content):
    path = containing("a.txt", content)(tmp_path)
    options = {"tokenizer": tokenizer, "running": True}
    check(tmp_path, path, r"a running text of \d .* is too short to be cut", **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tokenizer": "chars"}, "Known: word, character, bpe. Received: 'chars'"),
        ({"columns": "label text"}, "Known: text, category text, prompt reply. Received: 'label"),
        ({"columns": "category text"}, "a.txt, line 1: expected two columns.*found 1"),
        ({"vocabulary": 0}, "Received: vocabulary=0"),
        ({"length": -1}, "Received: length=-1"),
    ],
    ids=str,
)
def test_bad_options(tmp_path, options, message):
    path = containing("a.txt", LINES)(tmp_path)
    with pytest.raises(ValueError, match=message):
        text.load(path, **options)


@pytest.mark.parametrize(
    "content",
    [
        '"never ends\n' + LINES,
        LINES.replace("\n", "\r"),
        LINES + "\x01\x02\n",
        LINES + "\u202eright to left\n",
        LINES + "a" + "\u0301" * 500 + "\n",
        LINES + "< end >\n",
    ],
    ids=["quotation", "CR", "control", "direction", "marks", "special"],
)
def test_unusual_text_that_is_right(tmp_path, content):
    data = text.load(containing("a.txt", content)(tmp_path))
    assert len(data.samples) + len(data.validation) >= 40


@pytest.mark.parametrize("name", hostile.NAMES, ids=repr)
def test_hostile_names_are_names(tmp_path, name):
    path = tmp_path / f"{name}.txt"
    try:
        path.write_text(LINES)
    except OSError:
        pytest.skip("this file system has no such names")
    data = text.load(path)
    assert len(data.samples) == 36
    path.write_text("")
    check(tmp_path, path, "no text in it")
