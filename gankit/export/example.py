"""A program that runs an exported file, for the one who gets it."""

import json

from gankit.export.network import ANY

RUNNERS = {  # what to import, and a function that opens a file
    "onnx": (
        "import onnxruntime",
        """\
def load(file):
    session = onnxruntime.InferenceSession(HERE / file)
    return lambda inputs: session.run(None, inputs)
""",
    ),
    "saved_model": (
        "import tensorflow as tf",
        """\
def load(file):
    run = tf.saved_model.load(str(HERE / file)).signatures["serving_default"]

    def call(inputs):
        found = run(**{name: tf.constant(array) for name, array in inputs.items()})
        return [found[name].numpy() for name in sorted(found, key=lambda one: (len(one), one))]

    return call
""",
    ),
    "litert": (
        "import tensorflow as tf  # on a device: from ai_edge_litert.interpreter import Interpreter",
        """\
def load(file):
    run = tf.lite.Interpreter(str(HERE / file)).get_signature_runner()

    def call(inputs):
        found = run(**inputs)
        return [found[name] for name in sorted(found, key=lambda one: (len(one), one))]

    return call
""",
    ),
}
PROGRAM = '''\
"""Runs {file} on four samples drawn at random; card.md says what goes in and comes out."""

import pathlib

import numpy as np
{imports}

HERE = pathlib.Path(__file__).parent


{load}

rng = np.random.default_rng(0)
inputs = {{
{inputs}
}}
for output in load("{file}")(inputs):
    print(output.shape, output.min(), output.max())
'''


def example(exported, format):
    """The program's text: NumPy and the format's runtime, neither gankit nor Keras."""
    lines = []
    for name, (shape, dtype) in exported.inputs.items():
        size = (4, *(ANY[0] if one is None else one for one in shape))
        numbers = f"integers(2, size={size})" if "int" in dtype else f"standard_normal({size})"
        lines.append(f'    {json.dumps(name)}: rng.{numbers}.astype("{dtype}"),')
    imports, load = RUNNERS[format]
    return PROGRAM.format(
        file=exported.path.name, imports=imports, load=load, inputs="\n".join(lines)
    )
