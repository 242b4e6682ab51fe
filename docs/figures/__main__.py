"""Draws the pictures of the docs again, all of them or those that are named.

cd docs && python -m figures [NAME ...]
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from figures import average, digits, failures, formulas, game, memory, orbit, thumbnails

IMAGES = pathlib.Path(__file__).resolve().parents[1] / "images"


def failing(name):
    """How a failing run is drawn: what its diagnostics said is printed."""

    def draw(path):
        run, mended = failures.draw(name, path)
        for one in filter(None, (run, mended)):
            print(f"  {one.logs[-1]}")
            print("\n".join(f"  {sentence}" for sentence in one.warnings))

    return draw


def cut(name):
    """How a small picture of the home page is cut out of a larger one."""
    return lambda path: thumbnails.draw(name, path)


DRAWINGS = {
    "best-discriminator": formulas.draw_best_discriminator,
    "saturation": formulas.draw_saturation,
    "starving": formulas.draw_starving,
    "dirac-gan": orbit.draw,
    "game": lambda path: game.draw(path.with_suffix(".gif"), path),
    "average": lambda path: print(" ", average.draw(path)),
    "digits": digits.draw,
    "memory": lambda path: print(" ", memory.draw(path)),
    **{f"home-{name}": cut(name) for name in thumbnails.CUTS},
    **{f"failing-{name}": failing(name) for name in ("healthy", *failures.FAILURES)},
}


def main(names):
    unknown = [name for name in names if name not in DRAWINGS]
    if unknown:
        sys.exit(f"Unknown figure. Known: {', '.join(DRAWINGS)}. Received: {', '.join(unknown)}")
    for name in names or DRAWINGS:
        path = IMAGES / f"{name}.png"
        print(path, flush=True)
        DRAWINGS[name](path)


if __name__ == "__main__":
    main(sys.argv[1:])
