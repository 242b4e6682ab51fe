"""Maximum likelihood, on a table of bigrams that counts can solve."""

import numpy as np
import pytest

from gankit import files
from gankit.divergence import DivergenceError
from gankit.text import likelihood
from tests.helpers import numpy
from tests.text.models import Bigrams, tokens


def dataset(samples, condition=None):
    return files.Dataset.from_arrays(samples, condition, batch_size=32, seed=0)


def test_it_finds_the_frequencies():
    """The likeliest table of bigrams is the table of their frequencies."""
    model, samples = Bigrams(), tokens(512)
    likelihood.train(model, dataset(samples), 80, rate=0.1)
    first = np.bincount(samples[:, 0], minlength=9) / len(samples)
    logits = numpy(model.table)[model.start] + numpy(model.never)
    found = np.exp(logits - logits.max())
    np.testing.assert_allclose(found / found.sum(), first, atol=0.05)


def test_nll_by_hand():
    """Logits of 0: a uniform choice among the seven tokens that may come, at every temperature."""
    model = Bigrams()
    model.table.assign(0 * numpy(model.table))
    for temperature in (0.5, 1.0, 2.0):
        found = likelihood.nll(model, tokens(600), temperature=temperature)
        assert found == pytest.approx(np.log(7), rel=1e-5)


def test_divergence_is_no_likelihood():
    """And not a reason to put the first weights back."""
    with pytest.raises(DivergenceError, match="the held-out likelihood"):
        likelihood.train(
            Bigrams(), dataset(tokens()), 20, rate=np.nan, every=10, held_out=tokens(16)
        )


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
