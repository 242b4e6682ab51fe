"""What pictures are measured by, beside real pictures and a twin without an adversary."""

import keras
import numpy as np

from gankit.images.data import load
from gankit.images.features import RandomFeatures, extractor, of_classifier
from gankit.metrics import (
    FrechetDistance,
    InceptionScore,
    KernelDistance,
    Memorisation,
    Metric,
    Neighbourhoods,
    OnFeatures,
    beside_controls,
    draw_gaussians,
    triples,
)
from gankit.metrics.neighbourhoods import nearest

TRAINING = 20_000  # pictures, the first ones, among which copies are looked for


@keras.saving.register_keras_serializable(package="gankit")
class Recognised(Metric):
    """The share of fake pictures that a classifier takes for what was asked for.

    Args:
        probabilities: a callable from pictures to (n, classes), with a `name`.

    Example:

    ```python
    from gankit import images

    data = images.load("digits")
    probabilities = images.of_classifier(images.classifier(data.shape, 10, width=4), "classes")
    metric = images.Recognised(probabilities)
    metric.update(None, data.preparation(data.validation), data.validation_labels)
    metric.result()  # {"label_accuracy": ...}, about a tenth by an untrained classifier
    ```
    """

    def __init__(self, probabilities):
        self.probabilities = probabilities
        self.reset()

    def reset(self):
        self._right = np.zeros(0)

    def update(self, real, fake, condition=None):
        right = self.probabilities(fake).argmax(axis=-1) == np.reshape(condition, -1)
        self._right = np.concatenate([self._right, right])

    def result(self):
        return {"label_accuracy": float(self._right.mean())}

    def protocol(self):
        return f"labels as frequent as in the data; {self.probabilities.name}"

    def get_config(self):
        return {"probabilities": keras.saving.serialize_keras_object(self.probabilities)}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config["probabilities"]))


