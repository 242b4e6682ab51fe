"""Whether recordings are what was asked for."""

import keras
import numpy as np

from gankit.files.waves import FIELDS
from gankit.metrics import Metric


@keras.saving.register_keras_serializable(package="gankit")
class ConditionAccuracy(Metric):
    """The share of fake recordings that a classifier takes for what was asked for.

    Gives `label_accuracy` or `speaker_accuracy`.

    Args:
        probabilities: a callable from waves to (n, classes), with a `name`.
        field: `"label"` or `"speaker"`: which part of the condition counts.

    Example:

    ```python
    import numpy as np

    from gankit import audio


    def probabilities(waves):
        return np.eye(3)[[0, 1, 1]]


    probabilities.name = "a classifier"
    metric = audio.ConditionAccuracy(probabilities, "label")
    metric.update(None, np.zeros((3, 100)), {"label": np.array([0, 1, 2])})
    metric.result()  # {"label_accuracy": 2/3}
    ```
    """

    def __init__(self, probabilities, field="label"):
        if field not in FIELDS:
            raise ValueError(f"`field` is {' or '.join(map(repr, FIELDS))}. Received: {field!r}")
        self.probabilities, self.field = probabilities, field
        self.reset()

    def reset(self):
        self._right = []

    def update(self, real, fake, condition=None):
        if not isinstance(condition, dict) or self.field not in condition:
            raise ValueError(
                f"ConditionAccuracy takes a condition with a {self.field!r}. Received: {condition!r}"
            )
        found = self.probabilities(fake).argmax(axis=-1)
        self._right += (found == np.reshape(condition[self.field], -1)).tolist()

    def result(self):
        if not self._right:
            raise ValueError("No wave was seen.")
        return {f"{self.field}_accuracy": float(np.mean(self._right))}

    def protocol(self):
        return f"share taken for the {self.field} that was asked for; {self.probabilities.name}"

    def get_config(self):
        return {
            "probabilities": keras.saving.serialize_keras_object(self.probabilities),
            "field": self.field,
        }

    @classmethod
    def from_config(cls, config):
        probabilities = keras.saving.deserialize_keras_object(config["probabilities"])
        return cls(**{**config, "probabilities": probabilities})
