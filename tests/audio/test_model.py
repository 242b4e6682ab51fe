"""The games of sound, on networks small enough to check, and as users play them."""

import keras
import numpy as np
import pytest
from keras import ops

from gankit import losses, penalties
from gankit.audio.discriminators import multi_period, multi_resolution, multi_scale
from gankit.audio.instantaneous_frequency import MelInstantaneousFrequency
from gankit.audio.losses import MelL1, MultiResolutionSTFT, SummedFeatureMatching
from gankit.audio.model import CopySynthesis, SpectrogramGAN, Vocoder, pictures, waves_of
from gankit.audio.networks import spectrogram_discriminator, spectrogram_generator
from gankit.audio.normalisation import RangeNormalisation
from gankit.audio.representations import LinearLogMagnitude, LogMel, in_range
from gankit.audio.vocoders import hifigan, vocos
from gankit.callbacks.logits import logits_of
from tests.audio.compiled import run
from tests.helpers import assert_same_state, numpy

RATE, SAMPLES, HOP = 8000, 256, 16
COUNTS = {"label": 2, "speaker": 3}


def waves(n=8, samples=SAMPLES, seed=0):
    """Tones with some noise."""
    rng = np.random.default_rng(seed)
    tones = np.sin(np.arange(samples) * rng.uniform(0.1, 1, (n, 1)))
    return (0.5 * tones + 0.01 * rng.standard_normal((n, samples))).astype("float32")


def mel(normalise=None):
    return LogMel(RATE, 64, HOP, mels=6, normalise=normalise)


def rules(**more):
    return {
        "generator_optimizer": keras.optimizers.Adam(1e-3),
        "discriminator_optimizer": keras.optimizers.Adam(1e-3),
        **more,
    }


def vocoder(network=None, discriminators=None, **more):
    keras.utils.set_random_seed(0)
    game = Vocoder(
        network or vocos(6, 64, HOP, width=8, blocks=1),
        discriminators or multi_period(SAMPLES, (2,), width=1),
        mel(),
        seed=1,
    )
    game.compile(
        **rules(
            loss=["least_squares", SummedFeatureMatching(1.0)],
            adversarial_weight=2.0,
            reconstruction=MelL1(mel(), 45.0),
            **more,
        )
    )
    return game


def spectrogram_gan(representation=None, conditions=None, steps=1, **more):
    keras.utils.set_random_seed(0)
    representation = representation or mel(RangeNormalisation(-11.6, 3.0))
    shape = pictures(np.zeros((1, *representation.shape(SAMPLES)))).shape[1:]
    game = SpectrogramGAN(
        spectrogram_generator(shape, 4, conditions, width=4),
        spectrogram_discriminator(shape, conditions, width=4),
        representation,
        discriminator_steps=steps,
        seed=1,
    )
    game.compile(**rules(**more))
    return game


def told(n=8):
    return {"label": np.arange(n) % 2, "speaker": np.arange(n) % 3}


# --- vocoders -------------------------------------------------------------------------------------


def test_a_vocoder_is_asked_for_the_waves_that_its_mels_are_of():
    game, x = vocoder(), waves()
    tensor = ops.convert_to_tensor(x)
    for batch in (tensor, (tensor, told())):  # labels are not looked at
        real, fake, condition = game.play(batch)
        np.testing.assert_array_equal(numpy(real), x)
        np.testing.assert_allclose(numpy(condition), numpy(mel()(x)), atol=1e-4)
        np.testing.assert_allclose(
            numpy(fake), numpy(game.generator(condition, training=True)), atol=1e-4
        )
    assert not any(game.takes_condition(one) for one in game.discriminators)


def test_hifigans_weights_of_the_terms():
    """Kong et al. (2020), equation 5: (D - 1)^2 + 2 feature matching, of each D, + 45 mel."""
    game, x = vocoder(discriminators=multi_period(SAMPLES, (2, 3), width=1)), waves()
    game.prepare(x)
    real, fake, condition = game.play(ops.convert_to_tensor(x))
    total, logs = game.generator_loss(real, fake, condition)
    expected = 45 * np.abs(numpy(mel()(real)) - numpy(mel()(fake))).mean()
    np.testing.assert_allclose(numpy(logs["g_mel_l1"]), expected, rtol=1e-4)
    for discriminator in game.discriminators:
        seen_real, seen_fake = (game.judge(discriminator, one) for one in (real, fake))
        expected += np.square(numpy(seen_fake["logits"]) - 1).mean()
        for a, b in zip(seen_real["features"], seen_fake["features"]):
            expected += 2 * np.abs(numpy(a) - numpy(b)).mean()
    np.testing.assert_allclose(numpy(total), expected, rtol=1e-4)


