"""Constraints on weights."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class ClipWeights(keras.constraints.Constraint):
    """Clips every weight to [-limit, limit] after each update: WGAN's Lipschitz constraint.

    Arjovsky et al. (2017), https://arxiv.org/abs/1701.07875, algorithm 1, with limit 0.01.

    Args:
        limit: a positive number.

    Example:

    ```python
    import keras

    import gankit

    layer = keras.layers.Dense(64, kernel_constraint=gankit.constraints.ClipWeights(0.01))
    ```
    """

    def __init__(self, limit=0.01):
        if limit <= 0:
            raise ValueError(f"`limit` must be positive. Received: limit={limit}")
        self.limit = limit

    def __call__(self, w):
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self):
        return {"limit": self.limit}
