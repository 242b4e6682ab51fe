"""What recordings are compared by: feature extractors, each with a name that says what it is.

An extractor is a callable from waves, (n, samples) in [-1, 1], to features (n, d) float32.
"""

import keras
import numpy as np
from keras import ops

from gankit.audio.paired import analysis
from gankit.metrics import ModelFeatures, RandomFeatures
from gankit.metrics.features import fingerprint

FLOOR = 3e-4  # of full scale (-70 dB): quieter sound does not tell real from generated


@keras.saving.register_keras_serializable(package="gankit")
class LogMelPicture(keras.layers.Layer):
    """40 log-mel bands of waves, as pictures with one channel, of about unit size.

    Args:
        sample_rate: in hertz.

    Call arguments:
        inputs: (batch, samples).

    Returns:
        (batch, frames, 40, 1).
    """

    def __init__(self, sample_rate, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.mels = analysis(sample_rate, overlap=2, floor=FLOOR)
        self.built = True

    def call(self, inputs):
        pictures = (self.mels.log_magnitude(inputs)[..., None] + 4.0) / 2.0
        return ops.cast(pictures, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        batch, samples = input_shape
        return (batch, samples and samples // self.mels.hop, self.mels.bins, 1)

    def get_config(self):
        return {**super().get_config(), "sample_rate": self.mels.sample_rate}


class WaveFeatures(ModelFeatures):
    """The outputs of a Keras model of waves.

    Longer waves are cut to what the model takes, and shorter ones followed by silence.

    Args:
        model: takes waves (batch, samples), and returns (batch, ...).
        name: for protocols.
    """

    def __init__(self, model, name):
        super().__init__(model, name)

    def _fit(self, waves):
        samples = self.model.input_shape[1]
        waves = np.asarray(waves, "float32")[:, :samples]
        return np.pad(waves, [(0, 0), (0, samples - waves.shape[1])])


def of_classifier(model, output="features", field="label"):
    """A trained classifier's features, or its probabilities (`output="classes"`), as an extractor.

    Example:

    ```python
    from gankit import audio

    data = audio.load("vowels", seconds=0.2)
    network, accuracy = audio.train_classifier(data, steps=2)
    features = audio.of_classifier(network)
    features(data.validation.padded(data.longest, slice(5))).shape  # (5, 128)
    ```
    """
    name = "features" if output == "features" else "probabilities"
    inner = keras.Model(model.input, model.get_layer(output).output)
    about = f"{name} of a classifier of the run's own {field}s, {fingerprint(model)}"
    return WaveFeatures(inner, about)


def log_mels(samples, sample_rate):
    """An extractor of log-mel bands, frame by frame: (n, frames * 40)."""
    inputs = keras.Input((samples,), name="waves")
    picture = LogMelPicture(sample_rate, name="log_mel")
    model = keras.Model(inputs, keras.layers.Flatten()(picture(inputs)), name="log_mels")
    return WaveFeatures(model, picture.mels.protocol())


@keras.saving.register_keras_serializable(package="gankit")
class RandomWaveFeatures(WaveFeatures):
    """Random convolutions of log-mel bands, `gankit.metrics.RandomFeatures`: without labels, offline.

    Args:
        samples: of the waves.
        sample_rate: in hertz.
        seed: of the weights.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    features = audio.RandomWaveFeatures(samples=2000, sample_rate=8_000)
    features(np.zeros((5, 2000), "float32"))
    ```
    """

    def __init__(self, samples, sample_rate, seed=0):
        self._config = {"samples": samples, "sample_rate": sample_rate, "seed": seed}
        inputs = keras.Input((samples,), name="waves")
        picture = LogMelPicture(sample_rate, name="log_mel")(inputs)
        random = RandomFeatures(picture.shape[1:], seed)
        model = keras.Model(inputs, random.model(picture), name="random_features")
        super().__init__(model, f"{random.name}, of log-mel bands")

    def get_config(self):
        return dict(self._config)

    @classmethod
    def from_config(cls, config):
        return cls(**config)
