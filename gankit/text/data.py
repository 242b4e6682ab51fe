"""From a data spec to sequences of tokens, and back."""

import dataclasses
import zlib

import numpy as np

from gankit import files
from gankit.files import tfds
from gankit.text import sources
from gankit.text.held_out import LEAST, SHARE, group, hold_out, shuffle
from gankit.text.ids import UNKNOWN
from gankit.text.lines import BadLines, Line
from gankit.text.sequences import unknown_share, unpad
from gankit.text.tokenizer import Tokenizer, pad

LIMITS = {"word": 64, "bpe": 128, "character": 256}  # tokens in a sequence, unless told
RUNNING = {"word": 32, "bpe": 64, "character": 128}  # the same, where the text runs on
SHORTEST = 8  # the same, where there is little of it
LEAST_OFTEN = {"word": 2, "bpe": 1, "character": 1}  # a rarer one is unknown
MANY = 0.05  # unknown of what is trained on
UNITS = {"word": "words", "bpe": "byte pairs", "character": "characters"}


@dataclasses.dataclass
class Texts:
    """A set of sequences of tokens.

    Each row ends in 2 if there is room, and then in 0: see `gankit.text.tokenizer.pad`.

    Attributes:
        name: the spec it came from.
        samples: (n, length) int32, to train on.
        validation: others of the same length, held out.
        preparation: the `Tokenizer`.
        labels, validation_labels: (n,) int64 categories, or None.
        classes: the categories' names, or None.
        prompts, validation_prompts: (n, prompt length) int32, what the samples reply to, or None.
        notes: what the reader of the data should be told, sentences.
        checksum: of all arrays: other texts, or the same ones in other tokens, have another.

    Example:

    ```python
    from gankit import text

    data = text.load("headlines")
    data.samples.shape, data.classes, data.preparation.vocabulary_size
    tokens, categories = next(iter(data.dataset(32)))
    ```
    """

    name: str
    samples: np.ndarray
    validation: np.ndarray
    preparation: Tokenizer
    labels: np.ndarray | None = None
    validation_labels: np.ndarray | None = None
    classes: list | None = None
    prompts: np.ndarray | None = None
    validation_prompts: np.ndarray | None = None
    notes: list = dataclasses.field(default_factory=list)

    @property
    def length(self):
        """Tokens in a row."""
        return self.samples.shape[1]

    @property
    def checksum(self):
        found = 0
        for side in (self.samples, self.validation, self.conditions, self.validation_conditions):
            if side is not None:
                found = zlib.crc32(np.ascontiguousarray(side).tobytes(), found)
        return found

    @property
    def conditions(self):
        """The labels or the prompts of the samples, or None."""
        return self.prompts if self.labels is None else self.labels

    @property
    def validation_conditions(self):
        """Those of what is held out."""
        return self.validation_prompts if self.labels is None else self.validation_labels

    def dataset(self, batch_size, seed=0, split="train", conditional=None):
        """Endless batches of tokens, or of (tokens, labels) or (tokens, prompts).

        Args:
            batch_size: sequences in a batch; of `"validation"` at most as many as there are.
            seed: of the order.
            split: `"train"` or `"validation"`; the latter keeps its order.
            conditional: whether labels or prompts come along; by default where there are any.

        Returns:
            A `gankit.files.Dataset`.
        """
        train = split == "train"
        stored = self.samples if train else self.validation
        conditions = self.conditions if train else self.validation_conditions
        if conditional and conditions is None:
            raise ValueError(
                f"{self.name} has neither categories nor prompts, and a conditional game needs them."
            )
        return files.Dataset.from_arrays(
            stored,
            None if conditional is False else conditions,
            batch_size=batch_size if train else min(batch_size, len(stored)),
            seed=seed,
            shuffle=train,
        )

    def require_categories(self, batch_size):
        """Refuses categories with fewer lines to train on than a batch.

        Raises:
            ValueError: naming the smallest.
        """
        if self.labels is None:
            return
        counts = np.bincount(self.labels, minlength=len(self.classes))
        if counts.min() < batch_size:
            raise ValueError(
                f"{self.name}: category {self.classes[counts.argmin()]!r} has {counts.min()} lines to "
                f"train on, fewer than a batch of {batch_size}. Add some, take it out, or make "
                "--batch-size smaller."
            )


