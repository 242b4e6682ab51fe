"""Text drawn from a grammar that people can read."""

import bisect
import itertools
import pathlib
import re

TRIES = 100  # at something that a line does not have yet

_SLOT = re.compile(r"<([a-z_]+)(?:/(\d))?(?::([a-z_]+))?>")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_ARTICLE = re.compile(r"\ba\(n\) (\w+)")
# By sound: an hour, an 8-year plan, an 18th; a union, a user, a European, a one-off.
_VOWEL = re.compile(
    r"(?!eu|ew|one|uni[^nm]|us[ae]|uk)(?:[aeiou]|hour|hon[eo]|8|11\b|18\b)", re.IGNORECASE
)


class Grammar:
    """Rules that expand into lines of text.

    A rule is a word and its alternatives: `city: Lima, Oslo, Rome`, which may go on over further,
    indented lines; or, where nothing stands behind the colon, an alternative on each further line,
    in which commas mean nothing. Lines that start with `=>` are second halves of the alternative
    above them: together with it each of them is an alternative.

    In an alternative `<city>` stands for a new draw from the rule `city`, `<city:home>` also keeps it
    under a name, and `<home>` repeats it. Where alternatives have several forms, as in
    `Peru/Peruvian`, `<country/2:c>` and `<c/2>` are the second ones. `[one|the other|]` chooses, and
    `a(n)` becomes `a` or `an`. No rule gives the same twice in a line.

    Alternatives of a list with commas are the rarer the later they stand, by the root of their
    place; others are equally frequent.

    Args:
        rules: the text.

    Raises:
        ValueError: naming a slot that is neither a rule nor a name.
    """

    def __init__(self, rules):
        self.rules = dict(_rules(rules))
        slots = [
            one for lines, _ in self.rules.values() for line in lines for one in _SLOT.findall(line)
        ]
        known = set(self.rules) | {name for _, _, name in slots}
        for rule, _, _ in slots:
            if rule not in known:
                raise ValueError(f"<{rule}> is neither a rule nor a name that another slot gives.")

    @classmethod
    def read(cls, name):
        """One of the package's own grammars."""
        path = pathlib.Path(__file__).with_name(f"{name}.grammar")
        return cls(path.read_text(encoding="utf-8"))

    def draw(self, rule, rng):
        """A line of text.

        Args:
            rule: what to expand.
            rng: a `random.Random`.
        """
        return _finish(_Draw(self.rules, rng).of(rule))


class _Draw:
    """One expansion: what has been drawn and named in it."""

    def __init__(self, rules, rng):
        self.rules, self.rng, self.named, self.drawn = rules, rng, {}, {}

    def of(self, rule):
        """An alternative, expanded to what this line does not have from that rule yet."""
        lines, weights = self.rules[rule]
        drawn = self.drawn.setdefault(rule, set())
        for _ in range(TRIES):
            text = self.expand(lines[bisect.bisect(weights, self.rng.random() * weights[-1])])
            if text not in drawn:
                drawn.add(text)
                return text
        raise ValueError(f"A line has {len(drawn)} of {rule!r}, and there seem to be no more.")

    def expand(self, line):
        while (choice := _CHOICE.search(line)) is not None:
            options = choice[1].split("|")
            option = options[int(self.rng.random() * len(options))]
            line = line[: choice.start()] + option + line[choice.end() :]
        return _SLOT.sub(self.fill, line)

    def fill(self, slot):
        rule, form, name = slot.groups()
        text = self.named[rule] if rule in self.named else self.of(rule)
        if name:
            self.named[name] = text
        return text.split("/")[int(form or 1) - 1]


def _rules(text):
    """(name, (alternatives, cumulative weights)) of each rule."""
    rows = (row.rstrip() for row in text.splitlines())
    rows = [row for row in rows if row and not row.startswith("#")]
    starts = [i for i, row in enumerate(rows) if not row[0].isspace()] + [len(rows)]
    for start, end in itertools.pairwise(starts):
        name, _, first = rows[start].partition(":")
        further = [row.strip() for row in rows[start + 1 : end]]
        if first.strip():
            items = [item.strip() for item in ",".join([first, *further]).split(",")]
            items, power = [item for item in items if item], 0.5
        else:
            items, power = list(_halves(further)), 0.0
        weights = itertools.accumulate((i + 1) ** -power for i in range(len(items)))
        yield name, (items, list(weights))


def _halves(rows):
    """Alternatives, each with every second half that follows it."""
    first, alone = None, False
    for row in rows:
        if row.startswith("=>"):
            alone = False
            yield f"{first} {row}"
            continue
        if alone:
            yield first
        first, alone = row, True
    if alone:
        yield first


def _finish(text):
    """Articles and capitals put right."""
    text = _ARTICLE.sub(_article, text)
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def _article(match):
    word = match[1]
    return f"{'an' if _VOWEL.match(word) else 'a'} {word}"
