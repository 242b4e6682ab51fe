import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import pytest
from hypothesis import settings

# The same examples every time, however long one takes, and nothing left on disk.
settings.register_profile("gankit", derandomize=True, deadline=None, database=None, max_examples=50)
settings.load_profile("gankit")
BACKEND = keras.backend.backend()
if BACKEND == "tensorflow":
    from tensorflow.python.framework import config


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


@pytest.fixture(autouse=True)
def same_seed():
    keras.utils.set_random_seed(1)
    yield
    keras.mixed_precision.set_dtype_policy("float32")
    if BACKEND == "tensorflow":  # what a recipe turns on for its process, and XLA can't compile
        config.disable_op_determinism()
        config.set_optimizer_experimental_options({"dependency_optimization": True})
