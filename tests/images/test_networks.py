import keras
import numpy as np
import pytest

import gankit
from gankit import images
from tests.helpers import numpy

SMALL = {
    "mlp": ({"units": 16}, {"units": 8, "pieces": 2}),
    "dcgan": ({"width": 4}, {"width": 4}),
    "sngan": ({"width": 8}, {"width": 8}),
    "r3gan": ({"widths": (8, 4), "group": 4}, {"widths": (8, 4), "group": 4}),
}


def networks(kind, shape, classes=None, **options):
    of_generator, of_discriminator = SMALL[kind]
    return (
        getattr(images, f"{kind}_generator")(shape, classes=classes, **of_generator, **options),
        getattr(images, f"{kind}_discriminator")(
            shape, classes=classes, **of_discriminator, **options
        ),
    )


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("shape", [(28, 28, 1), (8, 8, 1), (7, 9, 3), (33, 20, 4)], ids=str)
@pytest.mark.parametrize("classes", [None, 3])
def test_any_shape(kind, shape, classes):
    generator, discriminator = networks(kind, shape, classes)
    latents = np.zeros((2, generator.inputs[0].shape[1]), "float32") + [[1.0], [-1.0]]
    labels = np.array([0, 2])
    pictures = numpy(generator([latents, labels] if classes else latents))
    assert pictures.shape == (2, *shape)
    logits = numpy(discriminator([pictures, labels] if classes else pictures))
    assert logits.shape == (2, 1)
    assert np.isfinite(logits).all()
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(generator))
    assert again.count_params() == generator.count_params()


def test_published_sizes():
    """SNGAN's networks for 32 x 32 are usually given as 4.28 and 1.05 million weights."""
    generator, discriminator = (
        images.sngan_generator((32, 32, 3)),
        images.sngan_discriminator((32, 32, 3)),
    )
    assert generator.count_params() == pytest.approx(4.28e6, rel=0.01)
    kernels = [w for w in discriminator.trainable_weights]
    assert sum(np.prod(w.shape) for w in kernels) == pytest.approx(1.05e6, rel=0.01)


def test_2014_sizes():
    discriminator = images.mlp_discriminator((28, 28, 1))
    expected = 784 * 1200 + 1200 + 240 * 1200 + 1200 + 240 + 1
    assert discriminator.count_params() == expected
    generator = images.mlp_generator((28, 28, 1))
    assert generator.count_params() == 100 * 1200 + 1200 + 1200 * 1201 + 1200 * 784 + 784


def test_r3gan_starts_with_idle_blocks():
    """Zero at the end of every block: at the start only resampling and 1 x 1 maps act."""
    generator = images.r3gan_generator((8, 8, 1), widths=(8,), group=4)
    constant = [w for w in generator.weights if w.path.endswith("kernel") and w.shape[:2] == (1, 1)]
    zeros = [w for w in constant if not numpy(w).any()]
    assert len(zeros) == 4  # two blocks in each of two stages


def test_labels_matter():
    for kind in SMALL:
        generator, discriminator = networks(kind, (8, 8, 1), 3)
        rng = np.random.default_rng(0)
        for network in (generator, discriminator):
            network.set_weights(
                [w + 0.1 * rng.standard_normal(w.shape) for w in network.get_weights()]
            )
        latents = rng.standard_normal((1, generator.inputs[0].shape[1])).astype("float32")
        one, other = (numpy(generator([latents, np.array([label])])) for label in (0, 1))
        assert np.abs(one - other).max() > 1e-4, kind
        one, other = (float(discriminator([one, np.array([label])])[0, 0]) for label in (0, 1))
        assert abs(one - other) > 1e-6, kind


def test_auxiliary_classifier():
    discriminator = images.dcgan_discriminator((8, 8, 1), width=4, classes=3, auxiliary=True)
    outputs = discriminator(np.zeros((2, 8, 8, 1), "float32"))
    assert {name: tuple(value.shape) for name, value in outputs.items()} == {
        "logits": (2, 1),
        "classes": (2, 3),
    }


GAMES = {
    "mlp": {"loss": "non_saturating"},
    "dcgan": {"loss": "non_saturating"},
    "sngan": {"loss": "hinge"},
    "r3gan": {"loss": "relativistic_pairing", "penalties": ["r1", "r2"]},
}


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("classes", [None, 3])
def test_a_step(kind, classes):
    keras.utils.set_random_seed(0)
    gan = gankit.GAN(*networks(kind, (8, 8, 1), classes), seed=0)
    gan.compile(ema=0.9, **GAMES[kind])
    x = np.random.default_rng(0).uniform(-1, 1, (16, 8, 8, 1)).astype("float32")
    y = np.arange(16) % 3 if classes else None
    before = [numpy(w) for w in gan.generator.trainable_weights]
    history = gan.fit(x, y, batch_size=8, verbose=0).history
    assert np.isfinite([values[0] for values in history.values()]).all()
    assert any((numpy(w) != b).any() for w, b in zip(gan.generator.trainable_weights, before))
    assert gan.generate(3, None if y is None else [0, 1, 2], seed=0).shape == (3, 8, 8, 1)


def test_attention():
    generator = images.sngan_generator((8, 8, 1), width=8, attention=True)
    discriminator = images.sngan_discriminator((8, 8, 1), width=8, attention=True)
    assert np.isfinite(numpy(discriminator(numpy(generator(np.ones((2, 128), "float32")))))).all()


def test_signals_keep_their_size_without_normalisation():
    """From layer to layer, and so to the first logits and the first penalties."""
    keras.utils.set_random_seed(0)
    generator = images.dcgan_generator((32, 32, 3), width=16, normalize=False, mapping=2)
    discriminator = images.dcgan_discriminator((32, 32, 3), width=16, normalize=False)
    rng = np.random.default_rng(0)
    for model, x in ((generator, (64, 128)), (discriminator, (64, 32, 32, 3))):
        signals = rng.standard_normal(x).astype("float32")
        for layer in model.layers[1:-2]:
            signals = layer(signals)
            if isinstance(layer, (keras.layers.ReLU, keras.layers.LeakyReLU)):
                size = float(keras.ops.mean(keras.ops.square(signals)))
                assert 0.3 < size < 3, layer.name
