"""Standard errors of numbers, each measured again with a part of the samples left out."""

import numpy as np

PARTS = 10


def remainders(n, parts=PARTS):
    """The rows that remain, of `n`, when each of the parts is left out in turn.

    A part is a run of consecutive rows: replies to a prompt come one after the other, and so most of
    them are left out together.

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
    """The standard error of a number, from its values without each part.

    The delete-a-group jackknife, Quenouille (1956), https://doi.org/10.1093/biomet/43.3-4.353; for a
    mean it is the usual standard error. A bootstrap would repeat samples, which raises every number
    that compares samples with each other, such as Self-BLEU.

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
