"""What a translation is asked besides fooling the discriminators: to be near its target.

A term is a function of targets and outputs, averaged over the batch, times its weight.
"""

import math

import keras
from keras import ops

from gankit import backend


class Reconstruction:
    """Base class: `formula(real, fake)` is one number a sample, or one a place.

    Args:
        weight: the factor of the term, at least 0.

    Example:

    ```python
    import keras

    import gankit


    class SquaredError(gankit.reconstruction.Reconstruction):
        name = "squared_error"

        def formula(self, real, fake):
            return keras.ops.square(real - fake)


    term = SquaredError(10.0)  # as in Translation.compile(reconstruction=term)
    ```
    """

    name = None

    def __init__(self, weight=1.0):
        if weight < 0:
            raise ValueError(f"`weight` must be at least 0. Received: weight={weight}")
        self.weight = weight

    def __call__(self, real, fake):
        """The term, a scalar: weight times the mean."""
        return self.weight * ops.mean(self.formula(real, fake))

    def formula(self, real, fake):
        raise NotImplementedError(f"{type(self).__name__} must define formula().")

    def get_config(self):
        return {"weight": self.weight}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable(package="gankit")
class L1(Reconstruction):
    """The mean absolute difference. pix2pix, Isola et al. (2017), https://arxiv.org/abs/1611.07004,
    equation 3, gives it weight 100 on values in [-1, 1].

    Example:

    ```python
    import keras

    import gankit

    term = gankit.reconstruction.L1(100.0)
    term(keras.ops.zeros((2, 8, 8, 3)), keras.ops.ones((2, 8, 8, 3)))  # 100
    ```
    """

    name = "l1"

    def formula(self, real, fake):
        return ops.abs(real - fake)


@keras.saving.register_keras_serializable(package="gankit")
class CrossEntropy(Reconstruction):
    """-log of the probability of the true class, averaged over the places that have one.

    Targets are vectors with a one at the class, all zeros at ignored places; outputs are logits.

    Args:
        weight: the factor of the term.
        class_weights: a factor of at least 0 for each class, or None. The average is then a weighted one, so that
            equal factors change nothing.

    Example:

    ```python
    import keras

    import gankit

    term = gankit.reconstruction.CrossEntropy(class_weights=[1.0, 3.0])
    target = keras.ops.one_hot(keras.ops.array([[[0, 1]]]), 2)  # a mask of 1 x 2 places, two classes
    term(target, keras.ops.zeros((1, 1, 2, 2)))  # log 2: the logits do not prefer any
    ```
    """

    name = "cross_entropy"

    def __init__(self, weight=1.0, class_weights=None):
        super().__init__(weight)
        self.class_weights = None if class_weights is None else [float(w) for w in class_weights]
        if self.class_weights and not all(0 <= one < math.inf for one in self.class_weights):
            raise ValueError(
                "`class_weights` are numbers of at least 0, one for each class. "
                f"Received: class_weights={class_weights}"
            )

    def __call__(self, real, fake):
        if self.class_weights is not None and len(self.class_weights) != fake.shape[-1]:
            raise ValueError(
                f"There are {fake.shape[-1]} classes, and each has a weight. "
                f"Received: class_weights={self.class_weights}"
            )
        weights = 1.0 if self.class_weights is None else ops.array(self.class_weights, "float32")
        counted = ops.multiply(real, weights)
        losses = -ops.sum(ops.multiply(counted, ops.log_softmax(fake, axis=-1)))
        total = backend.all_mean(ops.sum(counted))  # whatever this replica's share of it
        return self.weight * losses / ops.maximum(total, 1.0)

    def get_config(self):
        return {**super().get_config(), "class_weights": self.class_weights}


@keras.saving.register_keras_serializable(package="gankit")
class Jaccard(Reconstruction):
    """1 - the intersection over union of probabilities and targets, averaged over the batch's classes.

    Rahman and Wang (2016), https://doi.org/10.1007/978-3-319-50835-1_22, equations 3 and 4: beside
    cross-entropy, for classes that cover few places. Targets and outputs are those of `CrossEntropy`;
    sums go over the whole batch, and a class that no target has is left out.

    Example:

    ```python
    import keras

    import gankit

    term = gankit.reconstruction.Jaccard()
    target = keras.ops.one_hot(keras.ops.array([[[0, 1]]]), 2)
    term(target, 100.0 * target)  # 0: sure, and right
    ```
    """

    name = "jaccard"

    def __call__(self, real, fake):
        places = list(range(len(real.shape) - 1))
        probabilities = ops.softmax(fake, axis=-1) * ops.sum(real, axis=-1, keepdims=True)
        both = backend.all_sum(ops.sum(ops.multiply(real, probabilities), axis=places))
        either = backend.all_sum(ops.sum(ops.add(real, probabilities), axis=places)) - both
        there = ops.cast(backend.all_sum(ops.sum(real, axis=places)) > 0, both.dtype)
        overlap = ops.sum(there * both / ops.maximum(either, 1.0))
        return self.weight * (1.0 - overlap / ops.maximum(ops.sum(there), 1.0))
