"""Tokens drawn from logits by inverse transform sampling: a function of the logits and one number."""

from keras import ops


def choose(logits, uniform, temperature=1.0, top_k=None, top_p=None):
    """Draws one token for each row: the inverse of the cumulative distribution at a uniform number.

    First a block of tokens is found, and then a token within it: so the cumulative sums run over two
    short axes instead of a large vocabulary, and the logits are passed over once.

    Args:
        logits: (batch, vocabulary).
        uniform: (batch,) numbers in [0, 1).
        temperature: a positive number, or (batch, 1) of them; below 1 likely tokens get likelier.
        top_k: keep only so many tokens, the likeliest, and those that are as likely as the last of
            them; None for all.
        top_p: keep only the likeliest tokens that together have this probability (Holtzman et al.
            (2020), https://arxiv.org/abs/1904.09751, section 3.1); None for all.

    Returns:
        (batch,) int32.
    """
    logits = ops.convert_to_tensor(logits) / temperature
    uniform = ops.convert_to_tensor(uniform)
    if top_k is not None or top_p is not None:
        logits = keep_likeliest(logits, top_k, top_p)
    vocabulary = logits.shape[-1]
    size = _block_size(vocabulary)
    blocks = -(-vocabulary // size)
    weights = ops.exp(logits - ops.max(logits, axis=-1, keepdims=True))
    if blocks * size > vocabulary:
        weights = ops.pad(weights, [[0, 0], [0, blocks * size - vocabulary]])
    weights = ops.reshape(weights, (-1, blocks, size))
    sums = ops.cumsum(ops.sum(weights, axis=-1), axis=-1)
    wanted = uniform[:, None] * sums[:, -1:]
    block = _count(sums <= wanted, blocks - 1)
    before = ops.where(block > 0, ops.take_along_axis(sums, ops.maximum(block - 1, 0), axis=1), 0.0)
    inside = ops.take_along_axis(weights, block[:, :, None], axis=1)[:, 0]
    within = _count(ops.cumsum(inside, axis=-1) <= wanted - before, size - 1)
    return ops.minimum(block * size + within, vocabulary - 1)[:, 0]


def _block_size(vocabulary):
    """About the vocabulary's root; a divisor, if there is one near, which saves a copy."""
    root = max(int(vocabulary**0.5), 1)
    return next((size for size in range(root, root // 2, -1) if vocabulary % size == 0), root)


def _count(flags, most):
    """How many are true in each row, at most `most`: (batch, 1)."""
    return ops.minimum(ops.sum(ops.cast(flags, "int32"), axis=-1, keepdims=True), most)


def require_settings(temperature=1.0, top_k=None, top_p=None):
    """Refuses settings of `choose` out of range, each with what was expected."""
    if not 0 < temperature < float("inf"):
        raise ValueError(
            f"`temperature` must be positive and finite. Received: temperature={temperature}"
        )
    if top_k is not None and top_k < 1:
        raise ValueError(f"`top_k` must be at least 1. Received: top_k={top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"`top_p` must be in (0, 1]. Received: top_p={top_p}")


def keep_likeliest(logits, top_k=None, top_p=None):
    """Logits with those of all but the likeliest tokens at minus infinity (-1e9)."""
    ranked = ops.flip(ops.sort(logits, axis=-1), axis=-1)
    threshold = ranked[:, -1:]
    if top_k is not None:
        threshold = ranked[:, min(top_k, logits.shape[-1]) - 1, None]
    if top_p is not None and top_p < 1:  # else all, whatever their sum is rounded to
        before = ops.cumsum(ops.softmax(ranked, axis=-1), axis=-1) - ops.softmax(ranked, axis=-1)
        least = ops.min(ops.where(before < top_p, ranked, ops.max(ranked)), axis=-1, keepdims=True)
        threshold = ops.maximum(threshold, least)
    return ops.where(logits >= threshold, logits, -1e9)
