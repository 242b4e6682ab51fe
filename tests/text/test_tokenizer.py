import json

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit.text import words
from gankit.text.ids import END, PADDING, START, UNKNOWN
from gankit.text.tokenizer import SPECIAL, Tokenizer, pad
from tests.helpers import check_config_round_trip

pytestmark = pytest.mark.once

KINDS = ("word", "character", "bpe")
TEXTS = [
    "The cat sat on the mat.",
    "The dog, however, didn't: it ran (fast)!",
    'He said "yes" to 1,000.50 well-known U.S. firms at 10:30.',
    "我爱 Python，你呢？",
    "Ça va? Ελληνικά, עברית, हिन्दी, русский.",
    "a family 👨‍👩‍👧 waves 👋🏽 under 🇩🇪 🇫🇷",
    "日本語のテスト。ภาษาไทย",
]


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request):
    return Tokenizer.train(TEXTS, request.param)


def train(texts=TEXTS, kind="word", **options):
    return Tokenizer.train(texts, kind, **options)


def test_learned_tokens_are_the_most_frequent_first_then_alphabetical():
    tokenizer = train(["b a c b", "b a z"])
    assert tokenizer.vocabulary_size == 8
    assert [ids.tolist() for ids in tokenizer.encode(["b a c z", "z q", ""])] == [
        [4, 5, 6, 7],
        [7, UNKNOWN],
        [],
    ]
    assert tokenizer.encode(["b"])[0].dtype == np.int32
    assert train(["bab"], "character").encode(["abc"])[0].tolist() == [5, 4, UNKNOWN]


def test_round_trip(tokenizer):
    """Words too, in texts that are spaced as usual."""
    assert tokenizer.decode(tokenizer.encode(TEXTS)) == TEXTS
    assert tokenizer.unknown_rate(TEXTS) == 0
    assert max(ids.max() for ids in tokenizer.encode(TEXTS)) < tokenizer.vocabulary_size


@pytest.mark.parametrize(
    "text",
    ["كيف حالك؟ نعم، شكرا", "दुनिया।", "می\u200cخواهم", "ไทย 2020 ok"],
)
def test_scripts_come_back_as_they_are_written(text):
    tokenizer = train([text])
    assert tokenizer.decode(tokenizer.encode([text])) == [text]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_byte_pairs_know_everything(text):
    tokenizer = train(kind="bpe")
    ids = tokenizer.encode([text])
    assert UNKNOWN not in ids[0]
    assert tokenizer.decode(ids) == [text]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_characters_come_back(text):
    tokenizer = train([text, "a"], "character")
    assert tokenizer.decode(tokenizer.encode([text])) == [text]
    assert len(tokenizer.encode([text])[0]) == len(text)


PIECES = [
    *"aB1.,:;!?'\"’()[]$#%/-_&…—我你，。「」のก👍é ",
    "don't",
    "s",
    "t",
    "x.y",
    "🇩🇪",
    "e\u0301",
    "  ",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_words_come_back_up_to_spacing(text):
    tokenizer = train([text, "a"])
    ids = tokenizer.encode([text])
    (again,) = tokenizer.decode(ids)
    assert "".join(again.split()) == "".join(text.split())
    assert tokenizer.encode([again])[0].tolist() == ids[0].tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don't stop", ["don't", "stop"]),
        ("the U.S. won 3-1, in 10:30!", ["the", "U.S", ".", "won", "3-1", ",", "in", "10:30", "!"]),
        ("red,blue: 1,000.5", ["red", ",", "blue", ":", "1,000.5"]),
        ("我爱Python你，", ["我", "爱", "Python", "你", "，"]),
        ("👨‍👩‍👧👋🏽🇩🇪🇫🇷", ["👨‍👩‍👧", "👋🏽", "🇩🇪", "🇫🇷"]),
        ("e\u0301a ก็", ["e\u0301a", "ก็"]),
    ],
)
def test_words(text, expected):
    tokenizer = train([text])
    ids = tokenizer.encode([text])[0]
    assert [tokenizer.decode([[one]])[0] for one in ids] == expected


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ([], ""),
        (["a", "b", ".", "c", "?"], "a b. c?"),
        (["(", "a", ")", "[", "b", "]"], "(a) [b]"),
        (["he", ":", '"', "a", "b", '"', "and", '"', "c", '"', "."], 'he: "a b" and "c".'),
        (["the", "dogs", "'", "tails"], "the dogs' tails"),
        (["take", "Iran", "'", "s", "word", "for", "it"], "take Iran 's word for it"),
        (["I", "won", "'", "t", "say", "'", "yes", "'", "."], "I won 't say 'yes'."),
        (["they", "'", "re", "dogs", "'", "tails"], "they 're dogs' tails"),
        (["IT", "'", "S", "'", "s", "'", "t"], "IT 'S 's 't"),
        (["$", "5", "or", "5", "%"], "$5 or 5%"),
        (["and", "/", "or"], "and/or"),
        (["我", "爱", "Python", "，", "你", "（", "好", "）", "a"], "我爱 Python，你（好）a"),
    ],
)
def test_joined_words(tokens, expected):
    assert words.join(tokens) == expected


