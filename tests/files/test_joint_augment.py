"""Pictures and masks change together."""

import numpy as np
import pytest

from gankit.files import Dataset, JointAugment
from tests.helpers import check_config_round_trip

tf = pytest.importorskip("tensorflow")


def pairs(n=16, size=(20, 24), block=4):
    """Masks of blocks, and pictures that are the class, from -1 to 1."""
    rng = np.random.default_rng(0)
    masks = rng.integers(3, size=(n, size[0] // block, size[1] // block))
    masks = masks.repeat(block, axis=1).repeat(block, axis=2)
    return (masks[..., None] - 1).astype("float32"), masks.astype("uint8")


def test_nothing_asked_nothing_changed():
    pictures, masks = pairs()
    same = JointAugment((20, 24), scales=(1, 1), mirror=False, light=0)
    for a, b in zip(same((pictures, masks), (0, 0)), (pictures, masks)):
        np.testing.assert_allclose(a, b, atol=1e-3)


def test_mirrored():
    pictures, masks = pairs()
    found, labels = JointAugment((20, 24), (1, 1), light=0)((pictures, masks), (0, 0))
    turned = [np.array_equal(a, b[:, ::-1]) for a, b in zip(labels.numpy(), masks)]
    kept = [np.array_equal(a, b) for a, b in zip(labels.numpy(), masks)]
    assert all(a != b for a, b in zip(turned, kept))
    assert 0 < sum(turned) < len(masks)
    np.testing.assert_allclose(found[..., 0], labels.numpy() - 1.0, atol=1e-3)


@pytest.mark.parametrize("scales", [(0.5, 0.6), (1.5, 2.0), (0.75, 1.5)])
def test_picture_and_mask_stay_together(scales):
    """Away from the blocks' edges the interpolated picture is its mask's class."""
    pictures, masks = pairs(size=(40, 50), block=10)
    found, labels = JointAugment((32, 32), scales, light=0)((pictures, masks), (3, 1))
    found, labels = found.numpy()[..., 0], labels.numpy()
    inside = labels != 255
    assert inside.any()
    assert (~inside).any() == (scales[0] < 0.8)  # what lies beyond the picture is ignored
    assert (found[~inside] == 0).all()
    near = np.abs(found - (labels - 1.0))[inside] < 0.5
    assert near.mean() > 0.95


def test_scale_by_hand():
    """Twice as large, each block of 4 is 8 wide."""
    pictures, masks = pairs(4, (8, 8))
    _, labels = JointAugment((16, 16), (2, 2), mirror=False, light=0)((pictures, masks), (0, 0))
    np.testing.assert_array_equal(labels, masks.repeat(2, axis=1).repeat(2, axis=2))


def test_light_changes_pictures_alone():
    pictures, masks = pairs()
    augment = JointAugment((20, 24), (1, 1), mirror=False, light=0.2)
    found, labels = augment((pictures, masks), (0, 0))
    np.testing.assert_array_equal(labels, masks)
    assert 0.02 < np.abs(found - pictures).mean() < 0.6
    assert np.abs(found).max() <= 1


def test_light_leaves_alpha_as_it_is():
    alpha = np.ones((4, 8, 8, 1), "float32")
    pictures = np.concatenate([np.zeros((4, 8, 8, 3), "float32"), alpha], axis=-1)
    augment = JointAugment((8, 8), (1, 1), light=0.2)
    found, _ = augment((pictures, np.zeros((4, 8, 8), "uint8")), (0, 0))
    np.testing.assert_allclose(found[..., 3:], alpha, atol=1e-6)
    assert np.abs(found[..., :3]).max() > 0.02


def test_two_masks_and_two_pictures():
    pictures, masks = pairs()
    both = JointAugment((8, 8), masks=(False, False))((pictures, pictures), (0, 0))
    assert both[0].shape == both[1].shape == (16, 8, 8, 1)
    both = JointAugment((8, 8), masks=(True, True), light=0)((masks, masks), (0, 0))
    np.testing.assert_array_equal(both[0], both[1])


def test_a_dataset_draws_by_its_position():
    """Batch t is the same whether those before it were drawn or not, and another than batch t + n."""
    pictures, masks = pairs()
    data = Dataset.from_arrays(
        pictures, masks, batch_size=4, seed=5, augment=JointAugment((12, 12))
    )
    in_turn = [batch for batch in data.stream(0).take(12).as_numpy_iterator()]
    for t in (0, 3, 11):
        for a, b in zip(in_turn[t], next(data.stream(t).as_numpy_iterator())):
            np.testing.assert_array_equal(a, b)
    assert all((in_turn[0][0] != other[0]).any() for other in in_turn[1:])


def test_configuration():
    check_config_round_trip(JointAugment((8, 8)))
    with pytest.raises(ValueError, match="scales="):
        JointAugment((8, 8), scales=(2, 1))
    with pytest.raises(ValueError, match="light"):
        JointAugment((8, 8), light=1)
