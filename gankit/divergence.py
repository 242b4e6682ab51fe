"""What it is for a run to have diverged."""

import numpy as np

ADVICE = (
    "Train with a lower learning rate, a larger gamma (R1 and R2), or the optimizers' `clipnorm`; check "
    "the data for extreme values."
)


class DivergenceError(ValueError):
    """A loss, a weight or a sample became NaN or infinite.

    Args:
        step: adversarial steps done when that was seen.
        names: of what is not finite.

    Example:

    ```python
    import gankit

    try:
        raise gankit.callbacks.DivergenceError(step=300, names=["g_loss"])  # as `fit` does
    except gankit.callbacks.DivergenceError as error:
        print(error)  # by which step, what was not finite, what to try
    ```
    """

    def __init__(self, step, names):
        self.step, self.names = step, list(names)
        shown = ", ".join(self.names[:3]) + (", ..." if len(self.names) > 3 else "")
        self.what = f"Training had diverged by step {step}: not a finite number in {shown}."
        super().__init__(f"{self.what} {ADVICE}")


def require_finite(step, arrays):
    """Raises `DivergenceError` where an array is not finite.

    Args:
        step: adversarial steps done.
        arrays: pairs `(name, array or number)`; several may have the same name.
    """
    names = [name for name, array in arrays if not np.isfinite(array).all()]
    if names:
        raise DivergenceError(step, names)
