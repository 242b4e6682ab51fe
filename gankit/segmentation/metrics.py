"""What translations are measured by, beside the twin without an adversary."""

import keras
import numpy as np

from gankit.files import Classes, JointAugment
from gankit.layers import OneHot
from gankit.metrics import (
    FrechetDistance,
    KernelDistance,
    Metric,
    ModelFeatures,
    OnFeatures,
    Paired,
    RandomFeatures,
)
from gankit.metrics.features import fingerprint
from gankit.reconstruction import CrossEntropy
from gankit.segmentation.boundaries import BoundaryF1
from gankit.segmentation.confusion import ClassOverlap
from gankit.segmentation.data import load
from gankit.segmentation.networks import unet

BATCH = 8
BLOCKS = 5  # of held-out pairs, for the interval of the kernel distance


class FCNScore(Metric):
    """How well a segmenter, trained on real pictures beforehand, finds in fake ones what they should show.

    Isola et al. (2017), https://arxiv.org/abs/1611.07004, section 4.1: per-pixel accuracy, per-class
    accuracy and class IoU of its labels against the masks that the pictures were made from.

    Args:
        segmenter: a `keras.Model` from pictures to scores of classes.
        names: of the classes.

    Example:

    ```python
    from gankit import segmentation

    segmenter = segmentation.unet((None, None, 3), outputs=2, width=4, depth=2)
    metric = segmentation.FCNScore(segmenter, names=["road", "sky"])
    ```
    """

    def __init__(self, segmenter, names):
        self.segmenter, self.inner = segmenter, ClassOverlap(names)
        self.reset()

    def reset(self):
        self.inner.reset()

    def update(self, real, fake, condition=None):
        self.inner.update(np.asarray(condition), np.asarray(self.segmenter.predict_on_batch(fake)))

    def result(self):
        values = self.inner.result()
        kept = ("pixel_accuracy", "class_accuracy", "mean_iou")
        return {f"fcn_{name}": values[name] for name in kept}

    def protocol(self):
        return "labels of a segmenter that was trained on real pictures, against the given masks"

    def get_config(self):
        raise TypeError(
            "An FCN score is not saved: its segmenter's weights are no part of a config."
        )


