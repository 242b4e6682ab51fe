import math

import keras
import numpy as np
import pytest

from gankit.audio import LogMel
from gankit.audio.streaming import context, period_of, stream
from gankit.audio.vocoders import hifigan, vocos
from tests.helpers import numpy

TINY = {
    "vocos": lambda: vocos(4, 16, 4, width=8, blocks=1),
    "vocos, half overlap": lambda: vocos(4, 16, 8, width=8, blocks=2),
    "vocos, uneven overlap": lambda: vocos(4, 18, 5, width=8, blocks=1),
    "vocos from mels": lambda: vocos(
        4, 64, 16, width=8, blocks=1, mel=LogMel(8000, 64, 16, mels=4), iterations=3
    ),
    "hifigan": lambda: hifigan(3, 4, width=4, rates=(4, 2)),
}


def perturbed(kind, seed=0):
    keras.utils.set_random_seed(seed)
    network, rng = TINY[kind](), np.random.default_rng(seed)
    network.set_weights([w + 0.2 * rng.standard_normal(w.shape) for w in network.get_weights()])
    return network


@pytest.mark.parametrize("kind", TINY)
def test_pieces_make_the_whole(kind):
    network = perturbed(kind)
    frames = 2 * context(network) + 23
    mels = np.random.default_rng(1).standard_normal((2, frames, 4)).astype("float32")
    whole = network.predict_on_batch(mels)
    scale = np.abs(whole).max()
    assert scale > 1e-3
    for chunk in (7, frames + 1):
        pieces = list(stream(network, mels, chunk))
        assert len(pieces) == -(-frames // chunk)
        apart = np.concatenate(pieces, axis=1) - whole
        np.testing.assert_allclose(apart / max(scale, 1), 0, atol=1e-5)


@pytest.mark.parametrize("sizes", [(1,) * 60, (7, 50, 3), (60,), (2, 3)], ids=str)
def test_a_spectrogram_that_grows(sizes):
    """However many frames come at a time, the pieces are those of the whole."""
    network = perturbed("vocos, half overlap")
    mels = np.random.default_rng(1).standard_normal((2, sum(sizes), 4)).astype("float32")
    parts = np.split(mels, np.cumsum(sizes)[:-1], axis=1)
    whole, grown = (list(stream(network, given, 8)) for given in (mels, iter(parts)))
    assert [one.shape for one in grown] == [one.shape for one in whole]
    np.testing.assert_allclose(np.concatenate(grown, 1), np.concatenate(whole, 1), atol=1e-6)


def test_a_piece_comes_as_soon_as_its_frames_are_there():
    network, given = perturbed("vocos"), []
    reach = context(network)

    def frames():
        for i in range(8 + 2 * reach + 20):
            given.append(i)
            yield np.zeros((1, 1, 4), "float32")

    pieces = stream(network, frames(), 8)
    for n in (8 + 2 * reach, 8 + 2 * reach, 16 + 8 + reach):
        next(pieces)
        assert len(given) == n


@pytest.mark.parametrize("frames", [1, 5])
def test_short_clips(frames):
    network = perturbed("vocos")
    mels = np.ones((1, frames, 4), "float32")
    pieces = np.concatenate(list(stream(network, mels, 2)), axis=1)
    np.testing.assert_allclose(pieces, network.predict_on_batch(mels), atol=1e-5)


def test_every_piece_is_made_from_as_many_frames(monkeypatch):
    network, seen = perturbed("vocos"), set()
    once = network.predict_on_batch
    monkeypatch.setattr(
        network, "predict_on_batch", lambda mels: seen.add(mels.shape) or once(mels)
    )
    list(stream(network, np.zeros((1, 60, 4), "float32"), 8))
    assert seen == {(1, 8 + 2 * context(network), 4)}


@pytest.mark.parametrize("kind", TINY)
def test_context_is_what_an_impulse_reaches(kind):
    """HiFi-GAN has no biases here: then silence stays silence, and no rounding hides what little comes
    from afar."""
    network = perturbed(kind)
    expected = context(network)
    if kind == "hifigan":
        for weight in network.weights:
            weight.assign(0 * weight if weight.path.endswith("bias") else weight)
    frames = 2 * expected + 21
    mels = np.zeros((1, frames, 4), "float32")
    before = network.predict_on_batch(mels)
    mels[0, frames // 2] = [1.0, 2.0, -1.0, 3.0]
    changed = np.flatnonzero((network.predict_on_batch(mels) != before)[0])
    hop = before.shape[1] // frames
    reached = max(frames // 2 - changed[0] // hop, changed[-1] // hop - frames // 2)
    assert expected - period_of(network) <= reached <= expected


def test_context_by_hand():
    """Vocos: 3 frames for each convolution, and 2 of overlap. HiFi-GAN with one upsampling by 8: 3
    frames, 1 more, then at 8 steps a frame the kernel of 11 with dilations 1, 3, 5 and 1, 1, 1, and 3
    steps at the end."""
    assert context(vocos(4, 16, 4, width=8, blocks=4)) == 5 * 3 + 2
    steps = 5 * (1 + 3 + 5) + 5 * 3 + 3
    assert context(hifigan(2, 4, width=4, rates=(8,))) == math.ceil(3 + 1 + steps / 8)


def model(*inner):
    inputs = keras.Input((None, 4))
    x = inputs
    for layer in inner:
        x = layer(x)
    return keras.Model(inputs, x)


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.GRU(4, return_sequences=True),
        keras.layers.GroupNormalization(1),
        keras.layers.LayerNormalization(axis=(1, 2)),
        keras.layers.Conv1D(4, 3, padding="causal"),
        keras.layers.Conv1D(4, 3, strides=2, padding="same"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_unbounded_layers_are_refused(layer):
    layer = layer.__class__.from_config(layer.get_config())
    if isinstance(layer, keras.layers.LayerNormalization):
        inputs = keras.Input((6, 4))
        network = keras.Model(inputs, layer(inputs))
    else:
        network = model(layer)
    with pytest.raises(ValueError, match=f"{layer.name}.*not known to look at a bounded time"):
        context(network)


def test_the_longest_path_counts():
    def kernel(size):
        return keras.layers.Conv1D(4, size, padding="same")

    inputs = keras.Input((None, 4))
    short, long = kernel(3)(inputs), kernel(5)(kernel(7)(inputs))
    network = keras.Model(inputs, keras.layers.Add()([long, short]))
    assert context(network) == 3 + 2


def test_chunk_is_positive():
    with pytest.raises(ValueError, match="chunk=0"):
        next(stream(perturbed("vocos"), np.zeros((1, 5, 4), "float32"), 0))


def test_a_loaded_network_streams(tmp_path):
    network = perturbed("hifigan")
    network.save(tmp_path / "vocoder.keras")
    loaded = keras.saving.load_model(tmp_path / "vocoder.keras")
    assert context(loaded) == context(network)
    mels = np.ones((1, 40, 4), "float32")
    pieces = np.concatenate(list(stream(loaded, mels, 16)), axis=1)
    np.testing.assert_allclose(pieces, numpy(network(mels)), atol=1e-5)
