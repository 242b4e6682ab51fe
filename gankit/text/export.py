"""What is exported of a run on text: a network that begins a sequence, and one that continues it."""

import keras
from keras import ops, tree

from gankit.export.network import float32_config


def to_export(run):
    """The two networks of a run, `start` and `step`.

    `start` maps a condition to what is given at every step and to the first state; where there are no
    conditions, its input says nothing but the size of the batch. `step` maps a token, what is given
    and a state to the logits of the next token and the next state. Decoding begins with the start
    token, draws each next token from the logits, without the unknown token (3), and ends at the end
    token.

    Example:

    ```python
    from gankit import runs, text

    text.to_export(runs.Run.open("runs/text-headlines-default-0"))  # {"start": ..., "step": ...}
    ```
    """
    gan, prompt = run.load(), run.config["prompt_length"]
    condition = None if not gan.conditional else () if prompt is None else (prompt,)
    return decoding(gan.sampler, condition)


def decoding(model, condition=None):
    """The two networks of a `LanguageModel`.

    Args:
        model: a built one.
        condition: a condition's shape without the batch, such as `()` for categories; None for none.

    Returns:
        `{"start": keras.Model, "step": keras.Model}`, functional; leaves of what is given are named
        `given_0`, `given_1`, ..., of the state `state_0`, ...

    Example:

    ```python
    from gankit import text

    networks = text.decoding(text.Recurrent(vocabulary=100, length=12, units=8))
    networks["step"].inputs  # a token, and the state
    ```
    """
    model, told = in_float32(model), condition is not None
    source = keras.Input(condition or (), dtype="int32", name="condition" if told else "batch")
    start = _Start(model, told)
    leaves = start(source)
    of_given = start.given_leaves
    names = [f"given_{i}" if i < of_given else f"state_{i - of_given}" for i in range(len(leaves))]
    token = keras.Input((), dtype="int32", name="token")
    before = [
        keras.Input(leaf.shape[1:], dtype=leaf.dtype, name=name)
        for leaf, name in zip(leaves, names)
    ]
    after = _Step(model, start.structure, of_given)([token, *before])
    return {
        "start": keras.Model(source, leaves, name="start"),
        "step": keras.Model([token, *before], after, name="step"),
    }


def in_float32(model):
    """The same `LanguageModel`, computing in float32: runtimes have few operations in bfloat16."""
    if model.compute_dtype == "float32":
        return model
    config = float32_config(keras.saving.serialize_keras_object(model))
    copied = keras.saving.deserialize_keras_object(config)
    copied.set_weights(model.get_weights())
    return copied


class _Start(keras.layers.Layer):
    def __init__(self, model, told):
        super().__init__(dtype="float32")
        self.model, self.told = model, told

    def call(self, source):
        given, state = self.model.begin(ops.shape(source)[0], source if self.told else None)
        self.given_leaves = len(tree.flatten(given))
        self.structure = tree.map_structure(lambda leaf: 0, (given, state))
        return tree.flatten((given, state))


class _Step(keras.layers.Layer):
    def __init__(self, model, structure, of_given):
        super().__init__(dtype="float32")
        self.model, self.structure, self.of_given = model, structure, of_given

    def call(self, inputs):
        token, *leaves = inputs
        given, state = tree.pack_sequence_as(self.structure, leaves)
        features, state = self.model.advance(token, given, state)
        return [self.model.logits(features), *tree.flatten(state)]
