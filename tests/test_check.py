"""Everything that would fail silently is found before training, and named."""

import keras
import numpy as np
import pytest
from keras import ops

import gankit
from tests.helpers import mlp, numpy, points_gan, rules, some_points, state


def pictures(n=16, size=8, low=-1.0, high=1.0):
    return np.random.default_rng(0).uniform(low, high, (n, size, size, 1)).astype("float32")


def picture_gan(*judge, last="tanh", penalties=(), size=8, **arguments):
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(size * size),
            keras.layers.Reshape((size, size, 1)),
            keras.layers.Conv2D(1, 3, padding="same", activation=last, name="picture"),
        ]
    )
    judge = keras.Sequential(
        [
            keras.Input((size, size, 1)),
            keras.layers.Conv2D(4, 3, strides=2, padding="same", name="first"),
            *judge,
            keras.layers.Flatten(),
            keras.layers.Dense(1, name="logits"),
        ]
    )
    gan = gankit.GAN(generator, judge, seed=0, **arguments)
    gan.compile(**{**rules(), "penalties": list(penalties)})
    return gan


R1 = gankit.penalties.R1


def assert_passes(gan, batch):
    """The check raises nothing and changes nothing."""
    before = state(gan)
    gan.check(batch)
    for a, b in zip(before, state(gan)):
        np.testing.assert_array_equal(a, b)


def test_a_sound_game_passes_and_nothing_changes():
    assert_passes(picture_gan(keras.layers.LeakyReLU(), penalties=[R1(1.0)]), pictures())


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.UpSampling2D(interpolation="nearest"),
        keras.layers.AveragePooling2D(2),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2DTranspose(4, 3, strides=2),
        keras.layers.DepthwiseConv2D(3),
        keras.layers.GroupNormalization(2),
        keras.layers.LayerNormalization(),
    ],
    ids=lambda layer: layer.name,
)
def test_layers_whose_second_derivative_survives(layer):
    assert_passes(picture_gan(layer, keras.layers.LeakyReLU(), penalties=[R1(1.0)]), pictures())


def test_bilinear_upsampling_under_a_penalty():
    blurry = keras.layers.UpSampling2D(interpolation="bilinear", name="blurry")
    gan = picture_gan(blurry, penalties=[R1(1.0)])
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the other backends differentiate it twice")
    with pytest.raises(ValueError, match=r"R1 gives no gradient to .*kernel: layer blurry has"):
        gan.check(pictures())
    with pytest.raises(ValueError, match=r"layer blurry has"):
        gan.fit(pictures(), batch_size=8, verbose=0)


def test_bilinear_upsampling_without_a_penalty_is_fine():
    assert_passes(picture_gan(keras.layers.UpSampling2D(interpolation="bilinear")), pictures())


def test_zero_initialised_exit_does_not_hide_a_gradient():
    """At initialisation R1's gradient is 0 behind a zero kernel; the check looks elsewhere."""
    judge = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(4, activation="leaky_relu"),
            keras.layers.Dense(1, kernel_initializer="zeros"),
        ]
    )
    gan = gankit.GAN(mlp(2, 2), judge)
    gan.compile(**rules())
    assert_passes(gan, some_points(16))


def test_batch_normalization_under_a_penalty():
    gan = picture_gan(keras.layers.BatchNormalization(name="norm"), penalties=[R1(1.0)])
    with pytest.raises(ValueError, match=r"take it out of the discriminator \(layer norm\)"):
        gan.check(pictures())


def test_batch_normalization_without_an_input_penalty_is_fine():
    for penalties in ([], [gankit.penalties.LeCam(0.1)]):
        assert_passes(
            picture_gan(keras.layers.BatchNormalization(), penalties=penalties), pictures()
        )


@keras.saving.register_keras_serializable(package="tests")
class NaNAtSecondOrder(keras.layers.Layer):
    def call(self, x):
        return ops.sqrt(ops.square(x) * 0.0) + x


def test_gradient_that_is_not_finite():
    gan = picture_gan(NaNAtSecondOrder(), keras.layers.LeakyReLU(), penalties=[R1(1.0)])
    with pytest.raises(ValueError, match="not finite|no gradient"):
        gan.check(pictures())


