import numpy as np
import pytest
from keras import ops

import gankit
from gankit import penalties
from gankit.penalties import View
from tests.helpers import check_config_round_trip, check_penalty, numpy, points_gan

WEIGHTS = np.array([3.0, 4.0], "float32")  # of norm 5
ALL = [
    penalties.R1(0.5),
    penalties.R2(gankit.schedules.Cosine(1.0, 0.1, 10)),
    penalties.GradientPenalty(10.0, seed=1),
    penalties.GradientPenalty(10.0, one_sided=True),
    penalties.DRAGAN(10.0),
    penalties.LeCam(0.3),
]


def linear(x):
    return {"logits": ops.sum(x * tensor(WEIGHTS), axis=-1, keepdims=True)}


def quadratic(x):
    return {"logits": 0.5 * ops.sum(ops.square(x), axis=-1, keepdims=True)}


def tensor(x):
    return ops.convert_to_tensor(np.array(x, "float32"))


REAL, FAKE = tensor([[1.0, 0.0], [0.0, 2.0]]), tensor([[3.0, 0.0], [0.0, 0.0]])


@pytest.mark.parametrize("penalty", ALL, ids=lambda one: type(one).__name__)
def test_contract(penalty):
    check_penalty(penalty)


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        (penalties.R1(1.0), 12.5),  # 5^2 / 2 anywhere
        (penalties.R2(1.0), 12.5),
        (penalties.GradientPenalty(1.0), 16.0),  # (5 - 1)^2
        (penalties.GradientPenalty(1.0, one_sided=True), 16.0),
        (penalties.DRAGAN(1.0), 16.0),
    ],
    ids=lambda one: type(one).__name__ if not isinstance(one, float) else "",
)
def test_linear_discriminator(penalty, expected):
    assert float(penalty.measure(View(linear), REAL, FAKE)) == pytest.approx(expected, rel=1e-5)


def test_where_each_looks():
    """On D(x) = |x|^2 / 2 the gradient is x itself."""
    view = View(quadratic)
    assert float(penalties.R1(1.0).measure(view, REAL, FAKE)) == pytest.approx((1 + 4) / 2 / 2)
    assert float(penalties.R2(1.0).measure(view, REAL, FAKE)) == pytest.approx((9 + 0) / 2 / 2)


def test_one_sided_rests_below_norm_one():
    small = tensor([[0.1, 0.2], [0.3, 0.0]])
    two, one = penalties.GradientPenalty(1.0), penalties.GradientPenalty(1.0, one_sided=True)
    assert float(one.measure(View(quadratic), small, small)) == 0.0
    assert float(two.measure(View(quadratic), small, small)) > 0.3


def test_gradient_penalty_lies_between():
    penalty = penalties.GradientPenalty(seed=3)
    real, fake = ops.zeros((1000, 2)), ops.ones((1000, 2))
    mixed = numpy(penalty.samples(real, fake))
    assert mixed.min() >= 0
    assert mixed.max() <= 1
    np.testing.assert_array_equal(mixed[:, 0], mixed[:, 1])  # one mix a sample
    assert abs(mixed.mean() - 0.5) < 0.05
    assert np.any(numpy(penalty.samples(real, fake)) != mixed)


def test_dragan_stays_around_the_data():
    real = tensor(np.random.default_rng(0).standard_normal((500, 2)))
    moved = numpy(penalties.DRAGAN(seed=0).samples(real, real)) - numpy(real)
    assert moved.min() >= 0
    assert 0.4 < moved.max() <= 0.5 * numpy(real).std() + 1e-6


