"""The metrics that suit a set of texts, and those of categories and prompts."""

import keras
import numpy as np

from gankit.metrics import FrechetDistance, OnFeatures
from gankit.text.bleu import Bleu, SelfBleu, bleu
from gankit.text.copies import Copies
from gankit.text.ngram_model import LanguageModelScore
from gankit.text.scores import Distinct
from gankit.text.sequences import KeepsSequences, tell_apart, unpad
from gankit.text.two_sample import TwoSampleTest


@keras.saving.register_keras_serializable(package="gankit")
class LabelAccuracy(KeepsSequences):
    """The share of samples in which a classifier of real text finds the category that was asked for.

    The classifier is a logistic regression on counts of words and pairs of words, trained on the
    training set.

    Args:
        training, labels: the training set, a list of integer arrays, and its categories; not saved
            with the metric.

    Example:

    ```python
    from gankit import text

    data = text.load("headlines")
    metric = text.LabelAccuracy(text.unpad(data.samples), data.labels)
    metric.update(data.validation[:50], data.validation[:50], data.validation_labels[:50])
    metric.result()
    ```
    """

    def __init__(self, training=None, labels=None):
        self.training, self.labels = training, labels
        super().__init__()

    def reset(self):
        super().reset()
        self._asked = []

    def update(self, real, fake, condition=None):
        super().update(real, fake)
        self._asked += np.reshape(condition, -1).tolist()

    def result(self):
        if self.training is None:
            raise ValueError("LabelAccuracy needs a training set: give `training` and `labels`.")
        found = self._classifier.predict(_as_words(self._fake))
        return {"label_accuracy": float(np.mean(found == np.array(self._asked)))}

    @property
    def _classifier(self):
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        if not hasattr(self, "_trained"):
            words = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", lowercase=False)
            self._trained = make_pipeline(words, LogisticRegression(max_iter=500))
            self._trained.fit(_as_words(self.training), self.labels)
        return self._trained

    def protocol(self):
        return (
            "a logistic regression on counts of words and pairs, trained on the training set; "
            f"{self.about_unknown()}"
        )

    def get_config(self):
        return {}


def _as_words(sequences):
    return [" ".join(map(str, sequence)) for sequence in sequences]


@keras.saving.register_keras_serializable(package="gankit")
class OfPrompt(KeepsSequences):
    """BLEU-2 of replies against the real replies to the same prompt, averaged over replies.

    `bleu_2_of_prompt` is of the fake reply of each row, `bleu_2_of_prompt_of_real` of the real one in
    its place. Both are compared with the other real replies to the prompt: each different reply once,
    without the row's own. Rows whose prompt has no other reply are left out. Where no prompt has
    another, each fake reply is compared with the real one of its row, and there is no
    `bleu_2_of_prompt_of_real`.

    Example:

    ```python
    from gankit import text

    data, metric = text.load("dialogue"), text.OfPrompt()
    metric.update(data.validation[:50], data.validation[:50], data.validation_prompts[:50])
    metric.result()["bleu_2_of_prompt"]  # 1: the replies are the real ones
    ```
    """

    def reset(self):
        super().reset()
        self._prompts = []

    def update(self, real, fake, condition=None):
        super().update(real, fake)
        self._prompts += (tuple(row) for row in np.asarray(condition).tolist())

    def result(self):
        rows = self._with_others()
        values = {"bleu_2_of_prompt": [bleu(others, [fake], 2)[1] for _, fake, others in rows]}
        if rows:
            values["bleu_2_of_prompt_of_real"] = [
                bleu(others, [real], 2)[1] for real, _, others in rows
            ]
        else:
            pairs = zip(*tell_apart(self._real, self._fake))
            values["bleu_2_of_prompt"] = [bleu([real], [fake], 2)[1] for real, fake in pairs]
        return {name: float(np.mean(found)) for name, found in values.items()}

    def _with_others(self):
        """`real, fake, others` of each row whose prompt has other real replies."""
        rows = list(zip(self._prompts, map(_key, self._real), *tell_apart(self._real, self._fake)))
        replies = {}  # to each prompt, the different ones
        for prompt, key, real, _ in rows:
            replies.setdefault(prompt, {}).setdefault(key, real)
        others = [
            [reply for other, reply in replies[prompt].items() if other != key]
            for prompt, key, _, _ in rows
        ]
        return [(real, fake, some) for (_, _, real, fake), some in zip(rows, others) if some]

    def protocol(self):
        n = len(self._with_others())
        against = f"{n} replies and the real ones in their places, against the prompt's other held-out ones"
        if not n:
            n = len(self._real)
            against = f"{n} replies, each against the held-out one to the same prompt"
        return f"{against}; {self.about_unknown()}, none of which matches another"

    def get_config(self):
        return {}


def _key(sequence):
    return tuple(sequence.tolist())


def metrics_for(data, encoder=None):
    """The metrics that suit a set of texts.

    Args:
        data: `Texts`.
        encoder: an `Encoder` for the Frechet distance, or None to leave that out.

    Returns:
        A list for `compile(metrics=...)`.

    Example:

    ```python
    from gankit import text

    metrics = text.metrics_for(text.load("headlines"))  # for `gan.host_metrics`
    ```
    """
    training = unpad(data.samples)
    metrics = [
        LanguageModelScore(training, data.preparation.vocabulary_size, 3),
        Bleu(5),
        SelfBleu(5),
        Distinct(3),
        Copies(training),
    ]
    if encoder is not None:
        metrics.append(OnFeatures(encoder, [FrechetDistance()]))
    if data.labels is not None:
        metrics.append(LabelAccuracy(training, data.labels))
    if data.prompts is not None:
        metrics += [OfPrompt(), TwoSampleTest()]
    return metrics
