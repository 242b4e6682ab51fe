"""Class maps of targets and predictions, as measures of them take them."""

import numpy as np

from gankit.files.classes import IGNORED


def class_maps(real, fake):
    """The class indices of a batch of targets and of predictions.

    Args:
        real: (n, h, w, classes) one-hot, all zero where a pixel does not count; or (n, h, w)
            integers, `IGNORED` there.
        fake: (n, h, w, classes) scores, logits or probabilities, of which the largest counts; or
            (n, h, w) integers.

    Returns:
        Two (n, h, w) integer arrays: the target, with `IGNORED`, and the prediction.

    Raises:
        ValueError: for other shapes, rows of `real` that are not one-hot, and scores that are NaN.
    """
    real, fake = np.asarray(real), np.asarray(fake)
    for array, name in ((real, "real"), (fake, "fake")):
        scores = array.ndim == 4 and 2 <= array.shape[-1] <= IGNORED
        if not scores and array.ndim != 3:
            raise ValueError(
                f"`{name}` must be (n, h, w, classes), with 2 to {IGNORED} classes, or (n, h, w). "
                f"Received: shape {array.shape}"
            )
    target = _of_one_hot(real) if real.ndim == 4 else integers(real, "real")
    predicted = _of_scores(fake) if fake.ndim == 4 else integers(fake, "fake")
    check_same_shape(target, predicted)
    return target, predicted


def _of_one_hot(rows):
    sums = rows.sum(axis=-1)
    if not (((rows == 0) | (rows == 1)).all() and (sums <= 1).all()):
        raise ValueError(
            "`real` must be one-hot, or all zero at ignored pixels. Received: values from "
            f"{rows.min():g} to {rows.max():g}, rows that sum to up to {sums.max():g}"
        )
    return np.where(sums > 0, rows.argmax(axis=-1), IGNORED)


def _of_scores(scores):
    bad = np.isnan(scores).any(axis=-1)
    if bad.any():  # argmax would take NaN for the largest
        raise ValueError(
            f"`fake` must be numbers. Received: NaN at {bad.sum()} of {bad.size} pixels"
        )
    return scores.argmax(axis=-1)


def integers(values, name):
    values = np.asarray(values)
    if values.dtype.kind not in "biu":
        raise ValueError(f"`{name}` must be integers. Received: {values.dtype}")
    return values.astype("int64")


def check_same_shape(target, predicted):
    if target.shape != predicted.shape:
        raise ValueError(
            "Target and prediction must have one shape. Received: "
            f"{target.shape} and {predicted.shape}"
        )


def check_range(values, classes, requirement):
    wrong = values[(values < 0) | (values >= classes)]
    if wrong.size:
        raise ValueError(f"{requirement}. Received: {wrong[0]}")


def mean_of_known(values):
    """The mean of what is not NaN; NaN if all is."""
    values = np.asarray(values)
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
