"""The plainest generator that can be fitted without an adversary, to be measured beside one."""

import numpy as np


def draw_gaussians(features, labels, asked, rng, share=0.95):
    """Samples of a Gaussian for every label, on the principal components of all features: maximum
    likelihood.

    Args:
        features: (n, ...) floats to fit.
        labels: (n,) integers of theirs.
        asked: (m,) labels to draw samples of, each among `labels`.
        rng: a NumPy generator.
        share: of the variance that the components hold.

    Returns:
        (m, ...) floats; beyond the range of the features, where the Gaussians are.

    Example:

    ```python
    import numpy as np

    import gankit

    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(100, 8)), np.arange(100) % 2
    gankit.metrics.draw_gaussians(features, labels, asked=np.array([0, 1, 1]), rng=rng)  # (3, 8)
    ```
    """
    from sklearn.decomposition import PCA

    pca = PCA(share, svd_solver="full")
    codes = pca.fit_transform(features.reshape(len(features), -1))
    drawn = np.empty((len(asked), codes.shape[1]))
    for label in np.unique(asked):
        own, rows = codes[labels == label], asked == label
        factor = (own - own.mean(axis=0)) / np.sqrt(max(len(own) - 1, 1))
        drawn[rows] = own.mean(axis=0) + rng.standard_normal((rows.sum(), len(own))) @ factor
    return pca.inverse_transform(drawn).reshape(len(asked), *features.shape[1:])
