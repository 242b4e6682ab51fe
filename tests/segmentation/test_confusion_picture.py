"""The confusion matrix as a picture."""

import numpy as np
from PIL import Image

from gankit import segmentation
from gankit.segmentation.confusion_picture import in_percent


def test_rows_by_hand():
    """Of ten pixels of the first class a tenth goes astray; of the last there is none."""
    found = in_percent([[9, 1, 0], [3, 1, 0], [0, 0, 0]])
    np.testing.assert_allclose(found, [[90, 10, 0], [75, 25, 0], [np.nan] * 3])


def test_the_picture(tmp_path):
    """The more of a row lies in a cell, the darker it is."""
    counts = np.diag([10, 10, 0]) + [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
    picture = segmentation.draw_confusion(counts, ["road", "sky", "car"], tmp_path / "c.png")
    with Image.open(tmp_path / "c.png") as file:
        np.testing.assert_array_equal(np.asarray(file.convert("RGB")), picture)
    dark = (picture.sum(axis=-1) < 300) & (picture[..., 2] > picture[..., 0] + 30)  # blue
    assert 0.05 < dark.mean() < 0.25  # two of nine cells
    wrong = segmentation.draw_confusion(counts[::-1], ["road", "sky", "car"], tmp_path / "w.png")
    assert not np.array_equal(picture, wrong)
