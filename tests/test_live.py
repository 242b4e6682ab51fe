"""What the live page loads is the generator that comes with gankit, small, and directions that matter."""

import json
import pathlib

import numpy as np
import pytest

import gankit

pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.once

LIVE = pathlib.Path(__file__).resolve().parents[1] / "docs/live"


@pytest.fixture(scope="module")
def run():
    from docs.live.model import runner

    return runner(LIVE / "digits.onnx")


@pytest.fixture(scope="module")
def facts():
    return json.loads((LIVE / "digits.json").read_text())


def test_it_is_the_one_that_comes_with_gankit(run, facts):
    trained = gankit.load("digits")
    assert facts["classes"] == trained.classes
    latents = np.random.default_rng(3).standard_normal((200, facts["latents"])).astype("float32")
    labels = np.arange(200, dtype="int32") % 10
    expected = trained.generator.predict_on_batch([latents, labels])
    error = np.sqrt(np.mean((run(latents, labels) - expected) ** 2))
    assert error < 0.02 * expected.std()
    assert expected.shape[1:3] == (facts["height"], facts["width"])
    assert (LIVE / "digits.onnx").stat().st_size < 300_000


def test_directions_change_more_than_others(run, facts):
    """Orthogonal unit vectors; a step along one moves pictures more than one along a random direction."""
    directions = np.array(facts["directions"])
    np.testing.assert_allclose(directions @ directions.T, np.eye(len(directions)), atol=1e-3)
    rng = np.random.default_rng(0)
    latents, labels = rng.standard_normal((100, facts["latents"])), np.arange(100) % 10
    others = rng.standard_normal(directions.shape)
    others /= np.linalg.norm(others, axis=1, keepdims=True)

    def moved(direction):
        pairs = [run(latents + sign * 0.5 * direction, labels) for sign in (1, -1)]
        return np.square(pairs[0] - pairs[1]).mean()

    assert min(map(moved, directions)) > max(map(moved, others))
