"""The running means of a step's scalars, in one variable."""

import keras
from keras import ops


class Logs(keras.metrics.Metric):
    """Means of named scalars over an epoch.

    One vector serves all of them, so that an update is a single assignment in the compiled step.

    Args:
        names: the scalars' names, in any order.
    """

    def __init__(self, names, name="logs"):
        super().__init__(name=name, dtype="float32")
        self.names = sorted(names)
        self.totals = self.add_variable((len(self.names) + 1,), "zeros", name="totals")

    def update_state(self, values):
        """Adds one step's scalars, a dict with exactly `names`."""
        self.totals.assign_add(
            ops.stack([ops.cast(values[name], "float32") for name in self.names] + [1.0])
        )

    def result(self):
        """The mean of every scalar since the last reset."""
        means = self.totals[:-1] / ops.maximum(self.totals[-1], 1.0)
        return {name: means[i] for i, name in enumerate(self.names)}
