"""How much of the samples is copied word for word from the training set."""

import keras
import numpy as np

from gankit.text.ngrams import check_order, number_ngrams
from gankit.text.sequences import KeepsSequences, flatten, tell_apart


def copied(samples, training):
    """The share of samples that equal a training sequence, token by token.

    Args:
        samples: a list of integer arrays, at least 1.
        training: a list of integer arrays.

    Returns:
        A float in [0, 1].

    Example:

    ```python
    import numpy as np

    from gankit import text

    text.copied([np.array([4, 5]), np.array([6])], training=[np.array([4, 5])])  # 0.5
    ```
    """
    if not len(samples):
        raise ValueError("A share takes at least 1 sample. Received: none")
    known = {_key(sequence) for sequence in training}
    return float(np.mean([_key(sample) in known for sample in samples]))


def novelty(samples, training, n):
    """The share of the samples' n-grams that occur nowhere in the training set.

    McCoy et al. (2021), https://arxiv.org/abs/2111.09509. Compare with held-out real text: there is
    little to gain in being more novel than that.

    Args:
        samples: a list of integer arrays.
        training: a list of integer arrays.
        n: the order, at least 1.

    Returns:
        A float in [0, 1]; 0 where no sample has n tokens.

    Example:

    ```python
    import numpy as np

    from gankit import text

    text.novelty([np.array([4, 5, 6])], training=[np.array([4, 5, 7])], n=2)  # 0.5: (5, 6) is new
    ```
    """
    tokens, rows, places = flatten([*training, *samples])
    *_, numbers = number_ngrams(tokens, places, n)
    ours = rows >= len(training)
    fits = numbers >= 0
    known = np.zeros(len(tokens), bool)
    known[numbers[fits & ~ours]] = True
    return float(np.sum(~known[numbers[fits & ours]]) / max(np.sum(fits & ours), 1))


def _key(sequence):
    return np.asarray(sequence, "int64").tobytes()


@keras.saving.register_keras_serializable(package="gankit")
class Copies(KeepsSequences):
    """What share of fake sequences was copied from training, and what share of n-grams is new.

    `copied` and `novel_ngrams` are as the functions `copied` and `novelty` give them. `copied_of_real`
    and `novel_ngrams_of_real` are the same of the real sequences, which should be held-out ones: they
    show how much is due to common phrases. Unknown tokens match nothing.

    Args:
        training: the training set, a list of integer arrays without start and end; not saved with
            the metric.
        n: the order for `novelty`.

    Example:

    ```python
    from gankit import text

    data = text.load("headlines")
    metric = text.Copies(text.unpad(data.samples))
    metric.update(data.validation[:50], data.samples[:50])
    metric.result()["copied"]  # 1: these stand in the training set
    ```
    """

    def __init__(self, training=None, n=4):
        self.training, self.n = training, check_order(n)
        super().__init__()

    def result(self):
        if self.training is None:
            raise ValueError("Copies are of a training set: give `training`.")
        fake, real, training = tell_apart(self._fake, self._real, self.training)
        return {
            "copied": copied(fake, training),
            "copied_of_real": copied(real, training),
            "novel_ngrams": novelty(fake, training, self.n),
            "novel_ngrams_of_real": novelty(real, training, self.n),
        }

    def protocol(self):
        known = 0 if self.training is None else len(self.training)
        return (
            f"N = {len(self._fake)} samples among {known} training sequences, token by token; "
            f"their {self.n}-grams; {self.about_unknown()}, none of which is a copy; "
            "held-out lines, but for replies, are chosen to be no copies"
        )

    def get_config(self):
        return {"n": self.n}
