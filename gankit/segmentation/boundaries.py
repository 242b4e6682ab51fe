"""How well the boundaries of predicted class maps match."""

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
        target: (h, w) integers, `IGNORED` where a pixel does not count.
        predicted: (h, w) integers, 0 to 254 wherever the target counts.
        tolerance: Euclidean distance in pixels.

    Returns:
        The mean of F1 over classes, a float in [0, 1]; NaN where the target has no boundary: of one
        class, or with contours that are themselves ignored.

    Raises:
        ValueError: for arrays of two shapes, what is no integer, or a prediction out of range.
    """
    target, predicted = integers(target, "target"), integers(predicted, "predicted")
    check_same_shape(target, predicted)
    check_range(predicted[target != IGNORED], IGNORED, f"`predicted` must be 0 to {IGNORED - 1}")
    predicted = np.where(target == IGNORED, IGNORED, predicted)
    of_target, of_predicted = boundaries(target), boundaries(predicted)
    if not of_target.any():
        return np.nan
    present = np.union1d(target[of_target], predicted[of_predicted])
    scores = [
        _f1(of_target & (target == label), of_predicted & (predicted == label), tolerance)
        for label in present
    ]
    return mean_of_known(scores)


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
    """`boundary_f1`, averaged over the pictures whose targets have a boundary.

    The result, `boundary_f1`, is in [0, 1]; there is none where no target has a boundary. Real and
    fake samples are as `class_maps` takes them.

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
        return {"boundary_f1": self._sum / self._n} if self._n else {}

    def protocol(self):
        return (
            f"boundary F1, tolerance {self.tolerance:g} of the diagonal or 1 pixel, mean over a "
            "picture's classes with a boundary in target or prediction, then over pictures with one in "
            "the target"
        )

    def get_config(self):
        return {"tolerance": self.tolerance}
