import keras
import numpy as np

from gankit.metrics.metric import Metric


@keras.saving.register_keras_serializable(package="gankit")
class InceptionScore(Metric):
    """exp E KL(p(y|x) || p(y)) of a classifier's probabilities on fake samples.

    Salimans et al. (2016), https://arxiv.org/abs/1606.03498. From 1 to the number of classes: every
    sample sure, and every class as frequent. Blind to variety within a class. Give it probabilities
    as features (`OnFeatures`). Keeps sums only.

    Example:

    ```python
    import numpy as np

    import gankit

    metric = gankit.metrics.InceptionScore()
    metric.update(None, np.eye(10))  # probabilities of ten samples: each sure, each another class
    metric.result()  # {"inception_score": 10}
    ```
    """

    def __init__(self):
        self.reset()

    def reset(self):
        self._n, self._sum, self._negative_entropy = 0, 0.0, 0.0

    def update(self, real, fake, condition=None):
        p = np.asarray(fake, "float64")
        if p.ndim != 2 or p.min() < -1e-6 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
            raise ValueError(
                "The inception score takes probabilities: rows of at least 0 that sum to 1. "
                f"Received: shape {p.shape}, rows that sum to {p[0].sum():.4g}, ..."
            )
        self._n += len(p)
        self._sum = self._sum + p.sum(axis=0)
        self._negative_entropy += _plogp(p)

    def result(self):
        if not self._n:
            raise ValueError("No sample was seen: call `update` first.")
        marginal = self._sum / self._n
        return {
            "inception_score": float(np.exp(self._negative_entropy / self._n - _plogp(marginal)))
        }

    def protocol(self):
        return "one split, all samples"


def _plogp(p):
    return np.sum(p * np.log(np.maximum(p, 1e-300)))
