"""Labels to ask a generator for: of all classes in turn, or of one class by its name."""

import numpy as np


def in_turn(classes, n):
    """`n` labels that go through the classes in turn.

    Example:

    ```python
    from gankit import images

    images.in_turn(classes=3, n=5)  # [0, 1, 2, 0, 1]
    ```
    """
    return np.arange(n) % classes


def number(name, names, field="label"):
    """The number of a label, or of another field's value.

    Raises:
        ValueError: it is not among the names; the message lists those.
    """
    if name not in names:
        raise ValueError(f"Unknown {field}. Known: {', '.join(names)}. Received: {name!r}")
    return names.index(name)


def asked(names, n, label=None):
    """`n` labels: of the class with this name, or of all in turn."""
    return in_turn(len(names), n) if label is None else np.full(n, number(label, names))
