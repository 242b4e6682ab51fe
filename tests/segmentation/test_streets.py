import numpy as np
import pytest

from gankit.segmentation.streets import draw_streets
from gankit.segmentation.streets.classes import CLASSES, PALETTE

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def streets():
    return draw_streets(n=60)


def mean_iou(mask, predicted):
    hits = [((mask == k) & (predicted == k)).sum() for k in range(len(CLASSES))]
    either = [((mask == k) | (predicted == k)).sum() for k in range(len(CLASSES))]
    return np.mean(np.divide(hits, either))


def test_pictures_and_masks(streets):
    pictures, masks, classes = streets
    assert pictures.shape == (60, 96, 128, 3)
    assert masks.shape == (60, 96, 128)
    assert pictures.dtype == masks.dtype == np.uint8
    assert classes == list(CLASSES)
    assert len({picture.tobytes() for picture in pictures}) == 60


def test_palette():
    assert PALETTE.shape == (len(CLASSES), 3)
    assert PALETTE.dtype == np.uint8
    assert len(np.unique(PALETTE, axis=0)) == len(CLASSES)


def test_a_scene_depends_on_seed_and_number_only(streets):
    fewer = draw_streets(n=2)
    for first, again in zip(streets[:2], fewer[:2]):
        np.testing.assert_array_equal(first[:2], again)
    for first, other in zip(fewer[:2], draw_streets(n=2, seed=1)[:2]):
        assert (first != other).any(axis=tuple(range(1, first.ndim))).all()


@pytest.mark.parametrize("size", [(32, 32), (173, 241), (96, 48), (32, 160)])
def test_sizes(size):
    pictures, masks, _ = draw_streets(size, n=2)
    assert pictures.shape == (2, *size, 3)
    assert masks.shape == (2, *size)
    assert len(np.unique(masks)) >= 6


@pytest.mark.parametrize("size", [(31, 64), (64, 16)])
def test_small_sizes_are_refused(size):
    with pytest.raises(ValueError, match=f"at least 32 x 32.*Received: {size[0]} x {size[1]}"):
        draw_streets(size)


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("sky", 0.05),
        ("building", 0.1),
        ("tree", 0.04),
        ("road", 0.15),
        ("lane mark", 0.01),
        ("pavement", 0.03),
        ("car", 0.04),
        ("pedestrian", 0.005),
    ],
)
def test_every_class_is_frequent(streets, name, share):
    """Enough pixels overall, and at least 20 of them in most scenes."""
    found = streets[1] == CLASSES.index(name)
    assert share < found.mean() < 0.5
    assert (found.sum(axis=(1, 2)) >= 20).mean() > 0.7


def test_masks_are_those_of_the_pictures(streets):
    """The picture changes where the mask does, and not two pixels beside that."""
    pictures, masks, _ = streets
    change = np.abs(np.diff(pictures.astype(float), axis=2)).mean(axis=-1)

    def contrast(masks):
        edges = np.diff(masks.astype(int), axis=2) != 0
        return change[edges].mean() / change[~edges].mean()

    assert contrast(masks) > 2
    for axis, step in ((1, -2), (1, 2), (2, -2), (2, 2)):
        assert contrast(masks) > 1.3 * contrast(np.roll(masks, step, axis=axis))


def test_things_stand_where_they_belong(streets):
    """Sky above, road below; a sky brighter than what it is behind."""
    pictures, masks, _ = streets
    row = np.broadcast_to(np.arange(96)[:, None], masks.shape)
    sky, road = (masks == CLASSES.index(name) for name in ("sky", "road"))
    assert row[sky].max() < row[road].mean()
    assert pictures[sky].mean() > pictures[~sky].mean() + 20


def test_colour_alone_does_not_tell(streets):
    """A classifier of single pixels' colours is far from knowing the classes of other scenes."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    pictures, masks, _ = streets
    seen = np.random.default_rng(0).choice(masks[:40].size, 40_000, replace=False)
    model = HistGradientBoostingClassifier(max_iter=40, early_stopping=False)
    model.fit(pictures[:40].reshape(-1, 3)[seen], masks[:40].ravel()[seen])
    guess = model.predict(pictures[40:, ::2, ::2].reshape(-1, 3))
    assert 0.15 < mean_iou(masks[40:, ::2, ::2].ravel(), guess) < 0.45
