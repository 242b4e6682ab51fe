"""What a spectrogram game is measured beside: a Gaussian for every label and speaker."""

import numpy as np

FOR_COMPONENTS = 1000  # recordings, at most, since the time grows with their square


def maximum_likelihood(features, condition, rng, n=None, share=0.95):
    """Samples of a Gaussian for every label of every speaker, on the features' principal components.

    The game is told label and speaker, and so is this twin without an adversary. Every cell of both has
    a mean of its own; its covariance is shrunk by `intensity` towards the label's, taken about the means of
    its cells: the fewer recordings a cell has, the more.

    Args:
        features: (m, ...) of recordings, in random order.
        condition: theirs: a dict with `"label"`, `"speaker"` or both, (m,) integers each; or None.
        rng: a NumPy generator.
        n: how many samples, with the condition of the first recordings; by default as many as those.
        share: of the variance that the components hold.

    Returns:
        (n, ..., 1) within [-1, 1], without the last axis where features have channels; and the samples'
        condition.
    """
    from sklearn.decomposition import PCA

    flat = features.reshape(len(features), -1)
    pca = PCA(share, svd_solver="full").fit(flat[:FOR_COMPONENTS])
    codes = pca.transform(flat)
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
    samples = pca.inverse_transform(drawn).reshape(len(drawn), *features.shape[1:])
    samples = np.clip(samples, -1, 1).astype("float32")
    told = condition and {field: values[:n] for field, values in condition.items()}
    return (samples[..., None] if samples.ndim == 3 else samples), told


def intensity(own, pooled, n):
    """How far to shrink a covariance of `n` samples towards one that is known better, in [0, 1].

    Ledoit & Wolf (2004), https://doi.org/10.1016/S0047-259X(03)00096-4: E|S - C|^2 / |S - T|^2, the
    error of the first over its distance from the other. The error is that of a Gaussian, (tr C^2 +
    tr^2 C) / (n - 1), as in Chen et al. (2010), https://doi.org/10.1109/TSP.2010.2053029, with T for
    C, so that two samples are not taken for certainty.

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