def test_a_vocoder_learns_and_is_saved(tmp_path):
    game, x = vocoder(ema=0.5, generator_optimizer=keras.optimizers.Adam(5e-3)), waves(16)
    history = game.fit(x, batch_size=8, epochs=6, verbose=0).history
    assert history["g_mel_l1"][-1] < 0.8 * history["g_mel_l1"][0]
    mels = numpy(mel()(x[:3]))
    made = game.translate(mels)
    assert made.shape == (3, SAMPLES)
    game.save(tmp_path / "vocoder.keras")
    loaded = keras.saving.load_model(tmp_path / "vocoder.keras")
    np.testing.assert_allclose(loaded.translate(mels), made, atol=1e-5)
    assert_same_state(loaded, game)
    assert loaded.representation.get_config() == game.representation.get_config()
    loaded.fit(x, batch_size=8, verbose=0)


def test_the_twin_takes_the_steps_of_a_game_without_an_adversary():
    x = waves()
    game = vocoder()
    game.compile(
        keras.optimizers.SGD(0.01),
        keras.optimizers.SGD(0.01),
        reconstruction=[MelL1(mel(), 1.0)],
        adversarial_weight=0.0,
    )
    network = keras.models.clone_model(game.generator)
    network.set_weights(game.generator.get_weights())
    twin = CopySynthesis(network, mel())
    twin.compile(keras.optimizers.SGD(0.01), loss=game.reconstruction_loss)
    game.fit(x, batch_size=8, shuffle=False, verbose=0)
    twin.fit(x, x, batch_size=8, shuffle=False, verbose=0)
    for a, b in zip(game.generator.get_weights(), network.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


def test_what_is_watched_of_a_vocoder():
    """Every discriminator judges held-out waves, and those made of their mels."""
    game, x = vocoder(discriminators=multi_period(SAMPLES, (2, 3), width=1)), waves()
    made = game.translate(numpy(mel()(x)))
    found = logits_of(game, (x,))
    assert len(found) == 2
    for judge, (of_real, of_fake) in zip(game.discriminators, found):
        np.testing.assert_allclose(of_real, judge.predict_on_batch(x)["logits"], atol=1e-4)
        np.testing.assert_allclose(of_fake, judge.predict_on_batch(made)["logits"], atol=1e-4)


def test_what_is_watched_of_a_spectrogram_game():
    game, x = spectrogram_gan(conditions=COUNTS), waves()
    ((of_real, of_fake),) = logits_of(game, (x, told()), seed=3)
    features = numpy(pictures(game.representation(x)))
    for logits, samples in ((of_real, features), (of_fake, game.generate(8, told(), seed=3))):
        expected = game.discriminator.predict_on_batch([samples, told()])
        np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_a_vocoder_of_another_hop():
    with pytest.raises(ValueError, match="makes 8 samples of a frame.* hop is 16"):
        vocoder(vocos(6, 64, 8, width=8, blocks=1))


# --- spectrograms ---------------------------------------------------------------------------------


def test_spectrograms_are_played_for():
    game, x = spectrogram_gan(conditions=COUNTS), waves()
    real, fake, condition = game.play(keras.tree.map_structure(ops.convert_to_tensor, (x, told())))
    assert tuple(real.shape) == tuple(fake.shape) == (8, SAMPLES // HOP, 6, 1)
    np.testing.assert_allclose(numpy(real)[..., 0], numpy(game.representation(x)), atol=1e-5)
    np.testing.assert_array_equal(numpy(condition["speaker"]), told()["speaker"])


@pytest.mark.parametrize("conditions", [None, {"label": 2}, COUNTS], ids=str)
def test_spectrograms_are_learnt_and_saved(conditions, tmp_path):
    game, x = spectrogram_gan(conditions=conditions, penalties=["r1"], ema=0.9), waves()
    y = conditions and {name: told()[name] for name in conditions}
    history = game.fit(x, y, batch_size=4, verbose=0).history
    assert np.isfinite([values[0] for values in history.values()]).all()
    asked = y and {name: values[:3] for name, values in y.items()}
    made = game.generate(3, asked, seed=0)
    game.save(tmp_path / "game.keras")
    loaded = keras.saving.load_model(tmp_path / "game.keras")
    np.testing.assert_allclose(loaded.generate(3, asked, seed=0), made, atol=1e-5)
    assert_same_state(loaded, game)
    loaded.fit(x, y, batch_size=4, verbose=0)


def test_a_representation_with_two_channels():
    representation = MelInstantaneousFrequency(RATE, 64, HOP).fit(waves())
    game = spectrogram_gan(representation)
    game.fit(waves(), batch_size=8, verbose=0)
    assert waves_of(game.generate(3), representation, batch_size=2).shape == (3, SAMPLES)


def test_recordings_come_back_from_their_features():
    """By an inverse on the device, and, before a vocoder, with the normalisation undone."""
    x = waves()
    with_phase = MelInstantaneousFrequency(RATE, 64, HOP, bins=33).fit(x)
    again = waves_of(numpy(with_phase(x)), with_phase, batch_size=3)
    np.testing.assert_allclose(again[:, 64:-64], x[:, 64:-64], atol=0.05)

    network = vocos(6, 64, HOP, width=8, blocks=1)
    normalised = mel(RangeNormalisation(-12.0, 6.0))
    features = pictures(numpy(normalised(x)))
    expected = network.predict_on_batch(numpy(mel()(x)))
    found = waves_of(features, normalised, network, batch_size=3)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_silence_is_what_is_80_decibels_below_the_loudest():
    loud, fine = waves(1), LogMel(RATE, 64, HOP, mels=6, floor=1e-9)
    quiet = in_range(fine, np.concatenate([loud, 1e-6 * loud]))
    features = numpy(quiet(np.concatenate([loud, 1e-6 * loud])))
    np.testing.assert_allclose(features.max(), 1, atol=1e-5)
    np.testing.assert_array_equal(features[1], -1)
    span = quiet.normalise.high - quiet.normalise.low
    np.testing.assert_allclose(span, 80 * np.log(10) / 20)


# --- compiled -------------------------------------------------------------------------------------

GAMES = {
    "spectrogram": lambda: spectrogram_gan(
        conditions=COUNTS,
        loss="relativistic_pairing",
        penalties=[penalties.R1(10.0), penalties.R2(10.0)],
        ema=0.9,
        jit_compile=True,
    ),
    "specgan": lambda: spectrogram_gan(
        LinearLogMagnitude(RATE, 32, HOP).fit(waves()),
        COUNTS,
        steps=2,
        loss="wasserstein",
        penalties=[penalties.GradientPenalty(10.0)],
        jit_compile=True,
    ),
    "vocoder": lambda: vocoder(
        vocos(6, 64, HOP, width=8, blocks=1, mel=mel(), iterations=2),
        discriminators=[
            *multi_resolution(SAMPLES, (64,), width=1),
            *multi_period(SAMPLES, (2,), width=1),
        ],
        ema=0.9,
        jit_compile=True,
    ),
    "hifigan": lambda: vocoder(
        hifigan(1, 6, width=2, rates=(HOP,)),
        [*multi_period(SAMPLES, (2,), width=1), *multi_scale(SAMPLES, 2, width=2)],
        jit_compile=True,
    ),
}


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("kind", GAMES)
def test_a_step_compiled_by_xla(kind):
    """It is traced once."""
    game, x, calls = GAMES[kind](), waves(), []
    update = game.update
    game.update = lambda batch: calls.append(None) or update(batch)
    y = None if isinstance(game, Vocoder) else told()
    history = game.fit(x, y, batch_size=4, epochs=2, verbose=0).history
    assert np.isfinite([values[-1] for values in history.values()]).all()
    assert len(calls) == 1


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("kind", ["spectrogram", "vocoder"])
def test_a_step_holds_no_host_operation(kind):
    import tensorflow as tf

    game, x = GAMES[kind](), waves()
    batch = (x,) if kind == "vocoder" else (x, told())
    game.prepare(batch)
    specs = keras.tree.map_structure(lambda a: tf.TensorSpec(a.shape, a.dtype), batch)
    step = tf.function(game.train_step).get_concrete_function(specs)
    definition = step.graph.as_graph_def()
    nodes = [*definition.node, *(n for f in definition.library.function for n in f.node_def)]
    names = {node.op for node in nodes}
    assert "RFFT" in names
    assert not names & {"PyFunc", "EagerPyFunc", "PyFuncStateless"}


def test_the_representation_is_computed_inside_the_step():
    """On every backend: what `play` gives compiled is what it gives eagerly."""
    game, x = vocoder(), waves()
    compiled = run(lambda x: game.unpack(x)[1], x)
    np.testing.assert_allclose(compiled, numpy(mel()(x)), atol=1e-4)


def test_multi_resolution_terms_are_saved_with_the_game(tmp_path):
    game = vocoder()
    terms = [MelL1(mel(), 45.0), MultiResolutionSTFT((32, 64), 5.0)]
    game.compile(**rules(loss=losses.LeastSquares(), reconstruction=terms, adversarial_weight=2.0))
    game.save(tmp_path / "game.keras")
    loaded = keras.saving.load_model(tmp_path / "game.keras")
    assert [term.get_config()["weight"] for term in loaded.reconstruction] == [45.0, 5.0]
    assert loaded.adversarial_weight == 2.0
