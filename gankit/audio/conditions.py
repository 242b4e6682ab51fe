"""What a generator of sound is asked for: a label, a speaker, or both, by name and by number."""

import dataclasses

import numpy as np

from gankit import labels


def names_of(data):
    """What can be asked of a generator that is trained on these recordings.

    Args:
        data: `gankit.audio.Recordings`.

    Returns:
        `{"label": names, "speaker": names}`, without what is not known of the recordings, or has a single
        value. Speakers who are held out are not among the names.

    Example:

    ```python
    from gankit import audio

    audio.names_of(audio.load("vowels", seconds=0.2))  # {"label": [...], "speaker": [...]}
    ```
    """
    found = {}
    for field, names in (("label", data.labels), ("speaker", data.speakers)):
        if names is not None:
            trained = int(data.train.numbers(field).max()) + 1  # the others come last
            if trained > 1:
                found[field] = names[:trained]
    return found


def askable(data, names):
    """The same recordings with conditions that can be asked for.

    Args:
        data: `Recordings`.
        names: of `names_of`; other fields are left out. A speaker who is not among them counts as one
            who is, the next in turn.

    Example:

    ```python
    from gankit import audio

    data = audio.load("vowels", seconds=0.2)
    asked = audio.askable(data, {"label": data.labels})  # by vowel alone
    ```
    """

    def numbers(waves, field):
        return waves.numbers(field) % len(names[field]) if field in names else None

    parts = {
        part: dataclasses.replace(
            getattr(data, part),
            labels=numbers(getattr(data, part), "label"),
            speakers=numbers(getattr(data, part), "speaker"),
        )
        for part in ("train", "validation")
    }
    return dataclasses.replace(data, **parts)


def in_turn(names, n):
    """Conditions of `n` samples that go through the labels, and then through the speakers, in turn.

    Returns:
        `{field: (n,) int64}`, or None where there is nothing to ask for.

    Example:

    ```python
    from gankit import audio

    audio.in_turn({"label": ["a", "e"], "speaker": ["anna", "ben"]}, n=4)  # a e a e; anna anna ben ben
    ```
    """
    found, every = {}, 1
    for field, values in names.items():
        found[field] = np.arange(n) // every % len(values)
        every *= len(values)
    return found or None


def number(names, field, name):
    """The number of a label or speaker.

    Raises:
        ValueError: it is not among the run's; the message names those.
    """
    if field not in names:
        raise ValueError(f"This run was told no {field}s: leave out {name!r}.")
    return labels.number(name, names[field], field)


def titles(names, condition, n):
    """What was asked for, in words, for each of `n` samples.

    Example:

    ```python
    from gankit import audio

    names = {"label": ["a", "e"]}
    audio.titles(names, audio.in_turn(names, 3), 3)
    ```
    """
    if condition is None:
        return [str(i + 1) for i in range(n)]
    columns = [[names[field][i] for i in condition[field]] for field in condition]
    return [", ".join(row) for row in zip(*columns)]
