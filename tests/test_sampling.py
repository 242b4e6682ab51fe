import numpy as np
import pytest
from scipy import stats

from gankit import sampling


def test_latents_are_standard_normal():
    z = sampling.latents(20_000, 3, seed=0)
    assert z.dtype == np.float32
    assert stats.kstest(z.ravel(), "norm").pvalue > 0.01


def test_rows_do_not_depend_on_how_many():
    np.testing.assert_array_equal(sampling.latents(10, 4, 7)[:3], sampling.latents(3, 4, 7))


def test_truncation():
    z = sampling.latents(5000, 2, seed=0, truncation=0.7)
    assert np.abs(z).max() <= 0.7
    assert stats.kstest(z.ravel(), stats.truncnorm(-0.7, 0.7).cdf).pvalue > 0.01
    whole = sampling.latents(5000, 2, seed=0)
    assert np.corrcoef(z.ravel(), whole.ravel())[0, 1] > 0.9  # the same draws, drawn in


def test_great_circle_by_hand():
    arc = sampling.great_circle(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 3)
    np.testing.assert_allclose(arc, [[1, 0], [np.sqrt(0.5)] * 2, [0, 1]], atol=1e-6)


def test_great_circle_keeps_the_length():
    a, b = np.random.default_rng(0).standard_normal((2, 64))
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    np.testing.assert_allclose(np.linalg.norm(sampling.great_circle(a, b, 9), axis=1), 1, rtol=1e-5)


def test_great_circle_of_parallel_ends():
    a = np.array([1.0, 2.0])
    np.testing.assert_allclose(sampling.great_circle(a, 2 * a, 3), [a, 1.5 * a, 2 * a])


def test_rows_of_conditions():
    np.testing.assert_array_equal(sampling.rows(4, 3), [4, 4, 4])
    np.testing.assert_array_equal(sampling.rows([4, 5], 2), [4, 5])
    given = {"a": np.arange(2), "b": np.ones((2, 3))}
    assert sampling.rows(given, 2)["b"].shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "received"),
    [
        (lambda: sampling.latents(0, 2), "n=0"),
        (lambda: sampling.latents(1, 2, truncation=0), "truncation=0"),
        (lambda: sampling.great_circle(np.ones(2), np.ones(2), 1), "steps=1"),
    ],
)
def test_arguments_are_checked(call, received):
    with pytest.raises(ValueError, match=f"Received: {received}"):
        call()


@pytest.mark.parametrize("n", [1, 4, 8, 9, 11])
def test_in_batches(n):
    sizes = []

    def double(batch):
        sizes.append(len(batch["a"]))
        return {"twice": 2 * batch["a"]}

    out = sampling.in_batches(double, {"a": np.arange(n)}, 4)["twice"]
    np.testing.assert_array_equal(out, 2 * np.arange(n))
    assert len(set(sizes)) == 1
