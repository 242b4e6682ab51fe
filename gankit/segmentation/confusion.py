"""What predicted class maps are measured by: how often each class is taken for each."""

import keras
import numpy as np

from gankit.files.classes import IGNORED
from gankit.metrics import Metric
from gankit.segmentation.class_maps import (
    check_range,
    check_same_shape,
    class_maps,
    integers,
    mean_of_known,
)


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
    target, predicted = integers(target, "target"), integers(predicted, "predicted")
    check_same_shape(target, predicted)
    counted = target != IGNORED
    target, predicted = target[counted], predicted[counted]
    check_range(target, classes, f"`target` must be 0 to {classes - 1}, or {IGNORED} (ignored)")
    check_range(predicted, classes, f"`predicted` must be 0 to {classes - 1}")
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
    return mean_of_known(_ratio(np.diag(confusion), np.sum(confusion, axis=1)))


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
    return mean_of_known(per_class_iou(confusion))


def frequency_weighted_iou(confusion):
    """Intersection over union weighted by how many pixels each class truly has.

    sum_i t_i IoU_i / sum_i t_i, in [0, 1]; NaN without pixels. This, the two accuracies and the
    mean are the measures of Long et al. (2015), https://arxiv.org/abs/1411.4038, section 5.
    """
    true = np.sum(confusion, axis=1)
    weighted = true * np.nan_to_num(per_class_iou(confusion))  # what never occurs weighs nothing
    return float(_ratio(weighted.sum(), true.sum()))


@keras.saving.register_keras_serializable(package="gankit")
class ClassOverlap(Metric):
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

    metric = segmentation.ClassOverlap(["road", "car"])
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


def _ratio(numerator, denominator):
    """NaN where the denominator is 0."""
    nothing = np.full(np.shape(denominator), np.nan)
    return np.divide(numerator, denominator, out=nothing, where=np.asarray(denominator) > 0)
