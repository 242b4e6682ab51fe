"""Contract checks, one for each kind of object, and the small games that tests play."""

import copy
import json
import textwrap

import keras
import numpy as np
from keras import ops

import gankit
from gankit import backend
from tests.programs import output


def numpy(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def mlp(inputs, outputs, units=16, name=None):
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            keras.layers.Dense(units, activation="leaky_relu"),
            keras.layers.Dense(units, activation="leaky_relu"),
            keras.layers.Dense(outputs),
        ],
        name=name,
    )


def points_gan(seed=3, compile=True, **arguments):
    """A small GAN on points, the same at every call."""
    keras.utils.set_random_seed(0)
    gan = gankit.GAN(mlp(2, 2, name="g"), mlp(2, 1, name="d"), seed=seed)
    if compile:
        gan.compile(**{**rules(), **arguments})
    return gan


def rules():
    return {
        "generator_optimizer": keras.optimizers.Adam(1e-3, 0.5, 0.99),
        "discriminator_optimizer": keras.optimizers.Adam(1e-3, 0.5, 0.99),
        "loss": "relativistic_pairing",
        "penalties": [gankit.penalties.R1(0.1), gankit.penalties.R2(0.1)],
        "ema": 0.99,
    }


def some_points(n=256, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 2)).astype("float32")


def state(gan):
    return [numpy(v) for v in (*gan.variables, *gan.optimizer.variables)]


def assert_same_state(one, other):
    left, right = state(one), state(other)
    assert len(left) == len(right)
    for a, b in zip(left, right):
        np.testing.assert_array_equal(a, b)


def check_config_round_trip(thing):
    """`thing` made again from its configuration has the same configuration."""
    config = keras.saving.serialize_keras_object(thing)
    again = keras.saving.deserialize_keras_object(copy.deepcopy(config))  # Keras pops from it
    assert type(again) is type(thing)
    assert keras.saving.serialize_keras_object(again) == config
    return again


def check_layer(layer, inputs, expected_shape, tmp_path):
    """Configuration, symbolic and eager shapes, mixed precision, and a saved model's outputs."""
    check_config_round_trip(layer)
    several = isinstance(inputs, list)
    symbols = [
        keras.Input(np.shape(one)[1:], dtype=str(np.asarray(one).dtype))
        for one in (inputs if several else [inputs])
    ]
    symbols = symbols if several else symbols[0]
    outputs = layer(symbols)
    shapes = keras.tree.map_structure(lambda leaf: tuple(leaf.shape[1:]), outputs)
    assert shapes == expected_shape
    model = keras.Model(symbols, outputs)
    eager = keras.tree.map_structure(numpy, layer(inputs))
    assert all(
        np.isfinite(numpy(one)).all() for one in layer.variables
    )  # or it is no state to save
    model.save(tmp_path / "layer.keras")
    loaded = keras.saving.load_model(tmp_path / "layer.keras")
    again = keras.tree.map_structure(numpy, loaded(inputs))
    for a, b in zip(keras.tree.flatten(eager), keras.tree.flatten(again)):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    config = json.dumps(keras.saving.serialize_keras_object(layer))
    config = config.replace('{"name": "float32"}', '{"name": "mixed_bfloat16"}')
    mixed = keras.saving.deserialize_keras_object(json.loads(config))(inputs)
    for a, b in zip(keras.tree.flatten(eager), keras.tree.flatten(mixed)):
        assert keras.backend.standardize_dtype(b.dtype) == "bfloat16"
        assert a.shape == tuple(b.shape)


def check_penalty(penalty):
    """Configuration, and steps of training that differ from those without it."""
    check_config_round_trip(penalty)
    found = []
    for penalties in ([], [penalty]):
        gan = points_gan(penalties=penalties)
        for variable in gan.discriminator_variables:
            variable.assign(3.0 * variable)  # slopes above 1, where all penalties act
        gan.fit(some_points(64), batch_size=32, verbose=0)
        found.append([numpy(v) for v in gan.discriminator_variables])
    assert max(np.abs(a - b).max() for a, b in zip(*found)) > 1e-5
    assert all(np.isfinite(numpy(v)).all() for v in gan.variables)


def check_gradients_pass_twice(layer, x):
    """The slope's square depends on w as w squared: its gradient is 2 / w times itself."""
    w, optimizer = keras.Variable(np.float32(2.0)), keras.optimizers.SGD(1.0)
    optimizer.build([w])

    def squared_slope():
        _, slope = backend.value_and_input_gradient(
            lambda x: (ops.sum(w * ops.square(layer(x, training=True))), None),
            ops.convert_to_tensor(x),
        )
        return ops.sum(ops.square(slope)), slope

    loss, slope, (gradient,) = backend.minimise(squared_slope, [w], optimizer)
    assert np.abs(numpy(slope)).max() > 0
    np.testing.assert_allclose(float(gradient), float(loss), rtol=1e-3)


def run_script(code):
    """Runs Python code in a process of its own, whose devices are not made yet. Returns its output."""
    return output("-c", textwrap.dedent(code)).strip()
