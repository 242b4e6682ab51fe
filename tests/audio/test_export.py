import keras
import numpy as np
import pytest

from gankit import sampling
from gankit.audio.discriminators import multi_period
from gankit.audio.export import to_export
from gankit.audio.model import SpectrogramGAN, Vocoder, waves_of
from gankit.audio.networks import spectrogram_discriminator, spectrogram_generator
from gankit.audio.normalisation import RangeNormalisation
from gankit.audio.representations import LogMel
from gankit.audio.vocoders import hifigan, vocos
from gankit.export import export

COUNTS = {"label": 2, "speaker": 3}


def mel(normalise=None):
    return LogMel(8000, 64, 16, mels=6, normalise=normalise)


class Run:
    """A finished run's models."""

    def __init__(self, gan, vocoder=None):
        self.gan, self.vocoder = gan, vocoder

    def load(self):
        return self.gan

    def kept(self, name):
        return {"vocoder": self.vocoder}[name]


def spectrogram_gan():
    keras.utils.set_random_seed(0)
    game = SpectrogramGAN(
        spectrogram_generator((20, 6, 1), 4, COUNTS, width=4),
        spectrogram_discriminator((20, 6, 1), COUNTS, width=4),
        mel(RangeNormalisation(-9.0, 3.0)),
    )
    game.compile(ema=0.9)
    return game


def test_what_the_generator_gives_the_vocoder_takes():
    """The chain of the exported networks is what `gankit say` goes through."""
    game, vocoder = spectrogram_gan(), vocos(6, 64, 16, width=8, blocks=1, mel=mel(), iterations=2)
    keras.backend.clear_session()  # names of layers begin again, as in another process
    networks = to_export(Run(game, vocoder))
    assert list(networks) == ["generator", "vocoder"]
    told = {"label": np.array([0, 1, 1]), "speaker": np.array([2, 0, 1])}
    said = waves_of(game.generate(3, told, seed=0), game.representation, vocoder)
    latents = sampling.latents(3, 4, seed=0)
    mels = networks["generator"].predict_on_batch([latents, told])
    assert mels.shape == (3, 20, 6)
    assert mels.min() < -1.5
    made = networks["vocoder"].predict_on_batch(mels)
    np.testing.assert_allclose(made, said, atol=1e-4 * np.abs(said).max())


def test_without_a_vocoder_samples_are_as_the_network_gives_them():
    game = spectrogram_gan()
    networks = to_export(Run(game))
    assert list(networks) == ["generator"]
    assert networks["generator"] is game.sampler


def test_a_vocoder_alone():
    network = hifigan(3, 6, width=4, rates=(4, 4))
    networks = to_export(Run(Vocoder(network, multi_period(256, (2,), 1), mel())))
    assert list(networks) == ["vocoder"]
    x = np.random.default_rng(0).standard_normal((2, 9, 6)).astype("float32")
    np.testing.assert_allclose(
        networks["vocoder"].predict_on_batch(x), network.predict_on_batch(x), atol=1e-5
    )


@pytest.mark.tensorflow_only
def test_files_that_fit(tmp_path):
    vocoder = vocos(6, 64, 16, width=8, blocks=1, mel=mel(), iterations=2)
    for name, network in to_export(Run(spectrogram_gan(), vocoder)).items():
        done = export(network, tmp_path / name, "saved_model", n=8)
        assert done.same
        if name == "generator":
            assert done.outputs == [[20, 6]]
        else:
            assert done.inputs == {"mels": ([None, 6], "float32")}
