"""The game: its mathematics first, then what a Keras user expects of a model."""

import json

import keras
import numpy as np
import pytest
from keras import ops

import gankit
from tests.helpers import (
    assert_same_state,
    mlp,
    numpy,
    points_gan,
    rules,
    some_points,
    state,
)

# --- the Dirac-GAN: the smallest game there is, Mescheder et al. (2018), section 2 ------------
# The data is the point 0, the generator makes the point theta, the discriminator is D(x) = psi x.


@keras.saving.register_keras_serializable(package="tests")
class Theta(keras.layers.Layer):
    def build(self, input_shape):
        self.theta = self.add_weight(name="theta", shape=(1,), initializer="ones")

    def call(self, latents):
        return ops.zeros_like(latents) + self.theta


def dirac(penalties=(), rate=0.2, loss="minimax", share_forward=True, steps=1, copies=1, **rules):
    generator = keras.Sequential([keras.Input((1,)), Theta()])
    judges = [
        keras.Sequential(
            [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")]
        )
        for _ in range(copies)
    ]
    gan = gankit.GAN(
        generator, judges, share_forward=share_forward, discriminator_steps=steps, seed=0
    )
    optimizers = [keras.optimizers.SGD(rate) for _ in range(2)]
    gan.compile(*optimizers, loss=loss, penalties=penalties, **rules)
    return gan


def position(gan):
    """(theta, psi)."""
    return (
        numpy(gan.generator.trainable_variables[0]).item(),
        numpy(gan.discriminator.trainable_variables[0]).item(),
    )


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(n, rate=0.2, gamma=0.0, steps=1, theta=1.0, psi=1.0, saturating=True):
    """n steps of alternating gradient descent on the minimax loss with R1."""
    for _ in range(n):
        for _ in range(steps):  # D: softplus(-psi 0) + softplus(psi theta) + gamma/2 psi^2
            psi -= rate * (sigmoid(psi * theta) * theta + gamma * psi)
        if saturating:  # G: -softplus(psi theta)
            theta += rate * sigmoid(psi * theta) * psi
        else:  # G: softplus(-psi theta)
            theta += rate * sigmoid(-psi * theta) * psi
    return theta, psi


ZEROS = np.zeros((8, 1), "float32")


def play(gan, n, x=ZEROS):
    for _ in range(n):
        gan.train_on_batch(x)
    return position(gan)


@pytest.mark.parametrize("share_forward", [True, False])
@pytest.mark.parametrize(("loss", "saturating"), [("minimax", True), ("non_saturating", False)])
def test_step_is_algorithm_1(loss, saturating, share_forward):
    gan = dirac(loss=loss, share_forward=share_forward)
    expected = by_hand(7, saturating=saturating)
    np.testing.assert_allclose(play(gan, 7), expected, rtol=1e-5, atol=1e-6)


def test_step_with_r1():
    gan = dirac(penalties=[gankit.penalties.R1(0.7)])
    np.testing.assert_allclose(play(gan, 7), by_hand(7, gamma=0.7), rtol=1e-5)


def test_penalty_weight_follows_its_schedule():
    gan = dirac(penalties=[gankit.penalties.R1(gankit.schedules.Cosine(1.0, 0.0, steps=2))])
    theta, psi = 1.0, 1.0
    for gamma in (1.0, 0.5, 0.0):
        theta, psi = by_hand(1, gamma=gamma, theta=theta, psi=psi)
    np.testing.assert_allclose(play(gan, 3), (theta, psi), rtol=1e-5)


def test_k_discriminator_steps():
    np.testing.assert_allclose(play(dirac(steps=4), 3), by_hand(3, steps=4), rtol=1e-5)


def test_each_discriminator_step_sees_samples_of_its_own():
    """With D(x) = psi x and Wasserstein's loss, two steps move psi by each half's mean in turn."""
    gan = dirac(loss="wasserstein", steps=2, rate=1.0)
    x = np.array([[3.0], [3.0], [10.0], [10.0]], "float32")
    theta, psi = play(gan, 1, x)
    assert psi == pytest.approx(1 + (3 - 1) + (10 - 1), rel=1e-6)
    assert theta == pytest.approx(1 + psi, rel=1e-6)


def test_batch_that_can_not_be_split():
    with pytest.raises(ValueError, match=r"multiple of 3. Received: a batch of 8"):
        play(dirac(steps=3), 1)


def test_several_discriminators_add_up():
    """Two equal ones give the generator twice the gradient, and keep equal."""
    gan = dirac(copies=2)
    theta, psi = 1.0, 1.0
    for _ in range(5):
        psi -= 0.2 * sigmoid(psi * theta) * theta
        theta += 2 * 0.2 * sigmoid(psi * theta) * psi
    np.testing.assert_allclose(play(gan, 5), (theta, psi), rtol=1e-5)
    assert numpy(gan.discriminators[1].weights[0]).item() == pytest.approx(psi, rel=1e-5)


def test_competition_alone_does_not_converge_and_r1_does():
    """Mescheder et al. (2018), figure 1: the players circle the equilibrium, R1 lets them reach it."""
    plain = dirac(rate=0.1)
    radius = np.hypot(*play(plain, 1))
    assert np.hypot(*play(plain, 300)) > 0.9 * radius
    regularised = dirac(rate=0.1, penalties=[gankit.penalties.R1(1.0)])
    assert np.hypot(*play(regularised, 300)) < 1e-3


def test_logged_scalars_are_the_games_quantities():
    gan = dirac(penalties=[gankit.penalties.R1(0.5)])
    logs = gan.train_on_batch(ZEROS, return_dict=True)
    assert float(logs["r1"]) == pytest.approx(0.5)  # |psi|^2 / 2
    assert float(logs["d_fake"]) == pytest.approx(1.0)
    assert float(logs["d_real"]) == pytest.approx(0.0)
    assert float(logs["d_accuracy"]) == pytest.approx(0.0)
    loss = np.log(2) + np.log1p(np.e)
    assert float(logs["d_adversarial"]) == pytest.approx(loss, rel=1e-5)
    assert float(logs["d_loss"]) == pytest.approx(loss + 0.25, rel=1e-5)
    assert float(logs["d_gradient"]) == pytest.approx(sigmoid(1.0) + 0.5, rel=1e-5)
    _, psi = position(gan)
    assert float(logs["g_loss"]) == pytest.approx(-np.log1p(np.exp(psi)), rel=1e-5)
    assert float(logs["g_gradient"]) == pytest.approx(sigmoid(psi) * psi, rel=1e-5)


def test_clipping_is_the_optimizers():
    gan = dirac()
    gan.compile(
        keras.optimizers.SGD(1.0, global_clipnorm=0.01),
        keras.optimizers.SGD(1.0, clipvalue=0.02),
        loss="minimax",
    )
    theta, psi = play(gan, 1)
    assert theta == pytest.approx(1.01, abs=1e-6)
    assert psi == pytest.approx(0.98, abs=1e-6)


def test_gradient_accumulation_is_the_optimizers():
    gan = dirac()
    optimizers = [keras.optimizers.SGD(0.2, gradient_accumulation_steps=2) for _ in range(2)]
    gan.compile(*optimizers, loss="minimax")
    assert play(gan, 1) == (1.0, 1.0)
    theta, psi = play(gan, 1)
    assert psi == pytest.approx(1 - 0.2 * sigmoid(1.0), rel=1e-5)
    slopes = sigmoid(1.0), sigmoid(psi) * psi  # the second was taken after D had moved
    assert theta == pytest.approx(1 + 0.2 * np.mean(slopes), rel=1e-5)


def test_weight_clipping_is_a_constraint():
    generator = keras.Sequential([keras.Input((1,)), Theta()])
    layer = keras.layers.Dense(
        1, use_bias=False, kernel_constraint=gankit.constraints.ClipWeights(0.3)
    )
    gan = gankit.GAN(generator, keras.Sequential([keras.Input((1,)), layer]))
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(5.0), loss="wasserstein")
    play(gan, 3)
    assert abs(numpy(layer.kernel).item()) == pytest.approx(0.3)


