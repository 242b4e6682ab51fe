"""From text to numbers and back: words, characters or byte pairs."""

import json

import keras
import numpy as np

from gankit.text import words
from gankit.text.ids import END, PADDING, UNKNOWN
from gankit.text.sequences import unpad

# No token that is learned can equal these: words and byte pairs hold no space, characters are one.
SPECIAL = ("< padding >", "< start >", "< end >", "< unknown >")
SHOWN = ("", "", "", "\N{REPLACEMENT CHARACTER}")  # what people see for them
SMALLEST = {"word": 5, "character": 5, "bpe": 260}  # vocabularies; byte pairs need all 256 bytes


def pad(sequences, length):
    """Sequences of many lengths as one array.

    A sequence that is shorter than `length` is followed by one end (2), and then by padding (0). One
    that fills the row has no end: whoever generates `length` tokens stops there anyway.

    Args:
        sequences: a list of arrays of integers.
        length: of the rows.

    Returns:
        (n, length) int32.

    Raises:
        ValueError: if a sequence is longer.

    Example:

    ```python
    import numpy as np

    from gankit import text

    text.pad([np.array([5, 6]), np.array([7, 8, 9])], length=3)  # [[5, 6, 2], [7, 8, 9]]
    ```
    """
    tokens = np.full((len(sequences), length), PADDING, "int32")
    for i, (row, sequence) in enumerate(zip(tokens, sequences)):
        if len(sequence) > length:
            raise ValueError(
                f"Sequence {i} has {len(sequence)} tokens, and there is room for {length}. Cut it, or "
                "make `length` larger."
            )
        row[: len(sequence)] = sequence
        row[len(sequence) : len(sequence) + 1] = END
    return tokens


@keras.saving.register_keras_serializable(package="gankit")
class Tokenizer:
    """Text as lists of integers, and back.

    0 is padding, 1 the start, 2 the end, 3 an unknown word or character; learned tokens come after
    them, the most frequent words or characters first. What comes back from `decode(encode(texts))`:

    - `"character"`: every known character as it was;
    - `"bpe"` (byte pairs): everything as it was, in any script: there is nothing unknown;
    - `"word"`: every known word and mark as it was, with spaces put where they usually are.
      Characters of scripts without spaces, such as Chinese, are a word each.

    Lower case and composed accents, if asked for, are not undone. No text becomes a special token,
    even if it spells one, such as `< end >`.

    Args:
        kind: `"word"`, `"character"` or `"bpe"`.
        state: JSON, as the `tokenizers` library writes it. Loading it runs no code.

    Example:

    ```python
    from gankit import text

    tokenizer = text.Tokenizer.train(["one line", "and another"], "word", vocabulary=1000)
    tokenizer.decode(tokenizer.encode(["another line"]))  # ["another line"]
    ```
    """

    def __init__(self, kind, state):
        self.kind, self.state = _known(kind), state
        self._library = _read(state)
        self._tokens = _tokens(self._library)

    @classmethod
    def train(
        cls,
        texts,
        kind="word",
        vocabulary=5000,
        lower_case=False,
        normalise=False,
        min_frequency=1,
    ):
        """Trains a tokenizer on texts.

        Args:
            texts: a list of strings.
            kind: `"word"`, `"character"` or `"bpe"`.
            vocabulary: at most so many tokens, the four special ones among them. The rarest words or
                characters beyond it become unknown: see `unknown_rate`.
            lower_case: take capitals as small letters.
            normalise: take a letter with a separate accent as the accented letter (Unicode NFC).
            min_frequency: words or characters that occur less often are unknown. With 2 or more, the
                texts themselves contain unknown ones, and a model trained on them learns where to
                expect these; with 1, only other texts do. To byte pairs nothing is unknown.
        """
        if vocabulary < SMALLEST[_known(kind)]:
            raise ValueError(
                f"A vocabulary of kind {kind!r} has at least {SMALLEST[kind]} tokens, 4 of them "
                f"special. Received: vocabulary={vocabulary}"
            )
        library, trainer = _untrained(kind, vocabulary, min_frequency)
        library.normalizer = _normalizer(lower_case, normalise)
        library.train_from_iterator(texts, trainer)
        state = json.loads(library.to_str())
        state["added_tokens"] = []  # else text that spells a special token would become it
        return cls(kind, json.dumps(state))

    @property
    def vocabulary_size(self):
        """How many tokens there are; all are below it."""
        return len(self._tokens)

    def encode(self, texts):
        """The tokens of each text, without start, end or padding: a list of int32 arrays."""
        if isinstance(texts, str):
            raise ValueError(f"`encode` takes a list of strings. Received: {texts!r}")
        try:
            encodings = self._library.encode_batch(list(texts), add_special_tokens=False)
        except TypeError as error:  # the library's message does not say which
            bad = next((text for text in texts if not _is_text(text)), None)
            raise ValueError(f"`encode` takes Unicode strings. Received: {bad!r}") from error
        return [np.array(encoding.ids, "int32") for encoding in encodings]

    def decode(self, sequences):
        """The texts of sequences of tokens, each up to its first end or padding.

        Args:
            sequences: (n, length) integers, or a list of arrays.

        Returns:
            A list of strings; what is unknown is shown as U+FFFD.
        """
        rows = [np.asarray(sequence, "int64")[None] for sequence in sequences]
        return [self._join([self._tokens[one] for one in unpad(row)[0]]) for row in rows]

    def _join(self, tokens):
        from tokenizers import decoders

        joins = {"word": words.join, "character": "".join, "bpe": decoders.ByteLevel().decode}
        return joins[self.kind]([token for token in tokens if token])

    def unknown_rate(self, texts):
        """The share of all the texts' tokens that is unknown, within [0, 1]."""
        tokens = np.concatenate([np.zeros(0, "int32"), *self.encode(texts)])
        return float(np.mean(tokens == UNKNOWN)) if len(tokens) else 0.0

    pad = staticmethod(pad)

    def get_config(self):
        return {"kind": self.kind, "state": self.state}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _known(kind):
    if kind not in SMALLEST:
        raise ValueError(f"Unknown tokenizer. Known: {', '.join(SMALLEST)}. Received: {kind!r}")
    return kind


