"""Networks as files that run without gankit, with the proof that they give the same."""

import dataclasses
import pathlib
import shutil

import keras
import numpy as np
from keras import ops, tree

SUFFIXES = {"saved_model": "", "onnx": ".onnx", "litert": ".tflite"}
ANY = (32, 45)  # elements on an axis of any length, in the samples that are compared, in turn
TOLERANCE = 1e-4  # of the largest difference, where outputs reach to 1; in proportion beyond


class ExportError(ValueError):
    """What stands in the way of an export, and what to do: not a fault of the network's."""


@dataclasses.dataclass
class Exported:
    """A file, and how close what it gives is to what the network gives.

    Attributes:
        path: of the file, or of SavedModel's folder.
        inputs: `{name: (shape, dtype)}`, without the batch.
        outputs: shapes, without the batch.
        difference: the largest one between an output of the network and of the file.
        scale: the largest absolute output.
        n: samples compared.

    Example:

    ```python
    import pathlib

    from gankit import export

    done = export.Exported(pathlib.Path("g.onnx"), {}, [], difference=2e-6, scale=1.0, n=64)
    done.same  # True: the difference is one of rounding
    ```
    """

    path: pathlib.Path
    inputs: dict
    outputs: list
    difference: float
    scale: float
    n: int

    @property
    def same(self):
        """Whether the difference is one of rounding."""
        return self.difference <= TOLERANCE * max(1.0, self.scale)


def export(network, path, format="onnx", n=64, seed=0):
    """Writes a network to a file, runs the file, and compares.

    Args:
        network: a functional `keras.Model`, such as a generator; one in mixed precision is exported, and
            compared, in float32, as its weights are.
        path: where to, without suffix.
        format: `"saved_model"` (TensorFlow's, a folder), `"onnx"` or `"litert"`.
        n: how many samples to compare, drawn at random: normal numbers, and where integers are asked for
            all that an embedding or `OneHot` knows, else 0 and 1. Where an axis may have any length, two
            lengths are tried, with so many samples each.
        seed: of these.

    Returns:
        `Exported`.

    Raises:
        ValueError: an unknown format; a missing package; a backend other than TensorFlow; an operation
            that the format lacks.

    Example:

    ```python
    from gankit import export, images

    network = images.mlp_generator((8, 8, 1), units=8)
    done = export.export(network, "generator", format="saved_model")
    done.difference, done.same  # far below 1e-4, True
    ```
    """
    if format not in SUFFIXES:
        raise ValueError(f"Formats are {', '.join(SUFFIXES)}. Received: {format!r}")
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "Export goes through TensorFlow: run it with KERAS_BACKEND=tensorflow, which loads what "
            "other backends have trained."
        )
    path = pathlib.Path(path)
    path = path.with_name(path.name + SUFFIXES[format])
    network = _in_float32(network)
    path.parent.mkdir(parents=True, exist_ok=True)
    sizes = ANY if any(None in one.shape[1:] for one in network.inputs) else ANY[:1]
    drawn = [draw(network, n, seed, size) for size in sizes]
    expected = [one for inputs in drawn for one in _given(network, inputs)]
    found = []
    try:
        run = RUNTIMES[format](network, path)
        for inputs in drawn:
            found += run({one.name: array for one, array in zip(network.inputs, inputs)})
        for one, other in zip(expected, found, strict=True):
            if one.shape != other.shape:
                raise TypeError(f"it gives {other.shape} where the network gives {one.shape}.")
    except (ExportError, OSError):
        raise
    except Exception as error:  # of many kinds: each converter and runtime has its own
        raise ValueError(
            f"{path}: the network can't be converted, or its runtime can't run it: {str(error)[:300]} "
            "Another format may do."
        ) from error
    return Exported(
        path,
        {one.name: (list(one.shape[1:]), one.dtype) for one in network.inputs},
        [list(one.shape[1:]) for one in network.outputs],
        float(np.max([np.abs(a - b).max() for a, b in zip(expected, found, strict=True)])),
        float(np.max([np.abs(a).max() for a in expected])),
        n,
    )


def _given(network, inputs):
    """What a network gives, a list of arrays."""
    given = tree.pack_sequence_as(network.input, inputs) if len(inputs) > 1 else inputs[0]
    return tree.flatten(network.predict_on_batch(given))


