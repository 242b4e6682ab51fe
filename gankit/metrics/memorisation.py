import keras
import numpy as np

from gankit.metrics.metric import KeepsSamples
from gankit.metrics.neighbourhoods import nearest


@keras.saving.register_keras_serializable(package="gankit")
class Memorisation(KeepsSamples):
    """The share of fake samples that are copies of a training sample.

    A sample counts as a copy if it is at most a third as far from its nearest training sample as from
    the second nearest (Yoon et al. (2023), https://openreview.net/forum?id=shciCbSk9h). The same share
    of held-out real samples, `_of_real`, says what the data's own duplicates account for.

    Args:
        training: (n, d) features of the training set, at least 2. Not saved with the metric.
        n: how many samples to look at, the first ones.

    Example:

    ```python
    import numpy as np

    import gankit

    rng = np.random.default_rng(0)
    training = rng.normal(size=(200, 8))
    metric = gankit.metrics.Memorisation(training)
    metric.update(rng.normal(size=(50, 8)), training[:50])  # every fake one is a copy
    metric.result()  # {"memorised": 1, "memorised_of_real": 0}
    ```
    """

    def __init__(self, training=None, n=2000):
        self.training = None if training is None else np.reshape(training, (len(training), -1))
        super().__init__(n)

    def result(self):
        if self.training is None:
            raise ValueError("Memorisation needs the training set's features: give `training`.")
        of_real, of_fake = map(self._share, self.kept())
        return {"memorised": of_fake, "memorised_of_real": of_real}

    def _share(self, samples):
        _, distances = nearest(samples, self.training, 2)
        return float((3 * distances[:, 0] <= distances[:, 1]).mean())

    def protocol(self):
        return f"nearest at most 1/3 as far as second nearest training sample, {self.n} samples"

    def get_config(self):
        return {"n": self.n}
