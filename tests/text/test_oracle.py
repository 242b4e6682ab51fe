"""SeqGAN's oracle, beside the same LSTM written out in NumPy."""

import keras
import numpy as np
import pytest

from gankit.text import likelihood
from gankit.text.oracle import load_oracle, seeded_oracle, student
from tests.helpers import numpy

V, SIZE, L = 11, 32, 4


def arrays(seed=0):
    rng = np.random.default_rng(seed)
    shapes = {"embeddings": (V, SIZE), "output_kernel": (SIZE, V), "output_bias": (V,)}
    for gate in "ifoc":
        shapes |= {f"W{gate}": (SIZE, SIZE), f"U{gate}": (SIZE, SIZE), f"b{gate}": (SIZE,)}
    return {name: 0.3 * rng.standard_normal(shape) for name, shape in shapes.items()}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def log_probabilities(weights, tokens):
    """As Yu et al.'s oracle: start token 0, initial state 0, h = o tanh(c)."""
    h = c = np.zeros((len(tokens), SIZE))
    before, found = np.zeros(len(tokens), int), []
    for token in tokens.T:
        x = weights["embeddings"][before]
        gates = {g: x @ weights[f"W{g}"] + h @ weights[f"U{g}"] + weights[f"b{g}"] for g in "ifoc"}
        c = sigmoid(gates["f"]) * c + sigmoid(gates["i"]) * np.tanh(gates["c"])
        h = sigmoid(gates["o"]) * np.tanh(c)
        logits = h @ weights["output_kernel"] + weights["output_bias"]
        found.append(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))
        before = token
    return np.stack(found, axis=1)


def test_a_file_beside_numpy(tmp_path):
    weights = arrays()
    np.savez(tmp_path / "oracle.npz", **weights)
    model = load_oracle(tmp_path / "oracle.npz", L)
    tokens = np.random.default_rng(1).integers(V, size=(16, L)).astype("int32")
    expected = log_probabilities(weights, tokens)
    logits = numpy(model(tokens)).astype("float64")
    logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    mean = -np.take_along_axis(expected, tokens[:, :, None], axis=-1).mean()
    assert likelihood.nll(model, tokens) == pytest.approx(mean, rel=1e-4)


def test_its_own_samples_cost_its_entropy():
    """The mean of -log p over samples is the entropy, summed over all sequences of two tokens."""
    weights = arrays()
    model = student(V, 2, SIZE)
    order = [weights["embeddings"]]
    order += [np.concatenate([weights[f"{kind}{g}"] for g in "ifco"], axis=-1) for kind in "WUb"]
    model.set_weights([*order, weights["output_kernel"], weights["output_bias"]])
    every = np.stack(np.meshgrid(*[np.arange(V)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    logs = np.take_along_axis(log_probabilities(weights, every), every[:, :, None], axis=-1)
    joint = logs.sum(axis=(1, 2))
    assert np.exp(joint).sum() == pytest.approx(1)
    entropy = -(np.exp(joint) * joint).sum() / 2
    drawn = numpy(model.sample(np.random.default_rng(0).random((20_000, 2)).astype("float32")))
    deviation = np.sqrt((np.exp(joint) * (joint / 2 + entropy) ** 2).sum() / len(drawn))
    assert likelihood.nll(model, drawn) == pytest.approx(entropy, abs=4 * deviation)


def test_a_seeded_oracle_is_the_same_again():
    one, again, other = (seeded_oracle(V, L, seed) for seed in (3, 3, 4))
    assert all((a == b).all() for a, b in zip(one.get_weights(), again.get_weights()))
    assert (one.get_weights()[0] != other.get_weights()[0]).any()
    assert np.std(seeded_oracle(500, L).get_weights()[0]) == pytest.approx(1, rel=0.02)


def test_a_student_starts_small():
    keras.utils.set_random_seed(0)
    model = student(2000, L)
    embeddings, kernel, recurrent, _, output, _ = model.get_weights()
    for weight in (embeddings, kernel, recurrent, output):
        assert np.std(weight) == pytest.approx(0.1, rel=0.05)
    assert sum(weight.size for weight in student(5000, 20).get_weights()) == 333_320
    assert (model.start, model.end, model.padding) == (0, None, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Wf": np.zeros((SIZE, 3))}, r"Wf must have shape \(32, 32\). Received: \(32, 3\)"),
        ({"output_bias": np.zeros(V + 1)}, r"output_bias must have shape \(11,\)"),
        ({"embeddings": np.zeros((0, SIZE))}, "embeddings must have shape"),
        ({"bo": None}, r"bo must have shape \(32,\). Received: nothing"),
    ],
)
def test_files_of_wrong_shapes(change, message, tmp_path):
    weights = {name: array for name, array in {**arrays(), **change}.items() if array is not None}
    np.savez(tmp_path / "bad.npz", **weights)
    with pytest.raises(ValueError, match=f"bad.npz: {message}"):
        load_oracle(tmp_path / "bad.npz")


def test_what_is_no_file_of_arrays(tmp_path):
    (tmp_path / "bad.npz").write_text("weights")
    with pytest.raises(ValueError, match="bad.npz: can't be read as an oracle"):
        load_oracle(tmp_path / "bad.npz")
    np.savez_compressed(tmp_path / "torn.npz", **arrays())
    torn = bytearray((tmp_path / "torn.npz").read_bytes())
    torn[200:260] = bytes(60)
    (tmp_path / "torn.npz").write_bytes(torn)
    with pytest.raises(ValueError, match="torn.npz: can't be read as an oracle"):
        load_oracle(tmp_path / "torn.npz")
    np.savez(tmp_path / "code.npz", embeddings=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="code.npz: can't be read as an oracle"):
        load_oracle(tmp_path / "code.npz")
    with pytest.raises(ValueError, match=r"none.npz: can't be read as an oracle"):
        load_oracle(tmp_path / "none.npz")
