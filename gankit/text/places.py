"""Discriminators that give a logit for every token: means over the tokens that count."""

from keras import ops

from gankit import backend


def masked_mean(values, counts):
    """The mean of values over those that count.

    Each replica divides by the mean count of all, so that the mean over replicas is the batch's.
    """
    return ops.sum(values * counts) / ops.maximum(backend.all_mean(ops.sum(counts)), 1.0)


def counts_of(logits, counts):
    """1.0 for each logit that counts, and 0.0 for the others, in the logits' shape.

    Args:
        logits: one for every token, (batch, length), or some of the whole sequence, (batch, ...), all
            of which count.
        counts: (batch, length), 1.0 where a token counts, and 0.0 where there is padding.
    """
    return counts if logits.shape[1:] == counts.shape[1:] else ops.ones_like(logits)


def whole(values, counts):
    """The mean of each sequence's values over those that count: (batch,).

    Args:
        values: (batch, ...), as the logits of `counts_of`.
        counts: (batch, length), as there.
    """
    rows = ops.shape(counts)[0]
    values, counts = (ops.reshape(one, (rows, -1)) for one in (values, counts_of(values, counts)))
    return ops.sum(values * counts, axis=1) / ops.maximum(ops.sum(counts, axis=1), 1.0)


def discriminator_loss(loss, real, fake):
    """A discriminator's loss, averaged over the logits that count.

    Real and fake logits are averaged separately, so that both have the same weight however long the
    sequences are. A relativistic loss is averaged over the pairs in which both logits count. (The means
    within the formula of `RelativisticAverage` are over all logits.)

    Args:
        loss: a `gankit.losses.AdversarialLoss`.
        real, fake: a discriminator's outputs: dicts of `"logits"` and, in the same shape, `"counts"`,
            1.0 for each logit that counts and 0.0 for the others.

    Returns:
        A scalar.
    """
    formula = type(loss).discriminator_formula
    of_real, of_fake = real["counts"], fake["counts"]
    real, fake = real["logits"], fake["logits"]
    if loss.relativistic:
        return masked_mean(formula(real, fake), of_real * of_fake)
    nothing = ops.zeros_like(real)  # the formula is f(real) + g(fake)
    of_both = masked_mean(formula(real, nothing), of_real)
    return of_both + masked_mean(formula(nothing, fake) - formula(nothing, nothing), of_fake)