def test_generator_and_discriminator_learn_their_own_weights_only():
    gan = points_gan()
    before = {id(v): numpy(v) for v in gan.trainable_variables}
    frozen = keras.optimizers.SGD(0.0)
    gan.compile(frozen, keras.optimizers.SGD(0.1), loss="hinge")
    gan.fit(some_points(32), batch_size=32, verbose=0)
    assert all(np.array_equal(before[id(v)], numpy(v)) for v in gan.generator_variables)
    assert all(np.any(before[id(v)] != numpy(v)) for v in gan.discriminator_variables[::2])


# --- variants, composed -----------------------------------------------------------------------


def test_packing():
    judge = keras.Sequential(
        [
            keras.Input((2,)),
            gankit.layers.Pack(2),
            keras.layers.Dense(8, "relu"),
            keras.layers.Dense(1),
        ]
    )
    gan = gankit.GAN(mlp(2, 2), judge)
    gan.compile(**{**rules(), "penalties": [gankit.penalties.R1(0.1)]})
    gan.fit(some_points(64), batch_size=16, verbose=0)
    assert gan.generate(5, seed=0).shape == (5, 2)


def labelled(classes=3, n=48):
    labels = np.arange(n, dtype="int32") % classes
    return some_points(n) + labels[:, None], labels


