"""What pictures are compared by: feature extractors, each with a name that says what it is.

An extractor is a callable from prepared pictures, (n, height, width, channels) in [-1, 1], to features
(n, d) float32.
"""

import hashlib

import keras
import numpy as np

BATCH = 250
LUMINANCE = np.float32([0.299, 0.587, 0.114])


def fingerprint(model):
    """Eight digits that tell a model's weights from any others: the first of their SHA-256."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()[:8]


class ModelFeatures:
    """The outputs of a Keras model.

    Its weights are no part of a `GAN`'s file: a metric on it is not saved with the model.

    Args:
        model: takes prepared pictures, and returns (batch, ...).
        name: for protocols.
        size: (height, width) that the model wants, or None to take pictures as they are.
        channels: that the model wants, 1 or 3, or None. Colours become grey by their luminance
            (ITU-R BT.601), and what is transparent lies on white.

    Example:

    ```python
    import keras
    import numpy as np

    import gankit

    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D()]
    )
    features = gankit.metrics.ModelFeatures(model, "four filters", size=(8, 8), channels=1)
    features(np.zeros((5, 16, 16, 3), "float32"))  # (5, 4), of the pictures scaled and made grey
    ```
    """

    def __init__(self, model, name, size=None, channels=None):
        self.model, self.name = model, name
        self.size, self.channels = size and tuple(size), channels

    def __call__(self, pictures):
        found = [
            np.asarray(self.model.predict_on_batch(self._fit(pictures[i : i + BATCH])), "float32")
            for i in range(0, len(pictures), BATCH)
        ]
        return np.concatenate(found).reshape(len(pictures), -1)

    def _fit(self, pictures):
        pictures = np.asarray(pictures, "float32")
        if self.channels == 3 and pictures.shape[-1] == 1:
            pictures = np.repeat(pictures, 3, axis=-1)
        elif self.channels is not None and pictures.shape[-1] > self.channels:
            pictures = _fewer_channels(pictures, self.channels)
        if self.size is not None and pictures.shape[1:3] != self.size:
            pictures = keras.ops.convert_to_numpy(
                keras.ops.image.resize(pictures, self.size, "bilinear", antialias=True)
            )
        return pictures


def _fewer_channels(pictures, channels):
    """Pictures in [-1, 1] of up to four channels, the last of two or four transparency, with fewer."""
    if pictures.shape[-1] in (2, 4):
        opaque = (pictures[..., -1:] + 1) / 2
        pictures = pictures[..., :-1] * opaque + (1 - opaque)
    if pictures.shape[-1] > channels:
        pictures = pictures @ LUMINANCE[:, None]
    return pictures


@keras.saving.register_keras_serializable(package="gankit")
class RandomFeatures(ModelFeatures):
    """Features of an untrained convolutional network: for pictures without labels, offline.

    Random embeddings are used for pictures unlike ImageNet's (Naeem et al. (2020)); their distances
    mean little by themselves: compare runs with each other.

    Args:
        shape: (height, width, channels) of the pictures.
        seed: of the weights.

    Example:

    ```python
    import numpy as np

    import gankit

    features = gankit.metrics.RandomFeatures((16, 16, 1), seed=0)
    features(np.zeros((5, 16, 16, 1), "float32"))  # a row for each picture
    ```
    """

    def __init__(self, shape, seed=0):
        self.shape, self.seed = tuple(shape), seed
        super().__init__(_random_network(self.shape, seed), f"random convolutions, seed {seed}")

    def get_config(self):
        return {"shape": self.shape, "seed": self.seed}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _random_network(shape, seed):
    """Three convolutions with He's initialisation, drawn in NumPy: alike on every backend, and in any
    precision."""
    rng = np.random.default_rng(seed)
    layers = keras.layers
    x = inputs = keras.Input(shape)
    outputs = []
    for filters in (32, 64, 128):
        size = (3, 3, x.shape[-1], filters)
        kernel = rng.standard_normal(size) * np.sqrt(2 / np.prod(size[:3]))
        convolution = layers.Conv2D(filters, 3, padding="same", dtype="float32")
        x = layers.LeakyReLU(0.2, dtype="float32")(convolution(x))
        convolution.set_weights([kernel, np.zeros(filters)])
        outputs.append(layers.GlobalAveragePooling2D(dtype="float32")(x))
        outputs.append(layers.GlobalMaxPooling2D(dtype="float32")(x))
        x = layers.AveragePooling2D(2, padding="same", dtype="float32")(x)
    joined = layers.Concatenate(dtype="float32")(outputs)
    return keras.Model(inputs, joined, name="random_features")
