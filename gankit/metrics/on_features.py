import keras

from gankit.metrics.metric import Metric


@keras.saving.register_keras_serializable(package="gankit")
class OnFeatures(Metric):
    """Metrics that see the features of samples instead of the samples, extracted once for all.

    Args:
        features: a callable from samples to features (n, d), with an attribute `name`, serialisable.
        metrics: a list of `Metric`.

    Example:

    ```python
    import numpy as np

    import gankit
    from gankit.metrics import FrechetDistance, Neighbourhoods, OnFeatures

    features = gankit.metrics.RandomFeatures((16, 16, 1))
    metric = OnFeatures(features, [FrechetDistance(), Neighbourhoods()])
    real, fake = np.random.default_rng(0).uniform(-1, 1, (2, 64, 16, 16, 1)).astype("float32")
    metric.update(real, fake)
    metric.result()  # of both, the features extracted once
    ```
    """

    def __init__(self, features, metrics):
        self.features, self.metrics = features, list(metrics)
        self.reset()

    def reset(self):
        for metric in self.metrics:
            metric.reset()

    def update(self, real, fake, condition=None):
        real, fake = self.features(real), self.features(fake)
        for metric in self.metrics:
            metric.update(real, fake, condition)

    def result(self):
        values = {}
        for metric in self.metrics:
            values.update(metric.result())
        return values

    def protocol(self):
        inner = "; ".join(metric.protocol() for metric in self.metrics)
        return f"features: {self.features.name}; {inner}"

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "features": serialize(self.features),
            "metrics": [serialize(metric) for metric in self.metrics],
        }

    @classmethod
    def from_config(cls, config):
        deserialize = keras.saving.deserialize_keras_object
        return cls(deserialize(config["features"]), [deserialize(m) for m in config["metrics"]])
