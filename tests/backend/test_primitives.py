import keras
import numpy as np
import pytest
from keras import ops

from gankit import backend
from tests.helpers import numpy


def variable(value):
    return keras.Variable(np.array(value, "float32"))


def test_minimise_descends():
    w, optimizer = variable([1.0, 2.0]), keras.optimizers.SGD(0.5)
    optimizer.build([w])
    loss, aux, gradients = backend.minimise(
        lambda: (ops.sum(ops.square(w)), {"w": w * 1.0}), [w], optimizer
    )
    assert float(loss) == 5.0
    np.testing.assert_allclose(numpy(aux["w"]), [1, 2])
    np.testing.assert_allclose(numpy(gradients[0]), [2, 4])
    np.testing.assert_allclose(numpy(w), [0, 0])


def test_at_once_is_as_one_call():
    """What is returned, and every assignment, also to a variable that nobody named."""
    w, seen = variable([1.0, 2.0]), variable(0.0)

    def f():
        seen.assign_add(1.0)
        (loss, _), pullback = backend.vjp(lambda: (ops.sum(ops.square(w)) * seen, None), [w])
        return {"loss": loss, "gradients": pullback(ops.ones(())), "none": None}

    for n in (1, 2):
        found = backend.at_once(f, [w])
        assert float(found["loss"]) == 5.0 * n
        np.testing.assert_allclose(numpy(found["gradients"][0]), [2 * n, 4 * n])
        assert found["none"] is None
        assert float(seen) == n


def test_value_and_input_gradient():
    x = ops.convert_to_tensor(np.array([1.0, -3.0], "float32"))
    (value, aux), gradient = backend.value_and_input_gradient(
        lambda x: (ops.sum(x**3), {"twice": 2 * x}), x
    )
    assert float(value) == -26.0
    np.testing.assert_allclose(numpy(aux["twice"]), [2, -6])
    np.testing.assert_allclose(numpy(gradient), [3, 27])


def test_input_gradient_of_a_structure():
    x = {"a": ops.ones((2,)), "b": (ops.ones((3,)) * 2,)}
    _, gradient = backend.value_and_input_gradient(
        lambda x: (ops.sum(x["a"]) * ops.sum(x["b"][0]), None), x
    )
    np.testing.assert_allclose(numpy(gradient["a"]), [6, 6])
    np.testing.assert_allclose(numpy(gradient["b"][0]), [2, 2, 2])


def test_input_gradient_of_nothing_is_zero():
    x = {"used": ops.ones((2,)), "unused": ops.ones((3,))}
    _, gradient = backend.value_and_input_gradient(lambda x: (ops.sum(x["used"]), None), x)
    np.testing.assert_allclose(numpy(gradient["unused"]), [0, 0, 0])


def test_input_gradient_is_differentiable_again():
    """d/dw of the squared gradient of w x^2 / 2 by x is 2 w x^2."""
    w, x = variable(3.0), ops.convert_to_tensor(np.array([1.0, 2.0], "float32"))
    optimizer = keras.optimizers.SGD(0.0)
    optimizer.build([w])

    def penalty():
        _, gradient = backend.value_and_input_gradient(
            lambda x: (ops.sum(0.5 * w * ops.square(x)), None), x
        )
        return ops.sum(ops.square(gradient)), None

    loss, _, gradients = backend.minimise(penalty, [w], optimizer)
    assert float(loss) == pytest.approx(9 * 5)
    assert float(gradients[0]) == pytest.approx(2 * 3 * 5)


def test_vjp():
    w = variable([1.0, 2.0])
    calls = []

    def f():
        calls.append(None)
        return {"y": w * 3.0, "z": ops.square(w)}, {"aux": w + 1.0}

    (outputs, aux), pullback = backend.vjp(f, [w])
    np.testing.assert_allclose(numpy(outputs["z"]), [1, 4])
    np.testing.assert_allclose(numpy(aux["aux"]), [2, 3])
    (gradient,) = pullback(
        {"y": ops.ones((2,)), "z": ops.convert_to_tensor(np.array([1.0, 0.0], "float32"))}
    )
    np.testing.assert_allclose(numpy(gradient), [3 + 2, 3])
    assert len(calls) == 1


def test_pullback_survives_an_update_in_between():
    """The generator's forward of before the discriminator's update serves after it."""
    w, other = variable(2.0), variable(1.0)
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build([other])
    (outputs, _), pullback = backend.vjp(lambda: (ops.square(w), None), [w])
    backend.minimise(lambda: (other * ops.stop_gradient(outputs), None), [other], optimizer)
    assert float(pullback(ops.ones(()))[0]) == pytest.approx(4.0)
    assert float(other) == pytest.approx(1.0 - 0.4)


