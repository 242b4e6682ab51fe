"""A small classifier of recordings, for its predictions and for its features."""

import keras
import numpy as np

from gankit.audio.features import LogMelPicture, of_classifier
from gankit.files.waves import FIELDS
from gankit.networks import classifiers

SHIFT, GAIN = 0.1, 6.0  # of the length, and dB: how far waves are moved and changed in loudness


def classifier(samples, sample_rate, classes, width=16):
    """A convolutional classifier of clips, whose last but one layer is named `features`.

    It takes the strongest response over time, so that it hardly matters when a word is spoken. A clip's 128
    features have mean 0 and mean square 1. About 230,000 weights.

    Args:
        samples: in a clip.
        sample_rate: in hertz.
        classes: how many.
        width: channels of the first layer.

    Returns:
        An untrained `keras.Model` from waves (batch, samples) to (batch, classes) probabilities.
    """
    inputs = keras.Input((samples,), name="waves")
    x = LogMelPicture(sample_rate, name="log_mel")(inputs)
    for filters, repeats in ((width, 1), (2 * width, 2), (4 * width, 2), (8 * width, 1)):
        x = classifiers.convolution_block(x, filters, repeats)
        if filters < 8 * width:
            x = keras.layers.MaxPooling2D(2, padding="same")(x)
    x = keras.layers.MaxPooling2D((x.shape[1], 1))(x)  # over time
    return keras.Model(inputs, classifiers.classification_head(x, classes), name="classifier")


def train_classifier(data, field="label", steps=1000, batch_size=64, seed=0):
    """A classifier of recordings, trained on those to train on, at random shifts and gains.

    Args:
        data: `gankit.audio.Recordings`.
        field: `"label"` or `"speaker"`.
        steps, batch_size, seed: of the training.

    Returns:
        The classifier, a `keras.Model` of waves as long as the longest, and its accuracy: on the
        held-out recordings; or, where whole labels or speakers are held out, on a tenth of the others,
        which it is then not trained on.

    Raises:
        ValueError: the recordings have no such labels.

    Example:

    ```python
    from gankit import audio

    network, accuracy = audio.train_classifier(audio.load("vowels", seconds=0.2), "speaker", steps=2)
    ```
    """
    keras.utils.set_random_seed(seed)
    train, test = split(data, field)
    labels = train.numbers(field)
    model = classifier(data.longest, data.sample_rate, int(labels.max()) + 1)
    stream = augmented(train, labels, data.longest, min(batch_size, len(train)), seed)
    classifiers.fit(model, stream, steps)
    found = of_classifier(model, "classes")(test.padded(data.longest)).argmax(axis=-1)
    return model, float(np.mean(found == test.numbers(field)))


def split(data, field):
    """`Waves` to train a classifier on, and others to test it on whose labels are among those."""
    if field not in FIELDS:
        raise ValueError(f"`field` is {' or '.join(map(repr, FIELDS))}. Received: {field!r}")
    train, validation = data.train, data.validation
    labels = train.numbers(field)
    if labels is None:
        raise ValueError(
            f"{data.name}: there are no {field}s to learn. Say where they are with --labels."
        )
    if np.isin(validation.numbers(field), labels).all():
        return train, validation
    chosen = np.random.default_rng(0).random(len(train)) < 0.1
    chosen[np.random.default_rng(0).integers(len(train))] = True  # or there might be none
    return train.take(~chosen), train.take(chosen)


def augmented(waves, labels, samples, batch_size, seed=0):
    """Yields batches of recordings, moved in time and changed in loudness, and their labels.

    Args:
        waves: `Waves`.
        labels: (n,).
        samples: the length they are padded to.
        batch_size: recordings in a batch.
        seed: of everything.
    """
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(waves))
        for start in range(0, len(order) - batch_size + 1, batch_size):
            rows = order[start : start + batch_size]
            batch = waves.padded(samples, rows)
            most = int(SHIFT * samples)
            shifts = rng.integers(-most, most + 1, size=len(rows))
            batch = np.stack([shifted(wave, by) for wave, by in zip(batch, shifts)])
            gains = 10 ** (rng.uniform(-GAIN, GAIN, size=(len(rows), 1)) / 20)
            yield (batch * gains).astype("float32"), labels[rows]


def shifted(wave, by):
    """A wave so many samples later, or earlier, silence coming in at the other end."""
    if by >= 0:
        return np.pad(wave, (by, 0))[: len(wave)]
    return np.pad(wave, (0, -by))[-by:]


def classifier_of(run, data, field="label", steps=1000):
    """The classifier that a run keeps, trained now where it has none yet; None without labels.

    Args:
        run: a `gankit.runs.Run`.
        data: `gankit.audio.Recordings`.
        field: `"label"` or `"speaker"`.
        steps: of its training.

    Example:

    ```python
    from gankit import audio, runs

    run = runs.Run("runs/mine")
    run.directory.mkdir()
    network = audio.classifier_of(run, audio.load("vowels", seconds=0.2), steps=2)  # and kept there
    ```
    """
    labels = data.train.numbers(field)
    if labels is None or labels.max() < 1:
        return None

    def make():
        print(f"Training a classifier of the {field}s, to measure with ...")
        model, accuracy = train_classifier(data, field, steps)
        print(f"It names {accuracy:.1%} of unheard recordings correctly.")
        return model

    return run.keep(f"{field}_classifier", make)