def draw(network, n, seed=0, any_length=ANY[0]):
    """Inputs of a network, one array for each."""
    rng = np.random.default_rng(seed)
    arrays = []
    for one in network.inputs:
        shape = (n, *(any_length if size is None else size for size in one.shape[1:]))
        if keras.backend.is_int_dtype(one.dtype):
            array = rng.integers(_known(network, one), size=shape)
        else:
            array = rng.standard_normal(shape)
        arrays.append(array.astype(one.dtype))
    return arrays


def _known(network, whole):
    """How many integers, from 0 on, the layers know that are given an input of them; else 2."""
    limits = []
    for layer in network.layers:
        asked = any(one is whole for one in tree.flatten(layer.input))
        limit = getattr(layer, "input_dim", getattr(layer, "classes", None))
        limits += [limit] if asked and limit else []
    return min(limits, default=2)


def _saved_model(network, path):
    import tensorflow as tf

    if path.exists():
        if not (path / "saved_model.pb").is_file():
            raise ExportError(
                f"{path} is there already and is no SavedModel: it is left alone. Give another --out."
            )
        shutil.rmtree(path)
    network.export(path, format="tf_saved_model", verbose=False)
    run = tf.saved_model.load(str(path)).signatures["serving_default"]
    return lambda inputs: _in_order(run(**{k: tf.constant(v) for k, v in inputs.items()}))


def _onnx(network, path):
    try:
        import onnxruntime
        import tf2onnx  # noqa: F401
    except ImportError as error:
        raise ExportError(f"ONNX needs {error.name}: pip install 'gankit[export]'.") from error

    network.export(path, format="onnx", verbose=False)
    return lambda inputs: onnxruntime.InferenceSession(path).run(None, inputs)


def _litert(network, path):
    import warnings

    import tensorflow as tf

    if any(_is_doubling(layer) for layer in network.layers):
        network = _with_plain_doubling(network)
    network.export(path, format="litert", verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the interpreter will move to another package
        interpreter = tf.lite.Interpreter(str(path))
    return lambda inputs: _in_order(interpreter.get_signature_runner()(**inputs))


def _in_float32(network):
    """The same network, computing in float32 throughout: runtimes have few operations in bfloat16."""
    computing = [
        layer
        for layer in network._flatten_layers(include_self=False)
        if not isinstance(layer, keras.layers.InputLayer)
    ]
    if all(layer.compute_dtype != "bfloat16" for layer in computing):
        return network

    def copy(layer):
        return type(layer).from_config(float32_config(layer.get_config()))

    copied = keras.models.clone_model(network, clone_function=copy)
    copied.set_weights(network.get_weights())
    return copied


def float32_config(config):
    """A configuration whose layers compute in float32 where they computed in mixed precision."""
    return tree.map_structure(lambda leaf: "float32" if leaf == "mixed_bfloat16" else leaf, config)


def _is_doubling(layer):
    plain = isinstance(layer, keras.layers.UpSampling2D) and layer.interpolation == "nearest"
    return plain and layer.size == (2, 2)


def _with_plain_doubling(network):
    """The same network; two of Keras's `UpSampling2D` in a row make LiteRT's converter forget how many
    channels there are."""

    def copy(layer):
        if _is_doubling(layer):
            return _Double(name=layer.name)
        return type(layer).from_config(layer.get_config())

    copied = keras.models.clone_model(network, clone_function=copy)
    copied.set_weights(network.get_weights())
    return copied


class _Double(keras.layers.Layer):
    """Every place of (batch, height, width, channels) four times."""

    def call(self, inputs):
        batch, height, width = ops.shape(inputs)[:3]
        channels = inputs.shape[-1]
        x = ops.reshape(inputs, (batch, height, 1, width, channels))
        x = ops.reshape(ops.concatenate([x, x], axis=2), (batch, 2 * height, width, channels))
        x = ops.concatenate([x, x], axis=-1)
        return ops.reshape(x, (batch, 2 * height, 2 * width, channels))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, height and 2 * height, width and 2 * width, channels)


def _in_order(outputs):
    """Outputs named `output_0`, `output_1`, ... as a list of arrays."""
    return [np.asarray(outputs[name]) for name in sorted(outputs, key=lambda one: (len(one), one))]


RUNTIMES = {"saved_model": _saved_model, "onnx": _onnx, "litert": _litert}
