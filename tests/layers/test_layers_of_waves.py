"""Layers of vocoders: weight normalisation, grouped convolutions in time, layer scale."""

import keras
import numpy as np
import pytest
from keras import ops

from gankit import backend
from gankit.layers import GroupedConv1D, LayerScale, WeightNormalization
from tests.helpers import check_layer, numpy


def signals(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


CASES = {
    "dense": (keras.layers.Dense(3), (3,)),
    "convolution": (keras.layers.Conv1D(3, 5, padding="same"), (6, 3)),
    "transposed": (keras.layers.Conv1DTranspose(3, 4, strides=2, padding="same"), (12, 3)),
    "grouped": (GroupedConv1D(4, 5, 2, 2), (3, 4)),
}


@pytest.mark.parametrize("case", CASES)
def test_weight_normalization(case, tmp_path):
    inner, shape = CASES[case]
    inner = inner.__class__.from_config(inner.get_config())
    x = signals(2, 4) if case == "dense" else signals(2, 6, 4)
    check_layer(WeightNormalization(inner), x, shape, tmp_path)


@pytest.mark.parametrize("case", CASES)
def test_weight_normalization_starts_as_the_layer_alone(case):
    inner, _ = CASES[case]
    alone = inner.__class__.from_config(inner.get_config())
    wrapped = WeightNormalization(inner.__class__.from_config(inner.get_config()))
    x = signals(2, 4) if case == "dense" else signals(2, 6, 4)
    wrapped(x)
    alone.build(x.shape)
    alone.set_weights(wrapped.layer.get_weights())
    np.testing.assert_allclose(numpy(wrapped(x)), numpy(alone(x)), rtol=1e-4, atol=1e-5)


def test_weight_normalization_by_hand():
    """v = (3, 4) has length 5; w = g v / 5."""
    layer = WeightNormalization(keras.layers.Dense(1, use_bias=False))
    layer.build((None, 2))
    layer.layer.set_weights([np.float32([[3.0], [4.0]])])
    layer.lengths.assign([10.0])
    x = np.float32([[1.0, 1.0]])
    np.testing.assert_allclose(numpy(layer(x)), [[14.0]], rtol=1e-6)
    layer.layer.set_weights([np.float32([[30.0], [40.0]])])  # the direction alone counts
    np.testing.assert_allclose(numpy(layer(x)), [[14.0]], rtol=1e-6)


def test_weight_normalization_leaves_the_kernel_alone():
    layer = WeightNormalization(keras.layers.Dense(3))
    layer(signals(2, 4))
    layer.lengths.assign(2 * numpy(layer.lengths))
    before = numpy(layer.layer.kernel)
    layer(signals(2, 4))
    np.testing.assert_array_equal(numpy(layer.layer.kernel), before)
    assert len(layer.trainable_weights) == 3


def test_weight_normalization_turns_but_does_not_stretch():
    """The gradient by v is at right angles to v: Salimans & Kingma (2016), eq. 3."""
    layer = WeightNormalization(keras.layers.Dense(3))
    x = signals(5, 4)
    layer(x)
    (_, _), pullback = backend.vjp(lambda: (ops.sum(ops.square(layer(x))), 0), [layer.layer.kernel])
    gradient = numpy(pullback(ops.ones(()))[0])
    assert np.abs(gradient).max() > 1e-3
    along = (gradient * numpy(layer.layer.kernel)).sum(axis=0)
    np.testing.assert_allclose(along, 0, atol=1e-5)


def test_weight_normalization_of_nothing():
    layer = WeightNormalization(keras.layers.Dense(3, kernel_initializer="zeros"))
    assert np.isfinite(numpy(layer(signals(2, 4)))).all()
    with pytest.raises(ValueError, match="wraps a layer with a `kernel`"):
        WeightNormalization(keras.layers.ReLU()).build((None, 2))


@pytest.mark.parametrize("samples", [12, 13, 16])
@pytest.mark.parametrize("taps", [1, 4, 5, 9])
@pytest.mark.parametrize(("strides", "groups"), [(1, 2), (2, 4), (3, 1), (4, 2)])
def test_grouped_convolution_by_loops(samples, taps, strides, groups):
    """Output t of a group is the sum over taps j of x[t strides + j - (taps - 1) // 2] k[j]."""
    x = signals(2, samples, 4)
    layer = GroupedConv1D(8, taps, strides, groups)
    layer(x)
    layer.bias.assign(signals(8, seed=1))
    kernel, bias = map(numpy, layer.weights)
    padded = np.pad(x, [(0, 0), ((taps - 1) // 2, taps + strides), (0, 0)])
    expected = []
    for t in range(-(-samples // strides)):
        seen = padded[:, t * strides : t * strides + taps]
        parts = zip(np.split(seen, groups, axis=-1), np.split(kernel, groups, axis=-1))
        expected.append(np.concatenate([np.einsum("bjc,jco->bo", s, k) for s, k in parts], -1))
    np.testing.assert_allclose(numpy(layer(x)), np.stack(expected, 1) + bias, atol=1e-4)


def test_grouped_convolution(tmp_path):
    layer = GroupedConv1D(4, 5, 2, 2, activation="tanh", use_bias=False)
    check_layer(layer, signals(2, 7, 4), (4, 4), tmp_path)


def test_layer_scale(tmp_path):
    check_layer(LayerScale(0.1), signals(2, 3, 4), (3, 4), tmp_path)
    x = signals(2, 3, 4)
    layer = LayerScale(0.5)
    np.testing.assert_allclose(numpy(layer(x)), 0.5 * x)
    layer.factors.assign([0, 1, 2, 3])
    np.testing.assert_allclose(numpy(layer(x)), x * np.arange(4))
