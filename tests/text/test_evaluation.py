"""A game measured: features, metrics beside their controls, alarms, what is written."""

import math
import types
import warnings

import keras
import numpy as np
import pytest

from gankit import text
from gankit.callbacks.diagnostics import TrainingWarning
from gankit.metrics import FrechetDistance, OnFeatures
from gankit.text import evaluation, features, jackknife
from gankit.text.diagnostics import collapse
from gankit.text.likelihood import Likelihood
from tests.helpers import numpy
from tests.text.models import Bigrams, language_model, tokens, with_unknown

MORE = [f"{a} likes {b} and {c}" for a in "abcdef" for b in "qrstuv" for c in "ghijklmn"]
LINES = [f"{a} likes {b}" for a in "abcdefgh" for b in "qrstuvwx"]


@pytest.fixture(scope="module")
def categories(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "lines.tsv"
    path.write_text("".join(f"{['one', 'two'][i % 2]}\t{x}\n" for i, x in enumerate(LINES)))
    return text.load(path)


def game(data):
    keras.utils.set_random_seed(0)
    size = (data.preparation.vocabulary_size, data.length)
    model, twin = (text.Recurrent(*size, 8, 8, given=text.Category(2, 4)) for _ in range(2))
    judge = text.recurrent_discriminator(*size, 4, 4, given=text.told_category(2))
    gan = text.PolicyGAN(model, judge, text.PerToken(), seed=1)
    gan.compile()
    return gan, twin


# --- features -------------------------------------------------------------------------------------


def test_features_are_means_over_what_counts():
    model = language_model("gru")
    encoder = text.Encoder(model, "a model")
    given = tokens(6)
    states = numpy(model.features(given))
    counts = (given != 0)[:, :, None]
    expected = (states * counts).sum(axis=1) / counts.sum(axis=1)
    np.testing.assert_allclose(encoder(given), expected, atol=1e-5)
    assert encoder(np.tile(given, (100, 1))).shape == (600, 8)
    assert encoder.name == "mean state of a model"


def test_features_hear_the_order_of_words():
    encoder = text.Encoder(language_model("lstm"), "a model")
    one, other = np.int32([[4, 5, 6, 2, 0]]), np.int32([[5, 4, 6, 2, 0]])
    assert np.abs(encoder(one) - encoder(other)).max() > 1e-4


def test_a_trained_encoder_sees_what_differs(categories):
    encoder = text.Encoder(text.train_encoder(categories, 30, 16), features.describe(steps=30))
    metric = OnFeatures(encoder, [FrechetDistance()])
    half = len(categories.samples) // 2
    other = np.where(categories.samples > 3, 4, categories.samples)  # one word, over and over
    found = []
    for fake in (categories.samples[half : 2 * half], other[:half]):
        metric.reset()
        metric.update(categories.samples[:half], fake)
        found.append(metric.result()["frechet_distance"])
    assert 0 <= found[0] < 0.3 * found[1]
    assert "in 30 steps" in metric.protocol()


# --- the report -----------------------------------------------------------------------------------


def test_numbers_have_their_controls(categories):
    gan, twin = game(categories)
    size = (categories.preparation.vocabulary_size, categories.length)
    encoder = text.Encoder(text.Recurrent(*size, 4, 4), "a model")
    ours, controls, _ = text.evaluate(gan, categories, twin, encoder)
    for name in ours:
        assert f"maximum_likelihood/{name}" in controls
        if name not in ("nll_test", "nll_div", "perplexity"):
            assert f"real_against_real/{name}" in controls
    assert {"label_accuracy", "frechet_distance", "copied", "nll_div"} <= set(ours)
    n = len(categories.validation) // 2
    assert {row["n"] for row in ours.values()} == {n}
    assert ours["perplexity"]["value"] == pytest.approx(np.exp(ours["nll_test"]["value"]))


def test_samples_are_as_likely_as_what_drew_them():
    """Nine in ten tokens unknown, of which samples have none: the six others cost log 6 each; of real
    text each known one costs log 60 and each unknown one -log 0.9."""
    model = with_unknown(Bigrams(), 0.9)
    judges = (Likelihood(model), Likelihood(model, without=(model.unknown,)))
    real, samples = np.int32([[4, 3, 3, 2, 0]] * 4), tokens(20)
    found = evaluation.likelihoods(*judges, real, samples, None, 20)
    assert found["nll_div"]["value"] == pytest.approx(np.log(6), rel=1e-4)
    expected = (2 * np.log(60) - 2 * np.log(0.9)) / 4
    assert found["nll_test"]["value"] == pytest.approx(expected, rel=1e-4)
    assert "without the unknown token" in found["nll_div"]["protocol"]
    assert "with its unknown token" in found["nll_test"]["protocol"]


def test_numbers_have_standard_errors(tmp_path):
    """From twenty samples on: of all that is measured, each model's."""
    path = tmp_path / "lines.tsv"
    path.write_text("".join(f"{['one', 'two'][i % 2]}\t{x}\n" for i, x in enumerate(MORE * 2)))
    data = text.load(path)
    data.validation, data.validation_labels = data.samples[:40], data.labels[:40]
    gan, twin = game(data)
    encoder = lambda samples: np.asarray(samples[:, :2], "float32")  # noqa: E731
    encoder.name = "the first two tokens"
    ours, controls, _ = text.evaluate(gan, data, twin, encoder)
    for name in ("lm_score", "self_bleu_5", "distinct_2", "label_accuracy", "nll_test"):
        for row in (ours[name], controls[f"maximum_likelihood/{name}"]):
            assert 0 < row["standard_error"] < abs(row["value"]) + 1


def test_a_two_sample_test_takes_two_prompts():
    judges, real = evaluation._can_judge, np.int32([[4, 2], [4, 2]])
    one, two = np.int32([[4, 2], [4, 2]]), np.int32([[4, 2], [5, 2]])
    assert judges(text.TwoSampleTest(), real, two)
    assert not judges(text.TwoSampleTest(), np.int32([[4, 2], [3, 2]]), two)  # one reply is known
    assert not judges(text.TwoSampleTest(), real, one)
    assert not judges(text.TwoSampleTest(), real, None)
    assert judges(text.OfPrompt(), real, one)
    assert not judges(text.OfPrompt(), real, None)
    assert judges(text.Distinct(2), real, None)


def test_a_two_sample_test_counts_what_it_uses():
    """Of 40 pairs those whose real reply is known: 15, of all contenders alike, in row and protocol."""
    rng = np.random.default_rng(0)
    real, samples = (
        np.pad(rng.integers(4, 9, size=(40, 4)), ((0, 0), (0, 1)), constant_values=2)
        for _ in range(2)
    )
    real[15:, 1] = 3
    asked = np.arange(4, 44)[:, None]
    halves = types.SimpleNamespace(
        real=real, others=real, conditions=lambda rows: (asked[rows], asked[rows])
    )
    metrics = [text.TwoSampleTest(), text.OfPrompt()]
    drawn = {"": samples, "maximum_likelihood/": samples}
    ours, controls = evaluation._measured(metrics, halves, {}, drawn, np.arange(40), 1)
    for row in (ours["two_sample_accuracy"], controls["maximum_likelihood/two_sample_accuracy"]):
        assert row["n"] == 15
        assert "15 samples against 15 held out" in row["protocol"]
    assert ours["bleu_2_of_prompt"]["n"] == 40
    (remark,) = evaluation.few(ours, 40)
    assert remark.startswith("two_sample_accuracy is of 15 of 40 replies")
    assert evaluation.few(ours, 30) == evaluation.few({}, 30) == []


def test_pairs_of_replies():
    """To the same prompt, each reply in one pair at most."""
    prompts = np.int32([[4], [5], [4], [4], [5], [6], [4]])
    one, other = evaluation.pairs_of_replies(prompts)
    assert sorted(zip(one.tolist(), other.tolist())) == [(0, 2), (1, 4), (3, 6)]
    assert [len(rows) for rows in evaluation.pairs_of_replies(prompts[5:])] == [0, 0]


def test_real_replies_stand_beside_those_of_models():
    """Two to each prompt: one in the place of a sample. They can't be told apart."""
    rng = np.random.default_rng(0)
    prompts = np.repeat(np.arange(4, 204), 2)[:, None].astype("int32")
    replies = np.pad(rng.integers(4, 30, size=(400, 4)), ((0, 0), (0, 1)), constant_values=2)
    data = types.SimpleNamespace(validation=replies, validation_prompts=prompts)
    measured = {"two_sample_accuracy": {}, "bleu_2_of_prompt_of_real": {"value": 0.3}}
    rows = evaluation._between_real_replies(data, measured, 1)
    assert rows["real_against_real/bleu_2_of_prompt"] == {"value": 0.3}
    found = rows["real_against_real/two_sample_accuracy"]
    assert found["n"] == 200
    assert found["value"] == pytest.approx(0.5, abs=0.1)
    replies[:, 0] = 3  # all of them have something unknown
    assert list(evaluation._between_real_replies(data, measured, 1)) == [
        "real_against_real/bleu_2_of_prompt"
    ]


def test_standard_errors():
    """Of a mean it is the usual one; a difference of two paired numbers has one of its own."""
    samples = np.random.default_rng(0).normal(size=(2000, 2)) * [1, 3]
    means = [samples[rows].mean(axis=0) for rows in jackknife.remainders(2000, 100)]
    for i, spread in enumerate((1, 3)):
        found = jackknife.standard_error([mean[i] for mean in means])
        assert found == pytest.approx(spread / 2000**0.5, rel=0.2)
    assert [len(rows) for rows in jackknife.remainders(25)] == [22] * 5 + [23] * 5
    assert jackknife.remainders(19) == []
    assert jackknife.standard_error([1.0]) == np.inf


def test_the_curve_over_temperatures(categories):
    """Nearly at 0 the seed makes no difference: what is drawn is the likeliest."""
    gan, twin = game(categories)
    one, other = (
        text.curve(gan, twin, categories, temperatures=(1e-6, 1.0), seed=seed) for seed in (1, 2)
    )
    assert [point["temperature"] for point in one] == [1e-6, 1.0]
    assert one[0] == other[0]
    assert one[1]["lm_score"] != other[1]["lm_score"]
    for point in one:
        assert set(point) == {"temperature", *text.curves.ON_THE_CURVE, *text.curves.BESIDE_IT}
    assert one[0]["distinct_2"] < one[1]["distinct_2"]


def test_the_curve_has_what_the_report_has(categories):
    gan, twin = game(categories)
    (point,) = text.curve(gan, twin, categories, temperatures=(1.0,), seed=1)
    halves = evaluation.Halves(categories)
    drawn = gan.generate_with(twin, halves.n, halves.asked, 1)
    metric = text.LabelAccuracy(text.unpad(categories.samples), categories.labels)
    metric.update(halves.real, drawn, halves.asked)
    assert point["label_accuracy"] == metric.result()["label_accuracy"]


def test_the_curve_of_a_game_that_is_told_no_category(categories):
    """The texts have some, and nothing is asked for."""
    size = (categories.preparation.vocabulary_size, categories.length)
    model = text.Recurrent(*size, 8, 8)
    gan = text.PolicyGAN(model, text.recurrent_discriminator(*size, 4, 4), text.PerToken(), seed=1)
    (point,) = text.curve(gan, model, categories, temperatures=(1.0,))
    assert {"distinct_2", "copied"} < set(point)
    assert "label_accuracy" not in point


def test_replies_beside_the_prompts_own():
    """Prompt 1 has two real replies; prompt 2 has one, and nothing to compare with."""
    prompts = np.int32([[4, 2], [4, 2], [5, 2]])
    real = np.int32([[4, 5, 2], [4, 6, 2], [7, 8, 2]])
    fake = np.int32([[4, 6, 2], [8, 8, 2], [7, 8, 2]])
    metric = text.OfPrompt()
    metric.update(real, fake, prompts)
    found = metric.result()
    pair = text.bleu([np.int32([4, 6])], [np.int32([4, 5])], 2)[1]
    assert found["bleu_2_of_prompt"] == pytest.approx((1 + 0) / 2)
    assert found["bleu_2_of_prompt_of_real"] == pytest.approx(pair)
    assert "2 replies" in metric.protocol()
    metric.reset()
    metric.update(real[1:], fake[1:], prompts[1:])
    assert metric.result() == {"bleu_2_of_prompt": pytest.approx(0.5)}


def test_a_reply_given_again_is_no_other_reply():
    """And one that several gave is one reference."""
    prompts = np.int32([[4, 2]] * 4 + [[5, 2]] * 2)
    real = np.int32([[4, 5, 2], [4, 5, 2], [4, 6, 2], [4, 6, 2], [7, 8, 2], [7, 8, 2]])
    metric = text.OfPrompt()
    metric.update(real, real[::-1].copy(), prompts)
    found = metric.result()
    pair = text.bleu([np.int32([4, 6])], [np.int32([4, 5])], 2)[1]
    assert found["bleu_2_of_prompt_of_real"] == pytest.approx(pair)
    assert "4 replies and the real ones" in metric.protocol()


def test_real_replies_in_the_place_of_fake_ones_score_as_real_ones():
    rng = np.random.default_rng(0)
    prompts = np.repeat(np.int32([[4, 2], [5, 2], [6, 2]]), [5, 3, 1], axis=0)
    real = np.pad(rng.integers(4, 9, size=(9, 4)), ((0, 0), (0, 1)), constant_values=2)
    metric = text.OfPrompt()
    metric.update(real, real, prompts)
    found = metric.result()
    assert found["bleu_2_of_prompt"] == found["bleu_2_of_prompt_of_real"] > 0


def test_label_accuracy_is_of_what_was_asked_for():
    training = [np.int32([4, 5]), np.int32([6, 7])] * 20
    metric = text.LabelAccuracy(training, [0, 1] * 20)
    fake = np.int32([[4, 5, 2], [6, 7, 2], [6, 7, 2], [4, 5, 2]])
    metric.update(fake, fake, np.array([0, 1, 0, 0]))
    assert metric.result() == {"label_accuracy": 0.75}


def remarks(ours, controls, parts, samples):
    tokenizer = text.Tokenizer.train(["a b c d"] * 2)
    return evaluation.remarks(ours, controls, parts, samples, tokens(20), tokenizer)


def rows(value):
    return {"value": value}


def test_noise_is_no_winner():
    """Both vary by 0.1: a twin that is ahead by 0.01 is not ahead, but where both vary together it is."""
    ours, controls = {"bleu_5": rows(0.50)}, {"maximum_likelihood/bleu_5": rows(0.51)}
    rng = np.random.default_rng(0)
    apart = [
        {"bleu_5": 0.5 + x, "maximum_likelihood/bleu_5": 0.51 + y}
        for x, y in rng.normal(0, 0.1, (10, 2))
    ]
    together = [
        {"bleu_5": 0.5 + x, "maximum_likelihood/bleu_5": 0.51 + x} for x in rng.normal(0, 0.1, 10)
    ]
    assert remarks(ours, controls, apart, tokens(20)) == []
    assert remarks(ours, controls, [], tokens(20)) == []  # too few samples to know
    assert remarks(ours, controls, together, tokens(20)) == [
        "The maximum-likelihood twin has the better bleu_5."
    ]


@pytest.mark.parametrize(
    ("value", "twin", "behind"), [(0.9, 0.6, 1), (0.4, 0.52, 1), (0.5, 0.3, 0)]
)
def test_a_two_sample_test_is_best_at_chance(value, twin, behind):
    ours = {"two_sample_accuracy": rows(value)}
    controls = {"maximum_likelihood/two_sample_accuracy": rows(twin)}
    parts = [{"two_sample_accuracy": value, "maximum_likelihood/two_sample_accuracy": twin}] * 10
    assert len(remarks(ours, controls, parts, tokens(20))) == behind


def test_remarks_name_the_winner():
    ours = {"lm_score": rows(1.0), "distinct_2": rows(0.5), "self_bleu_5": rows(0.1)}
    controls = {
        "maximum_likelihood/lm_score": rows(2.0),
        "maximum_likelihood/distinct_2": rows(0.6),
        "maximum_likelihood/self_bleu_5": rows(0.4),
        "real_against_real/lm_score": rows(1.5),
        "real_against_real/distinct_2": rows(0.9),
        "real_against_real/self_bleu_5": rows(0.3),
    }
    same = np.tile(np.int32([[4, 5, 6, 7, 2]]), (20, 1))
    parts = [{name: row["value"] for name, row in {**ours, **controls}.items()}] * 10
    found = remarks(ours, controls, parts, same)
    assert found[0] == "The maximum-likelihood twin has the better self_bleu_5."  # nearer to 0.3
    assert found[1] == "The maximum-likelihood twin has the better distinct_2."
    assert (
        found[2] == "lm_score is better than real text's own: a symptom (too little variety), "
        "not a success."
    )
    assert found[3].startswith(
        "self_bleu_5 is better than real text's own: a symptom (more variety"
    )
    assert "100% of the samples are the same" in found[4]
    assert len(found) == 5


def test_every_score_is_held_to_real_texts_own():
    """But where many real words are unknown, as none of a sample's are, being ahead of them says little."""
    ours = {"bleu_2": 0.9, "bleu_3": 0.8, "bleu_5": 0.1, "self_bleu_4": 0.1, "distinct_1": 0.5}
    of_real = {"bleu_2": 0.7, "bleu_3": 0.6, "bleu_5": 0.2, "self_bleu_4": 0.3, "distinct_1": 0.5}
    values = ours | {f"real_against_real/{name}": value for name, value in of_real.items()}
    variety, noise = evaluation.too_good(values, [values] * 10, unknown=0.01)
    assert variety.startswith(
        "bleu_2, bleu_3 are better than real text's own: a symptom (too little"
    )
    assert noise.startswith("self_bleu_4 is better than real text's own: a symptom (more variety")
    (unsure,) = evaluation.too_good(values, [values] * 10, unknown=0.23)
    assert "23% of held-out tokens are unknown" in unsure
    assert "Better than its own: bleu_2, bleu_3, self_bleu_4." in unsure
    assert evaluation.too_good({**ours, **of_real}, [], unknown=0.23) == []


@pytest.mark.parametrize(
    ("value", "twin", "of_real", "said"),
    [
        (0.1, 0.05, 0.0, 2),
        (0.1, 0.1, 0.0, 1),
        (0.1, 0.1, 0.1, 0),
        (0.05, 0.1, 0.1, 1),
        (0, 0, 0, 0),
    ],
)
def test_copies_beyond_real_texts_own_are_told(value, twin, of_real, said):
    """And a twin whose share is nearer to it; fewer copies than real text has are no success."""
    ours = {"copied": rows(value)}
    controls = {
        "maximum_likelihood/copied": rows(twin),
        "real_against_real/copied": rows(of_real),
    }
    parts = [{name: row["value"] for name, row in {**ours, **controls}.items()}] * 10
    found = remarks(ours, controls, parts, tokens(20))
    assert len(found) == said
    assert any("copied from the training set" in one for one in found) == (value > of_real)


# --- alarms, and what is written ------------------------------------------------------------------


def test_collapse_names_what_is_repeated():
    tokenizer = text.Tokenizer.train(["the cat sat down on mats"])
    ids = {word: tokenizer.encode([word])[0][0] for word in ["the", "cat", "sat", "down", "on"]}
    row = [ids[word] for word in ["the", "cat", "sat", "down"]]
    real = np.random.default_rng(0).integers(4, 9, size=(200, 6)).astype("int32")
    fake = real.copy()
    fake[:100, 1:5] = row
    assert collapse(fake, real, tokenizer) == (
        "50% of the samples share four tokens in a row: 'the cat sat down'."
    )
    assert collapse(fake[100:], real, tokenizer) is None
    assert collapse(fake, fake, tokenizer) is None  # real text that repeats itself


def test_collapse_of_other_kinds():
    """A few words for an answer, nothing at all, a word of its own in each sample."""
    tokenizer = text.Tokenizer.train(["yes the cat sat down on mats"])
    rng, (yes,) = np.random.default_rng(0), tokenizer.encode(["yes"])[0]
    real = np.pad(rng.integers(4, 10, size=(200, 6)), ((0, 0), (0, 2))).astype("int32")
    short, nothing = np.zeros_like(real), np.zeros_like(real)
    short[:, 0] = yes
    assert collapse(short, real, tokenizer) == "100% of the samples are the same: 'yes'."
    assert collapse(nothing, real, tokenizer) == "100% of the samples are the same: ''."
    tokenizer = text.Tokenizer.train([" ".join(f"w{i}" for i in range(400))])
    real = rng.integers(4, 404, size=(200, 6)).astype("int32")
    of_its_own = np.repeat(rng.integers(4, 404, size=(200, 1)), 6, axis=1).astype("int32")
    found = collapse(of_its_own, real, tokenizer)
    assert found.startswith(
        "80% of all pairs of tokens stood earlier in the same sample, most often 'w"
    )
    assert collapse(real[100:], real[:100], tokenizer) is None


def test_collapse_of_characters():
    """Four characters in a row stand in most samples of real text; all samples alike are too many."""
    tokenizer = text.Tokenizer.train(["abcdefgh"], "character")
    real = np.random.default_rng(0).integers(4, 12, size=(50, 30)).astype("int32")
    real[:49, 5:9] = [4, 5, 6, 7]
    assert collapse(np.repeat(real[:1], 50, axis=0), real, tokenizer)


class Stuck:
    """A game whose samples are all alike."""

    optimizer = types.SimpleNamespace(iterations=np.int64(0))

    def __init__(self, sample):
        self.sample = sample

    def generate(self, n, condition=None, seed=None):
        return np.tile(self.sample, (n, 1))


def test_the_alarm_rings_once(categories):
    watching = text.TextDiagnostics(categories, categories.validation_labels, patience=2)
    assert len(watching.condition) == watching.n == len(categories.validation)
    row = np.full((1, categories.length), 4, "int32")
    watching.set_model(Stuck(row))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        watching.on_epoch_end(0, {})
    with pytest.warns(TrainingWarning, match="samples are the same: .* collapsing"):
        watching.on_epoch_end(1, {})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        watching.on_epoch_end(2, {})


def test_advice_that_a_game_on_tokens_can_follow(categories):
    """Not a penalty on the gradient, which it has not."""
    watching = text.TextDiagnostics(categories, patience=1)
    watching.set_model(Stuck(categories.validation[:1]))
    with pytest.warns(TrainingWarning) as said:
        watching.on_epoch_end(0, {"d_accuracy": 1.0})
    (advice,) = [str(one.message) for one in said if "real sequence" in str(one.message)]
    assert "gamma" not in advice
    assert "lower discriminator learning rate" in advice


def test_samples_are_written_with_their_scores(categories, tmp_path):
    shown = categories.validation_labels[:2]
    write = text.Writer(categories, shown)
    page = write(categories.validation[:2], tmp_path / "samples" / "step.png")
    lines = (tmp_path / "samples" / "step.txt").read_text().splitlines()
    assert page.splitlines() == lines
    expected = categories.preparation.decode(categories.validation[:2])
    for line, sample, label in zip(lines[1:], expected, shown):
        assert line.endswith(f"[{categories.classes[label]}] {sample}")
        assert float(line.split()[0]) > 0


def test_curves_are_drawn(tmp_path):
    names = ("lm_score", "reverse_lm_score", "bleu_5", "self_bleu_5")
    points = [{"temperature": t, **dict.fromkeys(names, t)} for t in (0.5, 1.0)]
    text.draw_curves({"game": points, "real": points[:1]}, tmp_path / "new" / "curves.png")
    assert (tmp_path / "new" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_lead_of_texts_is_the_mean_at_equal_lm_score():
    def curve(*pairs):
        return [{"lm_score": one, "reverse_lm_score": other} for one, other in pairs]

    twin = curve((2.0, 6.0), (3.0, 5.0), (4.0, 4.5))
    assert text.lead(twin, twin) == 0
    game = curve((1.0, 0.0), (2.5, 5.3), (3.5, 4.85), (4.5, 0.0))
    assert text.lead(game, twin) == pytest.approx(((5.5 - 5.3) + (4.75 - 4.85)) / 2)
    assert math.isnan(text.lead(curve((1.0, 0.0)), twin))
    of_curves = text.curves.of_curves
    assert "lies 0.050 nats below (better) the twin's" in of_curves(game, twin)
    assert "above (worse)" in of_curves(curve((2.5, 5.6)), twin)
    assert "say nothing" in of_curves(curve((1.0, 0.0)), twin)
    assert "reverse LM score is the twin's" in of_curves(twin, twin)
