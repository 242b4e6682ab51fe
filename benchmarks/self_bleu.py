"""Self-BLEU: every n-gram counted once for all samples, against nltk's BLEU of each with all others.

python benchmarks/self_bleu.py --json self-bleu.json
"""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import table
from gankit.text.bleu import SMOOTHING, self_bleu

WORDS, LENGTH, N = 5000, 20, 5  # of the vocabulary, of a sample, and the highest order


def samples_of(n, seed=0):
    """Samples whose words are as uneven as words are: Zipf's law."""
    shares = 1 / np.arange(1, WORDS + 1)
    rng = np.random.default_rng(seed)
    return list(rng.choice(WORDS, size=(n, LENGTH), p=shares / shares.sum()))


def by_nltk(samples):
    """As Texygen has it: a sample is the hypothesis, all others are its references."""
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    samples = [sample.tolist() for sample in samples]
    weights = [(1 / n,) * n for n in range(1, N + 1)]
    smoothing = SmoothingFunction(SMOOTHING).method1
    scores = [
        sentence_bleu(samples[:i] + samples[i + 1 :], sample, weights, smoothing)
        for i, sample in enumerate(samples)
    ]
    return np.mean(scores, axis=0)


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    n, rounds = (30, 2) if options.quick else (200, options.rounds)
    samples = samples_of(n)
    contenders = {
        "ours": lambda: self_bleu(samples, N),
        "again": lambda: self_bleu(samples, N),
        "nltk": lambda: by_nltk(samples),
    }
    seconds, found = {name: [] for name in contenders}, {}
    for i in range(rounds + 1):  # the first imports
        for name, function in contenders.items():
            began = time.perf_counter()
            found[name] = function()
            if i:
                seconds[name].append(time.perf_counter() - began)
    ours, again, nltk = (np.array(seconds[name]) for name in contenders)
    protocol = (
        f"Self-BLEU-{N} of {n} samples of {LENGTH} words, {os.cpu_count()} cores, {rounds} rounds in "
        "turn"
    )
    difference = np.abs(found["ours"] - found["nltk"]).max()
    rows = [
        table.row("seconds", ours, "s", rounds, [0], protocol),
        table.row("nltk over ours", nltk / ours, "times", rounds, [0], protocol),
        table.row("noise", again / ours, "times", rounds, [0], protocol),
        table.row("largest difference", [difference], "BLEU", 1, [0], protocol),
    ]
    table.show(rows)
    table.save(rows, options.json)


if __name__ == "__main__":
    main()
