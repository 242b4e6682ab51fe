"""What pictures are compared by: feature extractors, each with a name that says what it is.

An extractor is a callable from prepared pictures, (n, height, width, channels) in [-1, 1], to features
(n, d) float32.
"""

import dataclasses
import hashlib
import pathlib

import keras
import numpy as np

from gankit.files import graphs
from gankit.metrics import ModelFeatures, RandomFeatures
from gankit.metrics.features import fingerprint
from gankit.networks import classifiers


def classifier(shape, classes, width=32):
    """A small convolutional classifier of pictures, whose last but one layer is named `features`.

    A picture's 128 features have mean 0 and mean square 1, so that distances and kernels on them are
    of one scale whatever the data.

    Args:
        shape: (height, width, channels).
        classes: how many.
        width: channels of the first layer.

    Returns:
        An untrained `keras.Model` to (batch, classes) probabilities.

    Example:

    ```python
    from gankit import images

    network = images.classifier((8, 8, 1), classes=10, width=4)
    ```
    """
    x = inputs = keras.Input(shape)
    for filters in (width, 2 * width, 4 * width):
        if min(x.shape[1:3]) < 2:
            break
        x = classifiers.convolution_block(x, filters, repeats=2)
        x = keras.layers.MaxPooling2D(2, padding="same")(x)
    return keras.Model(inputs, classifiers.classification_head(x, classes), name="classifier")


def train_classifier(data, steps=1500, batch_size=64, seed=0):
    """A classifier of a data set's own labels, trained on its training pictures but the controls.

    Args:
        data: `gankit.images.Pictures` with labels.
        steps, batch_size, seed: of the training.

    Returns:
        The classifier, and its accuracy on the held-out pictures.

    Example:

    ```python
    from gankit import images

    network, accuracy = images.train_classifier(images.load("digits"), steps=5)
    ```
    """
    keras.utils.set_random_seed(seed)
    model = classifier(data.shape, len(data.classes))
    c = data.controls
    others = dataclasses.replace(data, samples=data.samples[c:], labels=data.labels[c:])
    batch_size = min(batch_size, len(others.samples))
    stream = others.dataset(batch_size, seed, conditional=True).stream(0)
    classifiers.fit(model, stream, steps)
    held_out = data.preparation(data.validation)
    _, accuracy = model.evaluate(held_out, data.validation_labels, batch_size=250, verbose=0)
    return model, float(accuracy)


def classifier_of(run, data, steps=1000):
    """The classifier that a run keeps, trained now where it has none yet; None without labels.

    Args:
        run: a `gankit.runs.Run`.
        data: `Pictures`.
        steps: of its training.

    Example:

    ```python
    from gankit import images, runs

    run = runs.Run.open("runs/images-digits-default-0")
    network = images.classifier_of(run, images.load("digits"))  # the one that the run keeps
    ```
    """
    if data.labels is None or len(data.classes) < 2:
        return None

    def make():
        print("Training a classifier of the labels, to measure with ...")
        model, accuracy = train_classifier(data, steps)
        print(f"It names {accuracy:.1%} of the held-out pictures correctly.")
        return model

    return run.keep("classifier", make)


def of_classifier(model, output="features"):
    """A trained classifier's features, or its probabilities (`output="classes"`).

    Example:

    ```python
    import numpy as np

    from gankit import images

    features = images.of_classifier(images.classifier((8, 8, 1), classes=10, width=4))
    features(np.zeros((5, 8, 8, 1), "float32")).shape  # (5, 128)
    ```
    """
    name = "features" if output == "features" else "probabilities"
    inner = keras.Model(model.input, model.get_layer(output).output)
    about = f"{name} of a classifier trained on the run's own labels, {fingerprint(model)}"
    return ModelFeatures(inner, about)


