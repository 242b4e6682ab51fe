"""Every domain's networks give the same from a file, without Keras."""

import keras
import numpy as np
import pytest

from gankit import segmentation, text
from gankit.audio.vocoders import by_matrices
from gankit.export import SUFFIXES, export
from gankit.export.network import draw
from gankit.text.export import decoding
from gankit.text.ids import START
from tests.audio.test_vocoders import perturbed
from tests.helpers import mlp, numpy
from tests.images.test_networks import networks as pictures

pytestmark = [
    pytest.mark.tensorflow_only,
    pytest.mark.filterwarnings("ignore:In the future:FutureWarning"),  # tf2onnx's
    pytest.mark.filterwarnings("ignore:.*np.object:FutureWarning"),
]
NETWORKS = {
    "points": lambda: mlp(4, 2),
    "mlp": lambda: pictures("mlp", (8, 6, 1), 3)[0],
    "dcgan": lambda: pictures("dcgan", (8, 6, 3), 3)[0],
    "sngan": lambda: pictures("sngan", (12, 16, 3))[0],
    "r3gan": lambda: pictures("r3gan", (8, 8, 3), 3)[0],
    "unet": lambda: segmentation.unet((None, None, 3), 5, width=4, depth=2),
    "pix2pix": lambda: segmentation.pix2pix_generator((None, None, 3), 3, width=4, depth=2),
    "pix2pix from classes": lambda: segmentation.pix2pix_generator(
        (None, None, 5), 3, width=4, depth=2, from_classes=True
    ),
    "resnet": lambda: segmentation.resnet((None, None, 3), 3, width=4, blocks=1),
    "spade": lambda: segmentation.spade_generator((None, None, 5), 3, width=4, depth=2),
    "spade of one size": lambda: segmentation.spade_generator((16, 24, 5), 3, width=4, depth=2),
    "vocoder": lambda: by_matrices(perturbed("vocos from mels")),
}


@pytest.mark.parametrize("format", SUFFIXES)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_gives_what_the_network_gives(name, format, tmp_path):
    if format == "onnx":
        pytest.importorskip("tf2onnx")
        pytest.importorskip("onnxruntime")
    keras.utils.set_random_seed(0)
    done = export(NETWORKS[name](), tmp_path / "network", format, n=8)
    assert done.path.exists()
    assert done.scale > 0
    assert done.same, (done.difference, done.scale)
    assert done.n == 8


def test_every_class_is_asked_for():
    network = NETWORKS["dcgan"]()
    labels = next(one for one in draw(network, 64) if one.dtype.kind in "iu")
    assert set(labels.ravel()) == {0, 1, 2}


@pytest.mark.parametrize("format", SUFFIXES)
def test_mixed_precision_is_exported_in_float32(format, tmp_path):
    if format == "onnx":
        pytest.importorskip("tf2onnx")
        pytest.importorskip("onnxruntime")
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    network = pictures("dcgan", (8, 8, 3), 3)[0]
    done = export(network, tmp_path / "network", format, n=4)
    assert done.same, (done.difference, done.scale)
    assert network.layers[-1].compute_dtype == "bfloat16" or network.compute_dtype == "bfloat16"


MODELS = {
    "lstm": lambda given: text.Recurrent(9, 5, 8, 8, "lstm", given),
    "gru": lambda given: text.Recurrent(9, 5, 8, 8, "gru", given),
    "relational": lambda given: text.Recurrent(9, 5, 8, 8, "relational", given),
    "transformer": lambda given: text.Transformer(9, 5, 8, given=given),
}
CONDITIONS = {
    "nothing": (lambda: None, None),
    "category": (lambda: text.Category(3, 4), ()),
    "prompt": (lambda: text.Prompt(9, 4, 8), (6,)),
}


@pytest.mark.parametrize("told", ["nothing", "category"])
@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_text_in_mixed_precision_is_exported_in_float32(kind, told, tmp_path):
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    make, shape = CONDITIONS[told]
    model = MODELS[kind](make())
    for name, network in text.decoding(model, shape).items():
        done = export(network, tmp_path / name, "saved_model", n=4)
        assert done.same, (done.difference, done.scale)
        assert not any("bfloat16" in dtype for _, dtype in done.inputs.values())
    assert model.compute_dtype == "bfloat16"


@pytest.mark.parametrize("told", CONDITIONS)
@pytest.mark.parametrize("kind", MODELS)
def test_steps_of_decoding_are_the_language_model(kind, told):
    """One token after the other: the same logits as those of the whole sequence."""
    keras.utils.set_random_seed(0)
    make, shape = CONDITIONS[told]
    model = MODELS[kind](make())
    rng = np.random.default_rng(0)
    tokens = rng.integers(3, 9, size=(4, 5)).astype("int32")
    condition = None if shape is None else rng.integers(3, size=(4, *shape)).astype("int32")
    whole = numpy(model(tokens if condition is None else [tokens, condition]))
    parts = decoding(model, shape)
    leaves = parts["start"].predict_on_batch(np.zeros(4, "int32") if shape is None else condition)
    given = sum(one.name.startswith("given") for one in parts["step"].inputs)
    token = np.full(4, START, "int32")
    for place in range(5):
        logits, *state = parts["step"].predict_on_batch([token, *leaves])
        np.testing.assert_allclose(logits, whole[:, place], rtol=1e-4, atol=1e-5)
        token, leaves = tokens[:, place], [*leaves[:given], *state]


@pytest.mark.parametrize("format", SUFFIXES)
@pytest.mark.parametrize(
    ("kind", "told"), [("lstm", "nothing"), ("relational", "category"), ("transformer", "prompt")]
)
def test_steps_of_decoding_are_exported(kind, told, format, tmp_path):
    keras.utils.set_random_seed(0)
    if format == "onnx":
        pytest.importorskip("tf2onnx")
        pytest.importorskip("onnxruntime")
    make, shape = CONDITIONS[told]
    networks = decoding(MODELS[kind](make()), shape)
    if format == "litert" and told == "prompt":  # which is read by a loop
        with pytest.raises(ValueError, match="its runtime can't run it: Select TensorFlow"):
            export(networks.pop("start"), tmp_path / "start", format, n=8)
    for name, network in networks.items():
        done = export(network, tmp_path / name, format, n=8)
        assert done.same, (name, done.difference, done.scale)


def test_bad_input(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="Formats are saved_model, onnx, litert. Received: 'jpeg'"):
        export(mlp(4, 2), tmp_path / "a", "jpeg")
    monkeypatch.setitem(__import__("sys").modules, "tf2onnx", None)
    with pytest.raises(ValueError, match=r"pip install 'gankit\[export\]'"):
        export(mlp(4, 2), tmp_path / "a", "onnx")


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.jpg").write_text("mine")
    with pytest.raises(ValueError, match=r"photos is there already and is no SavedModel"):
        export(mlp(4, 2), tmp_path / "photos", "saved_model")
    assert (tmp_path / "photos" / "mine.jpg").read_text() == "mine"
    for _ in range(2):  # its own it makes anew
        assert export(mlp(4, 2), tmp_path / "mlp", "saved_model").same


def test_another_backend_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
        export(mlp(4, 2), tmp_path / "a")


def test_a_difference_is_not_overlooked():
    from gankit.export import Exported

    assert Exported("a", {}, [], difference=9e-5, scale=0.1, n=8).same
    assert not Exported("a", {}, [], difference=2e-4, scale=0.1, n=8).same
    assert Exported("a", {}, [], difference=2e-4, scale=90.0, n=8).same
