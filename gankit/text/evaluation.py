"""A run measured: its samples, its maximum-likelihood twin and real text, against held-out text."""

import numpy as np

from gankit.metrics import beside_controls
from gankit.text import features, jackknife
from gankit.text.data import load
from gankit.text.diagnostics import collapse
from gankit.text.ids import UNKNOWN
from gankit.text.likelihood import Likelihood
from gankit.text.metrics import LabelAccuracy, OfPrompt, metrics_for
from gankit.text.sequences import unknown_share, unpad
from gankit.text.two_sample import TwoSampleTest

BETTER = {
    "lm_score": -1,
    "reverse_lm_score": -1,
    "nll_test": -1,
    "bleu_5": 1,
    "self_bleu_5": -1,
    "distinct_2": 1,
    "copied": -1,
    "frechet_distance": -1,
    "label_accuracy": 1,
    "bleu_2_of_prompt": 1,
    "two_sample_accuracy": -1,
}
# Of these, what is nearest to real text's is best, or to a number.
LIKE_REAL = ("self_bleu_5", "distinct_2", "copied")
CHANCE = {"two_sample_accuracy": 0.5}
LOW, HIGH = -1, 1
SYMPTOMS = {  # of being better than real text's own: scores, and where that is
    "too little variety": {
        "lm_score": LOW,
        **{f"bleu_{n}": HIGH for n in (2, 3, 4, 5)},
        "label_accuracy": HIGH,
        "bleu_2_of_prompt": HIGH,
    },
    "more variety than text has: noise": {
        **{f"self_bleu_{n}": LOW for n in (2, 3, 4, 5)},
        **{f"distinct_{n}": HIGH for n in (1, 2, 3)},
    },
    "copies of what it is measured with, or chance": {
        "reverse_lm_score": LOW,
        "frechet_distance": LOW,
    },
}
OFTEN = 0.02  # unknown of real tokens: from there on, being better than real text is no symptom
MARGIN = 0.02  # of real text's own
ERRORS = 2  # standard errors that a remark lies beyond


class Halves:
    """The held-out text in two halves: one to compare with, one that stands for a perfect generator.

    Args:
        data: `Texts`.
        n: rows of each; half of what is held out, at most and by default.
        conditional: whether categories or prompts are asked for.
    """

    def __init__(self, data, n=None, conditional=True):
        half = len(data.validation) // 2
        self.n = n = min(n or half, half)
        conditions = data.validation_conditions if conditional else None
        self.real, self.others = data.validation[:n], data.validation[half : half + n]
        self.asked = None if conditions is None else conditions[:n]
        self.others_asked = None if conditions is None else conditions[half : half + n]

    def conditions(self, rows):
        """What is asked for in these rows of either half, or None and None."""
        both = (self.asked, self.others_asked)
        return both if self.asked is None else tuple(one[rows] for one in both)


def evaluate(gan, data, twin, encoder, n=None, seed=1):
    """Measures a trained game, its maximum-likelihood twin, and real text, against held-out text.

    Args:
        gan: a `SequenceGAN`.
        data: `Texts`.
        twin: a `LanguageModel` trained by maximum likelihood.
        encoder: an `Encoder`.
        n: how many; half of what is held out, at most and by default.
        seed: of the latents.

    Returns:
        `metrics, controls, remarks` for a run's report. From 20 samples on rows have a
        `"standard_error"` (`jackknife`), and remarks name differences of two of them and more.

    Example:

    ```python
    from gankit import runs, text

    run = runs.Run.open("runs/text-headlines-default-0")
    data = text.load_data(run.config, run.load_preparation())
    twin = run.kept("twin")
    encoder = text.Encoder(run.kept("encoder"), run.config["encoder"])
    metrics, controls, remarks = text.evaluate(run.load(), data, twin, encoder, n=50)
    ```
    """
    halves = Halves(data, n, gan.conditional)
    models = {"": gan.sampler, "maximum_likelihood/": twin}
    drawn = {
        name: gan.generate_with(model, halves.n, halves.asked, seed)
        for name, model in models.items()
    }
    metrics = metrics_for(data, encoder)
    judges = {  # each compiled once: of a model as it is, and as it is sampled
        name: (Likelihood(model), Likelihood(model, without=(model.unknown,)))
        for name, model in models.items()
    }

    def measured(rows):
        return _measured(metrics, halves, judges, drawn, rows, seed)

    ours, controls = measured(np.arange(halves.n))
    parts = [
        {name: row["value"] for table in measured(rows) for name, row in table.items()}
        for rows in jackknife.remainders(halves.n)
    ]
    for table in (ours, controls):
        for name, row in table.items():
            error = jackknife.standard_error([part[name] for part in parts if name in part])
            if np.isfinite(error):
                row["standard_error"] = error
    controls |= _between_real_replies(data, ours, seed)
    told = remarks(ours, controls, parts, drawn[""], halves.real, data.preparation)
    return ours, controls, [*told, *few(ours, halves.n)]


