"""How far numbers are noise: each of them again, with a part of the samples left out."""

import numpy as np

PARTS = 10


def remainders(n, parts=PARTS):
    """What is left of `n` rows when one of so many parts is left out, for each of them.

    A part is rows in a row, so that most replies to a prompt, which come together, stay together.

    Args:
        n: how many rows.
        parts: how many parts.

    Returns:
        A list of arrays of row numbers; empty where a part would have fewer than 2 rows.
    """
    if n < 2 * parts:
        return []
    rows = np.arange(n)
    return [np.setdiff1d(rows, part) for part in np.array_split(rows, parts)]


def standard_error(values):
    """The standard error of a number from what it is without each part.

    The delete-a-group jackknife, Quenouille (1956), https://doi.org/10.1093/biomet/43.3-4.353: for a
    mean it is the usual one. No sample comes twice, as it would in a bootstrap, which would raise
    whatever compares samples with each other.

    Args:
        values: (parts,) numbers.

    Returns:
        A float; infinity for fewer than 2 values.

    Example:

    ```python
    import numpy as np

    from gankit.text import jackknife

    samples = np.random.default_rng(0).normal(size=1000)
    jackknife.standard_error([samples[rows].mean() for rows in jackknife.remainders(1000)])
    # about 1000^(-1/2)
    ```
    """
    k = len(values)
    if k < 2:
        return float("inf")
    return float(np.sqrt((k - 1) * np.var(np.asarray(values, "float64"))))
