"""Judges of every place: means over the places that count."""

from keras import ops

from gankit import backend


def masked_mean(values, counts):
    """The mean of values over the places that count.

    Each replica divides by the mean count of all, so that the mean over replicas is the batch's.
    """
    return ops.sum(values * counts) / ops.maximum(backend.all_mean(ops.sum(counts)), 1.0)


def counts_of(logits, counts):
    """1.0 for each logit that counts: of a judge of whole sequences all, of every place as `counts`."""
    return counts if logits.shape[1:] == counts.shape[1:] else ops.ones_like(logits)


def whole(values, counts):
    """One value a sequence, (batch,): the mean of a judge's values of it that count."""
    rows = ops.shape(counts)[0]
    values, counts = (ops.reshape(one, (rows, -1)) for one in (values, counts_of(values, counts)))
    return ops.sum(values * counts, axis=1) / ops.maximum(ops.sum(counts, axis=1), 1.0)


def discriminator_loss(loss, real, fake, of_real, of_fake):
    """A discriminator's loss, its means being over the logits that count.

    Real and fake ones are averaged apart, so that both weigh the same however long the sequences are;
    a relativistic loss is of pairs of places, both of which count (the means within the formula of
    `RelativisticAverage` are over all places).

    Args:
        loss: a `gankit.losses.AdversarialLoss`.
        real, fake: logits of the same shape.
        of_real, of_fake: 1.0 where they count, and 0.0 where not.

    Returns:
        A scalar.
    """
    formula = type(loss).discriminator_formula
    if loss.generator_sees_real:
        return masked_mean(formula(real, fake), of_real * of_fake)
    nothing = ops.zeros_like(real)  # f(real) + g(fake) of a formula in both
    of_both = masked_mean(formula(real, nothing), of_real)
    return of_both + masked_mean(formula(nothing, fake) - formula(nothing, nothing), of_fake)
