"""What breaks in hand-written Keras GANs, beside what does not break here.

Each test first shows plain Keras failing, where that is quick, so that the day it no longer does is
noticed; then that gankit holds.
"""

import warnings

import keras
import numpy as np
import pytest
from keras import ops

import gankit
from gankit import backend
from tests.helpers import assert_same_state, mlp, numpy, points_gan, rules, run_script, some_points


@keras.saving.register_keras_serializable(package="tests")
class HandWritten(keras.Model):
    """The GAN of the tutorials: two optimizers as plain attributes."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator, self.discriminator = mlp(2, 2), mlp(2, 1)
        self.built = True

    def compile(self, g_optimizer, d_optimizer):
        super().compile()
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer
        self.g_optimizer.build(self.generator.trainable_variables)

    def call(self, inputs):
        return self.generator(inputs)

    def get_config(self):
        return {}


def test_optimizers_are_lost_on_save(tmp_path):
    plain = HandWritten()
    plain.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    assert type(plain.optimizer).__name__ == "RMSprop"  # a stray one
    plain.save(tmp_path / "plain.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not hasattr(keras.saving.load_model(tmp_path / "plain.keras"), "g_optimizer")

    gan = points_gan()
    assert type(gan.optimizer).__name__ == "MultiOptimizer"
    gan.fit(some_points(), batch_size=32, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert int(numpy(loaded.generator_optimizer.iterations)) == 8
    assert_same_state(gan, loaded)


def test_seeds_are_lost_on_save(tmp_path):
    class Noisy(keras.Model):
        def __init__(self):
            super().__init__()
            self.seeds = keras.random.SeedGenerator(0)
            self.built = True

    plain = Noisy()
    plain.seeds.next()
    plain.save_weights(tmp_path / "plain.weights.h5")
    other = Noisy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other.load_weights(tmp_path / "plain.weights.h5")
    assert np.any(numpy(other.seeds.state) != numpy(plain.seeds.state))

    gan = points_gan()
    gan.fit(some_points(), batch_size=32, verbose=0)
    gan.save_weights(tmp_path / "gan.weights.h5")
    other = points_gan(seed=99)
    other.load_weights(tmp_path / "gan.weights.h5")
    np.testing.assert_array_equal(
        numpy(other.seed_generator.state), numpy(gan.seed_generator.state)
    )


def test_backup_and_restore_resumes_the_same_run(tmp_path):
    """Keras's own callback, at the end of an epoch, keeps optimizers and seeds of a gankit model."""
    x = some_points()
    whole = points_gan()
    whole.fit(x, batch_size=32, epochs=4, shuffle=False, verbose=0)

    class Crash(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise RuntimeError

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)

    with pytest.raises(RuntimeError):
        points_gan().fit(
            x, batch_size=32, epochs=4, shuffle=False, verbose=0, callbacks=[backup(), Crash()]
        )
    resumed = points_gan()
    resumed.fit(x, batch_size=32, epochs=4, shuffle=False, verbose=0, callbacks=[backup()])
    assert_same_state(whole, resumed)


def test_overridden_compile_survives_loading(tmp_path):
    gan = points_gan()
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")  # warnings are errors here
    assert loaded.compiled
    loaded.fit(some_points(64), batch_size=32, verbose=0)


def test_penalty_and_loss_share_a_dtype_in_bfloat16():
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    gan = points_gan(penalties=[gankit.penalties.R1(1.0), gankit.penalties.GradientPenalty(1.0)])
    gan.prepare(some_points(16))
    real, fake, condition = gan.play((ops.convert_to_tensor(some_points(16)),))
    loss, logs = gan.discriminator_loss(real, fake, condition)
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"
    assert all(keras.backend.standardize_dtype(v.dtype) == "float32" for v in logs.values())


def test_latents_agree_across_backends():
    """NumPy's, so the numbers can be written down."""
    expected = [[0.35034922, -0.61345816], [-1.7394989, -2.1314113]]
    np.testing.assert_allclose(gankit.sampling.latents(2, 2, seed=0), expected, rtol=1e-5)


