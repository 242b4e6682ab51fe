"""What pictures are compared by: feature extractors, each with a name that says what it is.

An extractor is a callable from prepared pictures, (n, height, width, channels) in [-1, 1], to features
(n, d) float32.
"""

import keras
import numpy as np

BATCH = 250


@keras.saving.register_keras_serializable(package="gankit")
class ModelFeatures:
    """The outputs of a Keras model.

    Args:
        model: takes prepared pictures, and returns (batch, ...).
        name: for protocols.
        size: (height, width) that the model wants, or None to take pictures as they are.
        channels: that the model wants, 1 or 3, or None.

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
            np.asarray(self.model.predict_on_batch(self._fit(pictures[i : i + BATCH])))
            for i in range(0, len(pictures), BATCH)
        ]
        return np.concatenate(found).reshape(len(pictures), -1)

    def _fit(self, pictures):
        pictures = np.asarray(pictures, "float32")
        if self.channels == 3 and pictures.shape[-1] == 1:
            pictures = np.repeat(pictures, 3, axis=-1)
        elif self.channels is not None and pictures.shape[-1] > self.channels:
            pictures = pictures[..., : self.channels]
        if self.size is not None and pictures.shape[1:3] != self.size:
            pictures = keras.ops.convert_to_numpy(
                keras.ops.image.resize(pictures, self.size, "bilinear", antialias=True)
            )
        return pictures

    def get_config(self):
        return {
            "model": keras.saving.serialize_keras_object(self.model),
            "name": self.name,
            "size": self.size,
            "channels": self.channels,
        }

    @classmethod
    def from_config(cls, config):
        model = keras.saving.deserialize_keras_object(config["model"])
        return cls(**{**config, "model": model})


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
    """Three convolutions with He's initialisation, drawn in NumPy: alike on every backend."""
    rng = np.random.default_rng(seed)
    layers = keras.layers
    x = inputs = keras.Input(shape)
    outputs = []
    for filters in (32, 64, 128):
        size = (3, 3, x.shape[-1], filters)
        kernel = rng.standard_normal(size) * np.sqrt(2 / np.prod(size[:3]))
        convolution = layers.Conv2D(filters, 3, padding="same")
        x = layers.LeakyReLU(0.2)(convolution(x))
        convolution.set_weights([kernel, np.zeros(filters)])
        outputs += [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
        x = layers.AveragePooling2D(2, padding="same")(x)
    return keras.Model(inputs, layers.Concatenate()(outputs), name="random_features")
