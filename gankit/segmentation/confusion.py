"""What predicted class maps are measured by: counts of confusions, and boundaries."""

import keras
import numpy as np

from gankit.files.classes import IGNORED
from gankit.metrics import Metric


def confusion_matrix(target, predicted, classes):
    """How often each class was taken for each.

    Args:
        target: integers of any shape, 0 to classes - 1, or `IGNORED` where a pixel does not count.
        predicted: integers of the same shape, 0 to classes - 1 wherever the target counts.
        classes: how many, 1 to 255.

    Returns:
        (classes, classes) int64 counts of pixels: rows are true classes, columns predicted ones.

    Raises:
        ValueError: for another number of classes, arrays of two shapes, what is no integer, or an
            index out of range.

    Example:

    ```python
    import numpy as np

    from gankit import segmentation

    target, predicted = np.array([[0, 1, 255]]), np.array([[0, 0, 1]])
    segmentation.confusion_matrix(target, predicted, classes=2)  # [[1, 0], [1, 0]]: 255 is ignored
    ```
    """
    if not 1 <= classes <= IGNORED:
        raise ValueError(f"`classes` must be 1 to {IGNORED}. Received: classes={classes}")
    target, predicted = _integers(target, "target"), _integers(predicted, "predicted")
    _check_same_shape(target, predicted)
    counted = target != IGNORED
    target, predicted = target[counted], predicted[counted]
    _check_range(target, classes, f"`target` must be 0 to {classes - 1}, or {IGNORED} (ignored)")
    _check_range(predicted, classes, f"`predicted` must be 0 to {classes - 1}")
    counts = np.bincount(classes * target + predicted, minlength=classes**2)
    return counts.reshape(classes, classes).astype("int64")


def pixel_accuracy(confusion):
    """The share of pixels that are right, in [0, 1]; NaN without pixels.

    sum_i n_ii / sum_i t_i, where n_ij pixels of class i are predicted as j and t_i = sum_j n_ij.
    """
    return float(_ratio(np.trace(confusion), np.sum(confusion)))


def class_accuracy(confusion):
    """The share of a class's pixels that are right, averaged over the classes in the target.

    The mean of n_ii / t_i over t_i > 0, in [0, 1]; NaN without pixels.
    """
    return _mean(_ratio(np.diag(confusion), np.sum(confusion, axis=1)))


def per_class_iou(confusion):
    """Intersection over union of each class: n_ii / (t_i + sum_j n_ji - n_ii).

    Returns:
        (classes,) float64 in [0, 1]; NaN for classes in neither target nor prediction.

    Example:

    ```python
    import numpy as np

    from gankit import segmentation

    segmentation.per_class_iou(np.array([[3, 1], [0, 4]]))  # [3/4, 4/5]
    ```
    """
    hits = np.diag(confusion)
    return _ratio(hits, np.sum(confusion, axis=1) + np.sum(confusion, axis=0) - hits)


def mean_iou(confusion):
    """The mean intersection over union of the classes in target or prediction; NaN without pixels.

    The convention of the usual evaluations of CamVid and Cityscapes: a class that is predicted but
    nowhere true counts as 0, for its pixels are errors, and one that is in neither, which would be
    0 / 0, does not count. Over all counts at once, not a mean over pictures.

    Example:

    ```python
    import numpy as np

    from gankit import segmentation

    segmentation.mean_iou(np.array([[3, 1], [0, 4]]))  # (3/4 + 4/5) / 2
    ```
    """
    return _mean(per_class_iou(confusion))


def frequency_weighted_iou(confusion):
    """Intersection over union weighted by how many pixels each class truly has.

    sum_i t_i IoU_i / sum_i t_i, in [0, 1]; NaN without pixels. This, the two accuracies and the
    mean are the measures of Long et al. (2015), https://arxiv.org/abs/1411.4038, section 5.
    """
    true = np.sum(confusion, axis=1)
    weighted = true * np.nan_to_num(per_class_iou(confusion))  # what never occurs weighs nothing
    return float(_ratio(weighted.sum(), true.sum()))


