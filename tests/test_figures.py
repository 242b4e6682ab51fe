"""The pictures of the docs can be drawn again, and show what their captions say."""

import pathlib
import re

import numpy as np
import pytest
from PIL import Image

DOCS = pathlib.Path(__file__).resolve().parents[1] / "docs"
pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def figures(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))


def require_picture(path):
    with Image.open(path) as picture:
        assert min(picture.size) > 150
        assert len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) > 10


def test_the_best_discriminator_turns_the_value_into_a_divergence():
    from figures import formulas

    x = np.linspace(-12, 12, 4001)
    p, q = formulas.normal(x, 1.0), formulas.normal(x, -1.0, 0.7)
    best = np.clip(formulas.best_discriminator(p, q), 1e-12, 1 - 1e-12)
    value = np.trapezoid(p * np.log(best) + q * np.log(1 - best), x)
    np.testing.assert_allclose(
        value, -np.log(4) + 2 * formulas.jensen_shannon(p, q, x), rtol=0, atol=1e-6
    )
    apart = formulas.jensen_shannon(formulas.normal(x, -6, 0.3), formulas.normal(x, 6, 0.3), x)
    np.testing.assert_allclose(apart, np.log(2), rtol=0, atol=1e-6)


def test_the_dirac_gan_circles_in_turn_grows_at_once_and_rests_with_r1():
    from figures import orbit

    import gankit

    plain = orbit.play(300, loss="minimax")
    radius = np.hypot(plain[:, 0], plain[:, 1])
    assert np.abs(radius - 1).max() < 0.1
    assert (
        np.diff(np.sign(plain[:, 0])) != 0
    ).sum() >= 4  # it passes the solution, again and again
    at_once = np.hypot(*orbit.simultaneous(300).T)
    assert (np.diff(at_once) > 0).all()
    damped = orbit.play(300, loss="minimax", penalties=[gankit.penalties.R1(0.5)])
    assert np.hypot(*damped[-1, :2]) < 0.01


@pytest.mark.parametrize("name", ["draw_best_discriminator", "draw_saturation", "draw_starving"])
def test_formulas_are_drawn(name, tmp_path):
    from figures import formulas

    getattr(formulas, name)(tmp_path / "one.png")
    require_picture(tmp_path / "one.png")


def test_games_are_drawn(tmp_path):
    from figures import average, digits, game, memory, orbit

    orbit.draw(tmp_path / "orbit.png", steps=20)
    game.draw(tmp_path / "game.gif", tmp_path / "game.png", steps=40, every=10)
    average.draw(tmp_path / "average.png", steps=20)
    digits.draw(tmp_path / "digits.png", epochs=1)
    memory.draw(tmp_path / "memory.png", epochs=1)
    for path in tmp_path.iterdir():
        require_picture(path)
    with Image.open(tmp_path / "game.gif") as moving:
        assert moving.n_frames > 2


def test_failing_runs_are_drawn(tmp_path):
    from figures import failures

    run, mended = failures.draw("orbit", tmp_path / "orbit.png", steps=150)
    assert mended is not None
    assert run.steps == [50, 100, 150]
    assert {"d_accuracy", "val_modes"} <= set(run.logs[0])
    require_picture(tmp_path / "orbit.png")


def test_every_drawing_is_in_the_docs_and_small():
    from figures.__main__ import DRAWINGS

    text = "".join(page.read_text() for page in DOCS.glob("*.md"))
    for name in DRAWINGS:
        assert f"images/{name}.png" in text
        require_picture(DOCS / "images" / f"{name}.png")
    assert (DOCS / "images" / "game.gif").stat().st_size < 1_000_000


def test_every_picture_says_what_it_shows():
    for page in DOCS.glob("*.md"):
        for alt, path in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text()):
            assert len(alt) > 20, f"{page.name}: {path} has no alternative text to speak of"
