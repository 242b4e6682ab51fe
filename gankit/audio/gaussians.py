"""What a spectrogram game is measured beside: a Gaussian for every label and speaker."""

import numpy as np

FOR_COMPONENTS = 1000  # recordings, at most, since the time grows with their square


def maximum_likelihood(features, condition, rng, n=None, share=0.95):
    """Samples of a Gaussian for every label of every speaker, on the features' principal components.

    The game is told label and speaker, and so is this twin without an adversary. Every cell of both has
    a mean of its own; its covariance is drawn towards that of the label about its cells' means by
    `intensity`, the more the fewer takes the cell has.

    Args:
        features: (m, ...) of recordings, in an order of chance.
        condition: theirs: a dict with `"label"`, `"speaker"` or both, (m,) integers each; or None.
        rng: a NumPy generator.
        n: how many samples, with the condition of the first recordings; by default as many as those.
        share: of the variance that the components hold.

    Returns:
        (n, ..., 1) within [-1, 1], without the last axis where features have channels; and the samples'
        condition.
    """
    flat = features.reshape(len(features), -1)
    middle, components = principal(flat[:FOR_COMPONENTS], share)
    codes = (flat - middle) @ components.T
    labels, cells = _cells(condition or {}, len(codes))
    drawn = np.empty((len(codes[:n]), codes.shape[1]))
    for label in np.unique(labels):
        of_label = np.unique(cells[labels == label])
        means = {cell: codes[cells == cell].mean(axis=0) for cell in of_label}
        around = {cell: codes[cells == cell] - means[cell] for cell in of_label}
        pooled = np.concatenate(list(around.values()))
        pooled /= np.sqrt(max(len(pooled) - len(of_label), 1))
        for cell in of_label:
            rows = np.flatnonzero(cells[:n] == cell)
            own = around[cell] / np.sqrt(max(len(around[cell]) - 1, 1))
            part = intensity(own.T @ own, pooled.T @ pooled, len(own))
            factor = np.concatenate([np.sqrt(1 - part) * own, np.sqrt(part) * pooled])
            drawn[rows] = means[cell] + rng.standard_normal((len(rows), len(factor))) @ factor
    samples = (drawn @ components + middle).reshape(len(drawn), *features.shape[1:])
    samples = np.clip(samples, -1, 1).astype("float32")
    told = condition and {field: values[:n] for field, values in condition.items()}
    return (samples[..., None] if samples.ndim == 3 else samples), told


def principal(rows, share):
    """The mean of rows, and the orthonormal directions in which they vary most.

    They are found from the inner products of rows, or of columns where those are fewer: several times
    as quickly as by the singular values.

    Args:
        rows: (m, d).
        share: of the variance that the directions hold.

    Returns:
        (d,) and (k, d), float64.
    """
    middle = rows.mean(axis=0, dtype="float64")
    around = rows - middle
    few = len(rows) < rows.shape[1]
    values, vectors = np.linalg.eigh(around @ around.T if few else around.T @ around)
    values, vectors = np.maximum(values[::-1], 0), vectors.T[::-1]
    k = np.searchsorted(np.cumsum(values), share * values.sum(), side="right") + 1
    if few:
        lengths = np.sqrt(np.maximum(values[:k], np.finfo(float).tiny))
        return middle, vectors[:k] @ around / lengths[:, None]
    return middle, vectors[:k]


def intensity(own, pooled, n):
    """How far to go from a covariance of `n` samples to another one that is known better, in [0, 1].

    Ledoit & Wolf (2004), https://doi.org/10.1016/S0047-259X(03)00096-4: E|S - C|^2 / |S - T|^2, the
    error of the first over its distance from the other. The error is that of a Gaussian, (tr C^2 +
    tr^2 C) / (n - 1), as in Chen et al. (2010), https://doi.org/10.1109/TSP.2010.2053029, with T for
    C, so that two samples do not pass for certain.

    Args:
        own, pooled: S and T, (d, d).
        n: of S.
    """
    apart = np.square(own - pooled).sum()
    error = (np.square(pooled).sum() + np.trace(pooled) ** 2) / max(n - 1, 1)
    return float(min(error / apart, 1)) if n > 1 and apart > 0 else 1.0


def _cells(condition, n):
    """The label of each of `n` recordings, and the number of its label and speaker together."""
    zeros = np.zeros(n, "int64")
    labels, speakers = (condition.get(field, zeros) for field in ("label", "speaker"))
    return labels, labels * (speakers.max() + 1) + speakers