def test_penalties_at_norm_zero_are_finite():
    flat = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)]
    )
    penalties = [gankit.penalties.GradientPenalty(1.0), gankit.penalties.R1(1.0)]
    gan = gankit.GAN(mlp(2, 2), flat)
    gan.compile(**{**rules(), "penalties": penalties})
    gan.fit(some_points(32), batch_size=16, verbose=0)
    assert all(np.isfinite(numpy(v)).all() for v in gan.variables)


def test_spectral_normalization_keeps_the_kernel_and_differentiates_sigma():
    """Keras's writes W / sigma back into W at every training call; ours leaves W alone."""
    x = np.ones((2, 3), "float32")
    ours = gankit.layers.SpectralNormalization(keras.layers.Dense(4))
    theirs = keras.layers.SpectralNormalization(keras.layers.Dense(4))
    moved = []
    for layer in (theirs, ours):
        layer(x)
        before = numpy(layer.layer.kernel)
        layer(x, training=True)
        moved.append(np.any(numpy(layer.layer.kernel) != before))
    assert moved == [True, False]
    # f(W) = g(W / sigma(W)) does not depend on the length of W, so its gradient is at right angles.
    kernel = ours.layer._kernel
    (_, _), pullback = backend.vjp(lambda: (ops.sum(ours(x)), None), [kernel])
    gradient = numpy(pullback(ops.ones(()))[0])
    assert abs((gradient * numpy(kernel)).sum()) < 1e-4 < np.abs(gradient).max()


@pytest.mark.tensorflow_only
def test_bilinear_upsampling_loses_the_penalty_silently():
    import tensorflow as tf

    up = keras.layers.UpSampling2D(interpolation="bilinear")
    kernel = tf.Variable(tf.ones((1, 1, 1, 1)))
    x = tf.random.stateless_normal((2, 4, 4, 1), seed=[0, 0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(tf.square(up(tf.nn.conv2d(x, kernel, 1, "SAME"))))
        penalty = tf.reduce_sum(tf.square(inner.gradient(y, x)))
    lost = outer.gradient(penalty, kernel)
    # y = |up(k x)|^2, so the penalty grows with k; what arrives is not the true derivative 4 P / k.
    assert lost is None or abs(float(tf.squeeze(lost)) - 4 * float(penalty)) > 0.1 * float(penalty)


MIRRORED = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
import keras
import numpy as np
import gankit
from tests.helpers import mlp, numpy, some_points

def train(strategy):
    keras.utils.set_random_seed(0)
    with strategy.scope():
        judge = keras.Sequential([
            keras.Input((2,)),
            gankit.layers.SpectralNormalization(keras.layers.Dense(8, activation="leaky_relu")),
            keras.layers.Dense(1),
        ])
        gan = gankit.GAN(mlp(2, 2), judge, seed=3)
        gan.compile(
            keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), loss="relativistic_pairing",
            penalties=[gankit.penalties.R1(0.1), gankit.penalties.GradientPenalty(0.1, seed=1)],
            ema=0.9,
        )
    data = tf.data.Dataset.from_tensor_slices(some_points(96)).batch(32, drop_remainder=True)
    history = gan.fit(data, epochs=2, verbose=0)
    return gan, history.history

one, history_one = train(tf.distribute.get_strategy())
two, history_two = train(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
assert int(numpy(two.optimizer.iterations)) == 6
for a, b in zip(one.variables, two.variables):
    np.testing.assert_allclose(numpy(a), numpy(b), rtol=1e-4, atol=1e-6, err_msg=a.path)
for name in ("d_loss", "g_loss", "r1"):
    np.testing.assert_allclose(history_one[name], history_two[name], rtol=1e-4)
np.testing.assert_allclose(one.generate(5, seed=0), two.generate(5, seed=0), rtol=1e-4, atol=1e-6)
print("equal")
"""


@pytest.mark.once
def test_two_replicas_are_one_device_with_their_joint_batch():
    """SGD hides no factor: losses scaled right, noise of its own on each replica, averages equal."""
    assert run_script(MIRRORED).endswith("equal")