def extractor(spec, shape):
    """The extractor that a word or a file stands for.

    Args:
        spec: `random`; `inception_v3`, which Keras downloads; a `.h5` file of its weights; the `.pb`
            file of the 2015 graph; or a `.keras` file of a model of your own, that takes pictures in
            [-1, 1], of any size where its input has none.
        shape: (height, width, channels) of the pictures.

    Raises:
        ValueError: naming the spec, and what it may be; or the file, and what is wrong with it.

    Example:

    ```python
    import numpy as np

    from gankit import images

    features = images.extractor("random", (16, 16, 1))  # or a file
    features(np.zeros((5, 16, 16, 1), "float32"))
    ```
    """
    path = pathlib.Path(spec)
    if spec == "random":
        return RandomFeatures(shape)
    if spec == "inception_v3":
        return inception_v3()
    if path.suffix in (".h5", ".pb", ".keras") and not path.is_file():
        raise ValueError(f"{path}: no such file.")
    if path.suffix == ".h5":
        return inception_v3(path)
    if path.suffix == ".pb":
        return Inception2015(path)
    if path.suffix == ".keras":
        return _model_of(path, shape[-1])
    raise ValueError(
        "Features are `random`, `inception_v3`, or a file: .h5 (InceptionV3's weights), .pb (the graph "
        f"of 2015) or .keras (any model). Received: {spec!r}"
    )


def _model_of(path, channels_given):
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:
        raise ValueError(f"{path} is no model that Keras can load: {error}") from error
    if len(model.inputs) != 1 or len(model.input_shape) != 4:
        raise ValueError(
            f"{path}: a model of features takes pictures, (batch, height, width, channels). Its input "
            f"is {model.input_shape}."
        )
    _, height, width, channels = model.input_shape
    if channels not in (None, 3, channels_given):
        raise ValueError(
            f"{path}: its pictures have {channels} channels, and these have {channels_given}."
        )
    name = f"{path.name} ({_hash(path)})"
    return ModelFeatures(model, name, (height, width) if height and width else None, channels)


def inception_v3(path=None):
    """Keras's InceptionV3 with ImageNet's weights: 2,048 features. Its distance is not the FID.

    Args:
        path: a `.h5` or `.keras` file of its weights without the top, or None to let Keras download
            them.

    Raises:
        ValueError: naming the file, or saying that the download failed.
    """
    try:
        model = keras.applications.InceptionV3(
            include_top=False, weights=None if path else "imagenet", pooling="avg"
        )
        if path:
            model.load_weights(path)
    except Exception as error:  # of many kinds: network, HDF5, shapes
        source = path or "the download of InceptionV3's weights"
        raise ValueError(
            f"{source}: InceptionV3 can't be had: {error}. Give the path of "
            "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5."
        ) from error
    name = f"Keras InceptionV3 ({_hash(path) if path else 'imagenet'}), resized to 299 x 299"
    return ModelFeatures(model, name, size=(299, 299), channels=3)


def _hash(path):
    return "sha256 " + hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()[:12]


class Inception2015:
    """The Inception network of 2015, whose Frechet distance is the FID: 2,048 features.

    Heusel et al. (2017), https://arxiv.org/abs/1706.08500, section A1: the frozen graph
    `classify_image_graph_def.pb` of the archive inception-2015-12-05, which gankit does not ship.
    Pictures become bytes and are scaled to 299 x 299 by the graph itself.

    Args:
        path: of the graph.

    Raises:
        ValueError: naming the file: it is not that graph.
    """

    FEED, FETCH = "ExpandDims:0", "pool_3:0"

    def __init__(self, path):
        self.path = str(path)
        self._function, digest = graphs.read_frozen(path, self.FEED, self.FETCH)
        self.name = f"Inception of 2015 ({digest[:19]})"

    def __call__(self, pictures):
        found = []
        for i in range(0, len(pictures), 50):
            batch = np.round((np.clip(pictures[i : i + 50], -1, 1) + 1) * 127.5)
            batch = np.repeat(batch, 3, axis=-1) if batch.shape[-1] == 1 else batch[..., :3]
            found.append(np.asarray(self._function(batch.astype("float32"))))
        return np.concatenate(found).reshape(len(pictures), -1)
