"""Quality against variety over temperatures: the curves of a game and its twin."""

import numpy as np

from gankit.files import figures
from gankit.text.evaluation import Halves
from gankit.text.metrics import LabelAccuracy, OfPrompt, metrics_for
from gankit.text.two_sample import TwoSampleTest

TEMPERATURES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
ON_THE_CURVE = ("lm_score", "reverse_lm_score", "bleu_5", "self_bleu_5")
BESIDE_IT = ("distinct_2", "copied", "label_accuracy")  # what a temperature is chosen by


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
        A list of dicts with `temperature`, `lm_score`, `reverse_lm_score`, `bleu_5`, `self_bleu_5`, and
        what a temperature is chosen by: `distinct_2`, `copied` and, where a category is asked for,
        `label_accuracy`.

    Example:

    ```python
    from gankit import runs, text

    run = runs.Run.open("runs/text-headlines-default-0")
    gan, data = run.load(), text.load_data(run.config, run.load_preparation())
    text.curve(gan, gan.sampler, data, temperatures=(0.8, 1.0), n=50)
    ```
    """
    halves = Halves(data, n, gan.conditional)
    left_out = (OfPrompt, TwoSampleTest) + ((LabelAccuracy,) if halves.asked is None else ())
    metrics = [one for one in metrics_for(data) if not isinstance(one, left_out)]
    points = []
    for temperature in temperatures:
        samples = gan.generate_with(model, halves.n, halves.asked, seed, temperature)
        point = {"temperature": temperature}
        for metric in metrics:
            metric.reset()
            metric.update(halves.real, samples, halves.asked)
            point |= metric.result()
        told = ("temperature", *ON_THE_CURVE, *BESIDE_IT)
        points.append({name: point[name] for name in told if name in point})
    return points


def protocol(data, n=None, seed=1):
    """What the points of `curve` are numbers of, in a sentence; arguments as there."""
    n = Halves(data, n).n
    return (
        f"each point {n} samples, drawn with seed {seed}, against the same {n} held-out sequences: BLEU with "
        f"{n} references, Self-BLEU with {n - 1}; LM scores of trigrams"
    )


def lead(points, twin):
    """How far a curve's reverse LM score lies below another's at equal LM score, in the mean.

    Args:
        points, twin: of `curve`; the twin's LM score grows with its temperature.

    Returns:
        In nats a token, over the `points` within the twin's sweep: positive where they are ahead; NaN
        where there are none.

    Example:

    ```python
    from gankit import text

    twin = [{"lm_score": 2.0, "reverse_lm_score": 6.0}, {"lm_score": 3.0, "reverse_lm_score": 5.0}]
    text.lead([{"lm_score": 2.5, "reverse_lm_score": 5.2}], twin)  # 5.5 - 5.2
    ```
    """
    branch = sorted((one["lm_score"], one["reverse_lm_score"]) for one in twin)
    at, of_twin = zip(*branch)
    ahead = [
        np.interp(one["lm_score"], at, of_twin) - one["reverse_lm_score"]
        for one in points
        if at[0] <= one["lm_score"] <= at[-1]
    ]
    return float(np.mean(ahead)) if ahead else float("nan")


def of_curves(points, twin):
    """What both curves say, in a sentence for the report's remarks."""
    ahead = lead(points, twin)
    if np.isnan(ahead):
        return (
            "The game's LM scores lie outside of the twin's sweep at every temperature: the curves say "
            "nothing about which is ahead."
        )
    if abs(ahead) < 0.0005:
        return "At equal LM score the game's reverse LM score is the twin's, in the mean over temperatures."
    way = "below (better)" if ahead > 0 else "above (worse)"
    return (
        f"At equal LM score the game's curve lies {abs(ahead):.3f} nats {way} the twin's in reverse LM "
        "score, in the mean over temperatures."
    )


def draw_curves(curves, path):
    """Draws quality against variety over temperatures, and writes the picture.

    Args:
        curves: `{name: points}` of `curve`; real text as one with a single point.
        path: a `.png` file to write.

    Example:

    ```python
    from gankit import text

    points = [{"temperature": t, "lm_score": 3 + t, "self_bleu_5": 0.5 - 0.1 * t} for t in (0.5, 1.0)]
    points = [{**one, "reverse_lm_score": 4.0, "bleu_5": 0.4} for one in points]
    text.draw_curves({"mine": points}, "curves.png")
    ```
    """
    figure = figures.figure(10, 4.5, dpi=120)
    axes = figure.subplots(1, 2)
    pairs = (
        ("lm_score", "reverse_lm_score", "LM score, nats", "reverse LM score, nats"),
        ("bleu_5", "self_bleu_5", "BLEU-5", "Self-BLEU-5"),
    )
    for axis, (x, y, of_x, of_y) in zip(axes, pairs):
        for name, points in curves.items():
            values = [[point[x] for point in points], [point[y] for point in points]]
            axis.plot(*values, marker="o" if len(points) > 1 else "*", label=name)
            if len(points) > 1:
                for point in (points[0], points[-1]):
                    axis.annotate(f"{point['temperature']:g}", (point[x], point[y]))
        axis.set_xlabel(of_x)
        axis.set_ylabel(of_y)
        axis.legend()
    figures.save(figure, path)
