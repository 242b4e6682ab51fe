"""TensorFlow Datasets, on a set that the test prepares itself, offline."""

import numpy as np
import pytest

from gankit import images, segmentation
from gankit.files import tfds

tensorflow_datasets = pytest.importorskip("tensorflow_datasets")


class GankitSquares(tensorflow_datasets.core.GeneratorBasedBuilder):
    """Bright squares on black, labelled by whether they are large."""

    VERSION = tensorflow_datasets.core.Version("1.0.0")

    def _info(self):
        features = tensorflow_datasets.features
        return self.dataset_info_from_configs(
            features=features.FeaturesDict(
                {
                    "image": features.Image(shape=(6, 8, 3)),
                    "label": features.ClassLabel(names=["small", "large"]),
                    "mask": features.Image(shape=(6, 8, 1)),
                }
            )
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(40), "test": self._generate_examples(24)}

    def _generate_examples(self, n):
        for i in range(n):
            picture = np.zeros((6, 8, 3), "uint8")
            picture[: 2 + 2 * (i % 2), :2] = 255
            mask = (picture[..., :1] // 255) + np.uint8(1)  # from 1 on, as oxford_iiit_pet's
            yield i, {"image": picture, "label": i % 2, "mask": mask}


class GankitSizes(GankitSquares):
    """Pictures of two sizes, without anything else."""

    def _info(self):
        features = tensorflow_datasets.features
        return self.dataset_info_from_configs(
            features=features.FeaturesDict({"image": features.Image(shape=(None, None, 3))})
        )

    def _generate_examples(self, n):
        for i in range(n):
            yield i, {"image": np.full((6, 8 + i % 2, 3), i, "uint8")}


class GankitLabels(GankitSquares):
    """A grey picture before its mask, both of one channel; and masks of another size, in `test`."""

    def _info(self):
        features = tensorflow_datasets.features
        return self.dataset_info_from_configs(
            features=features.FeaturesDict(
                {
                    "a": features.LabeledImage(
                        labels=["sky", "road", "car"], shape=(None, None, 1)
                    ),
                    "b": features.Image(shape=(None, None, 1)),
                }
            )
        )

    def _generate_examples(self, n):
        for i in range(n):
            mask = np.full((6, 8 if n == 40 else 6, 1), i % 2, "uint8")
            yield i, {"a": mask, "b": np.full((6, 8, 1), 100 * (i % 2), "uint8")}


class GankitGreys(GankitSquares):
    """Two grey pictures, of which none says what it is."""

    NAMES = ("left", "right")

    def _info(self):
        features = tensorflow_datasets.features
        greys = {name: features.Image(shape=(6, 8, 1)) for name in self.NAMES}
        return self.dataset_info_from_configs(features=features.FeaturesDict(greys))

    def _generate_examples(self, n):
        for i in range(n):
            yield i, {name: np.full((6, 8, 1), i, "uint8") for name in self.NAMES}


class GankitMasks(GankitGreys):
    """Two that both say that they are masks."""

    NAMES = ("mask_a", "mask_b")


class GankitCity(GankitGreys):
    """As cityscapes is described there: a name, a picture, and a mask that its name alone tells."""

    def _info(self):
        features = tensorflow_datasets.features
        kinds = {
            "image_id": features.Text(),
            "image_left": features.Image(shape=(6, 8, 3)),
            "segmentation_label": features.Image(shape=(6, 8, 1)),
        }
        return self.dataset_info_from_configs(features=features.FeaturesDict(kinds))

    def _generate_examples(self, n):
        for i in range(n):
            mask = np.full((6, 8, 1), (7, 11, 23)[i % 3], "uint8")
            mask[0] = 0
            picture = np.full((6, 8, 3), mask[3, 0, 0], "uint8")
            yield i, {"image_id": str(i), "image_left": picture, "segmentation_label": mask}


@pytest.fixture(scope="module", autouse=True)
def prepared(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("tfds"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFDS_DATA_DIR", folder)
        patch.setattr(tensorflow_datasets.core.constants, "DATA_DIR", folder, raising=False)
        for builder in (
            GankitSquares,
            GankitSizes,
            GankitLabels,
            GankitGreys,
            GankitMasks,
            GankitCity,
        ):
            builder(data_dir=folder).download_and_prepare()
        patch.setattr(
            tensorflow_datasets,
            "load",
            lambda *a, _load=tensorflow_datasets.load, **k: _load(*a, data_dir=folder, **k),
        )
        yield


def test_pictures_with_classes():
    data = images.load("tfds:gankit_squares")
    assert data.shape == (6, 8, 3)
    assert data.classes == ["small", "large"]
    assert len(data.samples) + len(data.validation) == 40
    assert (data.samples[:, 3, 0, 0] == 255 * data.labels).all()
    assert len(images.load("tfds:gankit_squares:test").samples) < 24
    assert images.load("tfds:gankit_squares", size=(12, 16)).shape == (12, 16, 3)


def test_pictures_of_several_sizes():
    with pytest.raises(ValueError, match="such as 6 x [89] and 6 x [89].*--size"):
        images.load("tfds:gankit_sizes")
    data = images.load("tfds:gankit_sizes", size=(4, 4))
    assert data.shape == (4, 4, 3)
    assert data.classes is None
    seen = [*data.samples[:, 0, 0, 0], *data.validation[:, 0, 0, 0]]
    assert sorted(seen) == list(range(40))


@pytest.mark.parametrize("spec", ["tfds:gankit_squares:nowhere", "tfds:gankit_circles"])
def test_unknown(spec):
    with pytest.raises(ValueError, match="TensorFlow Datasets can't load"):
        images.load(spec)


def test_specs():
    assert tfds.is_spec("tfds:mnist")
    assert not tfds.is_spec("photos/tfds")


def test_a_grey_picture_and_its_labelled_mask():
    data = segmentation.load("tfds:gankit_labels")
    assert data.preparation.target.names == ["sky", "road", "car"]
    np.testing.assert_array_equal(data.sources[..., 0], 100 * data.targets)
    with pytest.raises(ValueError, match=r"example \d+: b is 6 x 8 .* partner a 6 x 6"):
        segmentation.load("tfds:gankit_labels:test")


def test_a_picture_and_a_mask_as_in_cityscapes():
    data = segmentation.load("tfds:gankit_city", ignore=0, names=["road", "building", "sky"])
    assert data.preparation.target.names == ["road", "building", "sky"]
    assert (data.targets[:, 0] == 255).all()
    values = np.array([7, 11, 23])[data.targets[:, 1:]]
    np.testing.assert_array_equal(data.sources[:, 1:, :, 0], values)


def test_two_masks():
    with pytest.raises(ValueError, match="which of mask_a, mask_b is the picture"):
        segmentation.load("tfds:gankit_masks")


def test_two_grey_pictures():
    """No file says whether the second is a mask: a guess would train another game in silence."""
    with pytest.raises(ValueError, match="which of left, right is the picture, and which its mask"):
        segmentation.load("tfds:gankit_greys")


def test_pictures_with_masks():
    data = segmentation.load("tfds:gankit_squares")
    assert data.preparation.target.names == ["value 1", "value 2"]
    np.testing.assert_array_equal(data.sources[..., 0] // 255, data.targets)
    assert len(data.sources) + len(data.validation_sources) == 40
    scaled = segmentation.load("tfds:gankit_squares", size=(12, 16), names=["dark", "bright"])
    assert scaled.targets.shape[1:] == (12, 16)
    assert scaled.preparation.target.names == ["dark", "bright"]
