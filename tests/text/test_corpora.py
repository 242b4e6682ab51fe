import collections
import random
import re

import numpy as np
import pytest

from gankit.text.corpora import CATEGORIES, draw_dialogue, draw_headlines
from gankit.text.grammar import Grammar, _finish

pytestmark = pytest.mark.once


def draws(rules, n=200, rule="line"):
    grammar, rng = Grammar(rules), random.Random(0)
    return collections.Counter(grammar.draw(rule, rng) for _ in range(n))


# --- grammars -------------------------------------------------------------------------------------


def test_slots_names_and_forms():
    rules = """
# A comment.
country: Peru/Peruvian, Kenya/Kenyan,
    Japan/Japanese
line:
    <country:c> and <c/2>, not <country/2>
"""
    words = {"Peru": "Peruvian", "Kenya": "Kenyan", "Japan": "Japanese"}
    pairs = [(one, other) for one in words for other in words if one != other]
    assert set(draws(rules)) == {f"{a} and {words[a]}, not {words[b]}" for a, b in pairs}


def test_choices():
    assert set(draws("line:\n    a [b|c[d|e]|]f, g\n")) == {
        "A bf, g",
        "A cdf, g",
        "A cef, g",
        "A f, g",
    }


def test_second_halves():
    rules = "line:\n    one\n    <n:x> two\n      => <x> [b|c]\n      => d\n    e\nn: 1\n"
    assert set(draws(rules)) == {"One", "1 two => 1 b", "1 two => 1 c", "1 two => d", "E"}


def test_frequencies():
    """Of words by the root of their place, of lines alike."""
    found = draws("line: a, b, c, d", 4000)
    weights = np.arange(1, 5) ** -0.5
    expected = 4000 * weights / weights.sum()
    np.testing.assert_allclose([found[one] for one in "ABCD"], expected, rtol=0.15)
    found = draws("line:\n    a\n    b\n", 2000)
    assert found["A"] == pytest.approx(1000, rel=0.15)


def test_the_same_seed_gives_the_same():
    assert draws("line: a, b, c") == draws("line: a, b, c")


def test_bad_grammars():
    with pytest.raises(ValueError, match="<lime> is neither a rule nor a name"):
        Grammar("line:\n    a <lime>\n")
    with pytest.raises(ValueError, match="A line has 2 of 'n'"):
        draws("n: a, b\nline:\n    <n> <n> <n>\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a(n) nurse", "A nurse"),
        ("is a(n) engineer", "Is an engineer"),
        ("a(n) hour, a(n) 8-year plan", "An hour, an 8-year plan"),
        ("a(n) 11-year plan, a(n) 110th", "An 11-year plan, a 110th"),
        (
            "a(n) union, a(n) European, a(n) one-off, a(n) user",
            "A union, a European, a one-off, a user",
        ),
        ("a(n) uncle, a(n) umbrella, a(n) unusual one", "An uncle, an umbrella, an unusual one"),
        ("two  spaces ", "Two spaces"),
    ],
)
def test_articles(text, expected):
    assert _finish(text) == expected


# --- corpora --------------------------------------------------------------------------------------

RESIDUE = re.compile(
    r"[<>\[\]|]|a\(n\)| [.,?!]| \Z|  |/|=>|\ba [aeio]|\ban [^aeiou8h1]", re.IGNORECASE
)


@pytest.fixture(scope="module")
def headlines():
    return draw_headlines()


@pytest.fixture(scope="module")
def dialogue():
    return draw_dialogue()


def test_headlines(headlines):
    texts = [text for _, text in headlines]
    assert len(set(texts)) == 5000
    assert collections.Counter(one for one, _ in headlines) == dict.fromkeys(CATEGORIES, 1250)
    assert all(5 <= len(text.split()) <= 14 for text in texts)
    assert not [
        text for text in texts if RESIDUE.search(text) or not text[0].isupper() | text[0].isdigit()
    ]
    assert 800 < len({word for text in texts for word in text.split()}) < 3000


def test_categories_share_words_and_can_be_told_apart(headlines):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB

    categories, texts = zip(*headlines)
    counts = CountVectorizer(lowercase=True).fit_transform(texts)
    model = MultinomialNB().fit(counts[:4000], categories[:4000])
    assert model.score(counts[4000:], categories[4000:]) > 0.95

    of_word = collections.defaultdict(set)
    for category, text in headlines:
        for word in text.lower().split():
            of_word[word].add(category)
    shared = np.mean([len(of_word[word]) > 1 for text in texts for word in text.lower().split()])
    assert shared > 0.5


def test_every_line_of_the_grammars_can_be_drawn():
    """Also those that these seeds do not choose."""
    for name, rules in (("headlines", CATEGORIES), ("dialogue", ["exchange"])):
        grammar = Grammar.read(name)
        for rule in rules:
            for line in grammar.rules[rule][0]:
                alone = {**grammar.rules, rule: ([line], [1.0])}
                one = Grammar.__new__(Grammar)
                one.rules = alone
                for seed in range(30):
                    drawn = one.draw(rule, random.Random(seed))
                    assert not RESIDUE.search(drawn.replace(" => ", " ")), drawn


def test_every_rule_is_used():
    for name, roots in (("headlines", set(CATEGORIES)), ("dialogue", {"exchange"})):
        grammar = Grammar.read(name)
        lines = [line for lines, _ in grammar.rules.values() for line in lines]
        used = {slot for line in lines for slot in re.findall(r"<([a-z_]+)", line)}
        assert set(grammar.rules) <= used | roots


def test_dialogue(dialogue):
    prompts, replies = zip(*dialogue)
    assert len(set(dialogue)) == 4000
    assert len(set(prompts)) > 1500
    assert not [text for text in prompts + replies if RESIDUE.search(text)]
    assert all(text[0].isupper() and text[-1] in ".!?" for text in prompts + replies)
    assert max(len(text.split()) for text in prompts + replies) < 20


def test_replies_depend_on_their_prompts(dialogue):
    """Many repeat a word of the prompt that hardly any other prompt has."""
    counts = collections.Counter(word for prompt, _ in dialogue for word in _words(prompt))
    rare = [{word for word in _words(prompt) if counts[word] < 200} for prompt, _ in dialogue]
    shares = np.mean([bool(words & _words(reply)) for words, (_, reply) in zip(rare, dialogue)])
    others = np.mean([bool(words & _words(reply)) for words, (_, reply) in zip(rare[1:], dialogue)])
    assert shares > 0.3
    assert others < 0.05


def test_several_replies_to_one_prompt(dialogue):
    replies = collections.Counter(prompt for prompt, _ in dialogue)
    assert sum(n > 1 for n in replies.values()) > 500
    assert max(replies.values()) > 5


def _words(text):
    return set(re.findall(r"[a-z]+", text.lower()))


def test_draws():
    assert draw_headlines(0, 100) == draw_headlines(0, 5000)[:100]
    assert draw_headlines(1, 100) != draw_headlines(0, 100)
    assert draw_dialogue(0, 100) == draw_dialogue(0, 200)[:100]
    assert draw_dialogue(1, 100) != draw_dialogue(0, 100)