@pytest.mark.parametrize("primitive", ["minimise", "value_and_input_gradient", "vjp"])
def test_state_is_updated_once(primitive):
    """Assignments inside a differentiated function happen, once, and later reads see them."""
    w, count = variable(1.0), variable(0.0)
    optimizer = keras.optimizers.SGD(0.0)
    optimizer.build([w])

    def f(x=1.0):
        count.assign(count + 1.0)
        inner, _ = backend.value_and_input_gradient(
            lambda x: (ops.sum(x * count), None), ops.ones(())
        )
        return w * x * inner[0], None

    if primitive == "minimise":
        value = backend.minimise(f, [w], optimizer)[0]
    elif primitive == "vjp":
        value = backend.vjp(f, [w])[0][0]
    else:
        value = backend.value_and_input_gradient(f, ops.ones(()))[0][0]
    assert float(count) == 1.0
    assert float(value) == 1.0


def test_batch_normalization_is_updated_once():
    layer = keras.layers.BatchNormalization(momentum=0.5)
    layer.build((None, 1))
    x = ops.convert_to_tensor(np.array([[2.0], [4.0]], "float32"))

    def f(x):
        return ops.sum(layer(x, training=True)), None

    backend.value_and_input_gradient(f, x)
    assert numpy(layer.moving_mean).item() == pytest.approx(1.5)


def test_seeds_advance():
    seeds = keras.random.SeedGenerator(0)
    draws = []

    def f():
        noise = keras.random.normal((3,), seed=seeds)
        draws.append(noise)
        return ops.sum(noise), noise

    w = variable(0.0)
    first = backend.vjp(f, [w])[0][1]
    second = backend.vjp(f, [w])[0][1]
    assert np.any(numpy(first) != numpy(second))


def test_one_process_is_one_replica():
    assert backend.replica() == (0, 1)


def test_repeated_rows_add_up():
    """Two uses of one row of a table are one gradient: squared, (1 + 1)^2 and not 1 + 1."""
    table = variable(np.zeros((3, 2)))
    optimizer = keras.optimizers.Adam(0.1, beta_1=0.0, beta_2=0.5, epsilon=0.0)
    optimizer.build([table])
    backend.minimise(
        lambda: (ops.sum(ops.take(table, np.array([0, 1, 1]), axis=0)), None), [table], optimizer
    )
    velocity = next(v for v in optimizer.variables if "velocity" in v.path)
    np.testing.assert_allclose(numpy(velocity), [[0.5, 0.5], [2, 2], [0, 0]])

    _, pullback = backend.vjp(lambda: (ops.take(table, np.array([0, 1, 1]), axis=0), None), [table])
    (gradient,) = pullback(ops.ones((3, 2)))
    np.testing.assert_allclose(numpy(gradient), [[1, 1], [2, 2], [0, 0]])


def sums(w, x):
    """Every sum of w x_1 .. w x_t, and how many there are in it."""

    def move(carry, x):
        total, [n] = carry
        return total + w * x, [n + 1]

    carry = (ops.zeros((2,)), [ops.zeros((), "int32")])
    return backend.scan(move, carry, ops.convert_to_tensor(x))


def test_scan_gives_every_carry():
    x = np.float32([[1, 2], [3, 4], [5, 6]])
    totals, [counts] = sums(2.0, x)
    np.testing.assert_allclose(numpy(totals), 2 * np.cumsum(x, axis=0))
    assert numpy(counts).tolist() == [1, 2, 3]


def test_scan_is_differentiable():
    w, optimizer = variable(2.0), keras.optimizers.SGD(0.0)
    optimizer.build([w])
    x = np.float32([[1, 2], [3, 4], [5, 6]])
    _, _, [gradient] = backend.minimise(lambda: (ops.sum(sums(w, x)[0]), None), [w], optimizer)
    np.testing.assert_allclose(numpy(gradient), np.cumsum(x, axis=0).sum())


@pytest.mark.tensorflow_only
def test_xla_compiles_the_gradient_of_scan():
    import tensorflow as tf

    def slope(x):
        return backend.value_and_input_gradient(
            lambda x: (ops.sum(ops.tanh(sums(1.0, x)[0])), None), x
        )[1]

    x = tf.constant([[0.1, 0.2], [0.3, 0.4]])
    compiled = tf.function(slope, jit_compile=True)(x)
    np.testing.assert_allclose(numpy(compiled), numpy(slope(x)), rtol=1e-5)