def test_auxiliary_head_needs_no_penalty():
    points = keras.Input((2,))
    features = keras.layers.Dense(8, activation="leaky_relu")(points)
    judge = keras.Model(points, gankit.layers.AuxiliaryClassifier(3)(features))
    gan = gankit.GAN(mlp(2, 2), judge)
    gan.compile(**rules())
    assert_passes(gan, some_points(16))


def test_one_sided_penalty_at_rest_is_fine():
    penalty = gankit.penalties.GradientPenalty(1.0, one_sided=True)
    assert_passes(points_gan(penalties=[penalty]), some_points(16))


@keras.saving.register_keras_serializable(package="tests")
class Rounding(keras.layers.Layer):
    def call(self, x):
        return ops.round(x)


@pytest.mark.parametrize("augment", [Rounding(), keras.layers.RandomSaturation(0.5)])
def test_augmentation_that_blocks_the_gradient(augment):
    size = (3,) if isinstance(augment, keras.layers.RandomSaturation) else (1,)
    generator = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(16 * size[0]), keras.layers.Reshape((4, 4, *size))]
    )
    judge = keras.Sequential(
        [keras.Input((4, 4, *size)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    gan = gankit.GAN(generator, judge, augment=augment)
    gan.compile(**{**rules(), "penalties": []})
    x = np.random.default_rng(0).uniform(0, 1, (8, 4, 4, *size)).astype("float32")
    if keras.backend.backend() != "tensorflow" and isinstance(
        augment, keras.layers.RandomSaturation
    ):
        pytest.skip("blocked on TensorFlow alone")
    with pytest.raises(ValueError, match="the augmentation blocks it"):
        gan.check(x)


def test_augmentation_that_passes_the_gradient():
    gan = picture_gan(keras.layers.LeakyReLU(), augment=keras.layers.RandomTranslation(0.1, 0.1))
    assert_passes(gan, pictures())


def test_shape():
    with pytest.raises(ValueError, match=r"samples \(8, 8, 1\), data \(6, 6, 1\)"):
        picture_gan().check(pictures(size=6))


@pytest.mark.parametrize(
    ("last", "low", "high", "found"),
    [
        ("tanh", 0, 255, r"\[-1, 1\], but the data lies in \[0"),
        ("tanh", 0, 1, r"\[-1, 1\], but the data lies in \[0"),
        ("sigmoid", -1, 1, r"\[0, 1\], but the data lies in \[-0.9"),
    ],
)
def test_range(last, low, high, found):
    with pytest.raises(ValueError, match=found):
        picture_gan(last=last).check(pictures(low=low, high=high))


@pytest.mark.parametrize(
    ("last", "low", "high"), [("tanh", -1, 1), ("sigmoid", 0, 1), (None, 0, 255)]
)
def test_range_that_fits(last, low, high):
    assert_passes(picture_gan(last=last), pictures(low=low, high=high))


@pytest.mark.parametrize(
    "callback",
    [
        keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3),
        keras.callbacks.ReduceLROnPlateau(),
    ],
    ids=lambda callback: type(callback).__name__,
)
def test_stock_learning_rate_callbacks(callback):
    with pytest.raises(ValueError, match=rf"{type(callback).__name__}.*callbacks\.LearningRate"):
        points_gan().fit(some_points(16), callbacks=[callback], verbose=0)


def test_regularizers_are_refused():
    layer = keras.layers.Dense(1, kernel_regularizer="l2", name="judge")
    gan = gankit.GAN(mlp(2, 2), keras.Sequential([keras.Input((2,)), layer]))
    with pytest.raises(ValueError, match=r"judge/kernel has a regularizer.*weight_decay"):
        gan.compile(**rules())


def test_activity_regularizers_are_refused():
    layer = keras.layers.Dense(1, activity_regularizer="l2", name="judge")
    gan = gankit.GAN(mlp(2, 2), keras.Sequential([keras.Input((2,)), layer]))
    with pytest.raises(ValueError, match=r"judge has an activity regularizer"):
        gan.compile(**rules())


def test_what_remembers_one_discriminator_is_refused_for_two():
    gan = gankit.GAN(mlp(2, 2), [mlp(2, 1), mlp(2, 1)])
    with pytest.raises(
        ValueError, match="LeCam remembers what one discriminator said, and there are 2"
    ):
        gan.compile(penalties=["lecam"])


def test_state_is_put_back_when_a_check_fails():
    gan = picture_gan()
    before = numpy(gan.generator.weights[0])
    with pytest.raises(ValueError, match="shape of the data"):
        gan.check(pictures(size=6))
    np.testing.assert_array_equal(numpy(gan.generator.weights[0]), before)


def labelled_gan(head="embedding", told=(True, True), **arguments):
    """A conditional game whose discriminator hears the label before a piecewise linear layer."""
    latents, point, label = (
        keras.Input((2,)),
        keras.Input((2,)),
        keras.Input((), dtype="int32"),
    )
    layers = keras.layers

    def network(x, outputs, conditional):
        h = x
        if conditional:
            embedded = (
                layers.Embedding(3, 4)(label)
                if head == "embedding"
                else layers.Dense(4)(ops.one_hot(label, 3))
            )
            h = layers.Concatenate()([x, embedded])
        h = layers.Dense(16, activation="leaky_relu")(h)
        h = layers.Dense(16, activation="leaky_relu")(h)
        return keras.Model([x, label] if conditional else x, layers.Dense(outputs)(h))

    keras.utils.set_random_seed(0)
    gan = gankit.GAN(network(latents, 2, told[0]), network(point, 1, told[1]), seed=0)
    gan.compile(**{**rules(), **arguments})
    return gan


@pytest.mark.parametrize("head", ["embedding", "dense"])
@pytest.mark.parametrize("penalty", [R1(0.1), gankit.penalties.GradientPenalty(1.0, seed=0)])
def test_a_label_that_only_moves_creases_is_no_lost_gradient(head, penalty):
    gan = labelled_gan(head, penalties=[penalty])
    assert_passes(gan, (some_points(64), np.arange(64) % 3))


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ((False, False), "no network takes them"),
        ((True, False), "neither a discriminator nor a loss looks at them"),
        ((False, True), "the generator takes none"),
    ],
)
def test_labels_that_are_not_used(told, message):
    gan = labelled_gan(told=told)
    with pytest.raises(ValueError, match=message):
        gan.check((some_points(8), np.arange(8) % 3))


