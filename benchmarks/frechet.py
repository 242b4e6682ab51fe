"""The Frechet distance at 2,048 dimensions: a symmetric eigenproblem against SciPy's `sqrtm`.

python benchmarks/frechet.py --json frechet.json
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np
import scipy
import scipy.linalg

from benchmarks import table
from gankit.metrics import frechet_distance


def by_square_root(mean1, covariance1, mean2, covariance2):
    """As it is usually written: the matrix square root of the product."""
    root = scipy.linalg.sqrtm(covariance1 @ covariance2)
    gap = np.square(mean1 - mean2).sum()
    return float(gap + np.trace(covariance1) + np.trace(covariance2) - 2 * np.trace(root).real)


def gaussian(n, d, seed):
    """Mean and covariance of features whose variances fall off, as Inception's do."""
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((d, d)) / np.sqrt(d)
    features = rng.standard_normal((n, d)) * np.logspace(0, -2, d) @ mixing + 0.1 * rng.random(d)
    return features.mean(axis=0), np.cov(features, rowvar=False)


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    d, rounds = (128, 2) if options.quick else (2048, options.rounds)
    rows = []
    for name, n in (("regular", 5 * d), ("singular", d // 2)):
        arguments = (*gaussian(n, d, 0), *gaussian(n, d, 1))
        ours, again, theirs = [], [], []
        contenders = (
            (frechet_distance, ours),
            (frechet_distance, again),
            (by_square_root, theirs),
        )
        for _ in range(rounds):
            values = []
            for function, seconds in contenders:
                began = time.perf_counter()
                values.append(function(*arguments))
                seconds.append(time.perf_counter() - began)
        protocol = (
            f"{d} dimensions, {n} samples, SciPy {scipy.__version__}, {rounds} rounds in turn"
        )
        ratios = np.array(theirs) / np.array(ours)
        rows += [
            table.row(f"{name}/seconds", ours, "s", rounds, [0], protocol),
            table.row(f"{name}/sqrtm over ours", ratios, "times", rounds, [0], protocol),
            table.row(
                f"{name}/noise", np.array(again) / np.array(ours), "times", rounds, [0], protocol
            ),
            table.row(
                f"{name}/relative difference",
                [abs(values[0] - values[2]) / values[2]],
                "share",
                1,
                [0],
                protocol,
            ),
        ]
    table.show(rows)
    table.save(rows, options.json)


if __name__ == "__main__":
    main()