def load(
    spec,
    tokenizer="word",
    vocabulary=5000,
    length=None,
    columns=None,
    running=False,
    cut_long_lines=False,
    lower_case=False,
    skip_bad_lines=False,
    seed=0,
):
    """The sequences that a data spec names.

    A tenth is held out. Of lines it is a tenth of the different ones in each category, where capitals
    and spaces make no difference; of dialogue, a tenth of the different prompts with all their
    replies, where punctuation makes no difference either; of a running text, its end. The tokenizer
    learns from the rest only. Words that occur once there are unknown, so that a model learns where to
    expect unknown words. Lines and prompts are put in random order.

    Args:
        spec: `headlines`, `dialogue`; a text file in UTF-8 with one sequence a line, or with two
            columns and a tab between them; or `tfds:NAME[/CONFIG][:SPLIT]`.
        tokenizer: `"word"`, `"character"`, `"bpe"`, or a `Tokenizer` that has learned; then
            `vocabulary` and `lower_case` have no effect.
        vocabulary: at most so many tokens; the rarest words or characters beyond it become
            unknown too, and a note says how many of the text they are.
        length: of the rows, for replies and prompts; by default one more than the longest sequence
            has, which must not be more than 64 words, 128 byte pairs or 256 characters.
        columns: of a file, `"text"`, `"category text"` or `"prompt reply"`; by default found out,
            where that is certain. Of a TFDS set, the names of one or two features.
        running: the text runs on from line to line, and is cut into sequences of `length` (by
            default 32 words, 64 byte pairs or 128 characters, or fewer, down to 8, so that four of a
            short text are held out).
        cut_long_lines: cut what is longer than `length`, and note how often.
        lower_case: take capitals as small letters.
        skip_bad_lines: leave out lines that can't be used, and note how many.
        seed: of the built-in sets, and of what is held out.

    Returns:
        `Texts`.

    Raises:
        ValueError: naming the spec or the file and line, what was expected and what to do.

    Example:

    ```python
    import pathlib

    from gankit import text

    lines = [f"line number {i} of a file" for i in range(100)]
    pathlib.Path("mine.txt").write_text(chr(10).join(lines))
    data = text.load("mine.txt", tokenizer="character")  # or text.load("headlines")
    ```
    """
    if length is not None and length < 2:
        raise ValueError(f"Sequences have room for at least 2 tokens. Received: length={length}")
    bad = BadLines(spec, skip_bad_lines, "example" if tfds.is_spec(spec) else "line")
    lines, columns, notes = sources.read(spec, columns, running, bad, seed)
    if columns == "category text" and len({line.other for line in lines}) == 1:
        notes = [*notes, f"All lines are of the category {lines[0].other!r}, which is left out."]
        lines, columns = [Line(line.number, line.text) for line in lines], "text"

    def learned(texts):
        if isinstance(tokenizer, Tokenizer):
            return tokenizer
        least = LEAST_OFTEN.get(tokenizer, 1)
        return Tokenizer.train(texts, tokenizer, vocabulary, lower_case, min_frequency=least)

    if columns == "running":
        texts = _running(spec, lines, learned, length)
    else:
        texts = _one_a_line(spec, lines, columns, learned, length, cut_long_lines, bad, seed)
    _require_known(spec, texts)
    texts.notes = [*notes, *texts.notes, *_sizes(texts, vocabulary), *bad.notes]
    return texts


def _require_known(name, texts):
    """Refuses texts of which nothing is known: nothing could be drawn."""
    if texts.samples.max() <= UNKNOWN:
        unit = UNITS[texts.preparation.kind]
        raise ValueError(
            f"{name}: of the {unit} to train on none is known. Those that come once are not: say "
            "--tokenizer bpe or --tokenizer character."
        )


def _one_a_line(name, lines, columns, learned, length, cut, bad, seed):
    """Each line as a sequence, with its category or prompt."""
    groups = group(lines, columns)
    held_out = hold_out(lines, columns, groups, name, seed)
    sides = {"samples": [line.text for line in lines]}
    if columns == "prompt reply":
        sides["prompts"] = [line.other for line in lines]
    tokenizer = learned(
        [text for side in sides.values() for text, held in zip(side, held_out) if not held]
    )
    limit = length or LIMITS[tokenizer.kind]
    tokens = {side: tokenizer.encode(texts) for side, texts in sides.items()}
    sizes = np.array([[len(one) for one in side] for side in tokens.values()])
    rows = [i for i, line in enumerate(lines) if _fits(line, sizes[:, i], limit, cut, bad)]
    order = shuffle(groups, seed)
    rows = order[np.isin(order, rows)]
    again = _again(
        [one[:limit] for one in tokens.get("prompts", tokens["samples"])], held_out, columns
    )
    met = again[rows].sum()
    rows = rows[~again[rows]]
    if held_out[rows].all() or held_out[rows].sum() < LEAST:
        raise ValueError(f"{name}: too few lines of at most {limit} tokens to learn from.")
    arrays = {side: _rows([of[i][:limit] for i in rows], length) for side, of in tokens.items()}
    classes = None
    if columns == "category text":
        classes, arrays["labels"] = _classes([lines[i].other for i in rows])
    long = int((sizes[:, rows].max(axis=0) > limit).sum())
    notes = [f"{long:,} lines are cut to {limit} tokens."] if long else []
    if met:
        notes.append(
            f"{met:,} held-out lines are left out: with unknown words, or cut, they are the same "
            "as others to train on."
        )
    same = len(lines) - len({(line.other, line.text) for line in lines})
    if same:
        notes.append(f"{same:,} of {len(lines):,} lines are the same as an earlier one.")
    return _texts(name, tokenizer, arrays, held_out[rows], classes, notes)


