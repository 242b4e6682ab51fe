import keras
import numpy as np
import pytest

from gankit import optimizers, schedules
from tests.helpers import check_config_round_trip, numpy, run_script


def minimise(optimizer, steps=5):
    variable = keras.Variable(np.array([1.0, -2.0, 3.0], "float32"))
    optimizer.build([variable])
    for _ in range(steps):
        optimizer.apply([2 * variable.value], [variable])
    return numpy(variable)


@pytest.mark.parametrize(
    "options", [{}, {"weight_decay": 0.1}, {"clipnorm": 0.5}, {"amsgrad": True}, {"use_ema": True}]
)
def test_adam_with_constant_beta_2_is_keras_adam(options):
    ours = minimise(optimizers.Adam(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-7, **options))
    theirs = minimise(keras.optimizers.Adam(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-7, **options))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_adam_with_repeated_rows_of_an_embedding():
    """TensorFlow lists such rows' gradients apart, and Keras's Adam then squares them apart."""

    def train(optimizer, layer, inputs):
        model = keras.Sequential([layer, keras.layers.Flatten()])
        model.compile(optimizer, "mse")
        model.fit(inputs, np.arange(9.0).reshape(3, 3), epochs=3, verbose=0)
        return numpy(model.weights[0])

    rows = np.array([[1], [3], [3]])
    table = keras.layers.Embedding(5, 3, embeddings_initializer="ones")
    product = keras.layers.Dense(3, use_bias=False, kernel_initializer="ones")
    options = {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-7}
    ours = train(optimizers.Adam(**options), table, rows)
    theirs = train(keras.optimizers.Adam(**options), product, np.eye(5)[rows[:, 0]])
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


MIRRORED = """
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration(), tf.config.LogicalDeviceConfiguration()],
)
import keras
import numpy as np
from gankit.optimizers import Adam

def train(make):
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        variable = keras.Variable(np.array([1.0, -2.0, 3.0], "float32"))
        optimizer = make(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-7)
        optimizer.build([variable])

    @tf.function
    def step():
        strategy.run(lambda: optimizer.apply([variable.value * 2.0], [variable]))

    for _ in range(3):
        step()
    return np.stack([one.numpy() for one in variable.value.values])

ours, theirs = train(Adam), train(keras.optimizers.Adam)
np.testing.assert_allclose(ours, theirs, rtol=1e-5)
np.testing.assert_array_equal(ours[0], ours[1])
print("equal")
"""


@pytest.mark.once
def test_adam_on_two_replicas():
    assert run_script(MIRRORED).endswith("equal")


def test_adam_with_scheduled_beta_2_by_hand():
    beta_2 = schedules.Cosine(0.9, 0.99, steps=2)
    optimizer = optimizers.Adam(0.1, beta_1=0.0, beta_2=beta_2, epsilon=1e-8)
    x, v = 1.0, 0.0
    for step in range(3):
        beta = [0.9, 0.945, 0.99][step]
        g = 2 * x
        v = beta * v + (1 - beta) * g * g
        x -= 0.1 * g / np.sqrt(v / (1 - beta ** (step + 1)))
    variable = keras.Variable(1.0)
    optimizer.build([variable])
    for _ in range(3):
        optimizer.apply([2 * variable.value], [variable])
    assert float(variable) == pytest.approx(x, rel=1e-4)


def test_adam_config():
    check_config_round_trip(optimizers.Adam(0.1, beta_2=0.99))
    again = check_config_round_trip(
        optimizers.Adam(schedules.Cosine(1.0, 0.0, 5), beta_2=schedules.Cosine(0.9, 0.99, 5))
    )
    assert float(again.beta_2) == pytest.approx(0.9)