@keras.saving.register_keras_serializable(package="gankit")
class Segmentation(Metric):
    """Accuracies and intersections over union of predicted class maps, over all pixels seen.

    Results, shares in [0, 1]: `mean_iou`, `pixel_accuracy`, `class_accuracy`,
    `frequency_weighted_iou`, and `iou_NAME` of every class in target or prediction. Keeps the
    confusion matrix only. Real and fake samples are as `class_maps` takes them.

    Args:
        names: of the classes, in the order of their indices: 1 to 255, no two alike.

    Example:

    ```python
    import numpy as np

    from gankit import segmentation

    metric = segmentation.Segmentation(["road", "car"])
    metric.update(np.array([[[0, 1, 255]]]), np.array([[[0, 0, 0]]]))
    metric.result()["pixel_accuracy"]  # 0.5
    ```
    """

    def __init__(self, names):
        self.names = list(names)
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"`names` must be distinct. Received: names={self.names}")
        self.reset()

    def reset(self):
        nothing = np.zeros(0, int)
        self._confusion = confusion_matrix(nothing, nothing, len(self.names))

    def update(self, real, fake, condition=None):
        target, predicted = class_maps(real, fake)
        self._confusion = self._confusion + confusion_matrix(target, predicted, len(self.names))

    @property
    def confusion(self):
        """(classes, classes) int64 counts since the last reset: rows are true classes."""
        return self._confusion

    def result(self):
        if not self.confusion.any():
            raise ValueError("No pixel was counted: nothing was seen, or every pixel is ignored.")
        values = {
            "mean_iou": mean_iou(self.confusion),
            "pixel_accuracy": pixel_accuracy(self.confusion),
            "class_accuracy": class_accuracy(self.confusion),
            "frequency_weighted_iou": frequency_weighted_iou(self.confusion),
        }
        for name, iou in zip(self.names, per_class_iou(self.confusion)):
            if not np.isnan(iou):
                values[f"iou_{name}"] = float(iou)
        return values

    def protocol(self):
        return (
            f"one confusion matrix of {len(self.names)} classes over all pixels but ignored ones, "
            "means over classes in target or prediction (accuracy: in the target)"
        )

    def get_config(self):
        return {"names": self.names}


def boundaries(labels):
    """The pixels beside another class: with one of their four neighbours of another, both counted.

    Neither the picture's edge nor ignored pixels make a boundary.

    Args:
        labels: (h, w) integers, `IGNORED` where a pixel does not count.

    Returns:
        (h, w) bool.
    """
    found = np.zeros(labels.shape, bool)
    for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        a, b = labels[one], labels[other]
        differ = (a != b) & (a != IGNORED) & (b != IGNORED)
        found[one] |= differ
        found[other] |= differ
    return found


def boundary_f1(target, predicted, tolerance):
    """How well the classes' boundaries match in one picture.

    Csurka et al. (2013), https://doi.org/10.5244/C.27.32. Of a class's boundary pixels, precision
    is the share of predicted ones at most `tolerance` from a true one, recall the share of true
    ones at most that far from a predicted one; F1 = 2 P R / (P + R). A class with a boundary in
    only one of the two has 0. One with a boundary in neither, as where it fills the picture, is
    left out.

    Args:
        target: (h, w) integers, `IGNORED` where a pixel does not count. A set whose contours are
            themselves ignored has no boundaries.
        predicted: (h, w) integers, 0 to 254 wherever the target counts.
        tolerance: Euclidean distance in pixels.

    Returns:
        The mean of F1 over classes, a float in [0, 1]; NaN where there is no boundary.

    Raises:
        ValueError: for arrays of two shapes, what is no integer, or a prediction out of range.
    """
    target, predicted = _integers(target, "target"), _integers(predicted, "predicted")
    _check_same_shape(target, predicted)
    _check_range(predicted[target != IGNORED], IGNORED, f"`predicted` must be 0 to {IGNORED - 1}")
    predicted = np.where(target == IGNORED, IGNORED, predicted)
    of_target, of_predicted = boundaries(target), boundaries(predicted)
    present = np.union1d(target[of_target], predicted[of_predicted])
    scores = [
        _f1(of_target & (target == label), of_predicted & (predicted == label), tolerance)
        for label in present
    ]
    return _mean(np.array(scores))


