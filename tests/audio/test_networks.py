import keras
import numpy as np
import pytest

import gankit
from gankit.audio.networks import spectrogram_discriminator, spectrogram_generator
from gankit.networks.grids import grid
from tests.helpers import numpy

LABELS = {"speaker": 3, "label": 5}


def networks(shape, conditions=None, width=4, conditioned_throughout=False):
    return (
        spectrogram_generator(shape, 8, conditions, width, modulated=conditioned_throughout),
        spectrogram_discriminator(shape, conditions, width, pooled=conditioned_throughout),
    )


def labels(label, speaker):
    return {"label": np.asarray(label), "speaker": np.asarray(speaker)}


@pytest.mark.parametrize("shape", [(16, 16, 1), (20, 33, 2), (5, 40, 1)], ids=str)
@pytest.mark.parametrize("conditions", [None, {"label": 5}, LABELS], ids=str)
@pytest.mark.parametrize("throughout", [False, True])
def test_any_shape(shape, conditions, throughout):
    generator, discriminator = networks(shape, conditions, conditioned_throughout=throughout)
    latents = np.float32([[1.0] * 8, [-1.0] * 8])
    told = {name: np.array([0, count - 1]) for name, count in (conditions or {}).items()}
    spectrograms = numpy(generator([latents, told] if told else latents))
    assert spectrograms.shape == (2, *shape)
    assert np.abs(spectrograms).max() <= 1
    logits = numpy(discriminator([spectrograms, told] if told else spectrograms))
    assert logits.shape == (2, 1)
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("throughout", [False, True])
def test_every_label_matters(name, throughout):
    generator, discriminator = networks((16, 16, 1), LABELS, conditioned_throughout=throughout)
    latents = np.ones((1, 8), "float32")
    one, other = labels([1], [1]), {**labels([1], [1]), name: np.array([2])}
    spectrograms = [numpy(generator([latents, told])) for told in (one, other)]
    assert np.abs(spectrograms[0] - spectrograms[1]).max() > 1e-3
    logits = [float(discriminator([spectrograms[0], told])[0, 0]) for told in (one, other)]
    assert abs(logits[0] - logits[1]) > 1e-5


def test_modulation_is_none_at_the_start_and_learnt_from_there():
    """With the other weights the same, so is what is made."""
    plain, modulated = (
        spectrogram_generator((16, 16, 1), 8, LABELS, 4, modulated=one) for one in (False, True)
    )
    own = [one for one in modulated.weights if "scale_" in one.path or "shift_" in one.path]
    assert len(own) == 2 * 2 * (grid((16, 16, 1))[0] - 1)
    others = [one for one in modulated.weights if not any(one is other for other in own)]
    for one, other in zip(others, plain.weights, strict=True):
        one.assign(other)
    given = [np.ones((2, 8), "float32"), labels([0, 1], [2, 0])]
    expected = numpy(plain(given))
    np.testing.assert_allclose(numpy(modulated(given)), expected, atol=1e-6)
    for weight in own:
        weight.assign(weight + 0.1)
    assert np.abs(numpy(modulated(given)) - expected).max() > 0.01


def test_pooled_projections_have_a_weight_for_each_channel():
    _, discriminator = networks((16, 16, 1), LABELS, conditioned_throughout=True)
    sizes = [one.output_dim for one in discriminator.layers if hasattr(one, "output_dim")]
    assert sizes == [8, 8]  # channels of the last of two stages


@pytest.mark.parametrize("throughout", [False, True])
def test_projections_add_up(throughout):
    """The difference that a speaker makes to the logit is the same for every label."""
    _, discriminator = networks((8, 8, 1), LABELS, conditioned_throughout=throughout)
    x = np.random.default_rng(0).standard_normal((4, 8, 8, 1)).astype("float32")
    x[1:] = x[0]
    logits = numpy(discriminator([x, labels([0, 0, 1, 1], [0, 1, 0, 1])]))[:, 0]
    assert logits[1] - logits[0] == pytest.approx(logits[3] - logits[2], abs=1e-5)


def test_signals_keep_their_size():
    generator, discriminator = networks((32, 32, 1), width=16)
    rng = np.random.default_rng(0)
    for network, shape in ((generator, (64, 8)), (discriminator, (64, 32, 32, 1))):
        signals = rng.standard_normal(shape).astype("float32")
        for layer in network.layers[1:-2]:
            signals = layer(signals)
            if isinstance(layer, (keras.layers.ReLU, keras.layers.LeakyReLU)):
                size = float(keras.ops.mean(keras.ops.square(signals)))
                assert 0.3 < size < 3, layer.name


@pytest.mark.parametrize("conditions", [None, LABELS], ids=["unconditional", "two labels"])
def test_a_game(conditions, tmp_path):
    keras.utils.set_random_seed(0)
    gan = gankit.GAN(*networks((8, 12, 1), conditions), seed=0)
    gan.compile(loss="relativistic_pairing", penalties=["r1", "r2"], ema=0.9)
    x = np.random.default_rng(0).uniform(-1, 1, (16, 8, 12, 1)).astype("float32")
    y = labels(np.arange(16) % 5, np.arange(16) % 3) if conditions else None
    history = gan.fit(x, y, batch_size=8, verbose=0).history
    assert np.isfinite([values[0] for values in history.values()]).all()
    told = labels([0, 4], [2, 1]) if conditions else None
    samples = gan.generate(2, told, seed=0)
    assert samples.shape == (2, 8, 12, 1)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras").generate(2, told, seed=0)
    np.testing.assert_allclose(again, samples, atol=1e-5)


@pytest.mark.tensorflow_only
def test_a_step_compiled_by_xla():
    gan = gankit.GAN(*networks((8, 8, 1), LABELS), seed=0)
    gan.compile(loss="relativistic_pairing", jit_compile=True)
    x = np.zeros((4, 8, 8, 1), "float32")
    history = gan.fit(x, labels([0, 1, 2, 3], [0, 1, 2, 0]), batch_size=4, verbose=0).history
    assert np.isfinite(history["g_loss"]).all()


def test_conditions_have_values():
    with pytest.raises(ValueError, match="'label' with 0"):
        spectrogram_generator((8, 8, 1), conditions={"label": 0})
