import keras
import numpy as np
import pytest
from keras import ops

import gankit
from gankit.audio.augment import ShiftAugment
from gankit.audio.networks import spectrogram_discriminator, spectrogram_generator
from tests.audio.compiled import slope
from tests.helpers import check_config_round_trip, check_gradients_pass_twice, numpy

X = np.random.default_rng(0).uniform(-0.8, 0.9, (6, 16, 10, 1)).astype("float32")


def augmented(x=X, **options):
    return numpy(ShiftAugment(**{"seed": 0, **options})(ops.convert_to_tensor(x), training=True))


def test_contract():
    layer = ShiftAugment(seed=0)
    out = numpy(layer(X, training=True))
    assert out.shape == X.shape
    assert np.isfinite(out).all()
    assert np.abs(out - X).max() > 0.1
    np.testing.assert_array_equal(numpy(layer(X, training=False)), X)
    assert np.abs(numpy(layer(X, training=True)) - out).max() > 0.01  # drawn anew
    np.testing.assert_array_equal(augmented(), out)
    check_config_round_trip(ShiftAugment(0.25, 1, 0.2, -0.9, seed=3))


def test_without_strength_nothing_changes():
    np.testing.assert_allclose(augmented(time=0, bins=0, level=0, floor=-1), X, atol=1e-6)


@pytest.mark.parametrize(
    ("axis", "options"), [(1, {"time": 0.125, "bins": 0}), (2, {"time": 0, "bins": 2})]
)
def test_shifts_by_hand(axis, options):
    """By whole places, each spectrogram by its own number of them; silence comes in."""
    most = 2
    out, found = augmented(np.tile(X, (8, 1, 1, 1)), level=0, floor=-1, **options), set()
    for moved, x in zip(out, np.tile(X, (8, 1, 1, 1))):
        x, moved = (np.moveaxis(one, axis - 1, 0) for one in (x, moved))
        fits = []
        for by in range(-most, most + 1):
            expected = np.full_like(x, -1)
            inside = slice(max(by, 0), len(x) + min(by, 0))
            expected[inside] = x[max(-by, 0) : len(x) - max(by, 0)]
            if np.allclose(moved, expected, atol=1e-6):
                fits.append(by)
        assert len(fits) == 1
        found |= set(fits)
    assert found == set(range(-most, most + 1))


def test_levels():
    """One for each spectrogram."""
    many = np.tile(X, (8, 1, 1, 1))
    apart = augmented(many, time=0, bins=0, level=0.1, floor=-1) - many
    assert np.ptp(apart, axis=(1, 2, 3)).max() < 1e-6
    levels = apart[:, 0, 0, 0]
    assert -0.1 <= levels.min() < -0.05 < 0.05 < levels.max() <= 0.1
    assert len(np.unique(levels)) == len(levels)


def test_silence_gives_no_sample_away():
    """What a tanh can't reach, exactly -1, is what it can reach; whatever the level."""
    silent, nearly = (augmented(np.full_like(X, value)) for value in (-1, -0.9999))
    np.testing.assert_array_equal(silent, nearly)
    assert np.ptp(silent, axis=(1, 2, 3)).max() == 0
    quiet = augmented(np.full_like(X, -1), level=0)
    np.testing.assert_allclose(quiet, -0.97)


def test_gradients_pass_where_something_is_heard():
    layer = ShiftAugment(bins=0, level=0, seed=0)
    x = np.concatenate([X[:, :8], np.full_like(X[:, 8:], -0.99)], axis=1)
    out, gradient = slope(lambda x: ops.sum(ops.square(layer(x, training=True))), x)
    assert np.isfinite(out)
    assert (gradient[:, 2:8] != 0).all()
    np.testing.assert_array_equal(gradient[:, 8:], 0)


def test_gradients_pass_twice():
    check_gradients_pass_twice(ShiftAugment(seed=0), X)


def test_a_game(tmp_path):
    keras.utils.set_random_seed(0)
    gan = gankit.GAN(
        spectrogram_generator(X.shape[1:], 4, width=4),
        spectrogram_discriminator(X.shape[1:], width=4),
        augment=ShiftAugment(seed=0),
        seed=0,
    )
    gan.compile(loss="relativistic_pairing", penalties=["r1", "r2"])
    history = gan.fit(X, batch_size=6, epochs=2, verbose=0).history
    assert np.isfinite([values[-1] for values in history.values()]).all()
    gan.save(tmp_path / "game.keras")
    loaded = keras.saving.load_model(tmp_path / "game.keras")
    assert loaded.augment.get_config() == gan.augment.get_config()


@pytest.mark.parametrize("options", [{"time": -0.1}, {"bins": -1}, {"level": -1}, {"floor": -2}])
def test_arguments(options):
    ((name, value),) = options.items()
    with pytest.raises(ValueError, match=f"Received: .*{name}={value}"):
        ShiftAugment(**options)