def _fits(line, sizes, limit, cut, bad):
    """Whether a line is not empty and, if it may not be cut, within the limit."""
    problem = None
    if not sizes.min():
        problem = "there is nothing in it but spaces."
    elif sizes.max() > limit and not cut:
        problem = (
            f"{sizes.max()} tokens are more than the limit of {limit}. Say --length {sizes.max()}, or "
            "cut long lines with --cut-long-lines."
        )
    if problem:
        bad.meet(line.number, problem)
    return problem is None


def _again(tokens, held_out, columns):
    """Which held-out lines are, as tokens, others to train on: (n,) bool. As in every comparison an unknown
    word matches no other, but in prompts, which a model can't tell apart by it."""
    keys = [
        None if columns != "prompt reply" and UNKNOWN in one else one.tobytes() for one in tokens
    ]
    learned_from = {key for key, held in zip(keys, held_out) if not held} - {None}
    return held_out & np.array([key in learned_from for key in keys])


def _rows(sequences, length):
    """Sequences as an array, by default with room for an end behind the longest."""
    return pad(sequences, length or max(map(len, sequences)) + 1)


def _classes(categories):
    """The categories' names, and for each line the number of its own, (n,) int64."""
    names = sorted(set(categories))
    numbers = {name: i for i, name in enumerate(names)}
    return names, np.array([numbers[one] for one in categories], "int64")


def _running(name, lines, learned, length):
    """One text, cut into sequences; its end is held out."""
    text = "\n".join(line.text for line in lines)
    at = int((1 - SHARE) * len(text))
    at = max(text.rfind(space, 0, at) for space in " \n") + 1 or at  # not within a word
    parts = [part.splitlines(keepends=True) for part in (text[:at], text[at:])]
    tokenizer = learned(parts[0])
    tokens = [np.concatenate([np.zeros(0, "int32"), *tokenizer.encode(part)]) for part in parts]
    length = length or min(RUNNING[tokenizer.kind], max(len(tokens[1]) // LEAST, SHORTEST))
    if len(tokens[1]) < LEAST * length:
        raise ValueError(
            f"{name}: a running text of {sum(map(len, tokens))} {UNITS[tokenizer.kind]} is too short to "
            f"be cut into sequences of {length}, a tenth of them and {LEAST} at least held out: it takes "
            f"{round(LEAST * length / SHARE):,}. Make --length smaller."
        )
    over = sum(len(one) % length for one in tokens)
    rows = [one[: len(one) // length * length].reshape(-1, length) for one in tokens]
    notes = [f"{over} tokens at the ends are left out."] if over else []
    return Texts(str(name), *rows, tokenizer, notes=notes)


def _texts(name, tokenizer, arrays, held_out, classes, notes):
    """Arrays as what is to be trained on, and what is held out."""
    held = {f"validation_{key}": array[held_out] for key, array in arrays.items()}
    held["validation"] = held.pop("validation_samples")
    train = {key: array[~held_out] for key, array in arrays.items()}
    return Texts(str(name), preparation=tokenizer, classes=classes, notes=notes, **train, **held)


def _sizes(texts, most):
    """What people ask about a set of texts first; of a vocabulary of at most so many."""
    sizes = [len(sequence) for sequence in unpad(texts.samples)]
    unit, total = UNITS[texts.preparation.kind], texts.preparation.vocabulary_size
    notes = [
        f"{len(texts.samples):,} sequences to train on, {len(texts.validation):,} held out.",
        f"{min(sizes)} to {max(sizes)} {unit} in a sequence, {np.mean(sizes):.1f} on average; there is "
        f"room for {texts.length}.",
        f"A vocabulary of {total:,}, 4 of them special; unknown are {_unknown(texts.samples):.2%} of "
        f"the {unit} to train on, and {_unknown(texts.validation):.2%} of those held out.",
    ]
    if total == most and texts.preparation.kind != "bpe":
        notes.append(
            f"No more than {most:,} are allowed in a vocabulary (--vocabulary): rarer {unit} are unknown."
        )
    if _unknown(texts.samples) > MANY:
        notes.append(
            "What is unknown is learned, but samples are drawn without it; real text shows it as "
            "\N{REPLACEMENT CHARACTER}. To --tokenizer bpe nothing is unknown."
        )
    if texts.prompts is not None:
        notes.append(
            f"Prompts have room for {texts.prompts.shape[1]} {unit}; of those held out "
            f"{_unknown(texts.validation_prompts):.2%} are unknown."
        )
    return notes


def _unknown(tokens):
    return unknown_share(unpad(tokens))
