"""The games, on networks small enough to work out by hand, and as users play them."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import gankit
from gankit import Translation, segmentation
from gankit.callbacks.logits import logits_of
from gankit.losses import FeatureMatching
from gankit.reconstruction import L1, CrossEntropy, Jaccard
from gankit.segmentation import Cycle, CycleGAN, Identity, Segmenter, there_and_back
from tests.helpers import assert_same_state, check_config_round_trip, numpy


def pictures(n=8, size=(12, 10), channels=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (n, *size, channels)).astype("float32")


def tensor(values):
    return ops.convert_to_tensor(np.float32(values))


def masks(n=8, size=(12, 10), seed=0):
    found = np.random.default_rng(seed).integers(3, size=(n, *size)).astype("int32")
    found[:, 0] = 255
    return found


def networks(target=3, size=(12, 10), channels=3, from_classes=False, **more):
    keras.utils.set_random_seed(0)
    generator = segmentation.unet(
        (None, None, channels), target, width=4, depth=2, from_classes=from_classes, **more
    )
    discriminator = segmentation.patchgan(
        (*size, target), (*size, channels), width=4, halvings=1, from_classes=from_classes
    )
    return generator, discriminator


def rules(**more):
    return {
        "generator_optimizer": keras.optimizers.Adam(1e-3),
        "discriminator_optimizer": keras.optimizers.Adam(1e-3),
        "reconstruction": CrossEntropy(),
        "ema": 0.9,
        **more,
    }


def segmenter(**more):
    gan = Segmenter(*networks(), seed=1)
    gan.compile(**rules(penalties=[gankit.penalties.R1(1.0)], adversarial_weight=0.1, **more))
    return gan


# --- terms ----------------------------------------------------------------------------------------


def test_cross_entropy_by_hand():
    """Two places of three count: -(log 1/2 + log 3/4) / 2; with weights 1 and 3, (log 2 + 3 log 4/3) / 4."""
    real = np.float32([[[1, 0], [0, 1], [0, 0]]])
    fake = np.float32([[[0, 0], [0, np.log(3)], [5, -5]]])
    term = CrossEntropy()
    np.testing.assert_allclose(numpy(term(real, fake)), np.log(2 * 4 / 3) / 2, rtol=1e-5)
    weighted = CrossEntropy(2.0, [1, 3])
    expected = 2 * (np.log(2) + 3 * np.log(4 / 3)) / 4
    np.testing.assert_allclose(numpy(weighted(real, fake)), expected, rtol=1e-5)
    assert numpy(term(0 * real, fake)) == 0
    check_config_round_trip(weighted)


def test_weights_that_are_no_classes():
    with pytest.raises(ValueError, match="3 classes, and each has a weight"):
        CrossEntropy(class_weights=[1, 2])(np.zeros((1, 4, 3)), np.zeros((1, 4, 3)))
    for weights in ([1, -1], [1, np.inf], [np.nan, 1]):
        with pytest.raises(ValueError, match="at least 0, one for each class"):
            CrossEntropy(class_weights=weights)


def test_cross_entropy_ignores_by_gradient_too():
    real = ops.convert_to_tensor(np.float32([[[1, 0], [0, 0]]]))
    fake = ops.convert_to_tensor(np.float32([[[0.3, -0.2], [1, 2]]]))
    _, slope = gankit.backend.value_and_input_gradient(
        lambda x: (CrossEntropy()(real, x), None), fake
    )
    assert np.abs(numpy(slope)[0, 0]).max() > 0.1
    np.testing.assert_array_equal(numpy(slope)[0, 1], 0)


def test_jaccard_by_hand():
    """Classes 0 and 1: 1/2 of 1 + 1/4, and 3/4 of 1 + 1/2: 1 - (2/5 + 1/2) / 2; what is ignored, and
    the third class, do not count."""
    real = np.float32([[[1, 0, 0], [0, 1, 0], [0, 0, 0]]])
    fake = np.float32([[[0, 0, -99], [0, np.log(3), -99], [5, -5, 9]]])
    term = Jaccard(2.0)
    np.testing.assert_allclose(numpy(term(real, fake)), 2 * (1 - (2 / 5 + 1 / 2) / 2), rtol=1e-5)
    assert numpy(term(0 * real, fake)) == 2
    check_config_round_trip(term)


def test_jaccard_is_one_minus_mean_iou_where_the_generator_is_sure():
    classes, said = np.random.default_rng(0).integers(0, 4, (2, 2, 5, 6))
    real, sure = (np.eye(4, dtype="float32")[one] for one in (classes, said))
    iou = [
        ((classes == k) & (said == k)).sum() / ((classes == k) | (said == k)).sum()
        for k in range(4)
    ]
    np.testing.assert_allclose(numpy(Jaccard()(real, 100 * sure)), 1 - np.mean(iou), rtol=1e-5)


def test_l1_by_hand():
    assert numpy(L1(100.0)(np.float32([[0, 1]]), np.float32([[0.5, 1]]))) == 25
    with pytest.raises(ValueError, match="weight=-1"):
        L1(-1)


def test_feature_matching_by_hand():
    """Mean over layers of mean absolute differences: (1 + 3) / 2, times the weight."""
    real = {"features": [tensor([[0, 0]]), tensor([[1]])]}
    fake = {"features": [tensor([[1, -1]]), tensor([[4]])]}
    assert numpy(FeatureMatching(10.0).generator(real, fake)) == 20
    assert numpy(FeatureMatching().discriminator(real, fake)) == 0
    with pytest.raises(ValueError, match="features"):
        FeatureMatching().generator({}, {"logits": 0})
    check_config_round_trip(FeatureMatching(2.0))


# --- the game -------------------------------------------------------------------------------------


def test_generator_minimises_both_terms():
    """g_loss = adversarial * softplus(-D) + weight * |target - output|, by hand on one number."""
    generator = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False)])
    sample, source = keras.Input((1,)), keras.Input((1,))
    logit = layers.Dense(1, use_bias=False)(layers.Concatenate()([sample, source]))
    gan = Translation(generator, keras.Model([sample, source], logit))
    gan.compile(
        keras.optimizers.SGD(0.1),
        keras.optimizers.SGD(0.0),
        reconstruction=L1(2.0),
        adversarial_weight=0.5,
    )
    generator.set_weights([np.float32([[3.0]])])
    gan.discriminator.set_weights([np.float32([[1.0], [-1.0]])])
    x, y = np.float32([[1.0]]), np.float32([[5.0]])
    gan.train_on_batch(x, y)
    # output 3, logit 3 - 1 = 2; d/dw = -0.5 sigmoid(-2) - 2
    slope = -0.5 / (1 + np.exp(2)) - 2
    np.testing.assert_allclose(generator.get_weights()[0], [[3 - 0.1 * slope]], rtol=1e-5)


def test_segmenter_shows_probabilities_and_hides_what_is_ignored():
    gan = segmenter()
    batch = [ops.convert_to_tensor(one) for one in (pictures(), masks())]
    real, fake, condition = gan.play(tuple(batch))
    shown = numpy(gan.shown(real, fake))
    np.testing.assert_allclose(shown[:, 1:].sum(axis=-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(shown[:, 0], 0)
    np.testing.assert_array_equal(numpy(real)[:, 0], 0)
    np.testing.assert_array_equal(numpy(real)[:, 1:].argmax(axis=-1), masks()[:, 1:])
    assert condition is batch[0]


def test_what_is_watched_of_a_segmenter():
    """Its discriminator sees probabilities of what the average says, and the held-out masks."""
    gan, before = segmenter(), segmenter()
    x, y = pictures(), masks()
    real, fake, source = gan.side_by_side((x, y))
    expected = numpy(ops.softmax(gan.translate(x), axis=-1)) * (y != 255)[..., None]
    np.testing.assert_allclose(numpy(fake), expected, atol=1e-5)
    ((of_real, of_fake),) = logits_of(gan, (x, y))
    for logits, samples in ((of_real, real), (of_fake, fake)):
        inputs = [numpy(samples), source]
        expected = gan.discriminator.predict_on_batch(inputs)["logits"]
        np.testing.assert_allclose(logits, expected, atol=1e-5)
    assert_same_state(gan, before)


def test_ignored_places_teach_nothing():
    """Whatever stands in ignored places of the fakes, no loss of the two players changes."""
    gan = segmenter()
    x, y = pictures(), masks()
    gan.prepare((x, y))
    real, fake, condition = gan.play((ops.convert_to_tensor(x), ops.convert_to_tensor(y)))
    other = numpy(fake).copy()
    other[:, 0] += np.random.default_rng(0).standard_normal(other[:, 0].shape)
    other = ops.convert_to_tensor(other)
    for loss in (gan.discriminator_loss, gan.generator_loss):
        one, another = (numpy(loss(real, guess, condition)[0]) for guess in (fake, other))
        np.testing.assert_allclose(one, another, rtol=1e-5)


def test_segmenter_learns(tmp_path):
    """A mask that is written in the picture's channels is read from them; saved, it reads alike."""
    y = masks(32)
    x = (2.0 * (y[..., None] == np.arange(3)) - 1).astype("float32")
    gan = segmenter(generator_optimizer=keras.optimizers.Adam(1e-2))
    gan.fit(x, y, batch_size=8, epochs=25, verbose=0)
    gan.host_metrics = [segmentation.ClassOverlap(["a", "b", "c"])]
    assert gan.evaluate(x, y, batch_size=8)["mean_iou"] > 0.9
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    np.testing.assert_allclose(loaded.translate(x[:4]), gan.translate(x[:4]), rtol=1e-4, atol=1e-4)
    assert_same_state(loaded, gan)
    assert loaded.adversarial_weight == 0.1
    loaded.fit(x, y, batch_size=8, verbose=0)


