import keras
import numpy as np

from gankit.metrics.metric import KeepsSamples


@keras.saving.register_keras_serializable(package="gankit")
class SlicedWasserstein(KeepsSamples):
    """The mean 1-Wasserstein distance between projections of real and fake samples on random lines.

    Bonneel et al. (2015), https://doi.org/10.1007/s10851-014-0506-3. In the units of the samples;
    0 for equal sets. Keeps all samples: meant for points, not for large pictures.

    Args:
        projections: how many lines, at least 1.
        seed: of the lines.

    Example:

    ```python
    import numpy as np

    import gankit

    metric, x = gankit.metrics.SlicedWasserstein(), np.random.default_rng(0).normal(size=(100, 2))
    metric.update(x, 2 * x)
    metric.result()  # above 0: the fakes are spread twice as wide
    ```
    """

    def __init__(self, projections=128, seed=0):
        if projections < 1:
            raise ValueError(f"`projections` must be at least 1. Received: {projections}")
        self.projections, self.seed = projections, seed
        super().__init__()

    def result(self):
        real, fake = self.kept()
        size = min(len(real), len(fake))
        lines = np.random.default_rng(self.seed).standard_normal((real.shape[1], self.projections))
        lines /= np.linalg.norm(lines, axis=0)
        # Between samples of one size the distance is the mean gap of the sorted values.
        gaps = np.sort(real[:size] @ lines, axis=0) - np.sort(fake[:size] @ lines, axis=0)
        return {"sliced_wasserstein": float(np.abs(gaps).mean())}

    def protocol(self):
        return f"{self.projections} random projections, seed {self.seed}, all elements of a sample"

    def get_config(self):
        return {"projections": self.projections, "seed": self.seed}