def _f1(true, found, tolerance):
    if not (true.any() and found.any()):
        return 0.0
    precision, recall = _share_near(found, true, tolerance), _share_near(true, found, tolerance)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _share_near(pixels, others, tolerance):
    from scipy.ndimage import distance_transform_edt

    return (distance_transform_edt(~others)[pixels] <= tolerance).mean()


@keras.saving.register_keras_serializable(package="gankit")
class BoundaryF1(Metric):
    """`boundary_f1`, averaged over the pictures that have a boundary.

    The result, `boundary_f1`, is in [0, 1]. Real and fake samples are as `class_maps` takes them.

    Args:
        tolerance: how far apart boundaries may be, as a share of the picture's diagonal, above 0;
            never less than 1 pixel.

    Example:

    ```python
    import numpy as np

    from gankit import segmentation

    metric, mask = segmentation.BoundaryF1(), np.repeat([[0, 0, 1, 1]], 4, axis=0)[None]
    metric.update(mask, mask)
    metric.result()  # {"boundary_f1": 1}
    ```
    """

    def __init__(self, tolerance=0.0075):
        if not tolerance > 0:
            raise ValueError(f"`tolerance` must be above 0. Received: tolerance={tolerance}")
        self.tolerance = tolerance
        self.reset()

    def reset(self):
        self._n, self._sum = 0, 0.0

    def update(self, real, fake, condition=None):
        target, predicted = class_maps(real, fake)
        pixels = max(self.tolerance * np.hypot(*target.shape[1:]), 1.0)
        scores = np.array([boundary_f1(t, p, pixels) for t, p in zip(target, predicted)])
        self._n += int(np.sum(~np.isnan(scores)))
        self._sum += float(np.nansum(scores))

    def result(self):
        if not self._n:
            raise ValueError("No boundary was seen: every picture is of one class, or ignored.")
        return {"boundary_f1": self._sum / self._n}

    def protocol(self):
        return (
            f"boundary F1, tolerance {self.tolerance:g} of the diagonal or 1 pixel, mean over a "
            "picture's classes with a boundary in target or prediction, then over pictures"
        )

    def get_config(self):
        return {"tolerance": self.tolerance}


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
    target = _of_one_hot(real) if real.ndim == 4 else _integers(real, "real")
    predicted = _of_scores(fake) if fake.ndim == 4 else _integers(fake, "fake")
    _check_same_shape(target, predicted)
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


def _integers(values, name):
    values = np.asarray(values)
    if values.dtype.kind not in "biu":
        raise ValueError(f"`{name}` must be integers. Received: {values.dtype}")
    return values.astype("int64")


def _check_same_shape(target, predicted):
    if target.shape != predicted.shape:
        raise ValueError(
            "Target and prediction must have one shape. Received: "
            f"{target.shape} and {predicted.shape}"
        )


def _check_range(values, classes, requirement):
    wrong = values[(values < 0) | (values >= classes)]
    if wrong.size:
        raise ValueError(f"{requirement}. Received: {wrong[0]}")


def _ratio(numerator, denominator):
    """NaN where the denominator is 0."""
    nothing = np.full(np.shape(denominator), np.nan)
    return np.divide(numerator, denominator, out=nothing, where=np.asarray(denominator) > 0)


def _mean(values):
    """The mean of what is not NaN; NaN if all is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
