import numpy as np
import pytest

from gankit.metrics import draw_gaussians


def test_each_label_keeps_its_own_mean_and_covariance():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 2000)
    mix = np.array([[1.0, 0.5], [0.0, 0.3]])
    features = rng.standard_normal((4000, 2)) @ mix + 3.0 * labels[:, None]
    asked = np.repeat([1, 0, 1], 3000)
    drawn = draw_gaussians(features, labels, asked, rng, share=0.9999)
    for label in (0, 1):
        own, real = drawn[asked == label], features[labels == label]
        np.testing.assert_allclose(own.mean(axis=0), real.mean(axis=0), atol=0.06)
        np.testing.assert_allclose(np.cov(own.T), np.cov(real.T), atol=0.08)


@pytest.mark.parametrize("shape", [(4, 4, 1), (6,)])
def test_shapes_and_constant_features(shape):
    features = np.ones((10, *shape)) * np.linspace(0, 1, 10).reshape(-1, *[1] * len(shape))
    zeros = np.zeros(10, int)
    drawn = draw_gaussians(features, zeros, zeros[:7], np.random.default_rng(0))
    assert drawn.shape == (7, *shape)
    flat = drawn.reshape(7, -1)  # all features of a sample are equal, and so in what is drawn
    np.testing.assert_allclose(flat, np.repeat(flat[:, :1], flat.shape[1], axis=1), atol=1e-9)
