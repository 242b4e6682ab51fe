"""A run measured: its samples, its maximum-likelihood twin and real text, against held-out text."""

import numpy as np

from gankit.metrics import beside_controls
from gankit.text import features
from gankit.text.data import load
from gankit.text.diagnostics import collapse
from gankit.text.likelihood import nll
from gankit.text.metrics import Agreement, OfPrompt, metrics_for
from gankit.text.two_sample import TwoSampleTest

TEMPERATURES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
ON_THE_CURVE = ("lm_score", "reverse_lm_score", "bleu_5", "self_bleu_5")
BETTER = {
    "lm_score": -1,
    "reverse_lm_score": -1,
    "nll_test": -1,
    "bleu_5": 1,
    "self_bleu_5": -1,
    "distinct_2": 1,
    "frechet_distance": -1,
    "agreement": 1,
    "bleu_2_of_prompt": 1,
    "two_sample_accuracy": -1,
}
LIKE_REAL = ("self_bleu_5", "distinct_2")  # of these, what is nearest to real text's is best
VARIETY, COPIES = "too little variety", "copies of what it is measured with, or chance"
NOISE = "more variety than text has: noise"
SYMPTOMS = {  # of being better than real text's own
    "lm_score": VARIETY,
    "bleu_5": VARIETY,
    "agreement": VARIETY,
    "self_bleu_5": NOISE,
    "distinct_2": NOISE,
    "reverse_lm_score": COPIES,
    "frechet_distance": COPIES,
    "bleu_2_of_prompt": VARIETY,
}
MARGIN = 0.02  # of real text's own


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
        `metrics, controls, remarks` for a run's report.

    Example:

    ```python
    from gankit import runs, text

    run = runs.Run.open("runs/text-headlines-default-0")
    data, twin = text.load_data(run.config), run.kept("twin")
    encoder = text.Encoder(run.kept("encoder"), run.config["encoder"])
    metrics, controls, remarks = text.evaluate(run.load(), data, twin, encoder, n=50)
    ```
    """
    halves = Halves(data, n, gan.conditional)
    n, real, asked = halves.n, halves.real, halves.asked
    models = {"": gan.sampler, "maximum_likelihood/": twin}
    drawn = {name: gan.generate_with(model, n, asked, seed) for name, model in models.items()}
    contenders = {name: (samples, asked) for name, samples in drawn.items()}
    contenders["real_against_real/"] = (halves.others, halves.others_asked)
    metrics = [one for one in metrics_for(data, encoder) if _can_judge(one, asked)]
    ours, controls = beside_controls(metrics, real, contenders, seed)
    for name in ("bleu_2_of_prompt", "bleu_2_of_prompt_of_real", "two_sample_accuracy"):
        controls.pop(f"real_against_real/{name}", None)  # the others reply to other prompts
    for name, model in models.items():
        rows = likelihoods(model, real, drawn[name], asked, n)
        (controls if name else ours).update({f"{name}{key}": row for key, row in rows.items()})
    return ours, controls, remarks(ours, controls, drawn[""], real, data.preparation)


def _can_judge(metric, asked):
    """Whether a metric has the conditions that it takes; a two-sample test takes 2 prompts."""
    if isinstance(metric, TwoSampleTest):
        return asked is not None and len(np.unique(asked, axis=0)) > 1
    return asked is not None or not isinstance(metric, (Agreement, OfPrompt))


def likelihoods(model, real, samples, asked, n):
    """Rows of what a model thinks of real text, and of its own samples.

    `nll_test`, which others call NLL_gen, `perplexity`, its exponential, and `nll_div`, which is low
    where a model says few things.
    """
    of_real = nll(model, real, asked)
    about = f"nats per token, ends included: {n}"
    return {
        "nll_test": {"value": of_real, "n": n, "protocol": f"{about} held-out sequences"},
        "perplexity": {"value": float(np.exp(of_real)), "n": n, "protocol": "exp of nll_test"},
        "nll_div": {
            "value": nll(model, samples, asked),
            "n": n,
            "protocol": f"{about} samples under the model that drew them",
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
    return evaluate(run.load(), load_data(run.config), run.kept("twin"), encoder, n, seed)


def load_data(config):
    """The texts that a run's `config.json` names.

    Example:

    ```python
    from gankit import runs, text

    data = text.load_data(runs.Run.open("runs/text-headlines-default-0").config)
    ```
    """
    names = ("tokenizer", "vocabulary", "length", "columns", "running", "cut_long_lines")
    more = ("lower_case", "skip_bad_lines", "seed")
    return load(config["data"], **{name: config[name] for name in (*names, *more)})


def curve(gan, model, data, temperatures=TEMPERATURES, n=None, seed=1):
    """Quality against variety of a language model's samples, over temperatures.

    Caccia et al. (2018), https://arxiv.org/abs/1811.02549: one point of a curve says little, since any
    model can trade the one for the other.

    Args:
        gan: a `SequenceGAN`, which knows how to sample.
        model: the `LanguageModel` to sample from.
        data, n, seed: as in `evaluate`.
        temperatures: to sample at.

    Returns:
        A list of dicts with `temperature`, `lm_score`, `reverse_lm_score`, `bleu_5`, `self_bleu_5`.

    Example:

    ```python
    from gankit import runs, text

    run = runs.Run.open("runs/text-headlines-default-0")
    gan, data = run.load(), text.load_data(run.config)
    text.curve(gan, gan.sampler, data, temperatures=(0.8, 1.0), n=50)
    ```
    """
    halves = Halves(data, n, gan.conditional)
    metrics, points = metrics_for(data)[:3], []
    for temperature in temperatures:
        samples = gan.generate_with(model, halves.n, halves.asked, seed, temperature)
        point = {"temperature": temperature}
        for metric in metrics:
            metric.reset()
            metric.update(halves.real, samples)
            point |= metric.result()
        points.append({name: point[name] for name in ("temperature", *ON_THE_CURVE)})
    return points


def remarks(ours, controls, samples, real, tokenizer):
    """What an honest reader should be told about the numbers, in sentences."""
    sentences = []
    for name in filter(ours.get, BETTER):
        of_real = controls.get(f"real_against_real/{name}") or ours.get(f"{name}_of_real")
        values = (ours[name], controls[f"maximum_likelihood/{name}"], of_real or {})
        value, twin, of_real = (one.get("value") for one in values)
        if _behind(name, value, twin, of_real):
            sentences.append(f"The maximum-likelihood twin has the better {name}.")
        if name in SYMPTOMS and of_real is not None and _too_good(name, value, of_real):
            sentences.append(
                f"{name} is better than real text's own: a symptom ({SYMPTOMS[name]}), not a success."
            )
    found = collapse(samples, real, tokenizer)
    return sentences if found is None else [*sentences, found]


def _behind(name, value, twin, of_real):
    if name in LIKE_REAL:
        return abs(value - of_real) > abs(twin - of_real)
    return BETTER[name] * (value - twin) < 0


def _too_good(name, value, of_real):
    return BETTER[name] * (value - of_real) > MARGIN * abs(of_real)