def metrics_for(data, features=None, classifier=None, conditional=False):
    """The metrics that suit a set of pictures.

    Args:
        data: `Pictures`.
        features: an extractor; by default the classifier's, or random ones.
        classifier: a trained classifier of the data's labels, or None.
        conditional: whether samples are asked for by label.

    Returns:
        A list for `compile(metrics=...)`.

    Example:

    ```python
    import gankit
    from gankit import images

    data = images.load("digits")
    gan = gankit.GAN(
        images.mlp_generator(data.shape, units=8), images.mlp_discriminator(data.shape, units=8)
    )
    gan.compile(metrics=images.metrics_for(data))
    gan.evaluate(data.dataset(100, split="validation", conditional=False), steps=1)
    ```
    """
    features = features or usual_features(data, classifier)
    distances = [
        FrechetDistance(),
        KernelDistance(min(200, max(len(data.validation) // 4, 2))),  # several, for the interval
        Neighbourhoods(_neighbour(data)),
        Memorisation(features_of_training(data, features)),
    ]
    metrics = [OnFeatures(features, distances)]
    if classifier is not None:
        probabilities = of_classifier(classifier, "classes")
        metrics.append(OnFeatures(probabilities, [InceptionScore()]))
        if conditional:
            metrics.append(Recognised(probabilities))
    return metrics


def usual_features(data, classifier=None):
    """What distances are measured on where nothing else is asked for: a classifier's features, or random
    ones.

    Example:

    ```python
    from gankit import images

    images.usual_features(images.load("digits"))  # random ones, where there is no classifier
    ```
    """
    return RandomFeatures(data.shape) if classifier is None else of_classifier(classifier)


def features_of_training(data, features):
    """The features of the training pictures among which copies are looked for, (n, d)."""
    starts = range(0, min(len(data.samples), TRAINING), 1000)
    return np.concatenate([features(data.preparation(data.samples[i : i + 1000])) for i in starts])


def neighbours(samples, data, features, k=7):
    """The training pictures that are most like each sample: does it copy one?

    Args:
        samples: (n, height, width, channels) prepared, as `GAN.generate` gives them.
        data: `Pictures`.
        features: an extractor, whose Euclidean distance says what is alike.
        k: how many of each.

    Returns:
        (n, 1 + k, height, width, channels) uint8: each sample, and its nearest ones.

    Example:

    ```python
    from gankit import images

    data = images.load("digits")
    some = data.preparation(data.validation[:3])
    rows = images.neighbours(some, data, images.usual_features(data), k=4)
    images.draw(rows.reshape(-1, *data.shape), "neighbours.png", columns=5)
    ```
    """
    rows, _ = nearest(features(samples), features_of_training(data, features), k)
    found = data.preparation.to_bytes(data.preparation(data.samples[rows.ravel()]))
    found = found.reshape(len(samples), k, *data.shape)
    return np.concatenate([data.preparation.to_bytes(samples)[:, None], found], axis=1)


def metrics_while_training(data, classifier=None):
    """Fewer metrics, to look at now and then.

    Example:

    ```python
    from gankit import images

    metrics = images.metrics_while_training(images.load("digits"))  # for compile(metrics=...)
    ```
    """
    features = usual_features(data, classifier)
    return [OnFeatures(features, [FrechetDistance(), Neighbourhoods(_neighbour(data))])]


def _neighbour(data):
    """The fifth, or the last that there is where few pictures are held out."""
    return max(min(5, len(data.validation) - 1, _count_of_controls(data) - 1), 1)


def evaluate(gan, data, metrics, n=2000, seed=1):
    """Measures a trained model, real pictures, and a maximum-likelihood twin.

    Everything is compared with `n` held-out pictures. The data's controls, on which no classifier
    that measures was trained, stand for a perfect generator; the twin is a Gaussian for every class
    on the principal components that hold 95 % of the variance: what one gets without an adversary.

    Args:
        gan: a `GAN`.
        data: `Pictures`.
        metrics: a list of `gankit.metrics.Metric`.
        n: how many pictures; as many as are held out at most.
        seed: of the latents, and of the twin.

    Returns:
        `metrics, controls, remarks` for a run's report.

    Example:

    ```python
    import gankit
    from gankit import images

    data = images.load("digits")
    gan = gankit.GAN(
        images.mlp_generator(data.shape, units=8), images.mlp_discriminator(data.shape, units=8)
    )
    gan.compile()
    metrics, controls, remarks = images.evaluate(gan, data, images.metrics_for(data), n=100)
    ```
    """
    n = min(n, len(data.validation))
    rng = np.random.default_rng(seed)
    held_out = rng.permutation(len(data.validation))[:n]
    real = data.preparation(data.validation[held_out])
    labels = data.validation_labels[rng.permutation(held_out)] if gan.conditional else None
    contenders = {
        "": (gan.generate(n, labels, seed=seed), labels),
        "real_against_real/": _controls(data, n, rng),
        "maximum_likelihood/": _by_likelihood(data, n, rng),
    }
    ours, controls = beside_controls(metrics, real, contenders, seed)
    for name in list(controls):
        if name.split("/")[1].startswith("memorised"):  # training pictures are their own copies
            del controls[name]
    return ours, controls, remarks(ours, controls)


def evaluate_run(run, n=None, seed=1, features=None):
    """`evaluate` for a run's model on the run's data, with the classifier kept in the run.

    Args:
        run: a `gankit.runs.Run` that has finished.
        n, seed: as in `evaluate`.
        features: what to measure distances on, as `extractor` takes it; the classifier's by default.

    Example:

    ```python
    from gankit import images, runs

    run = runs.Run.open("runs/images-digits-default-0")
    metrics, controls, remarks = images.evaluate_run(run, n=100)
    ```
    """
    data = load_data(run.config)
    features = features and extractor(features, data.shape)
    gan = run.load()
    classifier = run.kept("classifier")
    metrics = metrics_for(data, features, classifier, gan.conditional)
    numbers, controls, remarks = evaluate(gan, data, metrics, n or 2000, seed)
    if n and n > len(data.validation):
        remarks.append(f"Only {len(data.validation)} pictures are held out: no more are compared.")
    return numbers, controls, remarks


def load_data(config):
    """The pictures that a run's `config.json` names.

    Args:
        config: a run's, or a recipe's options as a dict.

    Raises:
        ValueError: as `load`.

    Example:

    ```python
    from gankit import images, runs

    run = runs.Run.open("runs/images-digits-default-0")
    data = images.load_data(run.config)
    ```
    """
    return load(
        config["data"],
        size=config["size"],
        channels=config["channels"],
        fit=config["fit"],
        skip_bad_files=config["skip_bad_files"],
        seed=config["seed"],
    )


BETTER = {
    "frechet_distance": -1,
    "kernel_distance": -1,
    "precision": 1,
    "recall": 1,
    "coverage": 1,
    "label_accuracy": 1,
}


def remarks(metrics, controls):
    """What an honest reader should be told about the numbers, in sentences."""
    sentences = []
    for name, ours, real, twin in triples(metrics, controls, BETTER):
        if name in ("frechet_distance", "precision", "label_accuracy") and ours > real + 0.02:
            sentences.append(
                f"{name} is better than real pictures' own: a symptom (too little variety), not a "
                "success."
            )
        if ours < twin:
            sentences.append(f"The maximum-likelihood twin has the better {name}.")
    memorised = metrics["memorised"]["value"]
    if memorised > metrics["memorised_of_real"]["value"] + 0.02:
        sentences.append(f"{memorised:.1%} of the samples are near copies of training pictures.")
    return sentences


def _count_of_controls(data):
    """All training pictures serve where classes are too small to keep enough of them apart."""
    enough = 2 * data.controls >= len(data.validation)
    return data.controls if enough else len(data.samples)


def _controls(data, n, rng):
    chosen = rng.permutation(_count_of_controls(data))[:n]
    labels = None if data.labels is None else data.labels[chosen]
    return data.preparation(data.samples[chosen]), labels


def _by_likelihood(data, n, rng):
    chosen = rng.permutation(len(data.samples))[:5000]
    pictures = data.preparation(data.samples[chosen])
    of_class = np.zeros(len(chosen), int) if data.labels is None else data.labels[chosen]
    drawn = of_class[rng.integers(len(chosen), size=n)]
    pictures = draw_gaussians(pictures, of_class, drawn, rng)
    return np.clip(pictures, -1, 1).astype("float32"), drawn
