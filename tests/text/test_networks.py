"""Discriminators of tokens: what a logit depends on."""

import keras
import numpy as np
import pytest

from gankit.text import networks
from tests.helpers import numpy
from tests.text.models import L, V, tokens


def build(make, *arguments, **options):
    keras.utils.set_random_seed(0)
    return make(V, L, *arguments, **options)


def one_hot(sequences):
    return np.eye(V, dtype="float32")[sequences]


@pytest.mark.parametrize("place", range(L))
def test_a_tokens_logit_sees_none_after_it(place):
    """Else a reward would tell of what the generator had not yet drawn."""
    network = build(networks.recurrent_discriminator, 4, 4, padding=None)
    one = tokens(8)
    other = one.copy()
    other[:, place] = (one[:, place] + 1) % V
    before, after = numpy(network(one)), numpy(network(other))
    np.testing.assert_array_equal(before[:, :place], after[:, :place])
    assert (before[:, place:] != after[:, place:]).all()


def test_padding_has_no_logit():
    network = build(networks.recurrent_discriminator, 4, 4)
    given = tokens(8)
    logits = numpy(network(given))
    np.testing.assert_array_equal(logits == 0, given == 0)


@pytest.mark.parametrize(
    "make", [networks.cnn_discriminator, networks.recurrent_discriminator], ids=["cnn", "recurrent"]
)
def test_what_it_is_told_matters(make):
    given = tokens(8)
    network = build(make, 4, given=networks.told_category(3))
    one, other = (numpy(network([given, np.full(8, label)])) for label in (0, 2))
    assert (one != other)[given[:, : one.shape[1]] != 0].all()
    network = build(make, 4, given=networks.told_prompt(L))
    one, other = (numpy(network([given, tokens(8, seed)])) for seed in (1, 2))
    assert (one != other)[given[:, : one.shape[1]] != 0].any()


def test_convolutions_are_as_wide_as_fits():
    """Filters wider than a sequence are left out; the others see every place of it."""
    network = build(networks.cnn_discriminator, 4, {1: 3, L: 2, L + 1: 7})
    widths = {one.kernel_size[0] for one in network.layers if isinstance(one, keras.layers.Conv1D)}
    assert widths == {1, L}
    assert network.layers[-1].input.shape[-1] == 5


def test_a_highway_begins_as_nearly_nothing():
    """y = g t + x (1 - t), by hand with weights of 0: the gate is sigmoid(-2), and g is 0."""
    layer, x = networks.Highway(), np.float32([[1.0, -2.0, 3.0]])
    layer.build((None, 3))
    layer.set_weights([0 * one if one.ndim == 2 else one for one in layer.get_weights()])
    gate = 1 / (1 + np.exp(2.0))
    np.testing.assert_allclose(numpy(layer(x)), x * (1 - gate), rtol=1e-5)


def test_representations_share_their_convolutions():
    """Two copies that embed alike have the same logit: nothing else tells them apart."""
    network = build(networks.relgan_discriminator, 4, 2, {2: 3}, dropout=0.0)
    (embed,) = [
        one for one in network.layers if isinstance(one, keras.layers.Dense) and not one.use_bias
    ]
    kernel = embed.get_weights()[0]
    embed.set_weights([np.concatenate([kernel[:, :2], kernel[:, :2]], axis=1)])
    logits = numpy(network(one_hot(tokens(8))))
    assert logits.shape == (8, 2)
    np.testing.assert_allclose(logits[:, 0], logits[:, 1], rtol=1e-5)
    assert len(np.unique(logits[:, 0])) > 1
