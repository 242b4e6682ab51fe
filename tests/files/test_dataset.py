import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit import feeding
from gankit.files import Dataset


def batches(size=10, batch_size=4, count=10, start=0, seed=0, shuffle=True):
    data = Dataset.from_arrays(np.arange(size), batch_size=batch_size, seed=seed, shuffle=shuffle)
    return [batch.numpy().tolist() for batch in data.stream(start).take(count)]


def test_every_epoch_is_a_permutation():
    """Five epochs of ten in batches of four: no sample is left out, batches straddle epochs."""
    flat = np.concatenate(batches(count=12)[: 10 * 5 // 4])
    for epoch in flat[:40].reshape(4, 10):
        assert sorted(epoch) == list(range(10))


def test_epochs_differ_and_seeds_differ():
    epochs = np.array(batches(batch_size=10, count=6)).tolist()
    assert len({tuple(epoch) for epoch in epochs}) == 6
    assert batches(seed=1) != batches(seed=0)
    assert batches(seed=1) == batches(seed=1)


@settings(max_examples=20, deadline=None)
@given(
    size=st.integers(1, 40),
    part=st.integers(1, 40),
    start=st.integers(0, 100),
    seed=st.integers(0, 9),
)
def test_a_position_is_a_number(size, part, start, seed):
    """The stream from batch `start` on is the rest of the stream from 0 on."""
    batch_size = min(part, size)
    whole = batches(size, batch_size, start + 3, seed=seed)
    assert batches(size, batch_size, 3, start, seed) == whole[start:]


def test_unshuffled_keeps_the_order():
    assert batches(count=3, shuffle=False) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]]


def test_order_is_uniform():
    """Over many epochs each sample stands at each place about equally often."""
    epochs = np.array(batches(8, 8, 4000))
    counts = np.array([np.bincount(epochs[:, place], minlength=8) for place in range(8)])
    assert abs(counts - 500).max() < 5 * np.sqrt(500 * 7 / 8)


def test_conditions_stay_with_their_samples():
    x, y = np.arange(20.0), {"a": np.arange(20), "b": -np.arange(20)}
    for samples, conditions in Dataset.from_arrays(x, y, batch_size=5):
        np.testing.assert_array_equal(samples, conditions["a"])
        np.testing.assert_array_equal(samples, -conditions["b"])


def test_length():
    data = Dataset.from_arrays(np.arange(10), batch_size=4)
    assert len(data) == data.steps_per_epoch == len(list(data)) == 2


@pytest.mark.parametrize("batch_size", [0, -1, 11])
def test_batch_size_is_checked(batch_size):
    with pytest.raises(ValueError, match=rf"number of samples, 10.*batch_size={batch_size}"):
        Dataset.from_arrays(np.arange(10), batch_size=batch_size)


def test_rows_must_match():
    with pytest.raises(ValueError, match=r"Received: \[3, 4\] rows"):
        Dataset.from_arrays(np.arange(3), np.arange(4), batch_size=1)


def test_rows_on_disk(tmp_path):
    """An array that stays in its file gives the batches that it gives from memory."""
    array = np.random.default_rng(0).integers(256, size=(20, 4, 3, 1)).astype("uint8")
    np.save(tmp_path / "a.npy", array)
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")[5:]
    for rows, labels in ((array[5:], None), (array[5:], np.arange(15))):
        settings = {"batch_size": 4, "seed": 3, "mirror": True, "prepare": lambda x: x / 255}
        ours = Dataset.from_arrays(mapped, labels, **settings).stream(1).take(9)
        theirs = Dataset.from_arrays(rows, labels, **settings).stream(1).take(9)
        assert ours.element_spec == theirs.element_spec
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(np.asarray(one[0]), np.asarray(other[0]))


def test_a_stream_is_closed_at_once():
    """tf.data's tuning thread sleeps for up to a minute, and closing a stream waits for it."""
    data = Dataset.from_arrays(np.arange(10), batch_size=4)
    assert data.stream(0).options().autotune.enabled is False
    arguments = feeding.for_keras({"x": data, "epochs": 1})
    assert arguments["x"].options().autotune.enabled is False


def test_once_through_is_every_sample_once():
    samples = np.arange(23, dtype="float32")
    augmented = lambda batch, seed: batch + 100.0  # noqa: E731
    for augment, more in ((None, 0), (augmented, 100)):
        for shuffle in (False, True):
            data = Dataset.from_arrays(samples, batch_size=5, shuffle=shuffle, augment=augment)
            batches = list(data.once().as_numpy_iterator())
            assert [len(one) for one in batches] == [5, 5, 5, 5, 3]
            np.testing.assert_array_equal(np.sort(np.concatenate(batches)), samples + more)
    assert len(list(Dataset.from_arrays(samples[:20], batch_size=5).once())) == 4


def test_a_batch_is_traced_once(tmp_path):
    data = Dataset.from_arrays(np.arange(10), batch_size=4, augment=lambda batch, seed: -batch)
    for start in (0, 3):
        next(iter(data.stream(start)))
    assert data._at.experimental_get_tracing_count() == 1
    assert data._augmented.experimental_get_tracing_count() == 1