def test_warm_up_of_the_adversary(tmp_path):
    """The first step is the reconstruction's alone, the second no longer; saved, it stays a schedule."""
    x, y = pictures(), masks()
    found, moved = [], []
    for adversarial in (0.0, gankit.schedules.Cosine(0.0, 10.0, 2)):
        gan = Segmenter(*networks(), seed=1)
        gan.compile(**rules(adversarial_weight=adversarial))
        for _ in range(2):
            gan.fit(x[:4], y[:4], batch_size=4, verbose=0)
            moved.append(gan.generator.get_weights())
        found.append(gan)
    for a, b in zip(moved[0], moved[2]):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert max(np.abs(a - b).max() for a, b in zip(moved[1], moved[3])) > 1e-5
    found[1].save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert isinstance(loaded.adversarial_weight, gankit.schedules.Cosine)


def test_twin_minimises_the_same():
    """Without an adversary the game's generator takes the steps that Keras's `fit` takes."""
    x, y = pictures(), masks()
    gan = Segmenter(*networks(normalization=None), seed=1)
    gan.compile(
        **rules(adversarial_weight=0.0, generator_optimizer=keras.optimizers.SGD(0.1), ema=None)
    )
    twin = keras.models.clone_model(gan.generator)
    twin.set_weights(gan.generator.get_weights())
    twin.compile(keras.optimizers.SGD(0.1), loss=gan.reconstruction_loss)
    gan.fit(x, y, batch_size=8, shuffle=False, verbose=0)
    twin.fit(x, y, batch_size=8, shuffle=False, verbose=0)
    for a, b in zip(gan.generator.get_weights(), twin.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pix2pix_at_an_odd_size(channels, tmp_path):
    size = (173, 241)
    x, y = pictures(2, size, channels), pictures(2, size, channels, seed=1)
    gan = Translation(*networks(channels, size, channels, activation="tanh"), seed=0)
    gan.compile(**rules(reconstruction=L1(100.0), loss="least_squares"))
    gan.fit(x, y, batch_size=2, epochs=2, verbose=0)
    result = gan.translate(x)
    assert result.shape == y.shape
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    np.testing.assert_allclose(loaded.translate(x), result, rtol=1e-4, atol=1e-5)


def test_classes_to_picture_at_two_scales():
    x, y = masks(), pictures()
    keras.utils.set_random_seed(0)
    gan = Translation(
        segmentation.spade_generator((None, None, 3), 3, width=4, depth=2),
        [
            segmentation.patchgan(
                (12, 10, 3), (12, 10, 3), width=4, halvings=1, scale=i, from_classes=True
            )
            for i in range(2)
        ],
    )
    gan.compile(
        **rules(reconstruction=L1(10.0), loss=["hinge", FeatureMatching()], metrics=[]),
    )
    logs = gan.fit(x, y, batch_size=4, verbose=0).history
    assert logs["g_feature_matching"][0] > 0
    assert gan.translate(x).shape == y.shape


def test_pairs_are_needed():
    gan = segmenter()
    with pytest.raises(ValueError, match="source, target"):
        gan.fit(pictures(), batch_size=4, verbose=0)


def test_masks_of_more_classes_than_the_generators():
    wrong = masks()
    wrong[3, 5, 5] = 3
    with pytest.raises(ValueError, match="hold class 3, and the generator .* 0 to 2: build"):
        segmenter().fit(pictures(), wrong, batch_size=8, verbose=0)
    wrong[3, 5, 5] = -1
    segmenter().fit(pictures(), wrong, batch_size=8, verbose=0)


# --- unpaired -------------------------------------------------------------------------------------


def cyclegan(identity=True, channels=(3, 3), seed=1):
    keras.utils.set_random_seed(0)
    forward, backward = (
        segmentation.resnet((None, None, a), b, width=4, blocks=1)
        for a, b in (channels, channels[::-1])
    )
    discriminators = [
        segmentation.patchgan((12, 10, c), None, width=4, halvings=1) for c in channels[::-1]
    ]
    gan = CycleGAN(
        there_and_back(forward, backward, identity), discriminators, earlier=4, seed=seed
    )
    terms = [Cycle(10.0), Identity(5.0)] if identity else [Cycle(10.0)]
    gan.compile(**rules(loss="least_squares", reconstruction=terms))
    return gan


def test_cycle_by_hand():
    real = {"source_again": np.float32([1]), "target_again": np.float32([2]), "source": 0}
    fake = {"source_again": np.float32([3]), "target_again": np.float32([2.5]), "source": 9}
    assert numpy(Cycle(10.0)(real, fake)) == 25
    with pytest.raises(ValueError, match="identity=True"):
        Identity()(real, fake)


def test_cyclegan(tmp_path):
    gan = cyclegan()
    x, y = pictures(), pictures(seed=1)
    logs = gan.fit(x, y, batch_size=4, epochs=2, verbose=0).history
    assert {"g_cycle", "g_identity"} <= set(logs)
    assert numpy(gan.pools[0].count) == 4
    result = gan.translate(x)
    forward = gan.sampler.get_layer("forward")
    np.testing.assert_allclose(result, forward.predict_on_batch(x), atol=1e-6)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    np.testing.assert_allclose(loaded.translate(x), result, rtol=1e-4, atol=1e-5)
    assert_same_state(loaded, gan)


def test_what_is_watched_of_a_cyclegan():
    """Each discriminator judges its own side, and nothing changes, the pools of fakes neither."""
    gan, before = cyclegan(), cyclegan()
    x, y = pictures(), pictures(seed=1)
    of_targets, of_sources = logits_of(gan, (x, y))
    for (of_real, of_fake), judge, real, made in (
        (of_targets, gan.discriminators[0], y, gan.translate(x)),
        (of_sources, gan.discriminators[1], x, numpy(gan.sampler([x, y])["source"])),
    ):
        np.testing.assert_allclose(of_real, judge.predict_on_batch(real)["logits"], atol=1e-5)
        np.testing.assert_allclose(of_fake, judge.predict_on_batch(made)["logits"], atol=1e-4)
    assert_same_state(gan, before)


def test_cyclegan_between_other_channels():
    gan = cyclegan(identity=False, channels=(3, 1))
    gan.fit(pictures(), pictures(channels=1), batch_size=4, verbose=0)
    assert gan.translate(pictures()).shape == (8, 12, 10, 1)


def test_cyclegan_with_a_penalty():
    gan = cyclegan(identity=False)
    gan.compile(**rules(reconstruction=[Cycle()], penalties=[gankit.penalties.R1(1.0)]))
    logs = gan.fit(pictures(), pictures(seed=1), batch_size=4, verbose=0).history
    assert logs["r1"][0] > 0


@pytest.mark.tensorflow_only
def test_cyclegan_takes_batches_of_one_size():
    with pytest.raises(ValueError, match="batches of one size.*drop_remainder"):
        cyclegan().fit(pictures()[:3], pictures()[:3], batch_size=2, verbose=0)


def test_cyclegan_needs_two_discriminators():
    gan = cyclegan()
    with pytest.raises(ValueError, match="Received: 1"):
        CycleGAN(gan.generator, gan.discriminators[:1])


# --- compiled -------------------------------------------------------------------------------------


def to_picture():
    return Translation(*networks(activation="tanh")), {"reconstruction": L1(10.0)}


def to_classes():
    rules = {"reconstruction": [CrossEntropy(class_weights=[1, 2, 3]), Jaccard()]}
    return Segmenter(*networks()), {**rules, "penalties": [gankit.penalties.R1(0.1)]}


def from_classes():
    generator = segmentation.spade_generator((None, None, 3), 3, width=4, depth=2)
    judge = segmentation.patchgan((12, 10, 3), (12, 10, 3), width=4, halvings=1, from_classes=True)
    return Translation(generator, judge), {"loss": ["hinge", FeatureMatching()]}


def unpaired():
    gan = cyclegan()
    return gan, {"reconstruction": gan.reconstruction, "loss": "least_squares"}


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("game", [to_picture, to_classes, from_classes, unpaired])
def test_the_step_is_traced_once_and_compiles(game):
    gan, more = game()
    gan.compile(**{**rules(), **more}, jit_compile=True)
    traces, update = [], gan.update
    gan.update = lambda batch: traces.append(None) or update(batch)
    x = masks() if game is from_classes else pictures()
    y = masks() if game is to_classes else pictures(seed=1)
    history = gan.fit(x, y, batch_size=4, epochs=2, verbose=0).history
    assert len(traces) == 1
    assert np.isfinite(history["g_loss"]).all()
