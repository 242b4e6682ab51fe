"""Trains every game on one device and on two, and prints the largest difference of each: run by tests."""

import contextlib
import json
import sys

import numpy as np

from gankit import backend
from tests.devices import games
from tests.helpers import state


def main(strategy):
    many = backend.strategy(strategy)
    found = {}
    for name in games.GAMES:
        one, logs_one = games.train(name, contextlib.nullcontext())
        two, logs_two = games.train(name, many.scope())
        pairs = [
            *zip(state(one), state(two)),
            *((logs_one[key], logs_two[key]) for key in logs_one),
        ]
        condition = games.CONDITIONS.get(name, lambda: None)()
        pairs.append(tuple(gan.generate(5, condition, seed=0) for gan in (one, two)))
        found[name] = {
            "replicas": backend.replicas_of(two),
            "moved": moved(name, one),
            "gap": max(gap(a, b) for a, b in pairs),
        }
    print(json.dumps(found))


def gap(a, b):
    """The largest difference, beside values of about 1."""
    a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
    return float(np.max(np.abs(a - b) / np.maximum(1.0, np.abs(b)), initial=0.0))


def moved(name, gan):
    """How far training has moved the weights, so that equality means something."""
    trained = [np.asarray(v) for v in gan.trainable_variables]
    import keras

    keras.utils.set_random_seed(0)
    fresh = [np.asarray(v) for v in games.GAMES[name][0]().trainable_variables]
    return float(max(np.abs(a - b).max() for a, b in zip(trained, fresh)))


if __name__ == "__main__":
    main(sys.argv[1])
