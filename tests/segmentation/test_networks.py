import keras
import numpy as np
import pytest
from keras import ops

from gankit import backend
from gankit.segmentation import (
    patchgan,
    pix2pix_generator,
    receptive_field,
    resnet,
    spade_generator,
    unet,
)
from tests.helpers import numpy

SMALL = {
    "unet": (unet, {"width": 4, "depth": 3}),
    "pix2pix": (pix2pix_generator, {"width": 4, "depth": 3}),
    "resnet": (resnet, {"width": 4, "blocks": 1}),
    "spade": (spade_generator, {"width": 4, "depth": 2}),
}


def generator(kind, shape, outputs, **more):
    build, options = SMALL[kind]
    return build(shape, outputs, **{**options, **more})


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("size", [(16, 24), (17, 23), (5, 3)], ids=str)
@pytest.mark.parametrize("from_classes", [False, True], ids=["pictures", "classes"])
def test_any_size(kind, size, from_classes, tmp_path):
    """Outputs are as large as sources, whether the size was known beforehand or not, and a saved
    network gives the same."""
    rng = np.random.default_rng(0)
    source = rng.standard_normal((2, *size, 4)).astype("float32")
    if from_classes:
        source = rng.integers(5, size=(2, *size)).astype("int32")  # 4 is no class
    network = generator(kind, (None, None, 4), 3, from_classes=from_classes)
    outputs = numpy(network(source))
    assert outputs.shape == (2, *size, 3)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(loaded.predict_on_batch(source), outputs, rtol=1e-4, atol=1e-5)
    fixed = generator(kind, (*size, 4), 3, from_classes=from_classes)
    fixed.set_weights(network.get_weights())
    np.testing.assert_allclose(numpy(fixed(source)), outputs, rtol=1e-4, atol=1e-5)


def test_the_published_generator():
    """54.414 million weights, as the authors' code counts those of unet_256."""
    network = pix2pix_generator((256, 256, 3), 3)
    trained = sum(int(np.prod(one.shape)) for one in network.trainable_weights)
    assert trained == pytest.approx(54.414e6, abs=1000)
    kinds = [type(one).__name__ for one in network.layers]
    assert (kinds.count("Conv2D"), kinds.count("Conv2DTranspose")) == (8, 8)
    assert kinds.count("Dropout") == 3
    assert kinds.count("BatchNormalization") == 6 + 7


def test_one_network_for_several_sizes():
    """Keras traces `predict` again, in the end with unknown sizes."""
    network = generator("unet", (None, None, 1), 2)
    for size in [(8, 8), (16, 24), (9, 11), (31, 17), (12, 8)]:
        assert network.predict_on_batch(np.zeros((1, *size, 1), "float32")).shape == (1, *size, 2)


@pytest.mark.parametrize("kind", SMALL)
def test_outputs_are_float32_under_mixed_precision(kind):
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    network = generator(kind, (None, None, 3), 2, from_classes=False)
    outputs = network(np.zeros((1, 9, 10, 3), "float32"))
    assert keras.backend.standardize_dtype(outputs.dtype) == "float32"


def test_groups_are_a_share_of_the_channels():
    """28 channels are no multiple of 3 groups, and of 2."""
    network = unet((8, 8, 1), 2, width=28, depth=1, normalization="group")
    groups = [one.groups for one in network.layers if hasattr(one, "groups") and "norm" in one.name]
    assert 2 in groups


def test_pictures_too_small_for_a_discriminator():
    patchgan((16, 9, 3), None, width=4, normalization="instance")
    with pytest.raises(ValueError, match="8 x 8 pixels are too small .* 3 halvings at scale 0"):
        patchgan((8, 8, 3), None, width=4, normalization="instance")
    with pytest.raises(ValueError, match="16 x 16 .* at scale 1: .*--size, --crop"):
        patchgan((16, 16, 3), None, width=4, normalization="instance", scale=1)


@pytest.mark.parametrize("normalization", ["batch", "instance", "group", None])
def test_normalizations(normalization):
    network = generator("unet", (8, 8, 1), 2, normalization=normalization, width=8)
    found = {type(layer).__name__ for layer in network.layers} & {
        "BatchNormalization",
        "GroupNormalization",
    }
    assert len(found) == (normalization is not None)
    assert np.isfinite(numpy(network(np.ones((1, 8, 8, 1), "float32")))).all()


def test_unknown_normalization():
    with pytest.raises(ValueError, match="Received: 'layer'"):
        unet((8, 8, 1), 2, normalization="layer")


@pytest.mark.parametrize(("halvings", "scale"), [(0, 0), (1, 0), (2, 0), (3, 0), (1, 1)])
def test_receptive_field(halvings, scale):
    """What the gradient of the middle logit reaches is as wide as `receptive_field` says."""
    expected = receptive_field(halvings, scale)
    assert halvings != 3 or expected == 70  # Isola et al. (2017)
    side = 2 * expected + 16
    network = patchgan((side, side, 1), None, width=2, halvings=halvings, scale=scale)
    picture = np.random.default_rng(0).standard_normal((1, side, side, 1)).astype("float32")

    def middle(x):
        logits = network(x)["logits"]
        at = logits.shape[1] // 2
        return logits[0, at, at, 0], None

    _, slope = backend.value_and_input_gradient(middle, ops.convert_to_tensor(picture))
    rows = np.flatnonzero(np.abs(numpy(slope)[0, :, :, 0]).sum(axis=1))
    assert rows[-1] - rows[0] + 1 == expected


def test_patchgan():
    network = patchgan((17, 23, 3), (17, 23, 5), width=4, halvings=2, from_classes=True)
    outputs = network([np.zeros((2, 17, 23, 3), "float32"), np.zeros((2, 17, 23), "int32")])
    assert tuple(outputs["logits"].shape) == (2, 5, 6, 1)
    assert [tuple(one.shape[1:]) for one in outputs["features"]] == [
        (9, 12, 4),
        (5, 6, 8),
        (5, 6, 16),
    ]
