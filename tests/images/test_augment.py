import keras
import numpy as np
import pytest
from keras import ops

import gankit
from gankit import images
from gankit.images.augment import _shift, warp
from tests.helpers import check_config_round_trip, check_gradients_pass_twice, numpy

X = np.random.default_rng(0).uniform(-1, 1, (6, 8, 10, 3)).astype("float32")


def sure(**options):
    """An adaptive augmentation that makes every transformation."""
    layer = images.AdaptiveAugment(seed=0, **options)
    layer.p.assign(1.0)
    return layer


def identity(n):
    return np.tile(np.array([[1, 0, 0], [0, 1, 0]], "float32"), (n, 1, 1))


def test_warp_by_hand():
    np.testing.assert_allclose(numpy(warp(X, identity(6))), X, atol=1e-6)
    maps = identity(6)
    maps[:, 0, 2] = 1  # every place is taken from one column further right
    moved = numpy(warp(X, maps))
    np.testing.assert_allclose(moved[:, :, :-1], X[:, :, 1:], atol=1e-6)
    np.testing.assert_allclose(moved[:, :, -1], X[:, :, -2], atol=1e-6)  # mirrored at the edge
    maps[:, 0, 2] = 0.5
    np.testing.assert_allclose(
        numpy(warp(X, maps))[:, :, :-1], (X[:, :, 1:] + X[:, :, :-1]) / 2, atol=1e-6
    )
    maps = identity(6) * [[[-1], [1]]]  # mirrored left to right
    np.testing.assert_allclose(numpy(warp(X, maps.astype("float32"))), X[:, :, ::-1], atol=1e-5)


def test_shift_by_hand():
    shift = np.array([[0], [1], [-2], [3], [0], [8]], "float32")
    down = numpy(_shift(ops.convert_to_tensor(X), ops.convert_to_tensor(shift), 1))
    for one, moved, by in zip(X, down, shift[:, 0].astype(int)):
        expected = np.zeros_like(one)
        for row in range(8):
            if 0 <= row - by < 8:
                expected[row] = one[row - by]
        np.testing.assert_allclose(moved, expected)
    right = numpy(_shift(ops.convert_to_tensor(X), ops.convert_to_tensor(shift), 2))
    np.testing.assert_allclose(right[1, :, 1:], X[1, :, :-1])


@pytest.mark.parametrize(
    "layer",
    [images.DiffAugment([one], seed=0) for one in ("color", "translation", "cutout")]
    + [images.DiffAugment(seed=0), sure(), sure(mirror=True)],
    ids=lambda layer: f"{type(layer).__name__}-{getattr(layer, 'policy', '')}",
)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_contract(layer, channels):
    x = np.concatenate([X, X], axis=-1)[..., :channels]
    out = numpy(layer(x, training=True))
    assert out.shape == x.shape
    assert np.isfinite(out).all()
    assert np.abs(out - x).max() > 0.1
    np.testing.assert_array_equal(numpy(layer(x, training=False)), x)
    assert np.abs(numpy(layer(x, training=True)) - out).max() > 0.01  # drawn anew
    check_config_round_trip(layer)


def test_drawn_for_every_picture():
    same = np.repeat(X[:1], 6, axis=0)
    out = numpy(images.DiffAugment(seed=0)(same, training=True))
    assert len({one.tobytes() for one in out}) == 6


def test_translation_moves_at_most_an_eighth():
    x = np.zeros((200, 16, 16, 1), "float32")
    x[:, 8, 8] = 1
    out = numpy(images.DiffAugment(["translation"], seed=0)(x, training=True))[..., 0]
    rows, columns = np.nonzero(out.sum(axis=0))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 10, 6, 10)


def test_cutout_is_half_of_each_side_at_most():
    out = numpy(
        images.DiffAugment(["cutout"], seed=0)(np.ones((300, 8, 8, 1), "float32"), training=True)
    )
    gone = 1 - out.mean(axis=(1, 2, 3))
    assert gone.max() == pytest.approx(16 / 64)
    assert gone.min() < 16 / 64


@pytest.mark.parametrize("layer", [images.DiffAugment(seed=0), sure(mirror=True)])
def test_gradients_pass_twice(layer):
    check_gradients_pass_twice(layer, X)


def test_nothing_happens_at_p_zero():
    np.testing.assert_allclose(
        numpy(images.AdaptiveAugment(mirror=True)(X, training=True)), X, atol=1e-5
    )


def test_p_follows_the_discriminator():
    """A discriminator that is always right makes r rise to 1 and then p; one that errs, fall."""
    layer = images.AdaptiveAugment(target=0.5, horizon=100)
    ones = ops.ones((10, 1))
    rs, ps = [], []
    for _ in range(8):
        ps.append(float(layer.adapt([ones], [-ones])))
        rs.append(float(layer.r))
    np.testing.assert_allclose(rs, 1 - 0.9 ** np.arange(1, 9), rtol=1e-5)
    np.testing.assert_allclose(ps, [0, 0, 0, 0, 0, 0, 0.1, 0.2], atol=1e-6)  # r > 0.5 from the 7th
    for _ in range(20):
        layer.adapt([-ones], [ones])
    assert float(layer.p) == 0


def test_p_moves_once_a_step_whatever_the_number_of_discriminators():
    """Two that disagree are together at chance; with two that agree p moves as with one."""
    ones, layers = (
        ops.ones((10, 1)),
        [images.AdaptiveAugment(target=0.05, horizon=100) for _ in "123"],
    )
    layers[0].adapt([ones], [-ones])
    layers[1].adapt([ones, ones], [-ones, -ones])
    layers[2].adapt([ones, -ones], [-ones, ones])
    assert [float(layer.p) for layer in layers] == pytest.approx([0.1, 0.1, 0.0])
    assert [float(layer.r) for layer in layers] == pytest.approx([0.1, 0.1, 0.0])


def test_adapts_in_training_and_is_saved(tmp_path):
    keras.utils.set_random_seed(0)
    gan = gankit.GAN(
        images.dcgan_generator((8, 8, 1), width=4, normalize=False),
        images.dcgan_discriminator((8, 8, 1), width=4, normalize=False),
        augment=images.AdaptiveAugment(target=-0.9, horizon=160),
        seed=0,
    )
    gan.compile(penalties=["r1"])
    x = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1)).astype("float32")
    gan.fit(x, batch_size=16, epochs=2, verbose=0)
    assert float(gan.augment.p) == pytest.approx(8 * 16 / 160)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert float(again.augment.p) == float(gan.augment.p)
    for one in (gan, again):
        one.fit(x, batch_size=16, shuffle=False, verbose=0)
    np.testing.assert_allclose(gan.generate(3, seed=0), again.generate(3, seed=0), atol=1e-6)


def test_arguments():
    with pytest.raises(ValueError, match="Unknown augmentation. Known: color, translation, cutout"):
        images.DiffAugment(["colour"])
    with pytest.raises(ValueError, match="target=2"):
        images.AdaptiveAugment(target=2)