@pytest.mark.parametrize("labels", [np.arange(8) % 4, np.arange(8) - 5])
def test_labels_beyond_an_embedding(labels):
    gan, points = labelled_gan(), some_points(8)
    low, high = labels.min(), labels.max()
    message = f"knows the labels 0 to 2 .*embedding.*, and the data's go from {low} to {high}"
    with pytest.raises(ValueError, match=message):
        gan.check((points, labels))
    gan.fit(points, np.arange(8) % 3, batch_size=8, verbose=0)
    with pytest.raises(ValueError, match=message):
        gan.fit(points, labels, batch_size=8, verbose=0)


def test_labels_for_the_loss_alone_are_used():
    gan = labelled_gan(told=(True, False))
    gan.objectives.append(gankit.losses.AuxiliaryClassification())
    head = gankit.layers.AuxiliaryClassifier(3)
    inputs = keras.Input((2,))
    gan.discriminators = [keras.Model(inputs, head(keras.layers.Dense(4)(inputs)))]
    assert_passes(gan, (some_points(8), np.arange(8) % 3))


def test_a_discriminator_that_is_told_of_labels_needs_them():
    with pytest.raises(ValueError, match="dataset yields .*condition.*samples alone"):
        labelled_gan(told=(False, True)).check(some_points(8))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_a_discriminator_that_gives_no_logits(activation):
    judge = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation=activation)])
    gan = gankit.GAN(mlp(2, 2), judge, seed=0)
    gan.compile(loss="non_saturating")
    with pytest.raises(ValueError, match=f"ends in {activation}.*losses here take logits"):
        gan.check(some_points(8))


def test_other_data_are_looked_at_too():
    gan = picture_gan()
    gan.fit(pictures(), batch_size=8, verbose=0)
    with pytest.raises(ValueError, match="gives values in .-1, 1., but the data lies in"):
        gan.fit(127.5 * (pictures() + 1), batch_size=8, verbose=0)
    with pytest.raises(ValueError, match="holds NaN or infinity"):
        gan.fit(np.nan * pictures(), batch_size=8, verbose=0)


def test_nan_in_the_data():
    points = some_points(8)
    points[3, 1] = np.nan
    with pytest.raises(ValueError, match="first batch of the data holds NaN"):
        points_gan().check(points)