def metrics_for(data, segmenter=None):
    """The metrics that suit a set of pairs.

    Args:
        data: `Pairs`.
        segmenter: where masks become pictures, a segmenter of real ones: for the FCN score, and for
            features that pictures are compared on.

    Returns:
        A list for `compile(metrics=...)`.

    Example:

    ```python
    from gankit import segmentation

    metrics = segmentation.metrics_for(segmentation.load("streets", size=(32, 48)))
    ```
    """
    target, source = data.preparation.target, data.preparation.source
    if isinstance(target, Classes):
        return [ClassOverlap(target.names), BoundaryF1()]
    features = (
        RandomFeatures(data.targets.shape[1:]) if segmenter is None else of_segmenter(segmenter)
    )
    block = min(max(len(data.validation_sources) // BLOCKS, 2), 100)
    metrics = [OnFeatures(features, [FrechetDistance(), KernelDistance(block)])]
    if data.paired:
        metrics.insert(0, Paired())
    if segmenter is not None:
        metrics.append(FCNScore(segmenter, source.names))
    return metrics


def of_segmenter(segmenter):
    """A segmenter's features at its smallest size, averaged over places."""
    bottom = keras.layers.GlobalAveragePooling2D()(segmenter.get_layer("bottom").output)
    about = f"mean features of a segmenter of the run's own masks, {fingerprint(segmenter)}"
    return ModelFeatures(keras.Model(segmenter.input, bottom), about)


def evaluate(gan, data, metrics, twin=None, twin_name="twin"):
    """Measures a trained model on the held-out pairs, and its twin, and real pictures.

    Args:
        gan: a `Translation`.
        data: `Pairs`.
        metrics: of `metrics_for`.
        twin: a `keras.Model`, the same generator trained without an adversary for as many steps. Without one, the
            untranslated sources are the control, if their shape is the targets'.
        twin_name: such as `"l1_only"`.

    Returns:
        `metrics, controls, remarks` for a run's report.

    Example:

    ```python
    import gankit
    from gankit import segmentation

    data = segmentation.load("streets", size=(32, 48))
    source, target = data.shape("source"), data.shape("target")
    gan = segmentation.Segmenter(
        segmentation.unet(source, target[-1], width=4, depth=2),
        segmentation.patchgan(target, source, width=4, halvings=1),
    )
    gan.compile(reconstruction=gankit.reconstruction.CrossEntropy())
    metrics, controls, remarks = segmentation.evaluate(gan, data, segmentation.metrics_for(data))
    ```
    """
    n = len(data.validation_sources)
    about = f"{n} held-out pairs, averaged weights, no augmentation"
    of_control = f"{about}; trained for as many steps as the game" if twin is not None else about
    translators = {"": gan.translate}
    if twin is not None:
        translators[f"{twin_name}/"] = lambda source: np.asarray(twin.predict_on_batch(source))
    elif data.shape("source") == data.shape("target"):
        translators[UNTRANSLATED] = lambda source: source
    ours, controls = {}, {}
    for prefix, translate in translators.items():
        rows = controls if prefix else ours
        for name, value, metric in measure(data, metrics, translate):
            rows[prefix + name] = {
                "value": value,
                "n": n,
                "protocol": f"{metric.protocol()}; {of_control if prefix else about}",
            }
    if not isinstance(data.preparation.target, Classes):
        controls |= of_real(data, metrics)
    sentences = remarks(ours, controls, list(translators)[-1])
    if isinstance(data.preparation.target, Classes) and "boundary_f1" not in ours:
        sentences.append(
            "There is no boundary F1: no held-out mask has a boundary between classes that count."
        )
    return ours, controls, sentences


def measure_confusion(gan, data):
    """The confusion matrix of a trained model on the held-out pairs.

    Args:
        gan: a `Segmenter`.
        data: `Pairs` whose targets are masks.

    Returns:
        (classes, classes) int64 counts of pixels, rows are true classes.

    Example:

    ```python
    from gankit import runs, segmentation

    gan = runs.Run.open("runs/segmentation-streets-default-0").load()
    data = segmentation.load("streets", size=(32, 48))
    counts = segmentation.measure_confusion(gan, data)
    segmentation.draw_confusion(counts, data.preparation.target.names, "confusion.png")
    ```
    """
    metric = ClassOverlap(data.preparation.target.names)
    for _ in measure(data, [metric], gan.translate):
        pass
    return metric.confusion


def evaluate_run(run, n=None):
    """`evaluate` for a run's model on the run's data, with the twin kept in the run.

    Args:
        run: a `gankit.runs.Run` that has finished.
        n: how many held-out pairs, from the first on; all of them by default.

    Example:

    ```python
    from gankit import runs, segmentation

    run = runs.Run.open("runs/segmentation-streets-default-0")
    metrics, controls, remarks = segmentation.evaluate_run(run)
    ```
    """
    data = load_data(run.config).first(n)
    metrics = metrics_for(data, run.kept("segmenter"))
    return evaluate(run.load(), data, metrics, run.kept("twin"), run.config["twin_name"])


def load_data(config):
    """The pairs that a run's `config.json` names.

    Args:
        config: a run's, or a recipe's options as a dict, with `paired` as in `load`.

    Raises:
        ValueError: as `load`.

    Example:

    ```python
    from gankit import runs, segmentation

    run = runs.Run.open("runs/segmentation-streets-default-0")
    data = segmentation.load_data(run.config)
    ```
    """
    data = load(
        config["data"],
        direction=config["direction"],
        size=config["size"],
        fit=config["fit"],
        names=config["classes"],
        ignore=config["ignore"],
        paired=config["paired"],
        skip_bad_files=config["skip_bad_files"],
        seed=config["seed"],
    )
    return data.colours() if config["colours"] else data


UNTRANSLATED = "untranslated/"
BETTER = {
    "mean_iou": 1,
    "pixel_accuracy": 1,
    "boundary_f1": 1,
    "l1": -1,
    "ssim": 1,
    "kernel_distance": -1,
    "fcn_mean_iou": 1,
}


def remarks(ours, controls, prefix):
    """What an honest reader should be told about the numbers, in sentences."""
    who = (
        "Sources as they are have"
        if prefix == UNTRANSLATED
        else "The twin without an adversary has"
    )
    sentences = []
    for name, sign in BETTER.items():
        other = controls.get(prefix + name)
        if (
            name in ours
            and other is not None
            and sign * ours[name]["value"] < sign * other["value"]
        ):
            sentences.append(f"{who} the better {name}.")
        real = controls.get(f"real_against_real/{name}")
        if name in ours and real is not None and sign * ours[name]["value"] > sign * real["value"]:
            sentences.append(
                f"{name} is better than real pictures' own: a symptom (too little variety, or too easy "
                "for the one that judges), not a success."
            )
    return sentences


def segmenter_of(run, data, steps=1500):
    """The segmenter of real pictures that a run keeps, trained now where it has none yet.

    Args:
        run: a `gankit.runs.Run`.
        data: `Pairs` whose sources are masks; None is returned for others.
        steps: of its training, batches of 8.

    Example:

    ```python
    from gankit import runs, segmentation

    data = segmentation.load("streets", "to-picture", size=(32, 48))
    run = runs.Run("runs/mine")
    run.directory.mkdir()
    segmenter = segmentation.segmenter_of(run, data, steps=2)  # trained once, then read
    ```
    """
    if not isinstance(data.preparation.source, Classes):
        return None

    def make():
        print("Training a segmenter of real pictures, to measure with ...")
        return train_segmenter(data.turned(), steps)

    return run.keep("segmenter", make)


def train_segmenter(data, steps=1500, seed=0):
    """A U-Net trained on pictures and masks by cross-entropy alone: `Pairs` whose targets are masks.

    Example:

    ```python
    from gankit import segmentation

    segmenter = segmentation.train_segmenter(segmentation.load("streets", size=(32, 48)), steps=2)
    ```
    """
    keras.utils.set_random_seed(seed)
    classes, channels = len(data.preparation.target), data.sources.shape[-1]
    model = unet((None, None, channels), classes)
    one_hot, term = OneHot(classes), CrossEntropy()
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
    model.compile(keras.optimizers.Adam(rate), lambda mask, scores: term(one_hot(mask), scores))
    augment = JointAugment(data.shape("source")[:2], scales=(0.9, 1.2))
    stream = data.dataset(min(BATCH, len(data.sources)), seed, augment).stream(0)
    model.fit(stream, steps_per_epoch=steps, shuffle=False, verbose=0)
    return keras.Model(model.input, model.output)  # without the loss, which is no part of a file


def measure(data, metrics, translate):
    """Yields (name, value, metric) of every result, batch by batch."""
    for metric in metrics:
        metric.reset()
    for start in range(0, len(data.validation_sources), BATCH):
        rows = slice(start, start + BATCH)
        source, real = data.prepared("source", rows), data.prepared("target", rows)
        fake = translate(source)
        for metric in metrics:
            metric.update(real, fake, source)
    for metric in metrics:
        for name, value in metric.result().items():
            yield name, value, metric


def of_real(data, metrics):
    """Real pictures in the place of fake ones: for distances training pictures, for the FCN score the
    held-out ones themselves. Rows of a report's controls."""
    controls, n = {}, min(len(data.validation_targets), len(data.targets))
    chosen = np.random.default_rng(0).permutation(len(data.targets))[:n]
    others = data.preparation.target(data.targets[chosen])
    for metric in metrics:
        if isinstance(metric, Paired):
            continue
        metric.reset()
        for start in range(0, n, BATCH):
            rows = slice(start, start + BATCH)
            real, source = data.prepared("target", rows), data.prepared("source", rows)
            fake = real if isinstance(metric, FCNScore) else others[rows]
            metric.update(real, fake, source)
        for name, value in metric.result().items():
            controls[f"real_against_real/{name}"] = {
                "value": value,
                "n": n,
                "protocol": metric.protocol(),
            }
    return controls
