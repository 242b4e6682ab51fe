"""What the oracle benchmark measures by: the oracle, its sequences, both likelihoods, the lead."""

import keras
import numpy as np

from gankit import files
from gankit.text import likelihood, oracle
from gankit.text.model import Sampler

TEMPERATURES = tuple(round(0.4 + 0.05 * i, 2) for i in range(17))  # to 1.2
BATCH = 64
TRAINING = 9984  # sequences, SeqGAN's number
EPOCH = TRAINING // BATCH  # 156 batches
# Of the convolutional discriminator: a quarter of the multiplications of SeqGAN's.
FILTERS = {1: 50, 2: 100, 3: 100, 4: 100, 5: 100, 10: 60, 20: 60}
SEEDS_OF_DATA = {"training": 1, "held out": 2, "test": 3}


class Field:
    """What all contenders share: the oracle, its sequences, the budget."""

    def __init__(self, options):
        self.length, quick = options.length, options.quick
        if options.oracle is None:
            self.oracle = oracle.seeded_oracle(200 if quick else 5000, self.length)
            self.name = f"seeded oracle, vocabulary {self.oracle.vocabulary}"
        else:
            self.oracle = oracle.load_oracle(options.oracle, self.length)
            self.name = f"{options.oracle.name}, vocabulary {self.oracle.vocabulary}"
        self.of_oracle = likelihood.Likelihood(self.oracle)
        self.n = 512 if quick else TRAINING
        sampler = Sampler(self.oracle)
        self.data = {key: draw(sampler, self.n, seed) for key, seed in SEEDS_OF_DATA.items()}
        self.temperatures = (0.6, 1.0) if quick else TEMPERATURES
        self.some_temperatures = self.temperatures if quick else TEMPERATURES[::2]
        self.twin_steps = 20 if quick else options.twin_epochs * EPOCH
        self.steps_on = 20 if quick else options.epochs_on * EPOCH
        self.warm_up = 0.01 if quick else 1.0  # times a game's own

    def dataset(self, steps, seed):
        """Batches for so many discriminator steps at once."""
        training = self.data["training"]
        return files.Dataset.from_arrays(training, batch_size=BATCH * steps, seed=seed)

    def student(self):
        return oracle.student(self.oracle.vocabulary, self.length)

    def sweep(self, model, seed, temperatures):
        """Both likelihoods of a model's distribution at each temperature."""
        sampler, judge, points = Sampler(model), Tempered(model), []
        for temperature in temperatures:
            samples = draw(sampler, self.n, 1000 + seed, temperature)
            point = {
                "temperature": temperature,
                "nll_oracle": self.of_oracle.mean(samples),
                "nll_test": judge.mean(self.data["test"], temperature),
            }
            points.append(point)
        return points


def draw(sampler, n, seed, temperature=1.0):
    """`n` sequences from a `Sampler`, the same at every call."""
    length = sampler.model.length
    latents = np.random.default_rng(seed).standard_normal((n, length)).astype("float32")
    found = []
    for start in range(0, n, 256):
        rows = latents[start : start + 256]
        heat = np.full((len(rows), 1), temperature, "float32")
        found.append(sampler.predict_on_batch({"latents": rows, "temperature": heat}))
    return np.concatenate(found).astype("int32")


def floor(field):
    """The oracle's entropy a token: of its samples, and from its logits before each of their tokens.

    The second has the same mean and less variance, since it does not hang on which token was drawn.
    """
    logits = Entropy(field.oracle)
    samples = np.concatenate(list(field.data.values()))
    drawn, exact = [], []
    for start in range(0, len(samples), 256):
        one, other = logits.predict_on_batch(samples[start : start + 256])
        drawn.append(one)
        exact.append(other)
    return np.concatenate(drawn), np.concatenate(exact)


def uniform_ceiling(field):
    """NLL_oracle of uniform tokens."""
    shape = (field.n, field.length)
    samples = np.random.default_rng(0).integers(field.oracle.vocabulary, size=shape)
    return likelihood.nll(field.oracle, samples.astype("int32"))


class Tempered(keras.Model):
    """-log p of given sequences, a token, at a temperature that is an input: compiled once for all."""

    def __init__(self, model, **kwargs):
        super().__init__(**kwargs)
        self.model = model
        self.built = True

    def call(self, inputs, training=False):
        tokens, temperature = inputs
        logs = self.model.log_probability(tokens, temperature=temperature[:, :, None])
        return -keras.ops.mean(logs, axis=1)

    def mean(self, tokens, temperature):
        """Over all of the sequences, which have no padding."""
        found = []
        for start in range(0, len(tokens), likelihood.BATCH):
            rows = tokens[start : start + likelihood.BATCH]
            heat = np.full((len(rows), 1), temperature, "float32")
            found.append(self.predict_on_batch([rows, heat]))
        return float(np.concatenate(found).mean(dtype="float64"))


class Entropy(keras.Model):
    """-log p of each sequence, a token, and the mean entropy of its tokens' distributions."""

    def __init__(self, model, **kwargs):
        super().__init__(**kwargs)
        self.model = model
        self.built = True

    def call(self, inputs, training=False):
        logits = self.model(inputs)
        logs = keras.ops.log_softmax(logits, axis=-1)
        entropies = -keras.ops.sum(keras.ops.exp(logs) * logs, axis=-1)
        of_drawn = keras.losses.sparse_categorical_crossentropy(inputs, logits, from_logits=True)
        return keras.ops.mean(of_drawn, axis=1), keras.ops.mean(entropies, axis=1)


def lead(points, twin):
    """How far below the twin's sweep a game's NLL_oracle lies at equal NLL_test, where most.

    The twin's sweep is taken where it falls, from its best NLL_test on, with straight lines between
    its temperatures; beyond its ends nothing is compared.

    Args:
        points, twin: lists of dicts with `nll_oracle` and `nll_test`.

    Returns:
        The largest difference, positive where the game is ahead, and the NLL_test there; NaN where
        no point of the game's lies within the twin's sweep.
    """
    best = min(range(len(twin)), key=lambda i: twin[i]["nll_test"])
    branch = sorted((one["nll_test"], one["nll_oracle"]) for one in twin[: best + 1])
    at, of_twin = zip(*branch)
    ahead = [
        (float(np.interp(one["nll_test"], at, of_twin)) - one["nll_oracle"], one["nll_test"])
        for one in points
        if at[0] <= one["nll_test"] <= at[-1]
    ]
    return max(ahead, default=(float("nan"), float("nan")))


def at(points, temperature):
    return next(one for one in points if one["temperature"] == temperature)