def conditional_gan(head="projection", classes=3):
    latents, label = keras.Input((2,)), keras.Input((), dtype="int32")
    hidden = keras.layers.Dense(16)(latents)
    hidden = gankit.layers.ConditionalBatchNormalization(classes)([hidden, label])
    generator = keras.Model([latents, label], keras.layers.Dense(2)(hidden))
    points, label = keras.Input((2,)), keras.Input((), dtype="int32")
    features = keras.layers.Dense(16, activation="leaky_relu")(points)
    if head == "projection":
        judge = keras.Model([points, label], gankit.layers.Projection(classes)([features, label]))
    else:
        judge = keras.Model(points, gankit.layers.AuxiliaryClassifier(classes)(features))
    return gankit.GAN(generator, judge, seed=0)


def test_conditional_by_projection(tmp_path):
    gan = conditional_gan()
    gan.compile(**rules())
    x, y = labelled()
    gan.fit(x, y, batch_size=16, verbose=0)
    assert gan.generate(4, condition=2, seed=0).shape == (4, 2)
    assert np.any(gan.generate(4, condition=2, seed=0) != gan.generate(4, condition=0, seed=0))
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert_same_state(gan, again)


def test_conditional_by_classification():
    gan = conditional_gan("auxiliary")
    gan.compile(**{**rules(), "loss": ["hinge", gankit.losses.AuxiliaryClassification(0.5)]})
    x, y = labelled()
    history = gan.fit(x, y, batch_size=16, epochs=30, verbose=0).history
    assert history["d_classification"][-1] < history["d_classification"][0]
    assert {"g_classification", "g_adversarial"} <= set(history)


def test_condition_of_several_parts():
    latents = keras.Input((2,))
    parts = {"digit": keras.Input((), dtype="int32"), "speaker": keras.Input((3,))}
    digit = keras.layers.Embedding(5, 4)(parts["digit"])
    joined = keras.layers.Concatenate()([latents, digit, parts["speaker"]])
    generator = keras.Model([latents, parts], keras.layers.Dense(2)(joined))
    point = keras.Input((2,))
    digit = keras.layers.Embedding(5, 4)(parts["digit"])
    joined = keras.layers.Concatenate()([point, digit, parts["speaker"]])
    discriminator = keras.Model([point, parts], keras.layers.Dense(1)(joined))
    gan = gankit.GAN(generator, discriminator)
    gan.compile(**rules())
    condition = {
        "digit": np.arange(32, dtype="int32") % 5,
        "speaker": np.ones((32, 3), "float32"),
    }
    gan.fit(some_points(32), condition, batch_size=16, verbose=0)
    assert gan.generate(32, condition, seed=0).shape == (32, 2)


def test_generate_says_that_it_needs_a_condition():
    gan = conditional_gan()
    gan.compile(**rules())
    with pytest.raises(ValueError, match="takes a condition"):
        gan.generate(3)
    with pytest.raises(ValueError, match=r"one row for each of the 3.*shape \(2,\)"):
        gan.generate(3, condition=np.array([0, 1]))


