"""Which lines are held out."""

import numpy as np

SHARE = 0.1


def hold_out(lines, columns, name, seed=0):
    """A tenth of the different lines, or of the different prompts with all their replies.

    Lines with one text, or with prompts that differ in nothing but capitals, spaces and punctuation,
    stay together. Of each category the same share is held out, and one line at least.

    Args:
        lines: a list of `Line`.
        columns: `"text"`, `"category text"` or `"prompt reply"`.
        name: of where the lines come from.
        seed: of the choice.

    Returns:
        (n,) bool.

    Raises:
        ValueError: if there is nothing to choose from.
    """
    by_prompt, by_category = columns == "prompt reply", columns == "category text"
    keys = [_bare(line.other) if by_prompt else line.text for line in lines]
    categories = [line.other if by_category else None for line in lines]
    different = {}
    for category, key in dict.fromkeys(zip(categories, keys)):
        different.setdefault(category, []).append(key)
    rng, held_out = np.random.default_rng(seed), set()
    for category in sorted(different, key=str):
        of_it = different[category]
        if len(of_it) < 2:
            raise ValueError(_too_few(name, columns, category, categories.count(category)))
        n = max(round(SHARE * len(of_it)), 1)
        held_out |= {(category, of_it[i]) for i in rng.permutation(len(of_it))[:n]}
    return np.array([pair in held_out for pair in zip(categories, keys)], bool)


def _bare(prompt):
    """What makes a prompt another one: its letters and digits, or itself if it has none."""
    return "".join(filter(str.isalnum, prompt.casefold())) or prompt


def _too_few(name, columns, category, n):
    if columns == "category text":
        return (
            f"{name}: category {category!r} has {n} lines, and at least 2 different ones are needed. "
            "Add some, or take the category out."
        )
    what = "prompts" if columns == "prompt reply" else "lines"
    return (
        f"{name}: there is only one distinct {what[:-1]} ({n} times); learning needs many different "
        f"{what}. If it is one long text, say --running."
    )
