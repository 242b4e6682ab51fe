import functools
import gc
import os
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
# Most of XLA's time is spent compiling: in a hurry.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import keras
import pytest
from hypothesis import settings

from gankit.segmentation import data as pairs

# The same examples every time, however long one takes, and nothing left on disk.
settings.register_profile("gankit", derandomize=True, deadline=None, database=None, max_examples=50)
settings.load_profile("gankit")
BACKEND = keras.backend.backend()
if BACKEND == "tensorflow":
    from tensorflow.python.framework import config, func_graph


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "tensorflow_only: about tf.function, tf.data or tf.distribute"
    )
    config.addinivalue_line(
        "markers", "once: no backend changes it, or it starts processes of its own"
    )
    config.addinivalue_line(
        "markers", "browser: in a headless Chromium; -m browser runs these alone"
    )


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("tensorflow_only") and BACKEND != "tensorflow":
            item.add_marker(pytest.mark.skip(reason="needs the TensorFlow backend"))
        if item.get_closest_marker("once") and BACKEND != "tensorflow":
            item.add_marker(pytest.mark.skip(reason="is run once, on the TensorFlow backend"))


def pytest_collection_finish():
    """What is imported by now stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True, scope="module")
def no_models_left():
    """Those of a module go with it, whatever cycles they are in, and the graphs that `fit` leaves."""
    yield
    keras.backend.clear_session()
    gc.collect()
    for one in gc.get_objects() if BACKEND == "tensorflow" else ():
        if type(one) is func_graph.FuncGraph:
            func_graph.dismantle_func_graph(one)


@pytest.fixture(autouse=True, scope="session")
def streets_are_drawn_once():
    """Many tests load the same; a run's options, read from JSON, have a list for their size."""
    drawn = functools.cache(pairs.draw_streets)

    def draw_streets(size=None, seed=0):
        return drawn(size and tuple(size), seed)

    with mock.patch.object(pairs, "draw_streets", draw_streets):
        yield


@pytest.fixture(autouse=True)
def same_seed():
    keras.utils.set_random_seed(1)
    yield
    keras.mixed_precision.set_dtype_policy("float32")
    if BACKEND == "tensorflow":  # what a recipe turns on for its process, and XLA can't compile
        config.disable_op_determinism()
