"""Quantities that change during training: learning rates, beta_2, penalty weights, EMA half-life.

A schedule is a `keras.optimizers.schedules.LearningRateSchedule`, so Keras's own serve everywhere
too. R3GAN (https://arxiv.org/abs/2501.05441, appendix D) moves all four on one cosine.
"""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gankit")
class Cosine(keras.optimizers.schedules.LearningRateSchedule):
    """From `start` to `end` along half a cosine over `steps` steps, then constant.

    Unlike `keras.optimizers.schedules.CosineDecay` it may rise, and start at zero.

    Args:
        start: the value at step 0.
        end: the value from step `steps` on.
        steps: how many steps the way takes, at least 1.

    Example:

    ```python
    import gankit

    gamma = gankit.schedules.Cosine(1.0, 0.1, steps=10_000)
    penalties = [gankit.penalties.R1(gamma), gankit.penalties.R2(gamma)]
    float(gamma(5_000))  # 0.55, halfway
    ```
    """

    def __init__(self, start, end, steps):
        if steps < 1:
            raise ValueError(f"`steps` must be at least 1. Received: steps={steps}")
        self.start, self.end, self.steps = start, end, steps

    def __call__(self, step):
        way = ops.minimum(ops.cast(step, "float32") / self.steps, 1.0)
        return self.end + (self.start - self.end) * 0.5 * (1.0 + ops.cos(math.pi * way))

    def get_config(self):
        return {"start": self.start, "end": self.end, "steps": self.steps}


@keras.saving.register_keras_serializable(package="gankit")
class Exponential(keras.optimizers.schedules.LearningRateSchedule):
    """From `start` to `end` by the same factor at every one of `steps` steps, then constant.

    Args:
        start, end: positive numbers.
        steps: how many steps the way takes, at least 1.

    Example:

    ```python
    import gankit

    sharpness = gankit.schedules.Exponential(1.0, 100.0, steps=10_000)
    float(sharpness(5_000))  # 10, halfway
    ```
    """

    def __init__(self, start, end, steps):
        if steps < 1:
            raise ValueError(f"`steps` must be at least 1. Received: steps={steps}")
        if not (start > 0 and end > 0):
            raise ValueError(
                f"`start` and `end` must be positive. Received: start={start}, end={end}"
            )
        self.start, self.end, self.steps = start, end, steps

    def __call__(self, step):
        way = ops.minimum(ops.cast(step, "float32") / self.steps, 1.0)
        return self.start * ops.exp(way * math.log(self.end / self.start))

    def get_config(self):
        return {"start": self.start, "end": self.end, "steps": self.steps}


@keras.saving.register_keras_serializable(package="gankit")
class Scaled(keras.optimizers.schedules.LearningRateSchedule):
    """Another schedule, times a factor.

    Args:
        schedule: the other one.
        factor: a number.

    Example:

    ```python
    import gankit

    half = gankit.schedules.Scaled(gankit.schedules.Cosine(1.0, 0.1, steps=10_000), 0.5)
    float(half(0))  # 0.5
    ```
    """

    def __init__(self, schedule, factor):
        self.schedule, self.factor = schedule, factor

    def __call__(self, step):
        return self.schedule(step) * self.factor

    def get_config(self):
        return {"schedule": serialize(self.schedule), "factor": self.factor}

    @classmethod
    def from_config(cls, config):
        return cls(deserialize(config["schedule"]), config["factor"])


def value(quantity, step):
    """The value of a number or of a schedule at `step`.

    Example:

    ```python
    import gankit

    gankit.schedules.value(0.3, step=7)  # 0.3: a number is the same at every step
    ```
    """
    return quantity(step) if callable(quantity) else quantity


def serialize(quantity):
    """A number as it is, a schedule as Keras serialises it.

    Example:

    ```python
    import gankit

    gamma = gankit.schedules.Cosine(1.0, 0.1, steps=10_000)
    gankit.schedules.deserialize(gankit.schedules.serialize(gamma))  # another like it
    ```
    """
    return keras.saving.serialize_keras_object(quantity) if callable(quantity) else quantity


def deserialize(config):
    """The inverse of `serialize`.

    Example:

    ```python
    import gankit

    gankit.schedules.deserialize(0.3)  # 0.3; what `serialize` made of a schedule becomes one again
    ```
    """
    return keras.saving.deserialize_keras_object(config) if isinstance(config, dict) else config
