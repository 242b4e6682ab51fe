"""What goes wrong with text, said in plain words."""

import numpy as np

from gankit.callbacks import Diagnostics
from gankit.text.scores import most_repeated
from gankit.text.sequences import unpad

TOKENS = 4  # in a row


def collapse(samples, real, tokenizer):
    """What samples repeat far more often than real text does.

    Args:
        samples, real: (n, length) tokens.
        tokenizer: of both.

    Returns:
        A sentence that names it, or None: no four tokens in a row stand in more than a twentieth of
        the samples, or in three times as many as real text's most frequent ones do.
    """
    ngram, share = most_repeated(unpad(samples), TOKENS)
    _, usual = most_repeated(unpad(real), TOKENS)
    if share <= max(3 * usual, 0.05):
        return None
    words = tokenizer.decode([np.array(ngram)])[0]
    return f"{share:.0%} of the samples share four tokens in a row: {words!r}."


class TextDiagnostics(Diagnostics):
    """`gankit.callbacks.Diagnostics`, and an alarm that names what the samples repeat.

    Args:
        data: `Texts`.
        condition: of the samples, at least `n` rows, for a conditional game.
        patience: how many epochs in a row something must last, at least 1.
        n: how many samples to look at.

    Example:

    ```python
    from gankit import text

    watch = text.TextDiagnostics(text.load("headlines"))  # a callback for `fit`
    ```
    """

    def __init__(self, data, condition=None, patience=2, n=256):
        n = min(n, len(data.validation))
        super().__init__(None, None if condition is None else condition[:n], patience, n)
        self._real, self._tokenizer = data.validation[:n], data.preparation

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        samples = self.model.generate(self.n, self.condition, seed=0)
        found = collapse(samples, self._real, self._tokenizer)
        self._look(
            "repeats",
            found is not None,
            f"{found} The generator is collapsing: try a lower generator learning rate, fewer steps, or "
            "more discriminator steps.",
        )
