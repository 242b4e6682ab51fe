"""Data of every kind, batch by batch."""

import numpy as np

from gankit import feeding


class Loader:
    """Yields lists, as PyTorch's DataLoader does."""

    def __iter__(self):
        for i in range(3):
            yield [np.full((4, 2), i), np.arange(4)]


def test_lists_are_batches():
    found = list(feeding.batches(Loader()))
    assert [[part.shape for part in batch] for batch in found] == 3 * [[(4, 2), (4,)]]
    assert all(isinstance(batch, tuple) for batch in found)
    assert [batch[0][0, 0] for batch in found] == [0, 1, 2]
