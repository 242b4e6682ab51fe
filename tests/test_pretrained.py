"""The models that come with the package: what they make, from where they come, what is refused."""

import pathlib
import zipfile

import keras
import numpy as np
import pytest

import gankit
from gankit import images, points
from gankit.pretrained import Trained, loading
from gankit.pretrained.half import halve
from tests.helpers import numpy, points_gan
from tests.recipes.commands import within

FOLDER = pathlib.Path(loading.__file__).parent


def small(classes=None, scale=1.0):
    keras.utils.set_random_seed(0)
    generator = images.mlp_generator((4, 4, 1), latent_dim=3, units=8, classes=classes)
    generator.set_weights([scale * weight for weight in generator.get_weights()])
    names = [f"class {i}" for i in range(classes)] if classes else None
    return Trained(generator, images.Scaling(), names, {"steps": 3, "metrics": {"a": 0.25}})


@pytest.mark.parametrize(
    ("name", "shape", "dtype"),
    [
        ("points", (2,), "float32"),
        ("digits", (8, 8, 1), "uint8"),
        ("glyphs", (20, 20, 1), "uint8"),
    ],
)
def test_what_they_make(name, shape, dtype):
    model = gankit.load(name)
    samples = model.generate(6, seed=0)
    assert (samples.shape, samples.dtype) == ((6, *shape), dtype)
    np.testing.assert_array_equal(samples[:4], model.generate(4, seed=0))
    assert np.any(samples != model.generate(6, seed=1))
    assert model.about["steps"] > 1000


def test_points_lie_on_the_ring():
    """As the report says: nearly all within three standard deviations of one of the eight."""
    model, data = gankit.load("points"), points.ring()
    metric = points.ModeCoverage(data.modes, data.sigma, data.preparation)
    metric.update(None, data.preparation(model.generate(2500, seed=1)))
    found = metric.result()
    assert found["modes"] == 8
    assert found["high_quality"] == pytest.approx(model.about["metrics"]["high_quality"], abs=0.02)


def test_digits_are_the_ones_asked_for():
    """By the nearest of the ten classes' mean real pictures, which is right on most real ones."""
    data = images.load("digits")
    means = np.stack([data.samples[data.labels == i].mean(axis=0) for i in range(10)])

    def nearest(pictures):
        far = np.square(pictures[:, None].astype("float32") - means).sum(axis=(2, 3, 4))
        return far.argmin(axis=1)

    asked = [str(i % 10) for i in range(200)]
    made = gankit.load("digits").generate(200, label=asked, seed=0)
    right = np.mean(nearest(made) == np.arange(200) % 10)
    of_real = np.mean(nearest(data.validation) == data.validation_labels)
    assert right > of_real - 0.1


def test_all_classes_in_turn_or_one():
    model = small(classes=3)
    in_turn = model.generate(5, seed=0)
    for i in range(3):
        one = model.generate(5, label=f"class {i}", seed=0)
        np.testing.assert_array_equal(in_turn[i::3], one[i::3])
    chosen = model.generate(2, label=["class 2", "class 0"], seed=0)
    np.testing.assert_array_equal(chosen[0], model.generate(1, label="class 2", seed=0)[0])


def test_written_and_read_again(tmp_path):
    model = small(classes=3)
    model.write(tmp_path / "mine.keras")
    again = gankit.load(tmp_path / "mine.keras")
    assert (again.classes, again.about) == (model.classes, model.about)
    for weight, other in zip(model.weights, again.weights):
        assert other.dtype == "float32"
        np.testing.assert_array_equal(numpy(weight).astype("float16"), numpy(other))
    model.write(tmp_path / "twice.keras")
    twins = [(tmp_path / name).read_bytes() for name in ("mine.keras", "twice.keras")]
    assert twins[0] == twins[1]
    assert not list(tmp_path.glob("partial-*"))
    model.save(tmp_path / "whole.keras")
    assert (tmp_path / "whole.keras").stat().st_size > 1.5 * len(twins[0])


def test_weights_that_are_too_large(tmp_path):
    model = small(scale=1e7)
    model.save(tmp_path / "mine.keras")
    with pytest.raises(ValueError, match="which float16 does not hold"):
        halve(tmp_path / "mine.keras")


def test_what_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Unknown model. Known: digits, glyphs, points, .*'faces'"):
        gankit.load("faces")
    with pytest.raises(ValueError, match="is no run"):
        gankit.load(tmp_path)
    (tmp_path / "text.keras").write_text("no model")
    with pytest.raises(ValueError, match=r"text.keras is no model that gankit can load"):
        gankit.load(tmp_path / "text.keras")
    points_gan().save(tmp_path / "gan.keras")
    with pytest.raises(ValueError, match="holds a GAN without the data's preparation"):
        gankit.load(tmp_path / "gan.keras")
    model = small(classes=2)
    with pytest.raises(ValueError, match="Unknown label. Known: class 0, class 1. Received: 'cat'"):
        model.generate(2, label=["class 0", "cat"])
    with pytest.raises(ValueError, match="one label, or 3 of them. Received: 2 labels"):
        model.generate(3, label=["class 0", "class 1"])
    with pytest.raises(ValueError, match="no classes to choose from. Received: 'cat'"):
        small().generate(2, label="cat")


def test_the_files_are_small_and_hold_no_code():
    files = [FOLDER / f"{name}.keras" for name in loading.NAMES]
    assert sum(path.stat().st_size for path in files) < 3e6
    for path in files:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            assert names == {"metadata.json", "config.json", "model.weights.h5"}
            assert b"lambda" not in archive.read("config.json").lower()


@pytest.mark.once
def test_a_run_of_ones_own(tmp_path):
    code, _, err = within("recipes/points.py", "--smoke", "--out", tmp_path / "ring")
    assert code == 0, err
    model = gankit.load(tmp_path / "ring")
    gan, preparation = model.about, points.ring().preparation
    assert (gan["recipe"], gan["data"], gan["steps"], gan["seed"]) == ("points", "ring", 100, 0)
    prepared = gankit.runs.Run.open(tmp_path / "ring").load().generate(5, seed=3)
    np.testing.assert_allclose(model.generate(5, seed=3), preparation.inverse(prepared), rtol=1e-5)
    (tmp_path / "ring" / "config.json").write_text('{"recipe": "text"}')
    with pytest.raises(ValueError, match="is a run of text, whose samples need more than"):
        gankit.load(tmp_path / "ring")
