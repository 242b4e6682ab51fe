import keras
import numpy as np
import pytest

from gankit.networks.grids import cut, grid
from tests.helpers import numpy


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((32, 32, 1), (3, (4, 4))),
        ((28, 28, 1), (3, (4, 4))),
        ((64, 64, 3), (4, (4, 4))),
        ((128, 128, 1), (5, (4, 4))),
        ((8, 8, 1), (1, (4, 4))),
        ((4, 4, 1), (1, (2, 2))),
        ((4, 9, 1), (1, (2, 5))),
        ((20, 33, 1), (2, (5, 9))),
        ((48, 180, 3), (4, (3, 12))),
    ],
)
def test_the_grid_covers_the_picture(shape, expected):
    stages, sides = grid(shape)
    assert (stages, sides) == expected
    assert all(side * 2**stages >= of_picture for side, of_picture in zip(sides, shape))


def test_the_middle_is_left():
    x = np.arange(4 * 5, dtype="float32").reshape(1, 4, 5, 1)
    np.testing.assert_array_equal(numpy(cut(x, (3, 2, 1)))[0, ..., 0], x[0, :3, 1:3, 0])
    same = keras.ops.convert_to_tensor(x)
    assert cut(same, (4, 5, 1)) is same
