import keras
import numpy as np

from gankit.metrics.metric import Metric


@keras.saving.register_keras_serializable(package="gankit")
class KernelDistance(Metric):
    """The squared maximum mean discrepancy under a cubic kernel, with half the width of
    its 95 % interval.

    Binkowski et al. (2018), https://arxiv.org/abs/1801.01401: k(x, y) = (x'y / d + 1)^3, unbiased, so
    that equal distributions give 0 on average at any number of samples, and single values may be
    negative; also where each fake was made from the real sample in its row, as translations are, since
    no sample is compared with its own. (Sets that hold exactly as many samples of each class are less
    alike within than chance makes them, and give a little less than 0.) It is the mean over disjoint
    blocks of real and fake features, whose scatter gives the interval; memory for one block.

    Args:
        block: features in a block, at least 2. A last part of a block is left out, unless it is all
            there is.

    Example:

    ```python
    import numpy as np

    import gankit

    rng, metric = np.random.default_rng(0), gankit.metrics.KernelDistance(block=100)
    metric.update(rng.normal(size=(500, 4)), rng.normal(size=(500, 4)))
    metric.result()  # about 0, and half the width of the interval
    ```
    """

    def __init__(self, block=1000):
        if block < 2:
            raise ValueError(f"`block` must be at least 2. Received: block={block}")
        self.block = block
        self.reset()

    def reset(self):
        self._rows, self._values = [], []

    def update(self, real, fake, condition=None):
        size = min(len(real), len(fake))
        pairs = zip(np.asarray(real, "float64")[:size], np.asarray(fake, "float64")[:size])
        for pair in pairs:
            self._rows.append(pair)
            if len(self._rows) == self.block:
                self._close()

    def _close(self):
        self._values.append(self._of_rows())
        self._rows = []

    def _of_rows(self):
        real, fake = (np.stack(rows).reshape(len(rows), -1) for rows in zip(*self._rows))
        return squared_mmd(real, fake)

    def result(self):
        import scipy.stats

        if not self._values and len(self._rows) < 2:
            raise ValueError(
                f"A kernel distance needs 2 samples of each at least. Received: {len(self._rows)}"
            )
        values = np.array(self._values or [self._of_rows()])
        result = {"kernel_distance": float(values.mean())}
        if len(values) > 1:
            quantile = scipy.stats.t.ppf(0.975, len(values) - 1)  # of few blocks
            error = quantile * values.std(ddof=1) / np.sqrt(len(values))
            result["kernel_distance_interval"] = float(error)
        return result

    def protocol(self):
        return f"cubic kernel, unbiased, mean over disjoint blocks of {self.block}"

    def get_config(self):
        return {"block": self.block}


def squared_mmd(real, fake):
    """The unbiased squared maximum mean discrepancy under the cubic kernel, of (n, d) and (m, d).

    Gretton et al. (2012), https://jmlr.org/papers/v13/gretton12a.html, equation 3; for as many fake as
    real ones the U-statistic of their equation 4, in which no fake is compared with the real one in its
    row, that it may depend on.

    Example:

    ```python
    import numpy as np

    import gankit

    rng = np.random.default_rng(0)
    gankit.metrics.squared_mmd(rng.normal(size=(100, 4)), rng.normal(1.0, size=(100, 4)))
    ```
    """
    n, m, d = len(real), len(fake), real.shape[1]

    def kernel(x, y):
        return (x @ y.T / d + 1) ** 3

    def apart(x, y):
        """The mean of the kernel over all pairs of rows but those of the same number."""
        values = kernel(x, y)
        return (values.sum() - np.trace(values)) / (len(x) * (len(x) - 1))

    between = apart(real, fake) if n == m else kernel(real, fake).mean()
    return float(apart(real, real) + apart(fake, fake) - 2 * between)
