import keras
import numpy as np
import pytest

from gankit.audio import LogMel, RangeNormalisation
from gankit.audio.layers import PolarSpectrum
from gankit.audio.losses import MelL1
from gankit.audio.model import CopySynthesis
from gankit.audio.vocoders import by_matrices, hifigan, vocos, with_iterations
from gankit.audio.vowels import draw_vowels
from tests.audio.compiled import slope
from tests.helpers import numpy

TINY = {
    "vocos": lambda: vocos(5, 16, 4, width=8, blocks=2),
    "vocos from mels": lambda: vocos(
        5, 64, 16, width=8, blocks=1, mel=LogMel(8000, 64, 16, mels=5), iterations=2
    ),
    "hifigan 1": lambda: hifigan(1, 5, width=4, rates=(4,)),
    "hifigan 3": lambda: hifigan(3, 5, width=4, rates=(2, 2)),
}

HOPS = {"vocos from mels": 16}


def mels(frames, seed=0):
    return np.random.default_rng(seed).standard_normal((2, frames, 5)).astype("float32")


@pytest.mark.parametrize("kind", TINY)
def test_any_number_of_frames(kind, tmp_path):
    network = TINY[kind]()
    network.save(tmp_path / "vocoder.keras")
    loaded = keras.saving.load_model(tmp_path / "vocoder.keras")
    for frames in (2, 7):
        waves = numpy(network(mels(frames)))
        assert waves.shape == (2, HOPS.get(kind, 4) * frames)
        assert np.isfinite(waves).all()
        np.testing.assert_allclose(numpy(loaded(mels(frames))), waves, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", TINY)
def test_mixed_precision_ends_in_float32(kind):
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    waves = TINY[kind]()(mels(6))
    assert keras.backend.standardize_dtype(waves.dtype) == "float32"
    assert np.isfinite(numpy(waves)).all()


@pytest.mark.parametrize("kind", TINY)
def test_mels_matter(kind):
    network = TINY[kind]()
    assert np.abs(numpy(network(mels(6))) - numpy(network(mels(6, seed=1)))).max() > 1e-5


def perturbed(kind):
    """A network as it might be after training: its first correction of magnitudes is none."""
    network, rng = TINY[kind](), np.random.default_rng(0)
    network.set_weights([w + 0.1 * rng.standard_normal(w.shape) for w in network.get_weights()])
    return network


@pytest.mark.parametrize("kind", TINY)
def test_matrices_in_place_of_transforms(kind):
    network = perturbed(kind)
    waves, found = (numpy(one(mels(9))) for one in (network, by_matrices(network)))
    np.testing.assert_allclose(found, waves, atol=1e-4 * np.abs(waves).max())


def test_the_inverse_has_the_mels_window():
    """With magnitudes of a window and phases that fit it, the wave has those magnitudes."""
    mel = LogMel(8000, 64, 16, window=32, mels=5)
    network = vocos(5, 64, 16, width=8, blocks=1, mel=mel, iterations=2)
    of_it = [layer.stft.window for layer in network.layers if hasattr(layer, "iterations")]
    assert of_it == [network.layers[-1].stft.window] == [32]
    found, matrices = numpy(network(mels(9))), numpy(by_matrices(network)(mels(9)))
    np.testing.assert_allclose(found, matrices, atol=1e-4 * np.abs(found).max())


def test_another_number_of_iterations():
    """As if it had been built with that number."""
    network = perturbed("vocos from mels")
    mel = LogMel(8000, 64, 16, mels=5)
    other = vocos(5, 64, 16, width=8, blocks=1, mel=mel, iterations=5)
    other.set_weights(network.get_weights())
    found = numpy(with_iterations(network, 5)(mels(9)))
    np.testing.assert_allclose(found, numpy(other(mels(9))), rtol=1e-4, atol=1e-5)
    assert np.abs(found - numpy(network(mels(9)))).max() > 1e-3
    with pytest.raises(ValueError, match="generator has no iterations"):
        with_iterations(TINY["hifigan 3"](), 5)


@pytest.mark.tensorflow_only
@pytest.mark.filterwarnings("ignore:In the future:FutureWarning")  # tf2onnx's
@pytest.mark.parametrize("kind", ["vocos", "vocos from mels"])
def test_exported(kind, tmp_path):
    """To a file that is run without Keras, on any number of frames."""
    pytest.importorskip("tf2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    network, path = perturbed(kind), tmp_path / "vocoder.onnx"
    by_matrices(network).export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path)
    for frames in (4, 9):
        waves = numpy(network(mels(frames)))
        (found,) = session.run(None, {session.get_inputs()[0].name: mels(frames)})
        np.testing.assert_allclose(found, waves, atol=1e-4 * np.abs(waves).max())


def count(network, lengths):
    """Trainable weights, those of weight normalisation's lengths or the others."""
    return sum(
        int(np.prod(w.shape))
        for w in network.trainable_weights
        if w.path.endswith("lengths") == lengths
    )


def hifigan_weights(width, rates, kernels, dilations, convolutions):
    """The weights of Kong et al. (2020), appendix A.1, layer by layer, and one length for each output of
    a convolution and each input of a transposed one."""
    weights, lengths = (80 * 7 + 1) * width, width
    for rate in rates:
        weights += width * width // 2 * 2 * rate + width // 2
        lengths += width
        width //= 2
        for kernel in kernels:
            weights += dilations * convolutions * (kernel * width**2 + width)
            lengths += dilations * convolutions * width
    return weights + 7 * width + 1, lengths + 1


@pytest.mark.parametrize(
    ("version", "published", "exact", "table"),
    [
        (1, 13.93e6, 13_926_017, (512, (8, 8, 2, 2), (3, 7, 11), 3, 2)),
        (2, 0.926e6, 925_985, (128, (8, 8, 2, 2), (3, 7, 11), 3, 2)),
        (3, 1.462e6, 1_462_273, (256, (8, 8, 4), (3, 5, 7), 2, 1)),
    ],
)
def test_published_sizes(version, published, exact, table):
    """The published number leaves out weight normalisation's lengths, as a vocoder in use does."""
    network = hifigan(version)
    weights, lengths = hifigan_weights(*table)
    assert count(network, lengths=False) == weights == exact
    assert count(network, lengths=True) == lengths
    assert exact == pytest.approx(published, rel=1e-3)
    assert network.compute_output_shape((1, 3, 80)) == (1, 768)


def test_published_vocos():
    """13.5 million: 512 channels, 8 blocks, mels of 100 bands, and frames of 1024 samples."""
    network = vocos(100, 1024, 256, width=512, blocks=8)
    block = (7 + 1) * 512 + 2 * 512 + 513 * 1536 + 1537 * 512 + 512
    ends = (100 * 7 + 1) * 512 + 2 * 2 * 512 + 513 * 1026
    assert network.count_params() == 8 * block + ends
    assert network.count_params() == pytest.approx(13.5e6, rel=0.01)


def test_vocos_begins_at_the_magnitudes_that_mels_tell_of():
    """A voice is nearer than without, before any training, and nearer again once phases agree."""
    mel = LogMel.narrowband()
    waves, *_ = draw_vowels(n=8)
    seen = numpy(mel(waves[:, :3968]))
    apart = []
    for start, iterations in ((None, 0), (mel, 0), (mel, 8)):
        keras.utils.set_random_seed(0)
        network = vocos(64, 256, 64, mel=start, iterations=iterations)
        apart.append(np.abs(numpy(mel(network(seen))) - seen).mean())
    assert apart[1] < 0.5 * apart[0]
    assert apart[2] < 0.7 * apart[1]
    with pytest.raises(ValueError, match="64 bands of a transform of 512.*64 bands of 256"):
        vocos(64, 512, 64, mel=mel)
    with pytest.raises(ValueError, match="normalise=RangeNormalisation"):
        vocos(64, 256, 64, mel=LogMel.narrowband(normalise=RangeNormalisation()))


def test_a_loud_tone_keeps_its_magnitude():
    """A sine of amplitude 0.95 has 0.95 / 4 of the FFT, and what is above 100 is learnt from, too."""
    stft, at = LogMel.hifigan(mels=80).stft, 100
    tone = 0.95 * np.sin(2 * np.pi * at / stft.fft * np.arange(4096))
    real, imaginary = map(numpy, stft(tone[None].astype("float32")))
    size = np.hypot(real, imaginary)[0, 8, at]
    assert size == pytest.approx(0.95 * stft.fft / 4, rel=1e-3)
    for mel, limit in ((None, 100), (LogMel.hifigan(mels=80), stft.fft / 2)):
        network = vocos(80, stft.fft, stft.hop, width=8, blocks=1, mel=mel)
        (head,) = [one for one in network.layers if isinstance(one, PolarSpectrum)]
        assert head.limit == pytest.approx(limit)
        assert (size < head.limit) == (mel is not None)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_hifigan_begins_where_mels_tell_of_it(version):
    """A quiet wave, above the floor of the mels, so that the twin without an adversary learns."""
    keras.utils.set_random_seed(0)
    mel, waves = LogMel.hifigan(), draw_vowels(n=1)[0][:, :2048]
    term = MelL1(LogMel.hifigan(high=None))
    made = numpy(hifigan(version)(mel(waves)))
    assert 1e-2 < np.abs(made).max() < 0.9
    _, gradient = slope(lambda made: term(waves, made), made)
    assert np.linalg.norm(gradient) > 1


def test_hifigan_learns_from_mels_alone():
    keras.utils.set_random_seed(0)
    mel, waves = LogMel.hifigan(), draw_vowels(n=4)[0][:, :2048]
    twin = CopySynthesis(hifigan(3, width=16, rates=(16, 16)), mel)
    twin.compile(keras.optimizers.Adam(2e-3), loss=MelL1(mel, 1.0))
    history = twin.fit(waves, waves, batch_size=4, epochs=10, verbose=0).history["loss"]
    assert history[0] < 3  # a wave of zeros is 7 away
    assert history[-1] < 0.85 * history[0]


def test_hifigans_start_is_pytorchs():
    """Kernels and biases within 1 / sqrt(fan_in); of a transposed kernel that is of its outputs."""
    network = hifigan(1, 20, width=64, rates=(8, 8))
    layers = [one.layer for one in network.layers if hasattr(one, "lengths")]
    for layer, fan_in in zip(layers, (7 * 20, 16 * 32, 3 * 32)):
        kernel = numpy(layer.kernel)
        assert 0.95 < np.abs(kernel).max() * fan_in**0.5 <= 1
        assert np.std(kernel) * fan_in**0.5 == pytest.approx(3**-0.5, rel=0.05)
        assert 0.5 < np.abs(numpy(layer.bias)).max() * fan_in**0.5 <= 1


def test_hifigan_stays_between_minus_1_and_1():
    network = hifigan(3, 5, width=4, rates=(2,))
    network.set_weights([30 * w for w in network.get_weights()])
    assert np.abs(numpy(network(100 * mels(8)))).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"version": 4}, "version=4"),
        ({"rates": (8, 3)}, r"rates=\(8, 3\)"),
        ({"width": 12, "rates": (2, 2, 2)}, "width=12"),
    ],
)
def test_arguments_of_hifigan(arguments, message):
    with pytest.raises(ValueError, match=message):
        hifigan(**arguments)
