"""Which lines are held out, and in which order they come."""

import numpy as np

SHARE = 0.1
LEAST = 4  # held-out lines or prompts, in two halves


def group(lines, columns):
    """A number for each line, the same for lines that are held out together or not at all: (n,) int64.

    These are lines that differ in nothing but capitals and spaces, whatever their categories; in
    dialogue, all replies to prompts that differ in nothing but capitals, spaces and punctuation.

    Args:
        lines: a list of `Line`.
        columns: `"text"`, `"category text"` or `"prompt reply"`.
    """
    if columns == "prompt reply":
        keys = [_bare(line.other) for line in lines]
    else:
        keys = [" ".join(line.text.casefold().split()) for line in lines]
    numbers = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], "int64")


def shuffle(groups, seed=0):
    """The lines' indices in random order, with the lines of a group together: (n,) int64.

    So every part of what is held out has the same distribution, even if the file is sorted by category
    or date.
    """
    rank = np.random.default_rng(seed).permutation(groups.max(initial=-1) + 1)
    return np.argsort(rank[groups], kind="stable")


def hold_out(lines, columns, groups, name, seed=0):
    """Chooses the lines to hold out: a tenth of the groups, four at least.

    The share is the same in each category. A group whose lines are of several belongs to the category
    of its first line.

    Args:
        lines, columns: as in `group`.
        groups: what `group` gives.
        name: of where the lines come from.
        seed: of the choice.

    Returns:
        (n,) bool.

    Raises:
        ValueError: if there is too little to choose from.
    """
    by_category = columns == "category text"
    categories = [line.other if by_category else None for line in lines]
    owners = {}  # of each group the category of its first line
    within = {category: set() for category in sorted(set(categories), key=str)}
    for number, category in zip(groups.tolist(), categories):
        owners.setdefault(number, category)
        within[category].add(number)
    rng, least = np.random.default_rng(seed), max(LEAST // max(len(within), 1), 1)
    held_out = np.zeros(len(owners), bool)
    for category, members in within.items():
        if len(members) < 2 * least:
            raise ValueError(_too_few(name, columns, category, len(members), 2 * least))
        own = np.array([number for number in sorted(members) if owners[number] == category], int)
        n = max(round(SHARE * len(own)), min(least, len(own) // 2))
        held_out[own[rng.permutation(len(own))[:n]]] = True
    return held_out[groups]


def _bare(prompt):
    """What tells prompts apart: their letters and digits; of a prompt without any, the prompt itself."""
    return "".join(filter(str.isalnum, prompt.casefold())) or prompt


def _too_few(name, columns, category, n, least):
    if columns == "category text":
        return (
            f"{name}: category {category!r} has {n} different lines, and at least {least} are needed. Add "
            "some, or take the category out."
        )
    what = "prompts" if columns == "prompt reply" else "lines"
    there = (
        f"there is only one distinct {what[:-1]}"
        if n == 1
        else f"there are only {n} different {what}"
    )
    return (
        f"{name}: {there}; at least {least} are needed, and learning takes many. If it is one long text, "
        "say --running."
    )
