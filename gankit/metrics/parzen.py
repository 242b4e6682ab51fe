import keras
import numpy as np

from gankit.metrics.metric import KeepsSamples
from gankit.metrics.neighbourhoods import squared_distances


@keras.saving.register_keras_serializable(package="gankit")
class ParzenLogLikelihood(KeepsSamples):
    """The mean log-likelihood of real samples under Gaussians put on fake ones, in nats.

    The protocol of Goodfellow et al. (2014), https://arxiv.org/abs/1406.2661: sigma is the best of
    logspace(-1, 0, 10) on the first tenth of the real samples (at least 1), the value is of the
    others. It has a high variance and ranks models badly in high dimensions (Theis et al. (2016)): for comparison with old
    tables only.

    Args:
        scale: what one unit of the samples is worth: 0.5 turns pixels from [-1, 1] into [0, 1]-wide
            ones, in which the published values are.
        n: how many samples of each set to keep, the first ones.

    Example:

    ```python
    import numpy as np

    import gankit

    metric, rng = gankit.metrics.ParzenLogLikelihood(), np.random.default_rng(0)
    metric.update(rng.uniform(-1, 1, (100, 16)), rng.uniform(-1, 1, (100, 16)))
    metric.result()
    ```
    """

    def __init__(self, scale=0.5, n=10_000):
        if not scale > 0:
            raise ValueError(f"`scale` must be positive. Received: scale={scale}")
        self.scale = scale
        super().__init__(n)

    def result(self):
        real, fake = (self.scale * samples for samples in self.kept())
        held = max(len(real) // 10, 1)
        if held == len(real):
            raise ValueError("The log-likelihood takes at least 2 real samples. Received: 1")
        sigmas = np.logspace(-1, 0, 10)
        sigma = sigmas[np.argmax([log_likelihoods(real[:held], fake, s).mean() for s in sigmas])]
        values = log_likelihoods(real[held:], fake, sigma)
        return {
            "parzen_log_likelihood": float(values.mean()),
            "parzen_standard_error": float(values.std() / np.sqrt(len(values))),
        }

    def protocol(self):
        return (
            f"Parzen window on at most {self.n} samples of each set, samples times {self.scale:g}, sigma of "
            "logspace(-1, 0, 10) by the first tenth of the real samples, value on the others"
        )

    def get_config(self):
        return {"scale": self.scale, "n": self.n}


def log_likelihoods(samples, centres, sigma):
    """Log-densities (n,) of samples under the mixture of equal Gaussians of width sigma on centres."""
    from scipy.special import logsumexp

    d = samples.shape[1]
    constant = np.log(len(centres)) + 0.5 * d * np.log(2 * np.pi * sigma**2)
    parts = [
        logsumexp(-squares / (2 * sigma**2), axis=1) - constant
        for _, squares in squared_distances(samples, centres)
    ]
    return np.concatenate(parts)