def test_lecam_by_hand():
    penalty = penalties.LeCam(1.0, decay=0.5)
    value = float(penalty(tensor([[2.0], [4.0]]), tensor([[-1.0], [1.0]])))
    # Anchors after the first batch: real 0.5 * 3 = 1.5, fake 0.5 * 0 = 0.
    assert float(penalty.real_anchor) == pytest.approx(1.5)
    assert float(penalty.fake_anchor) == pytest.approx(0.0)
    expected = ((2 - 0) ** 2 + (4 - 0) ** 2) / 2 + ((-1 - 1.5) ** 2 + (1 - 1.5) ** 2) / 2
    assert value == pytest.approx(expected)


def test_norms_are_summed_over_elements_and_averaged_over_rows():
    logits, gradient = ops.zeros((2, 1)), ops.ones((2, 3, 4))
    np.testing.assert_allclose(numpy(penalties.squared_norms(logits, gradient)), [12, 12])


def test_a_packed_row_is_one_sample():
    """Four samples judged in two rows: the norm of a row is taken over both its samples."""
    logits, gradient = ops.zeros((2, 1)), tensor([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0], [1.0, 0.0]])
    np.testing.assert_allclose(numpy(penalties.squared_norms(logits, gradient)), [25, 1])


def test_of_patches_that_do_not_overlap_the_mean_counts():
    def patches(x):  # two logits a sample, of one element each
        return {"logits": x * tensor([3.0, 5.0])}

    assert float(penalties.R1(1.0).measure(View(patches), REAL, FAKE)) == pytest.approx(
        (9 + 25) / 2 / 2
    )


def test_patches_that_see_the_same_add_up():
    def patches(x):  # four logits a sample, each the sum of the elements
        return {"logits": ops.tile(ops.sum(x, axis=-1, keepdims=True), (1, 4))}

    # The sum of four over 2 has the gradient 2 in both elements: norm^2 = 8.
    assert float(penalties.R1(1.0).measure(View(patches), REAL, FAKE)) == pytest.approx(4.0)


def test_structures_of_samples():
    samples = {"a": REAL, "b": FAKE}

    def both(x):
        return {"logits": quadratic(x["a"])["logits"] + quadratic(x["b"])["logits"]}

    value = penalties.R1(1.0).measure(View(both), samples, samples)
    assert float(value) == pytest.approx(((1 + 9) / 2 + (4 + 0) / 2) / 2)


def test_one_pass_serves_loss_and_penalties():
    calls = []

    def counted(x):
        calls.append(x)
        return quadratic(x)

    view = View(counted)
    for penalty in (penalties.R1(1.0), penalties.R2(1.0), penalties.LeCam(1.0)):
        penalty.measure(view, REAL, FAKE)
    view.outputs(REAL), view.outputs(FAKE)
    assert len(calls) == 2


def test_gradient_at_zero_norm_is_finite():
    """WGAN-GP's root: the derivative at 0 must not be NaN."""
    from gankit import backend

    zero = ops.zeros((4, 2))

    def penalised(x):
        return penalties.GradientPenalty(1.0).measure(View(quadratic), x, x), None

    _, gradient = backend.value_and_input_gradient(penalised, zero)
    assert np.isfinite(numpy(gradient)).all()


def test_weight_is_checked():
    with pytest.raises(ValueError, match="Received: weight=-1"):
        penalties.R1(-1)
    with pytest.raises(ValueError, match="Received: decay=1"):
        penalties.LeCam(1.0, decay=1)


def test_clip_weights():
    constraint = gankit.constraints.ClipWeights(0.1)
    np.testing.assert_allclose(numpy(constraint(tensor([-3.0, 0.05, 3.0]))), [-0.1, 0.05, 0.1])
    check_config_round_trip(constraint)
    with pytest.raises(ValueError, match="Received: limit=0"):
        gankit.constraints.ClipWeights(0)


def test_by_name():
    gan = points_gan(penalties=["r1", "lecam"])
    assert [type(one).__name__ for one in gan.penalties] == ["R1", "LeCam"]
    with pytest.raises(ValueError, match=r"Known: dragan, .*r1, r2.*Received: 'r3'"):
        points_gan(penalties=["r3"])
