"""How many of a mixture's modes are there, how sharp, and how evenly."""

import keras
import numpy as np

from gankit.metrics import Metric, SlicedWasserstein, beside_controls, triples
from gankit.points.data import load


@keras.saving.register_keras_serializable(package="gankit")
class ModeCoverage(Metric):
    """The measures of the PacGAN experiments, and each mode's spread.

    Lin et al. (2018), https://arxiv.org/abs/1712.04086, section 4.1. A sample is of high quality
    within 3 sigma of its nearest mode (98.9 % of the true distribution's are).

    `modes`: modes with at least one such sample. `high_quality`: the share of such samples.
    `reverse_kl`: KL(shares of the modes among them || uniform), in nats; (k - 1) / 2n for a perfect
    sampler of k modes. `sigma_ratio`: a mode's root mean square distance from its centre, per axis,
    over sigma, among them; its mean over the modes, and the smallest and largest as `_min`, `_max`
    (0.97 for the true distribution, whose tails are cut at 3 sigma too).

    Args:
        modes: (k, 2) centres.
        sigma: the standard deviation of each, positive.
        preparation: an object whose `inverse` turns samples into the modes' units; None where they
            are.
        of: whether to measure `"fake"` samples or, as a control, `"real"` ones.

    Example:

    ```python
    from gankit import points

    data = points.ring(n=1_000)
    metric = points.ModeCoverage(data.modes, data.sigma)
    metric.update(None, data.samples)
    metric.result()["modes"]  # 8
    ```
    """

    def __init__(self, modes, sigma, preparation=None, of="fake"):
        if sigma <= 0:
            raise ValueError(f"`sigma` must be positive. Received: sigma={sigma}")
        self.modes, self.sigma = np.asarray(modes, "float64"), float(sigma)
        self.preparation, self.of = preparation, of
        self.reset()

    def reset(self):
        self._n = 0
        self._counts = np.zeros(len(self.modes))
        self._squares = np.zeros(len(self.modes))

    def update(self, real, fake, condition=None):
        samples = real if self.of == "real" else fake
        if self.preparation is not None:
            samples = self.preparation.inverse(samples)
        samples = np.asarray(samples, "float64")
        squares = np.square(samples[:, None] - self.modes[None]).sum(axis=-1)
        nearest = squares.argmin(axis=1)
        squares = squares[np.arange(len(samples)), nearest]
        good = squares <= np.square(3 * self.sigma)
        self._n += len(samples)
        self._counts += np.bincount(nearest[good], minlength=len(self.modes))
        self._squares += np.bincount(
            nearest[good], weights=squares[good], minlength=len(self.modes)
        )

    def result(self):
        found = self._counts > 0
        shares = self._counts[found] / max(self._counts.sum(), 1)
        spreads = np.sqrt(self._squares[found] / self._counts[found] / 2) / self.sigma
        entropy = -np.sum(shares * np.log(shares))
        return {
            "modes": float(found.sum()),
            "high_quality": float(self._counts.sum() / max(self._n, 1)),
            "reverse_kl": float(np.log(len(self.modes)) - entropy),
            "sigma_ratio": float(spreads.mean()) if found.any() else 0.0,
            "sigma_ratio_min": float(spreads.min()) if found.any() else 0.0,
            "sigma_ratio_max": float(spreads.max()) if found.any() else 0.0,
        }

    def protocol(self):
        return (
            f"{len(self.modes)} modes, sigma {self.sigma:g}; high quality within 3 sigma of the "
            "nearest mode; no rejection"
        )

    def get_config(self):
        return {
            "modes": self.modes.tolist(),
            "sigma": self.sigma,
            "preparation": keras.saving.serialize_keras_object(self.preparation),
            "of": self.of,
        }

    @classmethod
    def from_config(cls, config):
        preparation = keras.saving.deserialize_keras_object(config["preparation"])
        return cls(**{**config, "preparation": preparation})


def metrics_for(data):
    """The metrics that suit a set of points: mode coverage where the modes are known.

    Args:
        data: `Points`.

    Returns:
        A list for `compile(metrics=...)`.

    Example:

    ```python
    import gankit
    from gankit import points

    data = points.ring(n=1_000)
    gan = gankit.GAN(points.generator(units=16), points.discriminator(units=16))
    gan.compile(metrics=points.metrics_for(data))
    gan.evaluate(data.dataset(100, split="validation"), steps=1)
    ```
    """
    if data.modes is None:
        return [SlicedWasserstein()]
    return [ModeCoverage(data.modes, data.sigma, data.preparation)]


def evaluate(gan, data, n=2500, seed=1):
    """Measures a trained model, the real data, and a maximum-likelihood twin.

    The twin is a mixture of Gaussians fitted by EM, with as many components as there are modes (20
    where they are not known): what one gets without an adversary.

    Args:
        gan: a `GAN`.
        data: `Points`.
        n: how many samples; 2,500 in the PacGAN experiments.
        seed: of the latents, and of the twin.

    Returns:
        `metrics, controls, remarks` for a run's report.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=16), points.discriminator(units=16))
    gan.compile()
    metrics, controls, remarks = points.evaluate(gan, points.ring(n=5_000), n=200)
    ```
    """
    n = min(n, len(data.validation))
    real = data.preparation(data.validation[:n])
    contenders = {
        "": gan.generate(n, seed=seed),
        "real_against_real/": data.preparation(data.samples[:n]),
        "maximum_likelihood/": _by_likelihood(data, n, seed),
    }
    metrics, controls = beside_controls(
        metrics_for(data),
        real,
        {prefix: (samples, None) for prefix, samples in contenders.items()},
        seed,
    )
    return metrics, controls, remarks(metrics, controls)


def evaluate_run(run, n=2500, seed=1):
    """`evaluate` for a run's model on the run's data.

    Example:

    ```python
    from gankit import points, runs

    run = runs.Run.open("runs/points-ring-default-0")
    metrics, controls, remarks = points.evaluate_run(run, n=200)
    ```
    """
    config = run.config
    return evaluate(run.load(), load(config["data"], config["seed"]), n, seed)


BETTER = {"high_quality": 1, "reverse_kl": -1, "sliced_wasserstein": -1}


def remarks(metrics, controls):
    """What an honest reader should be told about the numbers, in sentences."""
    sentences = []
    for name, ours, real, twin in triples(metrics, controls, BETTER):
        # A distance between two samples is itself uncertain, by a good part of its size.
        margin = 0.3 * abs(real) if name == "sliced_wasserstein" else 0.005
        if ours > real + margin:
            sentences.append(
                f"{name} is better than the real data's own: a symptom (modes too narrow, samples too "
                "alike), not a success."
            )
        if ours < twin:
            sentences.append(f"The maximum-likelihood twin has the better {name}.")
    return sentences


def _by_likelihood(data, n, seed):
    from sklearn.mixture import GaussianMixture

    components = 20 if data.modes is None else len(data.modes)
    twin = GaussianMixture(min(components, len(data.samples)), random_state=seed)
    twin.fit(data.preparation(data.samples[:20_000]).astype("float64"))
    samples, _ = twin.sample(n)
    return np.random.default_rng(seed).permutation(samples).astype("float32")
