import numpy as np
import pytest

from gankit.audio.gaussians import intensity, maximum_likelihood, principal

pytestmark = pytest.mark.once


def takes(n, seed=0):
    """(n, 4, 3) features of 2 labels by 2 speakers, each cell with its own mean and spread."""
    rng = np.random.default_rng(seed)
    labels, speakers = np.arange(n) % 2, np.arange(n) // 2 % 2
    features = 0.05 * rng.standard_normal((n, 4, 3))
    features *= (1 + speakers)[:, None, None]
    features[labels == 1, :, 0] += 0.4
    features[speakers == 1, 0] -= 0.4
    return features, {"label": labels, "speaker": speakers}


def test_every_label_of_every_speaker_has_its_own_mean_and_spread():
    """And not its label's: what two speakers' takes differ by is no spread of either's."""
    features, condition = takes(2000)
    samples, told = maximum_likelihood(features, condition, np.random.default_rng(1), share=0.999)
    assert samples.shape == (2000, 4, 3, 1)
    for field in condition:
        np.testing.assert_array_equal(told[field], condition[field])
    for cell in range(4):
        rows = 2 * condition["label"] + condition["speaker"] == cell
        own, made = features[rows], samples[rows][..., 0]
        np.testing.assert_allclose(made.mean(axis=0), own.mean(axis=0), atol=0.02)
        np.testing.assert_allclose(made.std(axis=0), own.std(axis=0), rtol=0.25)


@pytest.mark.parametrize("fields", [(), ("label",), ("speaker",)], ids=str)
def test_what_is_not_told_is_spread(fields):
    features, condition = takes(400)
    told = {field: condition[field] for field in fields} or None
    samples, asked = maximum_likelihood(features, told, np.random.default_rng(1), n=100)
    assert samples.shape == (100, 4, 3, 1)
    for field, place in (("label", (3, 0)), ("speaker", (0, 2))):
        rows = asked[field] == 0 if field in fields else slice(None)
        spread = samples[rows][:, *place, 0].std()
        assert spread < 0.15 if field in fields else spread > 0.15


def test_few_takes_have_their_labels_spread():
    """One take of a speaker's, or two, are no spread of their own."""
    features, condition = takes(402)
    condition["speaker"][-2:] = 2
    condition["label"][-2:] = 0, 1
    features[-2:] += 0.3
    rng, order = np.random.default_rng(1), np.arange(402)[::-1]
    told = {field: values[order] for field, values in condition.items()}
    drawn = [
        maximum_likelihood(features[order], told, rng, n=1, share=0.9999)[0][0] for _ in range(200)
    ]
    made = np.stack(drawn)[..., 0]
    np.testing.assert_allclose(made.mean(axis=0), features[-1], atol=0.03)
    assert 0.04 < made.std(axis=0).mean() < 0.12


@pytest.mark.parametrize(("m", "d"), [(20, 50), (50, 20)])
def test_principal_directions(m, d):
    """Those of the singular values; by hand, on a line all is one direction."""
    rows = np.random.default_rng(0).standard_normal((m, d)) * np.geomspace(1, 0.01, d) + 3
    middle, found = principal(rows.astype("float32"), 0.95)
    np.testing.assert_allclose(middle, rows.mean(axis=0), rtol=1e-5)
    _, values, expected = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    shares = np.cumsum(values**2) / np.sum(values**2)
    assert shares[len(found) - 2] <= 0.95 < shares[len(found) - 1]
    cosines = np.abs(np.sum(found * expected[: len(found)], axis=1))
    np.testing.assert_allclose(cosines, 1, atol=1e-4)
    np.testing.assert_allclose(found @ found.T, np.eye(len(found)), atol=1e-6)
    middle, ((x, y),) = principal(np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]), 0.99)
    np.testing.assert_allclose([*middle, abs(x), abs(y), x * y], [3, 4, 0.6, 0.8, 0.48])


def test_intensity_by_hand():
    """In one dimension: (2 T^2 / (n - 1)) / (S - T)^2."""
    own, pooled = np.array([[3.0]]), np.array([[1.0]])
    assert intensity(own, pooled, 9) == pytest.approx(2 / 8 / 4)
    assert intensity(own, pooled, 2) == pytest.approx(2 / 4)
    assert intensity(own, own, 9) == intensity(own, pooled, 1) == 1


def test_the_more_takes_the_less_is_shrunk():
    rng = np.random.default_rng(0)
    pooled = np.eye(5)
    found = []
    for n in (5, 50, 5000):
        rows = rng.standard_normal((n, 5)) * [2, 1, 1, 1, 0.5]
        found.append(intensity(np.cov(rows.T), pooled, n))
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.3
    assert found[-1] < 0.01
