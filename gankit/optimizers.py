"""Adam as adversarial training uses it."""

import keras

from gankit import backend, schedules


@keras.saving.register_keras_serializable(package="gankit")
class Adam(keras.optimizers.Adam):
    """Keras's Adam whose `beta_2` may be a schedule, as R3GAN's is, in one kernel where there is one.

    The bias correction uses the present value of `beta_2`, as PyTorch does when it is changed
    between steps.

    Args:
        learning_rate, beta_1, epsilon, kwargs: as in `keras.optimizers.Adam`.
        beta_2: a number, or a schedule of the optimizer's own steps.

    Example:

    ```python
    import gankit
    from gankit.schedules import Cosine

    rate, beta_2 = Cosine(2e-4, 5e-5, steps=10_000), Cosine(0.9, 0.99, steps=10_000)
    optimizer = gankit.optimizers.Adam(rate, beta_1=0.0, beta_2=beta_2)
    ```
    """

    def __init__(self, learning_rate=2e-4, beta_1=0.0, beta_2=0.99, epsilon=1e-8, **kwargs):
        super().__init__(learning_rate, beta_1=beta_1, beta_2=0.0, epsilon=epsilon, **kwargs)
        self._beta_2 = schedules.deserialize(beta_2)

    def update_step(self, gradient, variable, learning_rate):
        if backend.adam is None or self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        i = self._get_variable_index(variable)
        backend.adam(
            variable,
            self._momentums[i],
            self._velocities[i],
            gradient,
            step=self.iterations + 1,
            learning_rate=learning_rate,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )

    @property
    def beta_2(self):
        return schedules.value(self._beta_2, self.iterations)

    @beta_2.setter
    def beta_2(self, new):
        self._beta_2 = new

    def get_config(self):
        beta_2, self._beta_2 = self._beta_2, 0.0  # Keras's would read the schedule's tensor
        config = super().get_config()
        self._beta_2 = beta_2
        return {**config, "beta_2": schedules.serialize(beta_2)}


def get(identifier):
    """A Keras optimizer, from whatever Keras takes for one; `Adam()` for None.

    Example:

    ```python
    import gankit

    gankit.optimizers.get(None)  # gankit.optimizers.Adam(); "sgd" gives Keras's SGD
    ```
    """
    return Adam() if identifier is None else keras.optimizers.get(identifier)