def test_decoding_stops_at_the_end_or_padding():
    tokenizer = train(["a b c"])
    rows = np.array([[4, 5, END, 6], [4, PADDING, 5, 6], [START, 6, UNKNOWN, 5], [END, 4, 4, 4]])
    assert tokenizer.decode(rows) == ["a b", "a", "c \N{REPLACEMENT CHARACTER} b", ""]
    assert tokenizer.decode([[4, END, 5], [6], []]) == ["a", "c", ""]


def test_byte_pairs_that_are_no_text(tokenizer):
    """A model may generate any tokens."""
    ids = np.random.default_rng(0).integers(tokenizer.vocabulary_size, size=(50, 30))
    assert all(isinstance(text, str) for text in tokenizer.decode(ids))


def test_padding():
    tokens = pad([np.array([5, 6]), np.array([], int), np.array([4, 4, 4])], 3)
    assert tokens.dtype == np.int32
    assert tokens.tolist() == [[5, 6, END], [END, 0, 0], [4, 4, 4]]
    assert pad([], 3).shape == (0, 3)
    with pytest.raises(ValueError, match="Sequence 1 has 4 tokens, and there is room for 3"):
        Tokenizer.pad([[1], [4, 4, 4, 4]], 3)


def test_vocabulary_limit():
    texts = ["a a a a b b b c c d"]
    tokenizer = train(texts, vocabulary=6)
    assert tokenizer.vocabulary_size == 6
    assert tokenizer.unknown_rate(texts) == pytest.approx(0.3)
    assert tokenizer.unknown_rate([]) == 0
    assert train(texts).vocabulary_size == 8
    assert train(TEXTS * 3, "bpe", vocabulary=300).vocabulary_size == 300
    with pytest.raises(ValueError, match="at least 260 tokens.*vocabulary=259"):
        train(texts, "bpe", vocabulary=259)
    with pytest.raises(ValueError, match="at least 5 tokens.*vocabulary=4"):
        train(texts, vocabulary=4)


def test_rare_words_are_unknown():
    """Those that come less often; to byte pairs nothing is unknown."""
    texts = ["a a b b c"]
    tokenizer = train(texts, min_frequency=2)
    assert tokenizer.encode(texts)[0].tolist() == [4, 4, 5, 5, UNKNOWN]
    assert tokenizer.unknown_rate(texts) == pytest.approx(0.2)
    assert train(texts, "bpe", min_frequency=2).unknown_rate(texts) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_text_never_becomes_a_special_token(kind):
    texts = [f"{one} <end> </s> [PAD]" for one in SPECIAL] * 5
    tokenizer = train(texts, kind, vocabulary=400)
    ids = np.concatenate(tokenizer.encode(texts))
    assert ids.min() > UNKNOWN
    check_config_round_trip(tokenizer)


def test_lower_case_and_accents():
    text = "Cafe\u0301 CAFÉ"
    assert len(set(train([text]).encode([text])[0])) == 2
    plain = train([text], lower_case=True, normalise=True)
    assert plain.decode(plain.encode([text])) == ["café café"]
    again = check_config_round_trip(plain)
    assert again.decode(again.encode(["CAFE\u0301"])) == ["café"]
    assert train([text], "character", lower_case=True).decode([[4, 5]])[0].islower()


def test_training_again_gives_the_same(tokenizer):
    assert Tokenizer.train(TEXTS, tokenizer.kind).state == tokenizer.state


def test_saved_and_loaded(tokenizer):
    again = check_config_round_trip(tokenizer)
    assert again.kind == tokenizer.kind
    for one, other in zip(again.encode(TEXTS), tokenizer.encode(TEXTS)):
        np.testing.assert_array_equal(one, other)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(tokenizer)))
    assert keras.saving.deserialize_keras_object(config).decode(again.encode(TEXTS)) == TEXTS


def test_bad_states(tokenizer):
    with pytest.raises(ValueError, match="Not the JSON of a tokenizer"):
        Tokenizer("word", "import os")
    state = json.loads(train(["a"]).state)
    state["model"]["vocab"] = {"a": 0, "< unknown >": 3}
    with pytest.raises(ValueError, match="Tokenizer.train"):
        Tokenizer("word", json.dumps(state))
    with pytest.raises(ValueError, match="Known: word, character, bpe. Received: 'letter'"):
        Tokenizer("letter", tokenizer.state)
    with pytest.raises(ValueError, match="Received: 'letter'"):
        train(kind="letter")


def test_bad_texts(tokenizer):
    with pytest.raises(ValueError, match="a list of strings"):
        tokenizer.encode("one text")
    with pytest.raises(ValueError, match=r"Unicode strings. Received: '\\udcff'"):
        tokenizer.encode(["a", "\udcff"])
    with pytest.raises(ValueError, match="Unicode strings. Received: 5"):
        tokenizer.encode(["a", 5])