def _measured(metrics, halves, judges, drawn, rows, seed):
    """Both tables, of these rows alone."""
    real, (asked, others_asked) = halves.real[rows], halves.conditions(rows)
    contenders = {name: (samples[rows], asked) for name, samples in drawn.items()}
    contenders["real_against_real/"] = (halves.others[rows], others_asked)
    metrics = [one for one in metrics if _can_judge(one, real, asked)]
    tests = [one for one in metrics if isinstance(one, TwoSampleTest)]
    of_prompts = [one for one in metrics if isinstance(one, OfPrompt)]
    of_all = [one for one in metrics if one not in (*tests, *of_prompts)]
    ours, controls = beside_controls(of_all, real, contenders, seed)
    contenders.pop("real_against_real/")  # the others reply to other prompts
    known = ~_has_unknown(real)
    both_known = {
        name: (samples[known], None if told is None else told[known])
        for name, (samples, told) in contenders.items()
    }
    for more, more_controls in (
        beside_controls(of_prompts, real, contenders, seed),
        beside_controls(tests, real[known], both_known, seed),
    ):
        ours, controls = ours | more, controls | more_controls
    for name, both in judges.items():
        found = likelihoods(*both, real, drawn[name][rows], asked, len(rows))
        (controls if name else ours).update({f"{name}{key}": row for key, row in found.items()})
    return ours, controls


def _can_judge(metric, real, asked):
    """Whether a metric has the conditions that it takes; a two-sample test takes 2 prompts, with
    replies of which all is known."""
    if isinstance(metric, TwoSampleTest):
        if asked is None:
            return False
        return len(np.unique(asked[~_has_unknown(real)], axis=0)) > 1
    return asked is not None or not isinstance(metric, (LabelAccuracy, OfPrompt))


def _has_unknown(tokens):
    """Which rows hold an unknown token, as no sample does."""
    return (tokens == UNKNOWN).any(axis=1)


def _between_real_replies(data, ours, seed):
    """What real replies get in the place of samples, where prompts have several of them."""
    rows = {}
    if "bleu_2_of_prompt_of_real" in ours:
        rows["real_against_real/bleu_2_of_prompt"] = ours["bleu_2_of_prompt_of_real"]
    if "two_sample_accuracy" not in ours:
        return rows
    one, other = pairs_of_replies(data.validation_prompts)
    real, asked = data.validation, data.validation_prompts
    known = ~(_has_unknown(real[one]) | _has_unknown(real[other]))
    one, other = one[known], other[known]
    if len(np.unique(asked[one], axis=0)) > 1:
        contenders = {"real_against_real/": (real[other], asked[one])}
        rows |= beside_controls([TwoSampleTest()], real[one], contenders, seed)[1]
    return rows


def pairs_of_replies(prompts):
    """Rows that reply to the same prompt, two by two, each in one pair at most: two (m,) arrays."""
    waiting, pairs = {}, []
    for i, prompt in enumerate(map(tuple, prompts.tolist())):
        if prompt in waiting:
            pairs.append((waiting.pop(prompt), i))
        else:
            waiting[prompt] = i
    return tuple(np.array(pairs, int).reshape(-1, 2).T)


def likelihoods(judge, judge_drawn, real, samples, asked, n):
    """Rows of what a model thinks of real text, and of its own samples.

    `nll_test`, which others call NLL_gen, `perplexity`, its exponential, and `nll_div`, which is low
    where a model says few things.

    Args:
        judge, judge_drawn: `Likelihood` of the model as it is, and of what its samples are drawn from.
        real, samples: tokens.
        asked: the condition of both, or None.
        n: rows of each.
    """
    of_real = judge.mean(real, asked)
    about = f"nats per token, ends included: {n}"
    unknown = unknown_share(unpad(real))
    return {
        "nll_test": {
            "value": of_real,
            "n": n,
            "protocol": f"{about} held-out sequences, {unknown:.2%} of whose tokens are unknown, under "
            "the model's whole distribution, with its unknown token",
        },
        "perplexity": {"value": float(np.exp(of_real)), "n": n, "protocol": "exp of nll_test"},
        "nll_div": {
            "value": judge_drawn.mean(samples, asked),
            "n": n,
            "protocol": f"{about} samples under the distribution that drew them, the model's without the "
            "unknown token",
        },
    }


def evaluate_run(run, n=None, seed=1):
    """`evaluate` for a run's model on the run's data, with the twin and the encoder kept in the run.

    Example:

    ```python
    from gankit import runs, text

    run = runs.Run.open("runs/text-headlines-default-0")
    metrics, controls, remarks = text.evaluate_run(run, n=50)
    ```
    """
    encoder = features.Encoder(run.kept("encoder"), run.config["encoder"])
    data = load_data(run.config, run.load_preparation())
    return evaluate(run.load(), data, run.kept("twin"), encoder, n, seed)


