import numpy as np
import pytest
import sklearn.metrics

from gankit.segmentation.boundaries import BoundaryF1, boundaries, boundary_f1
from gankit.segmentation.class_maps import class_maps
from gankit.segmentation.confusion import (
    IGNORED,
    ClassOverlap,
    class_accuracy,
    confusion_matrix,
    frequency_weighted_iou,
    mean_iou,
    per_class_iou,
    pixel_accuracy,
)
from tests.helpers import check_config_round_trip

# Five pixels count; class 2 is predicted once and true nowhere, class 3 is in neither.
TARGET = np.array([[0, 0, 0], [1, 1, IGNORED]])
PREDICTED = np.array([[0, 0, 1], [1, 2, 3]])
CONFUSION = np.array([[2, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
NAMES = ["road", "sky", "car", "tree"]


def random_maps(classes=5, ignored=True, seed=0):
    rng = np.random.default_rng(seed)
    target, predicted = rng.integers(classes, size=(2, 6, 8, 9))
    predicted = np.where(rng.random(target.shape) < 0.5, target, predicted)
    if ignored:
        target[rng.random(target.shape) < 0.2] = IGNORED
    return target, predicted


def one_hot(labels, classes):
    return (labels[..., None] == np.arange(classes)).astype("float32")


def measure(metric, real, fake):
    metric.update(real, fake)
    return metric.result()


def test_confusion_by_hand():
    found = confusion_matrix(TARGET, PREDICTED, 4)
    np.testing.assert_array_equal(found, CONFUSION)
    assert found.dtype == "int64"


def test_measures_by_hand():
    """IoU: 2 / (3 + 2 - 2), 1 / (2 + 2 - 1), 0 / (0 + 1 - 0), and 0 / 0."""
    np.testing.assert_allclose(per_class_iou(CONFUSION), [2 / 3, 1 / 3, 0, np.nan])
    assert mean_iou(CONFUSION) == pytest.approx((2 / 3 + 1 / 3 + 0) / 3)
    assert pixel_accuracy(CONFUSION) == pytest.approx(3 / 5)
    assert class_accuracy(CONFUSION) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert frequency_weighted_iou(CONFUSION) == pytest.approx((3 * 2 / 3 + 2 * 1 / 3) / 5)


def test_nothing_counted_is_not_a_number():
    empty = confusion_matrix(np.array([IGNORED]), np.array([0]), 2)
    for measure_of in (pixel_accuracy, class_accuracy, mean_iou, frequency_weighted_iou):
        assert np.isnan(measure_of(empty))
    assert np.isnan(per_class_iou(empty)).all()


def test_like_scikit_learn():
    target, predicted = random_maps(ignored=False)
    t, p = target.ravel(), predicted.ravel()
    found = confusion_matrix(target, predicted, 5)
    np.testing.assert_array_equal(found, sklearn.metrics.confusion_matrix(t, p))
    jaccard = sklearn.metrics.jaccard_score
    np.testing.assert_allclose(per_class_iou(found), jaccard(t, p, average=None))
    assert mean_iou(found) == pytest.approx(jaccard(t, p, average="macro"))
    assert frequency_weighted_iou(found) == pytest.approx(jaccard(t, p, average="weighted"))
    assert pixel_accuracy(found) == pytest.approx(sklearn.metrics.accuracy_score(t, p))
    assert class_accuracy(found) == pytest.approx(sklearn.metrics.balanced_accuracy_score(t, p))


def test_small_integers_do_not_overflow():
    target, predicted = random_maps(classes=200)
    small = confusion_matrix(target.astype("uint8"), predicted.astype("uint8"), 200)
    np.testing.assert_array_equal(small, confusion_matrix(target, predicted, 200))


@pytest.mark.parametrize(
    ("target", "predicted", "classes", "message"),
    [
        ([0, 1], [0], 2, r"Received: \(2,\) and \(1,\)"),
        ([0, 7], [0, 1], 2, r"`target` must be 0 to 1, or 255 \(ignored\). Received: 7"),
        ([0, -1], [0, 1], 2, "`target` must be 0 to 1.* Received: -1"),
        ([0, 1], [0, 2], 2, "`predicted` must be 0 to 1. Received: 2"),
        ([0, 1], [0, IGNORED], 2, "`predicted` must be 0 to 1. Received: 255"),
        ([0.0, 1.0], [0, 1], 2, "`target` must be integers. Received: float64"),
        ([0, 1], [0, 1], 256, "1 to 255. Received: classes=256"),
        ([0, 1], [0, 1], 0, "1 to 255. Received: classes=0"),
    ],
)
def test_bad_maps(target, predicted, classes, message):
    with pytest.raises(ValueError, match=message):
        confusion_matrix(np.array(target), np.array(predicted), classes)


def test_segmentation_by_hand():
    metric = ClassOverlap(NAMES)
    result = measure(metric, TARGET[None], PREDICTED[None])
    assert result == {
        "mean_iou": pytest.approx(1 / 3),
        "pixel_accuracy": pytest.approx(0.6),
        "class_accuracy": pytest.approx(7 / 12),
        "frequency_weighted_iou": pytest.approx(8 / 15),
        "iou_road": pytest.approx(2 / 3),
        "iou_sky": pytest.approx(1 / 3),
        "iou_car": 0.0,
    }
    assert all(type(value) is float for value in result.values())
    np.testing.assert_array_equal(metric.confusion, CONFUSION)
    assert "4 classes" in metric.protocol()


def test_scores_are_as_good_as_maps():
    target, predicted = random_maps()
    scores = one_hot(predicted, 5) + 0.9 * np.random.default_rng(1).random((*predicted.shape, 5))
    for metric in (ClassOverlap("abcde"), BoundaryF1()):
        expected = measure(metric, target, predicted)
        metric.reset()
        assert measure(metric, one_hot(target, 5), scores) == expected
        metric.reset()
        assert measure(metric, one_hot(target, 5), predicted) == expected


@pytest.mark.parametrize("metric", [ClassOverlap("abcde"), BoundaryF1()])
def test_batches_are_the_whole(metric):
    target, predicted = random_maps()
    metric.reset()
    whole = measure(metric, target, predicted)
    metric.reset()
    for start, stop in ((0, 1), (1, 4), (4, 6)):
        metric.update(target[start:stop], predicted[start:stop])
    assert metric.result() == pytest.approx(whole)


@pytest.mark.parametrize("metric", [ClassOverlap("abcde"), BoundaryF1()])
def test_ignored_pixels_change_nothing(metric):
    target, predicted = random_maps()
    metric.reset()
    expected = measure(metric, target, predicted)
    for other in ((predicted + 1) % 5, IGNORED):
        metric.reset()
        changed = np.where(target == IGNORED, other, predicted)
        assert measure(metric, target, changed) == expected


def test_nothing_counted():
    metric = ClassOverlap("ab")
    with pytest.raises(ValueError, match="No pixel was counted"):
        metric.result()
    metric.update(np.full((1, 2, 3), IGNORED), np.zeros((1, 2, 3), int))
    with pytest.raises(ValueError, match="No pixel was counted"):
        metric.result()
    metric.update(np.array([[[0, 1]]]), np.array([[[0, 1]]]))
    assert set(metric.result().values()) == {1.0}


def test_contours_that_are_ignored():
    """As in PASCAL VOC: no boundary is left to find, so there is no F1, whatever is found."""
    target = np.zeros((1, 6, 8), int)
    target[..., 5:] = 1
    target[..., 4] = IGNORED
    found = np.zeros_like(target)
    found[:, 3:] = 1
    assert np.isnan(boundary_f1(target[0], found[0], 1))
    metric = BoundaryF1()
    assert metric.result() == {}
    metric.update(target, found)
    assert metric.result() == {}
    metric.update(np.array([[[0, 1]]]), np.array([[[0, 1]]]))
    assert metric.result() == {"boundary_f1": 1.0}


def test_class_maps_by_hand():
    real = np.array([[[[0, 1], [1, 0], [0, 0]]]], "float32")
    fake = np.array([[[[-3, -2], [5, 4], [0, 1]]]], "float32")
    target, predicted = class_maps(real, fake)
    np.testing.assert_array_equal(target, [[[1, 0, IGNORED]]])
    np.testing.assert_array_equal(predicted, [[[1, 0, 1]]])


@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (np.zeros((2, 3)), np.zeros((1, 2, 3, 4)), r"`real` must be .* shape \(2, 3\)"),
        (np.zeros((1, 2, 3), int), np.zeros((1, 2, 3, 1)), r"`fake` must be .* \(1, 2, 3, 1\)"),
        (np.zeros((1, 2, 3)), np.zeros((1, 2, 3, 4)), "`real` must be integers. Received: float64"),
        (np.zeros((1, 2, 3), int), np.zeros((1, 2, 3)), "`fake` must be integers"),
        (-np.ones((1, 2, 3, 4)), np.zeros((1, 2, 3, 4)), "one-hot.* from -1 to -1"),
        (np.ones((1, 2, 3, 4)), np.zeros((1, 2, 3, 4)), "one-hot.* sum to up to 4"),
        (np.zeros((1, 2, 3, 4)), np.full((1, 2, 3, 4), np.nan), "NaN at 6 of 6 pixels"),
        (np.zeros((1, 2, 3, 4)), np.zeros((2, 2, 3, 4)), r"\(1, 2, 3\) and \(2, 2, 3\)"),
    ],
)
def test_bad_samples(real, fake, message):
    with pytest.raises(ValueError, match=message):
        class_maps(real, fake)


def test_boundaries_by_hand():
    """Neither the picture's edge nor ignored pixels make one."""
    labels = np.array([[0, 0, 0, 1], [0, 0, IGNORED, 1], [2, 2, IGNORED, 1]])
    expected = [[0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]]
    np.testing.assert_array_equal(boundaries(labels), np.array(expected, bool))


def test_boundary_f1_by_hand():
    """Boundary pixels of each class, true (t), found (f), and both (b).

    Class 0: 3 of the 6 found lie within 1 pixel of a true one, 3 of the 4 true ones of a found one.
    Class 1: 3 of 5, and 3 of 4.

        . . . b . . . .        . . . . b . . .
        . . . b . . . .        . . . . b f f f
        . . . t f f f f        . . . . t . . .
        . . . t . . . .        . . . . t . . .
    """
    target = np.zeros((4, 8), int)
    target[:, 4:] = 1
    predicted = target.copy()
    predicted[2:] = 0
    of_0 = 2 * (3 / 6) * (3 / 4) / (3 / 6 + 3 / 4)
    of_1 = 2 * (3 / 5) * (3 / 4) / (3 / 5 + 3 / 4)
    assert boundary_f1(target, predicted, 1) == pytest.approx((of_0 + of_1) / 2)
    assert boundary_f1(target, predicted, 100) == 1
    result = measure(BoundaryF1(), target[None], predicted[None])  # 0.75 % of 9 is under 1 pixel
    assert result == {"boundary_f1": pytest.approx((of_0 + of_1) / 2)}


@pytest.mark.parametrize(("shift", "expected"), [(0, 1), (1, 1), (2, 0), (10, 0)])
def test_shifted_boundary(shift, expected):
    target, predicted = np.zeros((2, 1, 20, 30), int)
    target[..., 10:] = 1
    predicted[..., 10 + shift :] = 1
    assert measure(BoundaryF1(), target, predicted) == {"boundary_f1": expected}


def test_tolerance_grows_with_the_picture():
    """5 % of the diagonal of 60 x 80 is 5 pixels."""
    target, near, far = np.zeros((3, 1, 60, 80), int)
    target[..., 40:], near[..., 45:], far[..., 46:] = 1, 1, 1
    assert measure(BoundaryF1(0.05), target, near) == {"boundary_f1": 1}
    assert measure(BoundaryF1(0.05), target, far) == {"boundary_f1": 0}


def test_classes_and_pictures_without_boundaries():
    """A class found where it is not has 0; a picture of one class does not count."""
    target = np.zeros((2, 20, 20), int)
    target[0, :, 10:] = 1
    predicted = target.copy()
    predicted[0, 0, 19] = 2  # a corner, whose two neighbours join the boundary of class 1
    scores = measure(BoundaryF1(), target, predicted)["boundary_f1"]
    of_1 = 2 * (20 / 22) / (20 / 22 + 1)
    assert scores == pytest.approx((1 + of_1 + 0) / 3)
    assert np.isnan(boundary_f1(target[1], predicted[1], 1))


def test_boundary_f1_of_bad_maps():
    with pytest.raises(ValueError, match="`predicted` must be 0 to 254. Received: 255"):
        boundary_f1(np.array([[0, 1]]), np.array([[0, IGNORED]]), 1)
    with pytest.raises(ValueError, match=r"Received: \(1, 2\) and \(1, 1\)"):
        boundary_f1(np.array([[0, 1]]), np.array([[0]]), 1)


def test_arguments():
    assert check_config_round_trip(ClassOverlap(NAMES)).names == NAMES
    assert check_config_round_trip(BoundaryF1(0.02)).tolerance == 0.02
    with pytest.raises(ValueError, match="Received: classes=0"):
        ClassOverlap([])
    with pytest.raises(ValueError, match=r"distinct. Received: names=\['a', 'a'\]"):
        ClassOverlap(["a", "a"])
    with pytest.raises(ValueError, match="Received: tolerance=0"):
        BoundaryF1(0)
