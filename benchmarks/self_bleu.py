"""Self-BLEU: every n-gram counted once for all samples, against nltk's BLEU of each with all others.

    python benchmarks/self_bleu.py --json self-bleu.json
    python benchmarks/self_bleu.py --data captions.txt --json self-bleu.json

Orders 1 to 5 of `--n` built-in headlines, or of a file's lines, at once, on one core. nltk's time grows with the square of
their number: it is timed beside ours on the first `--sample` of them alone, and a few sentences are also
scored against all others. Every score must be the same.
"""

import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import table
from gankit.text.bleu import SMOOTHING, self_bleu, sentence_self_bleu
from gankit.text.corpora import draw_headlines

ORDER = 5  # the highest
FEW = 3  # sentences that nltk scores against all others


def sentences(n, path=None):
    """Different headlines, or a file's first lines, as arrays of numbers, one for each word."""
    if path is None:
        rows = [headline.split() for _, headline in draw_headlines(n=n)]
    else:
        rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()[:n]]
    numbers = {
        word: i for i, word in enumerate(dict.fromkeys(word for row in rows for word in row))
    }
    return [np.array([numbers[word] for word in row]) for row in rows]


def by_nltk(samples, n=None):
    """Scores of the first `n` samples, or of all, (n, orders).

    As Texygen has it: a sample is the hypothesis, all others are its references.
    """
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    samples = [sample.tolist() for sample in samples]
    weights = [(1 / k,) * k for k in range(1, ORDER + 1)]
    smoothing = SmoothingFunction(SMOOTHING).method1
    return np.array(
        [
            sentence_bleu(samples[:i] + samples[i + 1 :], sample, weights, smoothing)
            for i, sample in enumerate(samples[:n])
        ]
    )


def seconds_of(contenders, rounds):
    """Seconds of every contender in every round, in turn, and what each found at last."""
    seconds, found = {name: [] for name in contenders}, {}
    for i in range(rounds + 1):  # the first imports
        for name, function in contenders.items():
            began = time.perf_counter()
            found[name] = function()
            if i:
                seconds[name].append(time.perf_counter() - began)
    return {name: np.array(values) for name, values in seconds.items()}, found


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--data", type=pathlib.Path, help="a text file; by default headlines")
    parser.add_argument("--n", type=int, default=9_999, help="sentences")
    parser.add_argument("--sample", type=int, default=200, help="of them nltk is timed on")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    n, sample, rounds = options.n, options.sample, options.rounds
    if options.quick:
        n, sample, rounds = 200, 30, 2
    if not FEW <= sample <= n:
        parser.error(f"--sample must be in [{FEW}, {n}], at most --n. Received: {sample}")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    every = sentences(n, options.data)
    n = len(every)
    some = every[:sample]
    whole, values = seconds_of({"ours": lambda: self_bleu(every, ORDER)}, rounds)
    seconds, found = seconds_of(
        {
            "ours": lambda: sentence_self_bleu(some, ORDER),
            "again": lambda: sentence_self_bleu(some, ORDER),
            "nltk": lambda: by_nltk(some),
        },
        rounds,
    )
    began = time.perf_counter()
    against_all = by_nltk(every, FEW)
    of_one = (time.perf_counter() - began) / FEW
    difference = max(
        np.abs(found["ours"] - found["nltk"]).max(),
        np.abs(sentence_self_bleu(every, ORDER)[:FEW] - against_all).max(),
    )
    ours, again, nltk = (seconds[name] for name in ("ours", "again", "nltk"))
    what = "built-in headlines" if options.data is None else f"the lines of {options.data.name}"
    about = f"Self-BLEU-1 to Self-BLEU-{ORDER} of {what}, one core, {rounds} rounds"
    of_some = f"{about}, {sample} of them, in turn"
    by_few = f"{about}, {FEW} of {n}, each against all others"
    rows = [
        table.row("seconds", whole["ours"], "s", n, [0], f"{about}, {n} of them"),
        *(
            table.row(f"self_bleu_{k}", [values["ours"][k - 1]], "BLEU", n, [0], f"{n} of {what}")
            for k in range(2, ORDER + 1)
        ),
        table.row("nltk over ours", nltk / ours, "times", rounds, [0], of_some),
        table.row("noise", again / ours, "times", rounds, [0], of_some),
        table.row("nltk, a sentence against all", [of_one], "s", FEW, [0], by_few),
        table.row("largest difference", [difference], "BLEU", 1, [0], f"{of_some}; and {by_few}"),
    ]
    table.show(rows)
    table.save(rows, options.json)
    if difference > 1e-12:
        sys.exit(f"Scores differ from nltk's by up to {difference:.3g}; at most 1e-12 is rounding.")


if __name__ == "__main__":
    main()
