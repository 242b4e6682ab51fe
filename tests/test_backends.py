"""A model saved under one backend is the same model under the others."""

import importlib.util

import keras
import numpy as np
import pytest

import gankit
from tests import programs
from tests.helpers import mlp, rules, some_points

LOAD = """
import pathlib, sys
import keras, numpy as np
import gankit
assert keras.backend.backend() == sys.argv[1]
for folder in map(pathlib.Path, sys.argv[2:]):
    gan = gankit.runs.load_model(folder / "gan.keras")
    np.save(folder / "samples.npy", gan.generate(8, seed=5))
    gan.fit(np.load(folder / "x.npy"), batch_size=16, verbose=0)
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


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Trained models and the folders that they are saved in, with what they were trained on."""
    made = []
    for networks in ((mlp(2, 2), mlp(2, 1), some_points(32)), picture_networks()):
        generator, judge, x = networks
        gan = gankit.GAN(generator, judge, seed=0)
        gan.compile(**rules())
        gan.fit(x, batch_size=16, verbose=0)
        folder = tmp_path_factory.mktemp("saved")
        gan.save(folder / "gan.keras")
        np.save(folder / "x.npy", x)
        made.append((gan, folder))
    return made


@pytest.mark.once
@pytest.mark.parametrize("other", ["jax", "torch"])
def test_loads_under_another_backend(saved, other):
    if importlib.util.find_spec(other) is None:
        pytest.skip(f"{other} is not installed")
    programs.output("-c", LOAD, other, *(folder for _, folder in saved), KERAS_BACKEND=other)
    for gan, folder in saved:
        np.testing.assert_allclose(
            np.load(folder / "samples.npy"), gan.generate(8, seed=5), atol=1e-4
        )