def test_augmentation_reaches_the_generator():
    """D sees augmented samples, and G's gradient comes back through the augmentation."""
    negate = keras.layers.Lambda(lambda x: -x)
    gan = dirac(loss="wasserstein")
    gan.augment = negate
    theta, psi = play(gan, 1)  # D(-x): psi moves the other way, and so does theta
    assert psi == pytest.approx(1 + 0.2)
    assert theta == pytest.approx(1 - 0.2 * psi)


@keras.saving.register_keras_serializable(package="tests")
class Subclassed(keras.Model):
    def __init__(self, outputs, **kwargs):
        super().__init__(**kwargs)
        self.outputs_ = outputs
        self.hidden = keras.layers.Dense(8, activation="relu")
        self.last = keras.layers.Dense(outputs)

    def build(self, input_shape):
        self.hidden.build(input_shape)
        self.last.build((None, 8))

    def call(self, inputs):
        return self.last(self.hidden(inputs))

    def get_config(self):
        return {"outputs": self.outputs_, "name": self.name}


def test_subclassed_networks(tmp_path):
    generator, judge = Subclassed(2), Subclassed(1)
    with pytest.raises(ValueError, match="give `latent_dim`"):
        gankit.GAN(generator, judge)
    gan = gankit.GAN(generator, judge, latent_dim=4)
    with pytest.raises(ValueError, match="call it once on a batch"):
        gan.compile(**rules())
    generator.build((None, 4))
    judge.build((None, 2))
    gan = gankit.GAN(generator, judge, latent_dim=4, seed=0)
    gan.compile(**rules())
    gan.fit(some_points(64), batch_size=16, verbose=0)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert_same_state(gan, again)
    np.testing.assert_array_equal(gan.generate(3, seed=0), again.generate(3, seed=0))


def test_bfloat16():
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    gan = points_gan()
    history = gan.fit(some_points(128), batch_size=32, epochs=3, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert gan.generate(3, seed=0).dtype == np.float32
    assert all(v.dtype == "float32" for v in gan.trainable_variables)


def test_float16_is_refused():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    with pytest.raises(ValueError, match="mixed_bfloat16"):
        points_gan()


def test_a_float16_layer_is_refused():
    judge = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, dtype="mixed_float16")])
    judge.layers[0].name = "half"
    with pytest.raises(ValueError, match="half computes in float16"):
        gankit.GAN(mlp(2, 2), judge).compile()


def test_default_optimizers():
    gan = points_gan(generator_optimizer=None, discriminator_optimizer=None)
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert isinstance(optimizer, gankit.optimizers.Adam)
    assert gan.generator_optimizer is not gan.discriminator_optimizer


# --- a Keras model ---------------------------------------------------------------------------


def test_fit_takes_what_keras_takes():
    import tensorflow as tf

    x = some_points(64)
    first = points_gan()
    first.fit(x, batch_size=16, shuffle=False, verbose=0)
    second = points_gan()
    second.fit(tf.data.Dataset.from_tensor_slices(x).batch(16), verbose=0)
    assert_same_state(first, second)
    third = points_gan()
    third.fit(((x[i : i + 16],) for i in range(0, 64, 16)), verbose=0, steps_per_epoch=4)
    for a, b in zip(state(first), state(third)):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    fourth = points_gan()
    fourth.fit(gankit.files.Dataset.from_arrays(x, batch_size=16, shuffle=False), verbose=0)
    assert_same_state(first, fourth)


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras's PyTorch trainer refuses it")
def test_steps_per_execution_changes_nothing():
    data = gankit.files.Dataset.from_arrays(some_points(96), batch_size=16)
    one, many = points_gan(), points_gan(steps_per_execution=3)
    one.fit(data, epochs=2, verbose=0)
    many.fit(data, epochs=2, verbose=0)
    for a, b in zip(state(one), state(many)):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_save_load_fit_is_uninterrupted_fit(tmp_path):
    x = some_points()
    whole = points_gan(
        penalties=[gankit.penalties.GradientPenalty(1.0), gankit.penalties.LeCam(0.1)]
    )
    whole.fit(x, batch_size=32, epochs=2, shuffle=False, verbose=0)
    whole.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert_same_state(whole, loaded)
    np.testing.assert_array_equal(whole.generate(9, seed=4), loaded.generate(9, seed=4))
    for gan in (whole, loaded):
        gan.fit(x, batch_size=32, epochs=3, initial_epoch=2, shuffle=False, verbose=0)
    assert_same_state(whole, loaded)


