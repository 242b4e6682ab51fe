"""What pictures made from masks are measured by."""

import keras
import numpy as np
import pytest

from gankit.segmentation import FCNScore


def test_fcn_score_by_hand():
    """A segmenter that takes channels for scores; of three known places one is taken for another class."""
    pictures = keras.Input((None, None, 3))
    metric = FCNScore(keras.Model(pictures, keras.layers.Identity()(pictures)), ["a", "b", "c"])
    masks = np.array([[[0, 1]], [[1, 255]]])
    said = np.array([[[0, 1]], [[2, 0]]])
    for mask, classes in zip(masks, said):
        made = np.eye(3, dtype="float32")[classes]
        metric.update(np.zeros_like(made)[None], made[None], mask[None])
    found = metric.result()
    assert found == {
        "fcn_pixel_accuracy": pytest.approx(2 / 3),
        "fcn_class_accuracy": pytest.approx((1 + 1 / 2) / 2),
        "fcn_mean_iou": pytest.approx((1 + 1 / 2 + 0) / 3),
    }
    metric.reset()
    metric.update(None, np.eye(3, dtype="float32")[masks[:1]], masks[:1])
    assert metric.result()["fcn_pixel_accuracy"] == 1
