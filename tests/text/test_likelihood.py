"""Maximum likelihood, on a table of bigrams that counts can solve."""

import keras
import numpy as np
import pytest

from gankit import files
from gankit.callbacks import Checkpoints, TrainingWarning
from gankit.callbacks.checkpoints import read
from gankit.divergence import DivergenceError
from gankit.text import likelihood
from gankit.text.ids import UNKNOWN
from tests.helpers import numpy
from tests.text.models import Bigrams, tokens, uniform


def dataset(samples, condition=None):
    return files.Dataset.from_arrays(samples, condition, batch_size=32, seed=0)


def test_it_finds_the_frequencies():
    """The likeliest table of bigrams is the table of their frequencies."""
    model, samples = Bigrams(), tokens(512)
    likelihood.train(model, dataset(samples), 80, rate=0.1)
    first = np.bincount(samples[:, 0], minlength=9) / len(samples)
    logits = numpy(model.table)[model.start] + model.never
    found = np.exp(logits - logits.max())
    np.testing.assert_allclose(found / found.sum(), first, atol=0.05)


def test_unknown_words_are_learned():
    """As often as they come in what is given, they are drawn; without them the rest is."""
    model, samples = Bigrams(), tokens(512)
    samples[:, 0] = np.where(np.arange(512) % 2, UNKNOWN, 5)
    likelihood.train(model, dataset(samples), 80, rate=0.1)
    first = np.exp(numpy(model.log_probability(np.int32([[UNKNOWN] * 5, [5] * 5])))[:, 0])
    np.testing.assert_allclose(first, 0.5, atol=0.05)
    drawn = numpy(model.sample(uniform(500)))
    np.testing.assert_allclose((drawn[:, 0] == UNKNOWN).mean(), 0.5, atol=0.1)
    drawn = numpy(model.sample(uniform(500), without=(UNKNOWN,)))
    assert (drawn != UNKNOWN).all()
    assert (drawn[:, 0] == 5).mean() > 0.9


def test_nll_by_hand():
    """Logits of 0: a uniform choice among the seven tokens that may come, at every temperature."""
    model = Bigrams()
    model.table.assign(0 * numpy(model.table))
    for temperature in (0.5, 1.0, 2.0):
        found = likelihood.nll(model, tokens(600), temperature=temperature)
        assert found == pytest.approx(np.log(7), rel=1e-5)


def test_divergence_is_no_likelihood():
    """And not a reason to put the first weights back."""
    with pytest.raises(DivergenceError, match="not a finite number in the loss"):
        likelihood.train(
            Bigrams(), dataset(tokens()), 20, rate=np.nan, every=10, held_out=tokens(16)
        )


class Poisoned:
    """Data before whose steps from the tenth on the weights are lost, so many times."""

    def __init__(self, model, times):
        self.model, self.times = model, times
        self.data = dataset(tokens(256))

    def stream(self, start):
        if start == 10 and self.times:
            self.times -= 1
            self.model.table.assign(np.nan * numpy(self.model.table))
        return self.data.stream(start)


def test_where_it_diverges_it_goes_back_and_on_more_gently(tmp_path):
    model = Bigrams()
    given = {
        "rate": 0.1,
        "every": 10,
        "held_out": tokens(64, seed=1),
        "directory": tmp_path / "kept",
    }
    with pytest.warns(TrainingWarning, match="Maximum likelihood diverged.*at half the rate"):
        found = likelihood.train(model, Poisoned(model, 2), 30, **given)
    assert len(found) == 3
    assert np.isfinite(numpy(model.table)).all()
    (newest,) = Checkpoints(tmp_path / "kept").files()[-1:]
    assert read(newest)[0]["retries"] == 2
    given["directory"] = tmp_path / "lost"
    with pytest.warns(TrainingWarning), pytest.raises(DivergenceError):
        likelihood.train(model, Poisoned(model, 4), 30, **given)


def test_it_goes_on_where_it_stopped(tmp_path, capsys):
    """With the same weights in the end, the same looks, and the best of both parts."""
    ends = []
    for parts in ((40,), (20, 40)):
        for steps in parts:
            keras.utils.set_random_seed(0)
            model = Bigrams()
            found = likelihood.train(
                model,
                dataset(tokens(256)),
                steps,
                rate=0.1,
                every=10,
                held_out=tokens(64, seed=1),
                directory=tmp_path / str(len(parts)),
            )
        ends.append((found, numpy(model.table)))
    assert len(ends[0][0]) == 4
    assert ends[0][0] == ends[1][0]
    np.testing.assert_array_equal(ends[0][1], ends[1][1])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[:4]] == [f"step {n}/40" for n in (10, 20, 30, 40)]
    assert f"{ends[0][0][0]:.3f} a held-out one" in lines[0]
    assert len(lines) == 8  # nothing is trained again


@pytest.mark.parametrize(
    ("found", "steps", "best", "early"),
    [([3.0, 2.0, 2.5, 2.6], 40, 20, True), ([3.0, 2.0, 1.0], 25, 25, False), ([2.0], 5, 5, False)],
)
def test_the_course_of_training(found, steps, best, early):
    """Looks each 10 steps and at the end; two worse ones than the best end it."""
    assert likelihood.course(found, steps, every=10, patience=2) == {
        "steps": steps,
        "best_step": best,
        "nats": min(found),
        "stopped_early": early,
    }


def test_the_best_weights_of_held_out_text_are_kept():
    """On text that contradicts what is trained on, the first look is the best one."""
    model, samples = Bigrams(), np.full((64, 5), 4, "int32")
    held_out = np.full((16, 5), 5, "int32")
    found = likelihood.train(
        model, dataset(samples), 40, rate=0.1, every=2, held_out=held_out, patience=3
    )
    assert np.argmin(found) == 0
    assert len(found) == 4  # three looks without a better one end it
    assert likelihood.nll(model, held_out) == pytest.approx(found[0], rel=1e-5)