def test_compile_survives_saving(tmp_path):
    gan = points_gan(metrics=[gankit.metrics.SlicedWasserstein(projections=7)])
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    for config in ("get_compile_config", "get_config"):
        before, after = (json.dumps(getattr(one, config)()) for one in (gan, loaded))
        assert before == after


def test_seeds_make_runs_repeat():
    x = some_points()
    one, same, other = points_gan(seed=1), points_gan(seed=1), points_gan(seed=2)
    for gan in (one, same, other):
        gan.fit(x, batch_size=32, shuffle=False, verbose=0)
    assert_same_state(one, same)
    assert any(np.any(a != b) for a, b in zip(state(one), state(other)))


def test_networks_run_by_themselves():
    gan = points_gan()
    latents = some_points(5)
    np.testing.assert_allclose(numpy(gan(latents)), numpy(gan.sampler(latents)), rtol=1e-6)


def test_recompiling_starts_anew():
    gan = points_gan()
    gan.fit(some_points(64), batch_size=32, verbose=0)
    gan.compile(**rules())
    assert int(numpy(gan.optimizer.iterations)) == 0
    gan.fit(some_points(64), batch_size=32, verbose=0)
    assert int(numpy(gan.optimizer.iterations)) == 2


def test_one_optimizer_for_both_is_refused():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="an optimizer each"):
        points_gan(generator_optimizer=optimizer, discriminator_optimizer=optimizer)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="Received: discriminator_steps=0"):
        gankit.GAN(mlp(2, 2), mlp(2, 1), discriminator_steps=0)
    with pytest.raises(ValueError, match="whole number.*Received: discriminator_steps=1.5"):
        gankit.GAN(mlp(2, 2), mlp(2, 1), discriminator_steps=1.5)
    with pytest.raises(ValueError, match="at least 1. Received: batch_size=0"):
        points_gan().generate(4, batch_size=0)
    for weight in (-1.0, float("nan")):
        with pytest.raises(ValueError, match=f"Received: weight={weight}"):
            gankit.penalties.R1(weight)
    with pytest.raises(ValueError, match="Unknown loss"):
        points_gan(loss="nonsense")
    with pytest.raises(ValueError, match=r"larger than the data: there are 8.*batch_size=9"):
        points_gan().fit(some_points(8), batch_size=9)


def test_sample_weights_are_refused():
    x = some_points(8)
    with pytest.raises(ValueError, match="leave out `sample_weight`"):
        points_gan().train_on_batch(x, np.zeros(8), sample_weight=np.ones(8))
    data = ((x, np.zeros(8), np.ones(8)) for _ in range(2))
    with pytest.raises(ValueError, match="no sample weights"):
        points_gan().fit(data, verbose=0)


def test_summary_is_printed_before_training(capsys):
    points_gan().fit(some_points(64), batch_size=32, epochs=3, verbose=2)
    out = capsys.readouterr().out
    assert "354 parameters  Adam(0.001)" in out  # 2*16+16 + 16*16+16 + 16*2+2
    assert "RelativisticPairing + R1(0.1) + R2(0.1)" in out
    assert "batches of 32, 6 steps" in out


# --- samples ----------------------------------------------------------------------------------


def test_samples_depend_on_seed_and_place_alone():
    gan = points_gan()
    many = gan.generate(50, seed=5)
    np.testing.assert_array_equal(gan.generate(7, seed=5), many[:7])
    np.testing.assert_allclose(gan.generate(50, seed=5, batch_size=3), many, rtol=1e-5, atol=1e-6)
    assert np.any(gan.generate(50, seed=6) != many)
    assert np.any(gan.generate(5) != gan.generate(5))


def test_samples_come_from_the_average():
    gan = points_gan(ema=0.99)
    gan.fit(some_points(), batch_size=32, epochs=2, verbose=0)
    latents = gankit.sampling.latents(4, 2, 0)
    np.testing.assert_allclose(gan.generate(4, seed=0), numpy(gan.ema.network(latents)), rtol=1e-5)
    assert np.any(gan.generate(4, seed=0) != numpy(gan.generator(latents)))


