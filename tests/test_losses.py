import math

import keras
import numpy as np
import pytest
from keras import ops

from gankit import losses
from tests.helpers import check_config_round_trip, numpy

REAL, FAKE = [2.0, -1.0], [1.0, 0.0]


def softplus(x):
    return math.log1p(math.exp(x))


# Worked by hand on the logits above, the mean over the two pairs.
EXPECTED = {
    "minimax": (
        (softplus(-2) + softplus(1) + softplus(1) + softplus(0)) / 2,
        (-softplus(1) - softplus(0)) / 2,
    ),
    "non_saturating": (
        (softplus(-2) + softplus(1) + softplus(1) + softplus(0)) / 2,
        (softplus(-1) + softplus(0)) / 2,
    ),
    "least_squares": (((1 + 1) / 2 + (4 + 0) / 2) / 2, (0 / 2 + 1 / 2) / 2),
    "hinge": (((0 + 2) + (2 + 1)) / 2, -0.5),
    "wasserstein": (0.0, -0.5),
    "relativistic_pairing": ((softplus(-1) + softplus(1)) / 2, (softplus(1) + softplus(-1)) / 2),
    "relativistic_average": (
        (softplus(-1.5) + softplus(0.5) + softplus(1.5) + softplus(-0.5)) / 2,
        (softplus(-0.5) + softplus(1.5) + softplus(0.5) + softplus(-1.5)) / 2,
    ),
}


def outputs(logits):
    return {"logits": ops.convert_to_tensor(np.array(logits, "float32"))}


@pytest.mark.parametrize("name", EXPECTED)
class TestAdversarialLoss:
    def test_values(self, name):
        loss = losses.get(name)
        discriminator, generator = EXPECTED[name]
        assert float(loss.discriminator(outputs(REAL), outputs(FAKE))) == pytest.approx(
            discriminator, abs=1e-6
        )
        assert float(loss.generator(outputs(REAL), outputs(FAKE))) == pytest.approx(
            generator, abs=1e-6
        )

    def test_patches_are_averaged(self, name):
        loss = losses.get(name)
        patches = [
            outputs(np.tile(np.reshape(x, (2, 1, 1, 1)), (1, 3, 4, 1))) for x in (REAL, FAKE)
        ]
        assert float(loss.discriminator(*patches)) == pytest.approx(EXPECTED[name][0], abs=1e-5)
        assert float(loss.generator(*patches)) == pytest.approx(EXPECTED[name][1], abs=1e-5)

    def test_discriminator_prefers_right_order(self, name):
        loss = losses.get(name)
        right = float(loss.discriminator(outputs([0.4, 0.4]), outputs([-0.4, -0.4])))
        wrong = float(loss.discriminator(outputs([-0.4, -0.4]), outputs([0.4, 0.4])))
        assert right < wrong

    def test_generator_prefers_high_logits(self, name):
        loss = losses.get(name)
        high = float(loss.generator(outputs([0.0, 0.0]), outputs([0.5, 0.5])))
        low = float(loss.generator(outputs([0.0, 0.0]), outputs([-0.5, -0.5])))
        assert high < low

    def test_config(self, name):
        check_config_round_trip(losses.get(name))

    def test_real_is_read_only_where_declared(self, name):
        loss = losses.get(name)
        if not loss.generator_sees_real:
            assert np.isfinite(float(loss.generator(None, outputs(FAKE))))
        else:
            a = float(loss.generator(outputs([1.0, 1.0]), outputs(FAKE)))
            b = float(loss.generator(outputs([0.0, 0.0]), outputs(FAKE)))
            assert a != b

    def test_what_is_not_relativistic_is_a_sum(self, name):
        """f(real) + g(fake): what changes with the one does not depend on the other."""
        loss, some = losses.get(name), [outputs([2.0, -1.0]), outputs([3.0, 1.0])]
        (a, b), (c, d) = [[float(loss.discriminator(r, f)) for f in some] for r in some]
        assert loss.relativistic == (abs(a - b - c + d) > 1e-5)


@pytest.mark.parametrize("shift", [-3.0, 0.5])
@pytest.mark.parametrize("name", ["relativistic_pairing", "relativistic_average", "wasserstein"])
def test_relativistic_losses_ignore_a_common_shift(name, shift):
    loss = losses.get(name)
    moved = [outputs(np.array(x) + shift) for x in (REAL, FAKE)]
    assert float(loss.discriminator(*moved)) == pytest.approx(EXPECTED[name][0], abs=1e-5)


def test_relativistic_players_exchange_roles():
    loss = losses.RelativisticPairing()
    a = float(loss.discriminator(outputs(REAL), outputs(FAKE)))
    assert a == pytest.approx(float(loss.generator(outputs(FAKE), outputs(REAL))), abs=1e-6)


def test_minimax_is_zero_sum_in_the_fake_term():
    """G's loss is minus the part of D's that G can change."""
    loss = losses.Minimax()
    far = [outputs([50.0, 50.0]), outputs(FAKE)]  # the real term vanishes
    assert float(loss.discriminator(*far)) == pytest.approx(-float(loss.generator(*far)), abs=1e-6)


def test_auxiliary_classification_by_hand():
    loss = losses.AuxiliaryClassification(2.0)
    logits = ops.convert_to_tensor(np.array([[0.0, math.log(3.0)], [0.0, 0.0]], "float32"))
    seen = {"logits": logits[:, :1], "classes": logits}
    labels = np.array([1, 0])
    expected = 2.0 * (math.log(4 / 3) + math.log(2)) / 2
    assert float(loss.generator(None, seen, labels)) == pytest.approx(expected, rel=1e-5)
    assert float(loss.discriminator(seen, seen, labels)) == pytest.approx(2 * expected, rel=1e-5)
    check_config_round_trip(loss)


def test_auxiliary_classification_says_what_it_misses():
    with pytest.raises(ValueError, match="returns `classes`"):
        losses.AuxiliaryClassification().generator(None, outputs(FAKE), np.array([0, 1]))


def test_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match=r"hinge.*wasserstein.*Received: loss='cross'"):
        losses.get("cross")


def test_numerically_stable():
    for name in EXPECTED:
        loss = losses.get(name)
        extreme = outputs([1e4, -1e4]), outputs([-1e4, 1e4])
        assert np.isfinite(float(loss.discriminator(*extreme)))
        assert np.isfinite(float(loss.generator(*extreme)))


def test_formulas_keep_shape():
    x = ops.zeros((2, 3))
    assert numpy(losses.hinge_discriminator(x, x)).shape == (2, 3)
    assert keras.backend.standardize_dtype(x.dtype) == "float32"
