import keras
import numpy as np
import pytest

import gankit
from gankit.audio.discriminators import multi_period, multi_resolution, multi_scale
from gankit.audio.losses import MultiResolutionSTFT, SummedFeatureMatching
from gankit.audio.vocoders import vocos
from tests.helpers import numpy

SAMPLES = 320


def some(samples=SAMPLES):
    return [
        *multi_period(samples, (2, 3), width=2),
        *multi_scale(samples, 2, width=4),
        *multi_resolution(samples, (32, 64), width=2),
    ]


def noise(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def count(network):
    """Trainable weights without weight normalisation's lengths."""
    weights = network.trainable_weights
    return sum(int(np.prod(w.shape)) for w in weights if not w.path.endswith("lengths"))


def test_published_sizes():
    """41.1 million in five periods, 29.6 million in three scales: Kong et al. (2020), whose code has one
    table for every period and one for every scale."""
    (period,) = multi_period(1024, (3,))
    widths = (1, 32, 128, 512, 1024, 1024)
    table = sum(5 * a * b + b for a, b in zip(widths, widths[1:])) + 3 * 1024 + 1
    assert count(period) == table
    assert 5 * table == 41_092_165
    (scale,) = multi_scale(1024, 1)
    table = ((1, 128, 15, 1), (128, 128, 41, 4), (128, 256, 41, 16), (256, 512, 41, 16))
    table += ((512, 1024, 41, 16), (1024, 1024, 41, 16), (1024, 1024, 5, 1), (1024, 1, 3, 1))
    table = sum(a * b * taps // groups + b for a, b, taps, groups in table)
    assert count(scale) == table
    assert 3 * table == 29_610_627


def test_what_they_return():
    networks = some()
    assert len({network.name for network in networks}) == len(networks)
    for network, layers in zip(networks, (6, 6, 8, 8, 6, 6)):
        assert network.output["features"][-1] is network.output["logits"]
        assert len(network.output["features"]) == layers
        assert network.output["logits"].shape[-1] == 1
    assert tuple(networks[0].output["logits"].shape) == (None, 2, 2, 1)


def test_periods_are_apart():
    """What one column of a period says is its own samples' alone."""
    (network,) = multi_period(60, (3,), width=2)
    waves = noise(1, 60)
    before = numpy(network(waves)["logits"])
    waves[:, 1::3] += 1.0
    moved = np.abs(numpy(network(waves)["logits"]) - before).max(axis=(0, 1, 3))
    assert moved[1] > 1e-6
    np.testing.assert_allclose(moved[[0, 2]], 0, atol=1e-6)


def test_periods_at_any_length():
    for samples in (60, 61, 62):
        (network,) = multi_period(samples, (3,), width=2)
        assert network(noise(1, samples))["logits"].shape[2] == 3


def test_resolutions_do_not_hear_the_sign():
    for network in multi_resolution(SAMPLES, (32,), width=2):
        waves = noise(1, SAMPLES)
        ours, opposite = (numpy(network(sign * waves)["logits"]) for sign in (1, -1))
        np.testing.assert_allclose(ours, opposite, atol=1e-5)


def test_the_first_scale_is_spectrally_normalised():
    kinds = [
        {type(layer).__name__ for layer in network.layers} for network in multi_scale(320, 2, 4)
    ]
    assert "SpectralNormalization" in kinds[0] - kinds[1]
    assert "WeightNormalization" in kinds[1] - kinds[0]


@pytest.mark.parametrize(
    ("build", "least"), [(multi_period, 22), (multi_scale, 256), (multi_resolution, 769)]
)
def test_waves_that_are_too_short(build, least):
    with pytest.raises(ValueError, match=f"at least {least} samples. Received: {least - 1}"):
        build(least - 1)


def game(networks, **arguments):
    keras.utils.set_random_seed(0)
    gan = gankit.Translation(vocos(3, 32, 16, width=8, blocks=1), networks, seed=0)
    gan.compile(
        loss=["least_squares", SummedFeatureMatching(1.0)],
        reconstruction=MultiResolutionSTFT((32,), 2.0),
        **arguments,
    )
    return gan


KINDS = {
    "period": lambda: multi_period(SAMPLES, (3,), width=2),
    "scale": lambda: multi_scale(SAMPLES, 2, width=4)[1:],
    "resolution": lambda: multi_resolution(SAMPLES, (32,), width=2),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_with_a_penalty(kind):
    """The first step checks that a penalty's gradient reaches every kernel, through the transform, the
    pooling and the groups. One wave is silent."""
    if kind != "resolution" and keras.backend.backend() == "jax":
        pytest.skip("JAX compiles that check's operations one by one, for half a minute")
    gan = game(KINDS[kind](), penalties=["r1"])
    waves = 0.1 * noise(2, SAMPLES) * np.float32([[0], [1]])
    logs = gan.train_on_batch(noise(2, 20, 3), waves, return_dict=True)
    assert np.isfinite([float(value) for value in logs.values()]).all()
    assert all(np.isfinite(numpy(weight)).all() for weight in gan.weights)
    assert gan.translate(noise(3, 20, 3)).shape == (3, SAMPLES)


@pytest.mark.tensorflow_only
def test_a_step_compiled_by_xla():
    """Both ways of the Fourier transform: the generator's, and the discriminator's."""
    gan = game(KINDS["resolution"](), jit_compile=True)
    history = gan.fit(noise(2, 20, 3), 0.1 * noise(2, SAMPLES), batch_size=2, verbose=0).history
    assert np.isfinite(history["g_loss"]).all()