def _untrained(kind, vocabulary, min_frequency):
    """The library's tokenizer and what trains it."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    limits = {"vocab_size": vocabulary, "special_tokens": list(SPECIAL), "show_progress": False}
    if kind == "bpe":
        library = Tokenizer(models.BPE())
        library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        trainer = trainers.BpeTrainer(min_frequency=2, initial_alphabet=alphabet, **limits)
    else:
        library = Tokenizer(models.WordLevel(unk_token=SPECIAL[UNKNOWN]))
        pattern = Regex(words.PATTERN if kind == "word" else r"[\s\S]")
        library.pre_tokenizer = pre_tokenizers.Split(pattern, behavior="removed", invert=True)
        trainer = trainers.WordLevelTrainer(min_frequency=min_frequency, **limits)
    return library, trainer


def _normalizer(lower_case, normalise):
    from tokenizers import normalizers

    steps = [normalizers.NFC()] * normalise + [normalizers.Lowercase()] * lower_case
    return normalizers.Sequence(steps) if steps else None


def _read(state):
    from tokenizers import Tokenizer

    try:
        library = Tokenizer.from_str(state)
    except Exception as error:  # the library raises nothing more precise
        raise ValueError(f"Not the JSON of a tokenizer: {error}") from error
    if [library.token_to_id(one) for one in SPECIAL] != list(range(len(SPECIAL))):
        raise ValueError(
            f"A tokenizer's first {len(SPECIAL)} tokens are {', '.join(map(repr, SPECIAL))}, and this "
            "one's are not. Make it with `Tokenizer.train`."
        )
    return library


def _tokens(library):
    """The token of each id, as people see it."""
    learned = range(len(SPECIAL), library.get_vocab_size())
    return [*SHOWN, *map(library.id_to_token, learned)]


def _is_text(text):
    return isinstance(text, str) and not any("\ud800" <= one <= "\udfff" for one in text)
