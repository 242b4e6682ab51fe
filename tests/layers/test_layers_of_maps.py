"""Layers of translations: padding, class maps, SPADE, the pool of earlier fakes."""

import numpy as np
import pytest

from gankit.layers import SPADE, CropLike, HistoryPool, OneHot, PadToMultiple
from tests.helpers import check_config_round_trip, check_layer, numpy


def features(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def test_pad_and_crop(tmp_path):
    x = features(2, 5, 8, 3)
    check_layer(PadToMultiple(4), x, (8, 8, 3), tmp_path)
    padded = numpy(PadToMultiple(4)(x))
    np.testing.assert_array_equal(padded, np.pad(x, [(0, 0), (1, 2), (0, 0), (0, 0)], mode="edge"))
    check_layer(CropLike(), [padded, x], (5, 8, 3), tmp_path)
    np.testing.assert_array_equal(numpy(CropLike()([padded, x])), x)
    with pytest.raises(ValueError, match="multiple=0"):
        PadToMultiple(0)


def test_a_margin_may_be_wider_than_the_picture():
    x = features(1, 1, 3, 2)
    expected = np.pad(x, [(0, 0), (3, 4), (2, 3), (0, 0)], mode="edge")
    np.testing.assert_array_equal(numpy(PadToMultiple(8)(x)), expected)


def test_one_hot():
    layer = OneHot(3)
    check_config_round_trip(layer)
    expected = [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]
    for dtype in ("uint8", "int32", "float32"):
        np.testing.assert_array_equal(numpy(layer(np.array([0, 2, 3, 255], dtype))), expected)


def test_spade(tmp_path):
    check_layer(SPADE(4), [features(2, 3, 4, 5), features(2, 6, 8, 2)], (3, 4, 5), tmp_path)


def test_spade_by_hand():
    """With no convolution but the offset's bias, it is instance normalisation, plus the bias; where
    the map is 1 in the middle tap's place, the scale follows."""
    layer = SPADE(1, epsilon=0.0)
    x = np.float32([[[[1.0], [3.0]], [[1.0], [3.0]]]])  # mean 2, standard deviation 1
    of_map = np.zeros((1, 4, 4, 1), "float32")
    of_map[0, 0, 0] = 1.0  # of the top left
    layer.build([(1, 2, 2, 1), (1, 4, 4, 1)])
    tap = np.zeros((3, 3, 1, 1), "float32")
    tap[1, 1] = 1.0
    both = np.concatenate([2 * tap, 0 * tap], axis=-1)  # gamma twice the map, beta nothing
    layer.set_weights([tap, np.zeros(1), both, np.float32([0, 0.5])])
    y = numpy(layer([x, of_map]))[0, :, :, 0]
    np.testing.assert_allclose(y, [[-3 + 0.5, 1.5], [-0.5, 1.5]], atol=1e-5)


def test_history_pool_fills_first():
    pool = HistoryPool(3, seed=0)
    for i in range(3):
        x = np.full((1, 2), float(i), "float32")
        np.testing.assert_array_equal(numpy(pool(x)), x)
    np.testing.assert_array_equal(numpy(pool.kept), [[0, 0], [1, 1], [2, 2]])


def test_history_pool_exchanges_half():
    """Every sample comes out once at most, half of them later, and what was kept is what is missing."""
    pool, out = HistoryPool(5, seed=0), []
    for i in range(100):
        out += numpy(pool(np.arange(4 * i, 4 * i + 4, dtype="float32")[:, None])).ravel().tolist()
    late = sum(seen != i for i, seen in enumerate(out))
    assert 0.4 * 400 < late < 0.6 * 400
    first_time = out[5:]  # the first five are kept and shown
    assert len(set(first_time)) == len(first_time)
    kept = set(numpy(pool.kept).ravel().tolist())
    assert set(range(400)) - set(out) <= kept


def test_history_pool_round_trip():
    check_config_round_trip(HistoryPool(7, seed=1))
    with pytest.raises(ValueError, match="size=0"):
        HistoryPool(0)
