"""Makes what the live page loads: the generator that comes with gankit, small, and what its sliders turn.

    python docs/live/model.py        # needs gankit[export]

`digits.onnx` is `gankit.load("digits")` with its large matrices stored as whole numbers of 8 bits, one
scale a column. `digits.json` says what the inputs are, and along which directions of the latents pictures
change most: the leading eigenvectors of the mean of JᵀJ, J being the pictures' derivative by the latents.
"""

import json
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
LARGE = 10_000  # numbers in a matrix, from which on it is stored in 8 bits
DIRECTIONS = 6


def shrink(model):
    """Stores the large matrices of an ONNX model, in place, as int8 times a scale for each column."""
    import onnx

    for weights in list(model.graph.initializer):
        values = onnx.numpy_helper.to_array(weights)
        if values.dtype != np.float32 or values.ndim != 2 or values.size < LARGE:
            continue
        scales = np.abs(values).max(axis=0) / 127
        stored = {
            "int8": np.round(values / scales).astype("int8"),
            "scales": scales.astype("float32"),
        }
        name = weights.name
        model.graph.initializer.remove(weights)
        model.graph.initializer.extend(
            onnx.numpy_helper.from_array(array, f"{name}/{kind}") for kind, array in stored.items()
        )
        inputs = [f"{name}/{kind}" for kind in stored]
        node = onnx.helper.make_node("DequantizeLinear", inputs, [name], axis=1)
        model.graph.node.insert(0, node)


def runner(path):
    """The model in a file as a function from latents and labels to pictures."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    return lambda latents, labels: session.run(
        None, {"latents": latents.astype("float32"), "labels": labels.astype("int32")}
    )[0]


def directions(run, size, classes, n=50, step=0.05, seed=0):
    """(DIRECTIONS, size) unit vectors along which pictures change most, the strongest first."""
    rng = np.random.default_rng(seed)
    total, steps = np.zeros((size, size)), step * np.eye(size)
    for i in range(n):
        latents, labels = rng.standard_normal(size), np.full(2 * size, i % classes)
        pictures = run(np.concatenate([latents + steps, latents - steps]), labels)
        pictures = pictures.reshape(2, size, -1)
        derivative = (pictures[0] - pictures[1]) / (2 * step)  # J transposed
        total += derivative @ derivative.T / n
    strongest = np.linalg.eigh(total)[1][:, ::-1][:, :DIRECTIONS].T
    signs = np.sign(strongest[np.arange(DIRECTIONS), np.abs(strongest).argmax(axis=1)])
    return strongest * signs[:, None]


def main():
    import onnx

    import gankit
    from gankit.export import export

    trained = gankit.load("digits")
    with tempfile.TemporaryDirectory() as folder:
        whole = export(trained.generator, pathlib.Path(folder, "digits")).path
        model, exact = onnx.load(whole), runner(whole)
    shrink(model)
    onnx.checker.check_model(model)
    path = HERE / "digits.onnx"
    onnx.save(model, path)
    run, classes = runner(path), len(trained.classes)
    height, width = trained.generator.output_shape[1:3]
    size = trained.generator.get_layer("latents").output.shape[-1]
    facts = {
        "classes": trained.classes,
        "latents": size,
        "height": height,
        "width": width,
        "directions": np.round(directions(run, size, classes), 4).tolist(),
    }
    (HERE / "digits.json").write_text(json.dumps(facts) + "\n")
    latents = np.random.default_rng(1).standard_normal((1000, size))
    pictures = [one(latents, np.arange(1000) % classes) for one in (exact, run)]
    error = np.sqrt(np.mean((pictures[0] - pictures[1]) ** 2)) / pictures[0].std()
    print(f"{path.name}: {path.stat().st_size:,} bytes, {error:.2%} of the pictures' deviation off")


if __name__ == "__main__":
    main()