def load_data(config, tokenizer=None):
    """The texts that a run's `config.json` names.

    Args:
        config: a run's, or a recipe's options as a dict.
        tokenizer: the run's preparation; by default one that learns from the texts, which gives the same
            tokens as long as they are the same texts.

    Raises:
        ValueError: as `load`; or the texts are not those that the run was trained on.

    Example:

    ```python
    from gankit import runs, text

    run = runs.Run.open("runs/text-headlines-default-0")
    data = text.load_data(run.config, run.load_preparation())
    ```
    """
    names = ("tokenizer", "vocabulary", "length", "columns", "running", "cut_long_lines")
    more = ("lower_case", "skip_bad_lines", "seed")
    options = {name: config[name] for name in (*names, *more)}
    if tokenizer is not None:
        options["tokenizer"] = tokenizer
    data = load(config["data"], **options)
    if config.get("checksum") not in (None, data.checksum):
        raise ValueError(
            f"{config['data']} is not what this run was trained on: it has changed since. Put it back, or "
            "begin another run with another --out."
        )
    return data


def remarks(ours, controls, parts, samples, real, tokenizer):
    """What an honest reader should be told about the numbers, in sentences.

    Args:
        ours, controls: rows of a report.
        parts: the values of all rows, by name, without each part of the samples, as `jackknife` has them.
        samples, real: tokens.
        tokenizer: of both.
    """
    values = {name: row["value"] for name, row in {**ours, **controls}.items()}
    sentences = []
    for name in filter(ours.get, BETTER):
        triples = [three for one in (values, *parts) if (three := _three(name, one))]
        if _beyond_chance([_behind(name, *three) for three in triples]):
            sentences.append(f"The maximum-likelihood twin has the better {name}.")
        known = [(value, of_real) for value, _, of_real in triples if of_real is not None]
        if name == "copied" and _beyond_chance([_above(*both) for both in known]):
            sentences.append(
                "More of the samples are copied from the training set, word for word, than of real text."
            )
    sentences += too_good(values, parts, unknown_share(unpad(real)))
    found = collapse(samples, real, tokenizer)
    return sentences if found is None else [*sentences, found]


def too_good(values, parts, unknown):
    """Sentences about scores that are better than real text's own.

    Args:
        values, parts: as in `remarks`, the values of all rows by name.
        unknown: the share of real tokens that are unknown, as none of the samples' are.
    """
    found = {}
    for symptom, scores in SYMPTOMS.items():
        for name, way in scores.items():
            pairs = [(one.get(name), _of_real(name, one)) for one in (values, *parts)]
            above = [_above(way * a, way * b) for a, b in pairs if None not in (a, b)]
            if _beyond_chance(above):
                found.setdefault(symptom, []).append(name)
    if found and unknown > OFTEN:
        names = ", ".join(name for names in found.values() for name in names)
        return [
            f"{unknown:.0%} of held-out tokens are unknown and no sample's, so that numbers beside real "
            f"text's say little. Better than its own: {names}. Try --tokenizer bpe, or a larger "
            "--vocabulary."
        ]
    return [
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} better than real text's own: a symptom "
        f"({symptom}), not a success."
        for symptom, names in found.items()
    ]


def few(ours, n):
    """A remark where the two-sample test was left with fewer than half of `n` pairs."""
    used = ours.get("two_sample_accuracy", {"n": n})["n"]
    if 2 * used >= n:
        return []
    return [
        f"two_sample_accuracy is of {used} of {n} replies: the real ones to the other prompts have "
        "unknown words, and samples have none. Try a larger --vocabulary, --lower-case or --tokenizer "
        "bpe."
    ]


def _three(name, values):
    """Our value, the twin's, and real text's or None; or None where it was not measured."""
    if name not in values:
        return None
    return values[name], values[f"maximum_likelihood/{name}"], _of_real(name, values)


def _of_real(name, values):
    """Real text's own value, or None."""
    return values.get(f"real_against_real/{name}", values.get(f"{name}_of_real"))


def _beyond_chance(found):
    """Whether a number is positive by more than noise; behind it those without each part."""
    return bool(found) and found[0] > ERRORS * jackknife.standard_error(found[1:])


def _behind(name, value, twin, of_real):
    """How much better the twin's value is."""
    aim = of_real if name in LIKE_REAL else CHANCE.get(name)
    if aim is not None:
        return abs(value - aim) - abs(twin - aim)
    return BETTER[name] * (twin - value)


def _above(value, of_real):
    """How far ours is above real text's own, beyond a margin."""
    return value - of_real - MARGIN * abs(of_real)
