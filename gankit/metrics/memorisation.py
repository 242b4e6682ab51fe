import keras
import numpy as np

from gankit.metrics.metric import Metric
from gankit.metrics.neighbourhoods import nearest


@keras.saving.register_keras_serializable(package="gankit")
class Memorisation(Metric):
    """The share of fake samples that are copies of a training sample.

    A sample counts as a copy if it is at most a third as far from its nearest training sample as from
    the second nearest (Yoon et al. (2023), https://openreview.net/forum?id=shciCbSk9h). The same share
    of held-out real samples, `_of_real`, says what the data's own duplicates account for.

    Args:
        training: (n, d) features of the training set, at least 2. Not saved with the metric.
        n: how many samples to look at, the first ones.
    """

    def __init__(self, training=None, n=2000):
        self.training = None if training is None else np.reshape(training, (len(training), -1))
        self.n = n
        self.reset()

    def reset(self):
        self._real, self._fake = [], []

    def update(self, real, fake, condition=None):
        for kept, new in ((self._real, real), (self._fake, fake)):
            room = self.n - sum(map(len, kept))
            kept.append(np.reshape(new, (len(new), -1))[:room])

    def result(self):
        if self.training is None:
            raise ValueError("Memorisation needs the training set's features: give `training`.")
        shares = []
        for kept in (self._fake, self._real):
            _, distances = nearest(np.concatenate(kept), self.training, 2)
            shares.append(float((3 * distances[:, 0] <= distances[:, 1]).mean()))
        return {"memorised": shares[0], "memorised_of_real": shares[1]}

    def protocol(self):
        return f"nearest at most 1/3 as far as second nearest training sample, {self.n} samples"

    def get_config(self):
        return {"n": self.n}
