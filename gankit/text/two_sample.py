"""A discriminator that had no part in the game: can it tell samples from real text?"""

import keras
import numpy as np

from gankit.text.ids import UNKNOWN
from gankit.text.sequences import KeepsSequences

FOLDS = 5


@keras.saving.register_keras_serializable(package="gankit")
class TwoSampleTest(KeepsSequences):
    """The accuracy of a fresh discriminator on samples and real text that it has not seen.

    0.5 where they can't be told apart, 1.0 where every one can. Lopez-Paz & Oquab (2017),
    https://arxiv.org/abs/1610.06545, section 3; in dialogue, Li et al. (2017),
    https://arxiv.org/abs/1701.06547, section 4. The discriminator is a logistic regression. Its
    features are which words and pairs of words a sequence contains, and which words come together with
    which word of the prompt, or with the category. It is cross-validated, with all sequences of a
    prompt in one fold.

    Real and fake sequences that are given together share the condition given with them. Where one of
    the two has an unknown token, which samples are drawn without, both are left out.

    Example:

    ```python
    from gankit import text

    data, metric = text.load("headlines"), text.TwoSampleTest()
    metric.update(data.validation[:100], data.samples[:100])
    metric.result()  # about 0.5: both are real
    ```
    """

    def reset(self):
        super().reset()
        self._conditions = []

    def update(self, real, fake, condition=None):
        super().update(real, fake)
        told = np.zeros((len(fake), 0), int) if condition is None else np.asarray(condition)
        self._conditions += map(tuple, told.reshape(len(fake), -1))

    def result(self):
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GroupKFold, cross_val_predict
        from threadpoolctl import threadpool_limits

        if len(self._real) != len(self._fake):
            raise ValueError(
                "A two-sample test takes as many fake sequences as real ones. Received: "
                f"{len(self._fake)} fake and {len(self._real)} real."
            )
        real, fake, conditions = self._known()
        groups = _groups(conditions)
        folds = min(FOLDS, len(set(groups)))
        if folds < 2:
            raise ValueError(
                "A two-sample test takes sequences of 2 prompts at least, or 2 sequences without, with "
                f"no unknown token in them. Received: {folds}."
            )
        rows = [*zip(real, conditions), *zip(fake, conditions)]
        is_real = np.repeat([True, False], len(real))
        seen = CountVectorizer(analyzer=_seen, binary=True).fit_transform(rows)
        judge = LogisticRegression(max_iter=500)
        with threadpool_limits(1):  # threads wait for each other over so little: 30 times as long
            found = cross_val_predict(
                judge, seen, is_real, groups=np.tile(groups, 2), cv=GroupKFold(folds)
            )
        return {"two_sample_accuracy": float(np.mean(found == is_real))}

    def _known(self):
        """Real and fake sequences and their conditions, without those that have something unknown."""
        rows = zip(self._real, self._fake, self._conditions)
        kept = [row for row in rows if UNKNOWN not in row[0] and UNKNOWN not in row[1]]
        return [list(column) for column in zip(*kept)] or [[], [], []]

    def protocol(self):
        return (
            f"a logistic regression on words and pairs of words, cross-validated in {FOLDS} folds, of "
            f"{len(self._known()[0])} samples without an unknown token and as many real ones; 0.5 is "
            "chance"
        )

    def get_config(self):
        return {}


def _groups(conditions):
    """A number for each row, the same for rows of one prompt, which belong in the same fold."""
    if len(conditions) and len(conditions[0]) > 1:
        numbers = {one: i for i, one in enumerate(dict.fromkeys(conditions))}
        return [numbers[one] for one in conditions]
    return list(range(len(conditions)))


def _seen(row):
    """What the discriminator sees of a sequence and its condition."""
    sequence, condition = row
    yield "any"  # so that an empty sequence is one, too
    yield from (str(word) for word in sequence)
    yield from (f"{one} {other}" for one, other in zip(sequence, sequence[1:]))
    yield from (f"{told}: {word}" for told in set(condition) for word in sequence)
