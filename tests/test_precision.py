"""bfloat16: as float32 over the first steps, and one step of every recipe's presets."""

import keras
import numpy as np
import pytest

from gankit import audio, files, images, launch, segmentation, text
from recipes import audio as of_audio
from recipes import images as of_images
from recipes import points as of_points
from recipes import segmentation as of_segmentation
from recipes import text as of_text
from recipes import vocoders
from tests.helpers import numpy

MIXED = {"precision": "mixed_bfloat16", "seed": 0}


def curves(precision, steps=200):
    """The means of what the points recipe logs over each 50 of its first steps."""
    options = of_points.Options(precision=precision, every=50)
    launch.prepare_process(options)
    from gankit import points

    gan = of_points.build(options, steps)
    data = points.load("ring", 0).dataset(64, 0)
    history = gan.fit(data, epochs=steps // 50, steps_per_epoch=50, verbose=0).history
    return {name: np.array(values) for name, values in history.items()}


@pytest.mark.once
def test_bfloat16_learns_as_float32_does():
    whole, half = curves("float32"), curves("mixed_bfloat16")
    for name, values in half.items():
        assert np.isfinite(values).all(), name
    for name in ("d_loss", "g_loss"):
        np.testing.assert_allclose(half[name], whole[name], rtol=0.05, err_msg=name)
    assert np.any(half["d_loss"] != whole["d_loss"])


def plays(gan, batch, condition=None):
    """One step, whole: float32 losses, weights and samples, all finite."""
    batch = keras.tree.map_structure(keras.ops.convert_to_tensor, batch)
    gan.prepare(batch)
    gan.logs = None
    for name, value in gan.update(batch).items():
        assert keras.backend.standardize_dtype(value.dtype) == "float32", name
        assert np.isfinite(numpy(value)), name
    for variable in gan.trainable_variables:
        assert variable.dtype == "float32"
        assert np.isfinite(numpy(variable)).all(), variable.path
    samples = gan.generate(2, condition, seed=0)
    for leaf in keras.tree.flatten(samples):
        assert leaf.dtype in (np.float32, np.int32)
        assert np.isfinite(leaf).all()


@pytest.mark.once
@pytest.mark.parametrize("preset", of_images.PRESETS)
def test_pictures(preset):
    options = of_images.Options(data="digits", preset=preset, augment="ada", **MIXED)
    launch.prepare_process(options)
    data = images.load("digits", size=(16, 16))
    size = 4 * of_images.PRESETS[preset].discriminator_steps
    batch = next(iter(data.dataset(size, conditional=True)))
    plays(of_images.build(options, data, 10), batch, np.array([0, 1]))


@pytest.mark.once
@pytest.mark.parametrize(
    ("preset", "direction"),
    [("unet", "to-classes"), ("pix2pix", "to-picture"), ("spade", "to-picture")],
)
def test_pairs(preset, direction):
    options = of_segmentation.Options(preset=preset, direction=direction, **MIXED)
    launch.prepare_process(options)
    data = segmentation.load("streets", direction, (32, 32))
    batch = next(iter(data.dataset(2)))
    gan = of_segmentation.build(options, of_segmentation.PRESETS[preset], data, (32, 32), 10)
    plays(gan, batch, batch[0])


@pytest.mark.once
@pytest.mark.parametrize("preset", [name for name in of_text.PRESETS if name != "mle"])
def test_sequences(preset):
    spec = "dialogue" if preset == "dialogue" else "headlines"
    options = of_text.Options(data=spec, preset=preset, units=8, vocabulary=50, **MIXED)
    launch.prepare_process(options)
    data = text.load_data({**vars(options), "length": 6, "cut_long_lines": True})
    method = of_text.PRESETS[preset]
    generator = of_text.build_generator(options, method, data)
    batch = next(iter(data.dataset(4 * method.discriminator_steps, 0)))
    gan = of_text.build(options, method, data, generator, 10)
    conditions = data.validation_conditions
    plays(gan, batch, None if conditions is None else conditions[:2])


@pytest.mark.once
def test_spectrograms():
    options = of_audio.Options(**MIXED)
    launch.prepare_process(options)
    rate, samples = 4000, 2048
    waves = np.random.default_rng(0).uniform(-1, 1, (4, samples)).astype("float32")
    representation = audio.in_range(audio.LogMel(rate, 256, 64, mels=32), waves)
    names = {"label": ["a", "b"]}
    batch = (waves, {"label": np.array([0, 1, 0, 1])})
    arguments = (of_audio.PRESETS["spectrogram"], names, representation, samples, 10)
    plays(of_audio.build_speech(options, *arguments), batch, {"label": np.array([0, 1])})


@pytest.mark.once
@pytest.mark.parametrize("preset", ["vocoder", "hifigan-v3"])
def test_vocoders(preset):
    options = of_audio.Options(preset=preset, **MIXED)
    launch.prepare_process(options)
    method = vocoders.PRESETS[preset]
    representation = method.representation(options, 8000)
    segment = 32 * representation.hop
    waves = np.random.default_rng(0).uniform(-1, 1, (4, segment)).astype("float32")
    gan = audio.Vocoder(
        method.generator(representation),
        method.discriminators(segment, representation),
        representation,
        seed=0,
    )
    gan.compile(
        loss=["least_squares", audio.SummedFeatureMatching(1.0)],
        reconstruction=method.reconstruction(representation),
        ema=0.9,
    )
    batch = next(iter(files.Dataset.from_arrays(waves, batch_size=2)))
    plays(gan, batch, numpy(representation(waves[:2])))
