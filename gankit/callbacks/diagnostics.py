import warnings

import keras
import numpy as np

from gankit.divergence import require_finite


class TrainingWarning(UserWarning):
    """Something in a run looks wrong; the message says what, and what to try.

    Example:

    ```python
    import warnings

    import gankit

    warnings.simplefilter("error", gankit.callbacks.TrainingWarning)  # stop instead of a warning
    warnings.simplefilter("default", gankit.callbacks.TrainingWarning)
    ```
    """


class Diagnostics(keras.callbacks.Callback):
    """Watches a run and says in plain words what goes wrong, and what to try.

    Looks at the end of every epoch for: losses and samples that are not finite (an error, `DivergenceError`,
    which `Recover` can mend), a discriminator
    that tells real from fake without fail, samples that are nearly all the same, modes that were
    there and are gone. Each kind is said once until it has passed.

    Args:
        reference: some real samples, an array (n, ...) prepared as the networks see them, whose
            spread the samples' is compared with; None to leave that out.
        condition: of the samples, `n` rows, as in `GAN.generate`.
        patience: how many epochs in a row something must last, at least 1.
        n: how many samples to look at.

    Example:

    ```python
    import gankit
    from gankit import points

    data = points.ring(n=1_000)
    gan = gankit.GAN(points.generator(units=16), points.discriminator(units=16))
    gan.compile()
    watch = gankit.callbacks.Diagnostics(data.preparation(data.validation))
    gan.fit(data.dataset(100), epochs=1, callbacks=[watch], verbose=0)
    ```
    """

    def __init__(self, reference=None, condition=None, patience=2, n=256):
        super().__init__()
        if patience < 1:
            raise ValueError(f"`patience` must be at least 1. Received: patience={patience}")
        self.condition, self.patience, self.n = condition, patience, n
        self._spread = None if reference is None else spread(reference)
        self._lasting = {}
        self._most_modes = 0.0

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        step = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        # A validation metric may be undefined without anything having diverged.
        trained = [(name, float(x)) for name, x in logs.items() if not name.startswith("val_")]
        require_finite(step, trained)
        self._look(
            "won",
            logs.get("d_accuracy", 0.0) > 0.99,
            (
                "The discriminator tells every real sample from every fake one, so the generator learns "
                "little. Try a larger gamma (R1 and R2), a lower discriminator learning rate, an "
                "augmentation, or more data."
            ),
        )
        if self._spread is not None:
            samples = self.model.generate(self.n, self.condition, seed=0)
            require_finite(step, [("the samples", leaf) for leaf in keras.tree.flatten(samples)])
            share = spread(samples) / self._spread
            self._look(
                "same",
                share < 0.1,
                (
                    f"The samples are nearly all the same: their spread is {share:.0%} of the data's. "
                    "Try the relativistic pairing loss with R1 and R2, packing, or a lower generator "
                    "learning rate."
                ),
            )
        modes = logs.get("val_modes")
        if modes is not None:
            lost = float(modes) < self._most_modes
            self._look(
                "modes",
                lost,
                (
                    f"Modes were lost: {float(modes):.0f} of {self._most_modes:.0f} that were there. Try "
                    "the relativistic pairing loss with R1 and R2, packing, or a longer EMA half-life."
                ),
            )
            self._most_modes = max(self._most_modes, float(modes))

    def get_state(self):
        """What has been seen, for `Resume`."""
        return {"lasting": self._lasting, "most_modes": self._most_modes}

    def set_state(self, state):
        """Goes on from what had been seen."""
        self._lasting, self._most_modes = dict(state["lasting"]), state["most_modes"]

    def _look(self, kind, wrong, message):
        self._lasting[kind] = self._lasting.get(kind, 0) + 1 if wrong else 0
        if self._lasting[kind] == self.patience:
            self._say(message)

    def _say(self, message):
        warnings.warn(message, TrainingWarning, stacklevel=3)


def spread(samples):
    """The root mean square deviation of samples from their mean, over all elements."""
    samples = np.asarray(samples, "float64")
    return float(np.sqrt(np.mean(np.square(samples - samples.mean(axis=0)))))
