"""What goes wrong with text, said in plain words."""

import numpy as np

from gankit.callbacks import Diagnostics
from gankit.text.ids import UNKNOWN
from gankit.text.scores import most_frequent, most_repeated, repetition
from gankit.text.sequences import tell_apart, unpad

SIGNS = (  # what is repeated, by what, and how often
    (most_frequent, "{share:.0%} of the samples are the same: {words!r}."),
    (
        lambda samples: most_repeated(samples, 4),
        "{share:.0%} of the samples share four tokens in a row: {words!r}.",
    ),
    (
        lambda samples: repetition(samples, 2),
        "{share:.0%} of all pairs of tokens stood earlier in the same sample, most often {words!r}.",
    ),
)


ADVICE = {  # for what `Diagnostics` finds, where its own is for pictures
    "won": (
        "The discriminator tells every real sequence from every drawn one, so the generator learns "
        "little. Try a lower discriminator learning rate, fewer discriminator steps, or more data."
    )
}


def collapse(samples, real, tokenizer):
    """What samples repeat far more often than real text does.

    Args:
        samples, real: (n, length) tokens.
        tokenizer: of both.

    Returns:
        A sentence that names the first of these that is true, or None: many samples are the same; many
        share four tokens in a row; many pairs of tokens are repeated within a sample. Many means more
        than 5% and more than three times the share in real text, or more than halfway from that share
        to 100%.
    """
    ours, theirs = tell_apart(unpad(samples), unpad(real))
    for find, sentence in SIGNS:
        (tokens, share), (_, usual) = find(ours), find(theirs)
        if share > min(max(3 * usual, 0.05), (1 + usual) / 2):
            tokens = np.array(tokens, "int32")
            words = tokenizer.decode([np.where(tokens < 0, UNKNOWN, tokens)])[0]
            return sentence.format(share=share, words=words)
    return None


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

    def _look(self, kind, wrong, message):
        super()._look(kind, wrong, ADVICE.get(kind, message))

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
