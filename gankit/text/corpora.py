"""The built-in texts, drawn from grammars: no download needed."""

import random

from gankit.text.grammar import Grammar

CATEGORIES = ("business", "science", "sport", "world")
WORDS = range(5, 15)  # in a headline


def draw_headlines(seed=0, n=5000):
    """Different headlines in four categories, a quarter of each.

    Args:
        seed: of the draw.
        n: how many; a larger draw starts with a smaller one.

    Returns:
        A list of (category, headline).
    """
    grammar, rng, drawn = Grammar.read("headlines"), random.Random(seed), {}
    while len(drawn) < n:
        category = CATEGORIES[len(drawn) % len(CATEGORIES)]
        headline = grammar.draw(category, rng)
        if len(headline.split()) in WORDS:
            drawn.setdefault(headline, category)
    return [(category, headline) for headline, category in drawn.items()]


def draw_dialogue(seed=0, n=4000):
    """Different pairs of a prompt and a reply to it: small talk.

    Args:
        seed: of the draw.
        n: how many; a larger draw starts with a smaller one.

    Returns:
        A list of (prompt, reply).
    """
    grammar, rng, drawn = Grammar.read("dialogue"), random.Random(seed), {}
    while len(drawn) < n:
        prompt, _, reply = grammar.draw("exchange", rng).partition(" => ")
        drawn[prompt, reply[:1].upper() + reply[1:]] = None
    return list(drawn)