def test_interpolation_ends_at_the_seeds():
    gan = points_gan()
    way = gan.interpolate(5, seeds=(3, 8))
    assert way.shape == (5, 2)
    np.testing.assert_allclose(way[0], gan.generate(1, seed=3)[0], rtol=1e-5)
    np.testing.assert_allclose(way[-1], gan.generate(1, seed=8)[0], rtol=1e-4, atol=1e-5)


# --- evaluation -------------------------------------------------------------------------------


def test_evaluate_and_validation():
    gan = points_gan(metrics=[gankit.metrics.SlicedWasserstein(projections=16)])
    x = some_points(100)
    values = gan.evaluate(x, batch_size=30)
    assert set(values) == {"sliced_wasserstein"}
    assert values == gan.evaluate(x, batch_size=30)
    assert gan.evaluate(x, batch_size=30, return_dict=False) == list(values.values())
    stop = keras.callbacks.EarlyStopping(
        "val_sliced_wasserstein", patience=0, mode="max", baseline=1e9
    )
    history = gan.fit(
        x, batch_size=25, epochs=9, validation_data=(x,), callbacks=[stop], verbose=0
    ).history
    assert len(history["val_sliced_wasserstein"]) < 9


def test_evaluate_sees_every_sample_of_a_dataset():
    """Whose stream leaves none out, and whose last batch is smaller once through."""

    class Count(gankit.metrics.Metric):
        def reset(self):
            self.sizes = []

        def update(self, real, fake, condition=None):
            self.sizes.append((len(real), len(fake)))

        def result(self):
            return {"n": float(sum(size for size, _ in self.sizes))}

    count = Count()
    gan = points_gan(metrics=[count])
    assert gan.evaluate(dataset(21)) == {"n": 21.0}
    assert count.sizes == [(8, 8), (8, 8), (5, 5)]
    assert gan.evaluate(dataset(21), steps=1) == {"n": 8.0}
    history = gan.fit(dataset(), epochs=1, verbose=0, validation_data=dataset(21)).history
    assert history["val_n"] == [21.0]
    with pytest.raises(ValueError, match="leave out `sample_weight`"):
        gan.evaluate(dataset(), sample_weight=np.ones(16))


def test_a_metric_with_a_network_of_its_own_is_not_saved(tmp_path):
    """Its weights are no part of the file, and other ones would measure something else."""
    seen = gankit.metrics.ModelFeatures(mlp(2, 3), "an MLP")
    on_it = gankit.metrics.OnFeatures(seen, [gankit.metrics.FrechetDistance()])
    gan = points_gan(metrics=[on_it, gankit.metrics.SlicedWasserstein(projections=16)])
    gan.fit(dataset(), verbose=0)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    found = again.evaluate(dataset())
    assert set(found) == {"sliced_wasserstein"}
    assert found["sliced_wasserstein"] == pytest.approx(
        gan.evaluate(dataset())["sliced_wasserstein"], rel=1e-5
    )


def test_model_checkpoint_understands_the_metrics(tmp_path):
    gan = points_gan(metrics=[gankit.metrics.SlicedWasserstein(projections=16)])
    keep = keras.callbacks.ModelCheckpoint(
        tmp_path / "best.keras", monitor="val_sliced_wasserstein", save_best_only=True, mode="min"
    )
    x = some_points(64)
    gan.fit(x, batch_size=32, validation_data=(x,), callbacks=[keep], verbose=0)
    assert isinstance(keras.saving.load_model(tmp_path / "best.keras"), gankit.GAN)


# --- the compiled step ------------------------------------------------------------------------


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("jit_compile", [False, True])
def test_traced_once_without_host_operations(jit_compile):
    gan = points_gan(
        jit_compile=jit_compile, penalties=[gankit.penalties.R1(0.1), gankit.penalties.LeCam(0.1)]
    )
    calls = []
    update = gan.update
    gan.update = lambda batch: calls.append(None) or update(batch)
    data = gankit.files.Dataset.from_arrays(some_points(64), batch_size=16)
    gan.fit(data, epochs=3, verbose=0)
    assert len(calls) == 1


