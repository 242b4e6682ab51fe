"""A model saved under one backend is the same model under the others."""

import importlib.util

import keras
import numpy as np
import pytest

import gankit
from tests import programs
from tests.helpers import mlp, rules, some_points

LOAD = """
import sys
import keras, numpy as np
import gankit
gan = gankit.runs.load_model(sys.argv[1])
assert keras.backend.backend() == sys.argv[3]
np.save(sys.argv[2], gan.generate(8, seed=5))
gan.fit(np.load(sys.argv[4]), batch_size=16, verbose=0)
"""


def picture_networks():
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(4 * 4 * 8),
            layers.Reshape((4, 4, 8)),
            layers.Conv2DTranspose(8, 4, strides=2, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh"),
        ]
    )
    judge = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            gankit.layers.SpectralNormalization(layers.Conv2D(8, 4, strides=2, padding="same")),
            layers.LeakyReLU(0.2),
            gankit.layers.MinibatchStddev(4),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    x = np.random.default_rng(0).uniform(-1, 1, (32, 16, 16, 3)).astype("float32")
    return generator, judge, x


@pytest.mark.once
@pytest.mark.parametrize("other", ["jax", "torch"])
@pytest.mark.parametrize("kind", ["points", "pictures"])
def test_loads_under_another_backend(tmp_path, other, kind):
    if importlib.util.find_spec(other) is None:
        pytest.skip(f"{other} is not installed")
    networks = (mlp(2, 2), mlp(2, 1), some_points(32)) if kind == "points" else picture_networks()
    generator, judge, x = networks
    gan = gankit.GAN(generator, judge, seed=0)
    gan.compile(**rules())
    gan.fit(x, batch_size=16, verbose=0)
    gan.save(tmp_path / "gan.keras")
    np.save(tmp_path / "x.npy", x)
    files = [tmp_path / name for name in ("gan.keras", "samples.npy", "x.npy")]
    programs.output("-c", LOAD, files[0], files[1], other, files[2], KERAS_BACKEND=other)
    np.testing.assert_allclose(
        np.load(tmp_path / "samples.npy"), gan.generate(8, seed=5), atol=1e-4
    )
