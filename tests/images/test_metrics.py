import keras
import numpy as np
import pytest

import gankit
from gankit import images
from gankit.images.diagnostics import closest
from gankit.metrics import FrechetDistance, OnFeatures
from gankit.metrics.features import fingerprint
from tests.helpers import check_config_round_trip


def data(n=200, classes=2, seed=0):
    """Pictures of one bright row or column: two classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    samples = rng.integers(0, 60, size=(n, 8, 8, 1)).astype("uint8")
    for picture, label, place in zip(samples, labels, rng.integers(8, size=n)):
        picture[(slice(None), place) if label else place] = 255
    cut = n * 3 // 4
    return images.Pictures(
        "lines",
        samples[:cut],
        samples[cut:],
        images.Scaling(),
        labels[:cut],
        labels[cut:],
        ["row", "column"],
    )


@pytest.fixture(scope="module")
def trained():
    return images.train_classifier(data(800), steps=60)


def gan(classes=2):
    keras.utils.set_random_seed(0)
    one = gankit.GAN(
        images.dcgan_generator((8, 8, 1), width=4, classes=classes, normalize=False),
        images.dcgan_discriminator((8, 8, 1), width=4, classes=classes, normalize=False),
        seed=0,
    )
    one.compile(loss="relativistic_pairing", penalties=["r1"])
    return one


def test_classifier_learns_and_gives_features(trained):
    model, accuracy = trained
    assert accuracy > 0.95
    pictures = data().preparation(data().validation)
    features = images.of_classifier(model)
    assert features(pictures).shape == (50, 128)
    found = features(pictures).astype("float64")
    np.testing.assert_allclose(found.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(np.square(found).mean(axis=1), 1, rtol=0.02)
    probabilities = images.of_classifier(model, "classes")
    np.testing.assert_allclose(probabilities(pictures).sum(axis=1), 1, rtol=1e-5)
    about = "probabilities of a classifier trained on the run's own labels"
    assert probabilities.name == f"{about}, {fingerprint(model)}"
    other = keras.models.clone_model(model)
    assert fingerprint(other) != fingerprint(model)
    other.set_weights(model.get_weights())
    assert fingerprint(other) == fingerprint(model)


def test_random_features_are_the_same_everywhere():
    features = images.RandomFeatures((8, 8, 1), seed=3)
    ramp = np.linspace(-1, 1, 64, dtype="float32").reshape(1, 8, 8, 1)
    found = features(ramp)
    assert found.shape == (1, 448)
    np.testing.assert_allclose(check_config_round_trip(features)(ramp), found, rtol=1e-5)
    assert np.abs(images.RandomFeatures((8, 8, 1), seed=4)(ramp) - found).max() > 0.01
    assert found[0, :3] == pytest.approx(FIRST, rel=1e-3)


FIRST = [0.39023, 0.25307, 0.33453]  # as TensorFlow, JAX and PyTorch give them


def test_features_fit_pictures_to_the_model():
    model = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.GlobalAveragePooling2D()])
    features = images.ModelFeatures(model, "means", size=(6, 6), channels=3)
    grey = np.full((3, 9, 12, 1), 0.5, "float32")
    np.testing.assert_allclose(features(grey), 0.5, rtol=1e-5)
    with_alpha = np.concatenate([np.full((2, 6, 6, 3), 0.25), np.ones((2, 6, 6, 1))], axis=-1)
    np.testing.assert_allclose(features(with_alpha), 0.25)
    with_alpha[1, ..., 3] = -1  # transparent: white
    np.testing.assert_allclose(features(with_alpha), [[0.25] * 3, [1] * 3])


def test_colours_become_grey_by_luminance():
    model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.GlobalAveragePooling2D()])
    features = images.ModelFeatures(model, "means", channels=1)
    primaries = -np.ones((3, 2, 2, 3), "float32")
    primaries[range(3), ..., range(3)] = 1
    found = features(primaries)[:, 0]
    np.testing.assert_allclose((found + 1) / 2, [0.299, 0.587, 0.114], rtol=1e-5)


def test_inception_v3_from_no_file(tmp_path):
    with pytest.raises(ValueError, match="nowhere.h5: InceptionV3 can't be had"):
        images.inception_v3(tmp_path / "nowhere.h5")


def test_inception_v3_from_a_file(tmp_path):
    """Weights of chance, in the file that Keras's own have; what it gives is the network's own."""
    keras.utils.set_random_seed(0)
    network = keras.applications.InceptionV3(include_top=False, weights=None, pooling="avg")
    path = tmp_path / "notop.weights.h5"
    network.save_weights(path)
    features = images.extractor(str(path), (299, 299, 3))
    pictures = np.random.default_rng(0).uniform(-1, 1, (1, 299, 299, 3)).astype("float32")
    found = features(pictures)
    assert found.shape == (1, 2048)
    np.testing.assert_allclose(found, network.predict_on_batch(pictures), rtol=1e-4, atol=1e-6)
    assert features.name.startswith("Keras InceptionV3 (sha256 ")


def test_extractors_by_word_and_file(tmp_path):
    shape = (8, 8, 1)
    assert images.extractor("random", shape).name == images.RandomFeatures(shape).name
    model = keras.Sequential([keras.Input((6, 5, 3)), keras.layers.GlobalAveragePooling2D()])
    model.save(tmp_path / "means.keras")
    features = images.extractor(str(tmp_path / "means.keras"), shape)
    np.testing.assert_allclose(features(np.full((2, *shape), 0.5)), np.full((2, 3), 0.5), rtol=1e-5)
    assert features.name.startswith("means.keras (sha256 ")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet", "Features are `random`, `inception_v3`, or a file.*Received: 'resnet'"),
        ("none.h5", "none.h5: no such file"),
        ("damaged.keras", "damaged.keras is no model that Keras can load"),
        ("flat.keras", r"flat.keras: a model of features takes pictures.*\(None, 4\)"),
        ("two.keras", "two.keras: its pictures have 2 channels, and these have 1"),
        ("code.keras", "code.keras is no model that Keras can load.*lambda"),
    ],
)
def test_extractors_that_can_not_be_had(tmp_path, name, message):
    (tmp_path / "damaged.keras").write_text("no")
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]).save(tmp_path / "flat.keras")
    two = keras.Sequential([keras.Input((4, 4, 2)), keras.layers.Flatten()])
    two.save(tmp_path / "two.keras")
    code = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Lambda(lambda x: x)])
    code.save(tmp_path / "code.keras")
    spec = str(tmp_path / name) if "." in name else name
    with pytest.raises(ValueError, match=f"(?s){message}"):
        images.extractor(spec, (8, 8, 1))


def test_recognised(trained):
    metric = images.Recognised(images.of_classifier(trained[0], "classes"))
    lines = data()
    pictures, labels = lines.preparation(lines.validation), lines.validation_labels
    metric.update(None, pictures[:20], labels[:20])
    metric.update(None, pictures[20:40], 1 - labels[20:40])
    assert metric.result()["label_accuracy"] == pytest.approx(0.5, abs=0.06)


def test_evaluate_beside_real_pictures_and_the_twin(trained):
    lines, model = data(), gan()
    metrics = images.metrics_for(lines, classifier=trained[0], conditional=True)
    numbers, controls, remarks = images.evaluate(model, lines, metrics)
    assert all(row["n"] == 50 for row in numbers.values())
    real = {name.split("/")[1]: row["value"] for name, row in controls.items() if "real_" in name}
    assert real["label_accuracy"] > 0.9
    assert real["coverage"] > 0.7
    assert numbers["frechet_distance"]["value"] > 10 * real["frechet_distance"]
    assert (
        controls["maximum_likelihood/frechet_distance"]["value"]
        < numbers["frechet_distance"]["value"]
    )
    assert "The maximum-likelihood twin has the better frechet_distance." in remarks
    assert "memorised" in numbers
    assert "real_against_real/memorised" not in controls


@pytest.mark.parametrize("controls", [0, 1, 4])
def test_few_pictures_are_measured_too(controls):
    """The neighbour that counts is then a nearer one, and the protocol says which."""
    lines, model = data(20), gan()
    lines.validation, lines.validation_labels = lines.validation[:4], lines.validation_labels[:4]
    lines.controls = controls
    numbers, beside, _ = images.evaluate(model, lines, images.metrics_for(lines))
    assert "balls to neighbour 3" in numbers["coverage"]["protocol"]
    assert beside["real_against_real/coverage"]["value"] > 0
    model.host_metrics = images.metrics_while_training(lines)
    assert "coverage" in model.evaluate(lines.dataset(4, split="validation"))


def test_copies_are_remarked(trained):
    """A generator that repeats training pictures: precise, and told of."""
    lines = data()
    metrics = images.metrics_for(lines)

    class Copying:
        conditional = False

        def generate(self, n, condition, seed):
            return lines.preparation(lines.samples[:n])

    numbers, _, remarks = images.evaluate(Copying(), lines, metrics)
    assert numbers["memorised"]["value"] > 0.9
    assert any("near copies of training pictures" in remark for remark in remarks)


def test_metrics_in_fit():
    lines, model = data(), gan()
    model.host_metrics = [OnFeatures(images.RandomFeatures((8, 8, 1)), [FrechetDistance()])]
    history = model.fit(
        lines.dataset(16),
        epochs=1,
        steps_per_epoch=2,
        validation_data=lines.dataset(25, split="validation"),
        verbose=0,
    )
    assert history.history["val_frechet_distance"][0] > 0


# --- diagnostics ------------------------------------------------------------------------------


def test_closest_by_hand():
    pictures = np.zeros((3, 2, 2, 1))
    pictures[1] = 1
    pictures[2] = 4
    np.testing.assert_allclose(closest(pictures), [1, 1, 3])


def warnings_of(model, lines, **arguments):
    watch = images.PictureDiagnostics(lines, patience=1, n=40, **arguments)
    watch.set_model(model)
    with pytest.warns(gankit.callbacks.TrainingWarning) as caught:
        watch.on_epoch_end(0, {})
    return " ".join(str(one.message) for one in caught)


def test_says_that_samples_are_copies_and_classes_lost(trained):
    model = gan()
    for weights in model.generator.weights:  # one picture, whatever is asked for
        weights.assign(0.01 * weights)
    said = warnings_of(model, data(), classifier=trained[0], condition=np.arange(40) % 2)
    assert "near copies of another one" in said
    assert "hardly made" in said


def test_says_that_the_discriminator_knows_the_data_by_heart():
    """A discriminator fitted to tell these training pictures from those held out."""
    lines, model = data(), gan(classes=None)
    lines.samples, lines.labels = lines.samples[:40], None
    flat = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    x = np.concatenate([lines.preparation(lines.samples), lines.preparation(lines.validation)])
    y = np.concatenate([np.ones(40), -np.ones(len(lines.validation))])
    kernel = np.linalg.lstsq(x.reshape(len(x), -1), y, rcond=None)[0]
    flat.set_weights([kernel[:, None], np.zeros(1)])
    model.discriminators = [flat]
    for weights in model.generator.weights:  # grey pictures, whose logit is about 0
        weights.assign(0.01 * weights)
    lines.validation_labels = None
    assert "by heart" in warnings_of(model, lines)


# --- samples ----------------------------------------------------------------------------------


def test_tile_by_hand():
    pictures = np.arange(3, dtype="uint8").reshape(3, 1, 1, 1)
    sheet = images.tile(pictures)
    assert sheet.shape == (3, 3, 3)
    assert sheet[::2, ::2, 0].tolist() == [[0, 1], [2, 128]]
    assert images.tile(pictures, columns=3).shape == (1, 5, 3)
    assert images.tile(np.zeros((2, 2, 2, 4), "uint8")).shape == (2, 5, 4)


def test_draw(tmp_path):
    from PIL import Image

    pictures = np.random.default_rng(0).integers(256, size=(4, 6, 5, 3)).astype("uint8")
    drawn = images.draw(pictures, tmp_path / "a.png", scale=2)
    assert drawn.shape == (26, 22, 3)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), drawn)
    np.testing.assert_array_equal(drawn[:12:2, :10:2], pictures[0])


def test_in_turn():
    assert images.in_turn(3, 5).tolist() == [0, 1, 2, 0, 1]


def test_neighbours_of_copies_are_what_they_copy():
    some = data()
    copied = some.samples[[5, 60, 7]]
    found = images.neighbours(some.preparation(copied), some, images.usual_features(some), k=3)
    assert found.shape == (3, 4, 8, 8, 1)
    np.testing.assert_array_equal(found[:, 0], copied)
    np.testing.assert_array_equal(found[:, 1], copied)
    assert (found[:, 2] != copied).any(axis=(1, 2, 3)).all()


def test_the_kernel_distance_of_few_pictures_has_an_interval_too():
    some = data()
    (on_features,) = images.metrics_for(some)
    pictures = some.preparation(some.validation)
    on_features.update(pictures, pictures)
    assert on_features.result()["kernel_distance_interval"] > 0