@pytest.mark.tensorflow_only
def test_graph_holds_no_host_operation():
    import tensorflow as tf

    gan = points_gan()
    gan.prepare(some_points(16))
    step = tf.function(gan.train_step).get_concrete_function(tf.TensorSpec((16, 2), tf.float32))
    functions = [step.graph.as_graph_def(), *step.graph.as_graph_def().library.function]
    names = {
        node.op
        for graph in functions
        for node in (graph.node if hasattr(graph, "node") else graph.node_def)
    }
    assert "MatMul" in names
    assert not names & {"PyFunc", "EagerPyFunc", "PyFuncStateless"}


# --- mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"optimizer": "adam"}, "A game has two optimizers"),
        ({"metrics": ["accuracy"]}, "`metrics` takes gankit.metrics.*'accuracy'"),
        ({"ema": True}, "Say how long to average"),
        ({"loss": []}, r"A game needs a loss.*Received: loss=\[\]"),
        ({"loss_weights": [1.0]}, "`compile` takes .*steps_per_execution. Received: loss_weights"),
    ],
)
def test_what_compile_does_not_take(arguments, message):
    with pytest.raises(ValueError, match=message):
        points_gan(**arguments)


def test_a_layer_of_both_players_is_refused():
    shared = keras.layers.Dense(2, name="shared")
    generator = keras.Sequential([keras.Input((2,)), shared])
    discriminator = keras.Sequential([keras.Input((2,)), shared, keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="shared/kernel belongs to both players"):
        gankit.GAN(generator, discriminator).compile()


def test_no_average():
    assert points_gan(ema=False).ema is None


def dataset(n=16):
    return gankit.files.Dataset.from_arrays(some_points(n), batch_size=8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": None}, "Received: nothing"),
        ({"x": [[0.0, 1.0]]}, "use numpy.asarray"),
        ({"x": np.zeros((8, 2)), "sample_weight": np.ones(8)}, "leave out `sample_weight`"),
        ({"x": np.zeros((8, 2)), "class_weight": {0: 1.0}}, "leave out `class_weight`"),
        ({"x": dataset(), "batch_size": 4}, "has a batch size of its own.*batch_size=4"),
    ],
)
def test_what_fit_does_not_take(arguments, message):
    with pytest.raises(ValueError, match=message):
        points_gan().fit(**arguments)


def test_an_epoch_is_whole_executions():
    with pytest.raises(ValueError, match="must be a multiple of it. Received: steps_per_epoch=10"):
        points_gan(steps_per_execution=4).fit(dataset(), steps_per_epoch=10, verbose=0)


def test_a_last_batch_that_can_not_be_split_is_told_of_before_training():
    gan = gankit.GAN(mlp(2, 2), mlp(2, 1), discriminator_steps=2)
    gan.compile()
    with pytest.raises(ValueError, match="last batch may be smaller and can't be shared out in 2"):
        gan.fit(some_points(21), batch_size=6, verbose=0)
    assert int(numpy(gan.optimizer.iterations)) == 0


def test_fit_before_compile():
    with pytest.raises(ValueError, match="call `compile` first"):
        points_gan(compile=False).fit(some_points(8))


def test_a_condition_for_a_generator_that_takes_none():
    with pytest.raises(ValueError, match="takes no condition"):
        points_gan().generate(3, condition=[0, 1, 2])


def test_subclassed_conditional_networks():
    class Player(keras.Model):
        def __init__(self, outputs):
            super().__init__()
            self.embed = keras.layers.Embedding(3, 2)
            self.dense = keras.layers.Dense(outputs)

        def call(self, inputs):
            x, label = inputs
            return self.dense(keras.ops.concatenate([x, self.embed(label)], axis=-1))

    generator, discriminator = Player(2), Player(1)
    for player in (generator, discriminator):
        player([np.zeros((1, 2), "float32"), np.zeros(1, "int32")])
    gan = gankit.GAN(generator, discriminator, latent_dim=2, conditional=True, seed=0)
    gan.compile()
    gan.fit(some_points(16), np.arange(16) % 3, batch_size=8, verbose=0)
    assert gan.generate(3, condition=[0, 1, 2], seed=0).shape == (3, 2)
