"""Language models: what is true of each of them, however it is built."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from gankit.text.conditions import Category, Prompt
from gankit.text.ids import END, PADDING, UNKNOWN
from gankit.text.recurrent import Recurrent
from gankit.text.relational_memory import RelationalMemory
from gankit.text.transformer import Transformer
from tests.helpers import check_config_round_trip, numpy
from tests.text.models import (
    MODELS,
    Bigrams,
    L,
    V,
    language_model,
    tokens,
    uniform,
    with_unknown,
)


@pytest.mark.parametrize("kind", MODELS)
def test_probabilities_add_up(kind):
    """Over all sequences of a short length, ends included, the probabilities are 1."""
    model = MODELS[kind]()
    model.length = 3
    rows = []
    for row in itertools.product(range(2, V), repeat=3):
        ended = row.index(2) if 2 in row else 3
        rows.append(row[: ended + 1] + (0,) * (2 - ended))
    rows = np.array(sorted(set(rows)), "int32")
    total = np.exp(numpy(model.log_probability(rows)).sum(axis=1)).sum()
    np.testing.assert_allclose(total, 1.0, rtol=1e-4)


@pytest.mark.parametrize("kind", MODELS)
def test_samples_are_as_likely_as_the_model_says(kind):
    model = MODELS[kind]()
    drawn = model.sample(uniform(4000))
    drawn = numpy(drawn)
    assert set(np.unique(drawn)) <= {0, *range(2, V)}
    first = np.bincount(drawn[:, 0], minlength=V) / len(drawn)
    expected = numpy(ops.softmax(model(drawn[:1])))[0, 0]
    np.testing.assert_allclose(first, expected, atol=0.03)
    ended = np.cumsum(drawn == 2, axis=1) - (drawn == 2)
    assert ((drawn == 0) == (ended > 0)).all()  # padding behind the end, and nowhere else


def test_unknown_tokens_are_drawn_as_often_as_the_model_says():
    drawn = numpy(with_unknown(Bigrams(), 0.4).sample(uniform(4000)))
    assert (drawn[:, 0] == UNKNOWN).mean() == pytest.approx(0.4, abs=0.02)
    noise = np.random.default_rng(0).gumbel(size=(4000, L, V)).astype("float32")
    soft = numpy(with_unknown(Bigrams(), 0.4).soften(noise, 1e4))
    assert (soft[:, 0].argmax(axis=-1) == UNKNOWN).mean() == pytest.approx(0.4, abs=0.02)


def test_what_is_drawn_without_a_token():
    """The others have all of the probability: of six that are alike a sixth each."""
    model = with_unknown(Bigrams(), 0.9)
    drawn = numpy(model.sample(uniform(4000), without=(UNKNOWN,)))
    share = np.bincount(drawn[:, 0], minlength=V) / len(drawn)
    np.testing.assert_allclose(share, [0, 0, 1 / 6, 0, *[1 / 6] * 5], atol=0.02)
    found = numpy(model.log_probability(tokens(4), without=(UNKNOWN,)))
    np.testing.assert_allclose(found, np.log(1 / 6) * (tokens(4) != PADDING), rtol=1e-5)
    cold = numpy(model.sample(uniform(50), temperature=0.01, top_k=1, without=(UNKNOWN,)))
    assert (cold != UNKNOWN).all()


@pytest.mark.parametrize("kind", MODELS)
def test_likelihood_without_the_unknown_token(kind):
    model = MODELS[kind]()
    given = tokens(4)
    all_of_it, drawn = (
        numpy(model.log_probability(given, without=without)) for without in ((), (UNKNOWN,))
    )
    unknown = numpy(ops.softmax(model(given)))[..., UNKNOWN]
    assert unknown.min() > 0.01
    expected = (all_of_it - np.log1p(-unknown)) * (given != PADDING)
    np.testing.assert_allclose(drawn, expected, atol=1e-5)


@pytest.mark.parametrize("kind", MODELS)
def test_one_place_after_the_other_is_as_all_at_once(kind):
    model = MODELS[kind]()
    given = tokens(8)
    logits, (kept, state) = numpy(model(given)), model.begin(8)
    for t, token in enumerate(numpy(model.before(ops.convert_to_tensor(given))).T):
        features, state = model.advance(ops.convert_to_tensor(token), kept, state)
        np.testing.assert_allclose(numpy(model.logits(features)), logits[:, t], atol=1e-5)


@pytest.mark.parametrize("kind", MODELS)
def test_what_follows_changes_nothing(kind):
    model, one = MODELS[kind](), tokens(8)
    other = one.copy()
    other[:, 3:] = 4
    np.testing.assert_allclose(numpy(model(one))[:, :4], numpy(model(other))[:, :4], atol=1e-6)


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
@pytest.mark.parametrize(
    ("given", "condition"),
    [(lambda: Category(3, 4), np.arange(6) % 3), (lambda: Prompt(V, 8, 8), tokens(6, seed=1))],
)
def test_sequences_under_a_condition(kind, given, condition):
    """What is drawn is as likely as the same sequence, given: the greedy token is the argmax."""
    model = language_model(kind, given())
    drawn = model.sample(np.full((6, L), 0.5, "float32"), condition, temperature=1e-6)
    logits = numpy(model([drawn, condition]))
    there = numpy(model.counts(drawn)) > 0
    np.testing.assert_array_equal(logits.argmax(axis=-1)[there], numpy(drawn)[there])


@pytest.mark.parametrize("kind", ["gru", "transformer"])
def test_conditions_are_heard(kind):
    by_category = language_model(kind, Category(3, 4))
    one, other = (numpy(by_category([tokens(4), np.full(4, category)])) for category in (0, 2))
    assert np.abs(one - other).max() > 1e-4
    by_prompt = language_model(kind, Prompt(V, 8, 8))
    prompts = tokens(4, seed=1)
    longer = np.concatenate([prompts, np.zeros((4, 2), "int32")], axis=1)
    one, other = (numpy(by_prompt([tokens(4), prompt])) for prompt in (prompts, longer))
    np.testing.assert_allclose(one, other, atol=1e-5)  # padding of a prompt is not read
    assert np.abs(one - numpy(by_prompt([tokens(4), prompts[::-1].copy()]))).max() > 1e-4


def test_fixed_length_without_an_end():
    model = Bigrams(V, L, start=0, end=None, padding=None)
    drawn = model.sample(uniform(500))
    assert set(np.unique(numpy(drawn))) == set(range(V))
    assert numpy(model.counts(drawn)).all()


@pytest.mark.parametrize("kind", ["lstm", "gru", "relational", "transformer"])
def test_softened_tokens_become_tokens(kind):
    """At a low temperature, softened draws are the argmax of logits plus noise, step by step, and
    padding behind an end."""
    model = MODELS[kind]()
    noise = np.random.default_rng(0).gumbel(size=(64, L, V)).astype("float32")
    soft = numpy(model.soften(noise, 1e4))
    np.testing.assert_allclose(soft.sum(axis=-1), 1, rtol=1e-4)
    hard = soft.argmax(axis=-1).astype("int32")
    sharp = soft.max(axis=-1).min(axis=-1) > 0.999
    expected = (numpy(model(hard)) + noise).argmax(axis=-1)
    done = np.cumsum(expected == END, axis=1) - (expected == END) > 0
    assert (done.any(axis=1) & sharp).any()
    np.testing.assert_array_equal(np.where(done, PADDING, expected)[sharp], hard[sharp])


@pytest.mark.parametrize("sharpness", [0.5, 5.0])
@pytest.mark.parametrize("kind", ["lstm", "gru", "relational", "transformer"])
def test_softened_tokens_follow_whole_ones(kind, sharpness):
    """However soft: what comes before is the token that was drawn, and no mixture; behind its end there
    is padding."""
    model = MODELS[kind]()
    noise = np.random.default_rng(0).gumbel(size=(64, L, V)).astype("float32")
    drawn = np.zeros((64, L), "int32")
    for t in range(L):  # each place sees those before it only
        drawn[:, t] = (numpy(model(drawn))[:, t] + noise[:, t]).argmax(axis=-1)
    done = np.cumsum(drawn == END, axis=1) - (drawn == END) > 0
    drawn[done] = PADDING
    assert done.any()
    logits = numpy(model(drawn)) + noise
    expected = np.where(done[..., None], np.eye(V)[PADDING], numpy(ops.softmax(sharpness * logits)))
    np.testing.assert_allclose(numpy(model.soften(noise, sharpness)), expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_likelihood_of_the_tempered_distribution(kind):
    """At a temperature T it is that of p^(1/T), made a distribution again."""
    model, given = MODELS[kind](), tokens(4)
    logits = numpy(model(given)).astype("float64") / 0.5
    logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    expected = np.take_along_axis(logs, given[:, :, None].astype(int), axis=-1)[:, :, 0]
    found = numpy(model.log_probability(given, temperature=0.5))
    np.testing.assert_allclose(found, expected * (given != 0), atol=1e-4)


def test_relational_memory_is_a_cell_of_keras():
    """`keras.layers.RNN` gives the outputs of one step after the other."""
    cell = RelationalMemory(8, slots=2)
    x = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
    found = numpy(keras.layers.RNN(cell, return_sequences=True)(x))
    state = cell.get_initial_state(3)
    for place in range(5):
        features, state = cell(x[:, place], state)
        np.testing.assert_allclose(found[:, place], numpy(features), atol=1e-6)


@pytest.mark.parametrize("kind", ["gru", "relational", "transformer"])
@pytest.mark.parametrize("given", [None, Category(3, 4), Prompt(V, 8, 8)])
def test_language_models_are_saved(kind, given, tmp_path):
    model = language_model(kind, given)
    check_config_round_trip(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    condition = {Category: np.arange(4) % 3, Prompt: tokens(4)}.get(type(given))
    found = [numpy(one.sample(uniform(4), condition)) for one in (model, loaded)]
    np.testing.assert_array_equal(*found)


def test_bad_sizes():
    for bad, message in (
        (lambda: Recurrent(V, L, cell="rnn"), "Known: lstm"),
        (lambda: Transformer(V, L, width=10, heads=4), "multiple of heads=4. Received: width=10"),
        (lambda: Transformer(V, L, width=8, given=Prompt(V, 8, 6)), "Received: attending=6"),
        (lambda: language_model("relational").cell.__class__(9), "Received: 9"),
    ):
        with pytest.raises(ValueError, match=message):
            bad()


@pytest.mark.parametrize("given", [lambda: Category(3, 4), lambda: Prompt(V, 4, 8)])
@pytest.mark.parametrize("kind", ["lstm", "relational", "transformer"])
def test_everything_computes_in_the_models_own_precision(kind, given):
    """Also where it is loaded by a process that computes in another one."""
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    saved = keras.saving.serialize_keras_object(language_model(kind, given()))
    keras.mixed_precision.set_dtype_policy("float32")
    loaded = keras.saving.deserialize_keras_object(saved)
    assert {layer.compute_dtype for layer in loaded._flatten_layers()} == {"bfloat16"}
