import functools
import os

import numpy as np
from keras import tree

BLOCK_BYTES = 2**18  # small batches are taken several at once, up to so much
BLOCK_EPOCHS = 8  # and up to so many epochs, each of which needs a key
AHEAD = 8  # batches made ready before they are asked for
PARALLEL = min(os.cpu_count(), 8)  # batches read, and augmented, at the same time


class Dataset:
    """Endless batches whose order is a pure function of (seed, epoch).

    Sample number p of the endless sequence belongs to epoch p // size, and which sample it is follows
    from (seed, epoch) by a permutation that is computed, not stored. So batch t can be had without
    those before it, a position in the data is a number, and no sample is ever left out: where the
    batch size does not divide the size, a batch holds the end of one epoch and the start of the next.

    Args:
        take: a TensorFlow function from int64 indices (batch,) to a batch: `samples`, or
            `(samples, conditions)`.
        size: the number of samples.
        batch_size: samples in a batch, from 1 to `size`.
        seed: of the order.
        shuffle: False keeps the data's own order.
        block: how many batches are taken at once, where that is cheaper: `take` is then given indices
            (block, batch) and returns batches stacked.
        augment: a TensorFlow function `(batch, seed)` that gives a batch back; the seed, two int32
            numbers, is a function of `seed` and of the batch's number.

    Example:

    ```python
    import numpy as np

    import gankit

    samples, labels = np.zeros((100, 2), "float32"), np.arange(100) % 10
    dataset = gankit.files.Dataset.from_arrays(samples, labels, batch_size=32, seed=0)
    dataset.steps_per_epoch  # 3; batches straddle epochs, so that nothing is left out
    x, y = next(iter(dataset))  # (32, 2), (32,)
    ```
    """

    def __init__(self, take, size, batch_size, seed=0, shuffle=True, block=1, augment=None):
        if not 1 <= batch_size <= size:
            raise ValueError(
                f"The batch size must be from 1 to the number of samples, {size}. "
                f"Received: batch_size={batch_size}"
            )
        self._take = take
        self._block = max(1, min(block, BLOCK_EPOCHS * size // batch_size))
        self.size, self.batch_size, self.seed, self.shuffle = size, batch_size, seed, shuffle
        self._augment = augment

    @classmethod
    def from_arrays(
        cls,
        samples,
        conditions=None,
        *,
        batch_size,
        seed=0,
        shuffle=True,
        prepare=None,
        mirror=False,
        augment=None,
    ):
        """A dataset of arrays.

        Args:
            samples, conditions: arrays, or structures of arrays, with as many rows. A `np.memmap` is
                read row by row as it is needed and may be larger than the memory.
            batch_size, seed, shuffle: as in the constructor.
            prepare: a TensorFlow function of a batch of float32 samples, such as a scaling, or two of
                them, of samples and of conditions, either of them None; with it arrays are kept as
                they are stored, bytes for instance.
            mirror: every sample is there a second time, with its last axis but one (a picture's
                columns) the other way round.
            augment: as in the constructor; it is given what was prepared.
        """
        import tensorflow as tf

        arrays = samples if conditions is None else (samples, conditions)
        sizes = {len(leaf) for leaf in tree.flatten(arrays)}
        if len(sizes) != 1:
            raise ValueError(
                "Samples and conditions must have as many rows as each other. "
                f"Received: {sorted(sizes)} rows"
            )
        n = size = sizes.pop()
        readers = tree.map_structure(reader, arrays)

        def prepared(function, stored):
            if function is None:
                return stored
            return tree.map_structure(lambda x: function(tf.cast(x, tf.float32)), stored)

        def take(indices):
            batch = tree.map_structure(lambda read: read(indices % n), readers)
            samples, *others = batch if conditions is not None else (batch,)
            of_samples, of_conditions = prepare if isinstance(prepare, tuple) else (prepare, None)
            samples = prepared(of_samples, samples)
            others = [prepared(of_conditions, one) for one in others]
            if mirror:
                second = tf.reshape(indices >= n, [*indices.shape, 1, 1, 1])
                samples = tree.map_structure(
                    lambda x: tf.where(second, x[..., ::-1, :], x), samples
                )
            return (samples, *others) if others else samples

        total = sum(np.asanyarray(leaf).nbytes for leaf in tree.flatten(arrays))
        rows = int(BLOCK_BYTES / max(total / size, 1)) if size else 0
        if mirror:
            size = 2 * n
        block = rows // max(batch_size, 1)
        return cls(take, size, batch_size, seed, shuffle, block, augment)

    @property
    def steps_per_epoch(self):
        """Batches in an epoch, rounded down."""
        return self.size // self.batch_size

    def stream(self, start=0):
        """An endless `tf.data.Dataset` of batches from batch number `start` on."""
        import tensorflow as tf

        blocks = tf.data.Dataset.range(start, np.iinfo(np.int64).max, self._block)
        stream = blocks.map(self._at, num_parallel_calls=PARALLEL)
        if self._block > 1:
            stream = stream.unbatch()
        if self._augment is not None:
            numbers = tf.data.Dataset.range(start, np.iinfo(np.int64).max)
            stream = tf.data.Dataset.zip(numbers, stream).map(
                self._augmented, num_parallel_calls=PARALLEL
            )
        # tf.data's own tuning may keep whoever closes a stream waiting, for up to a minute.
        options = tf.data.Options()
        options.autotune.enabled = False
        return stream.prefetch(AHEAD).with_options(options)

    def once(self):
        """The first epoch as a `tf.data.Dataset`, to its last sample: the last batch may be smaller."""
        import tensorflow as tf

        whole = self.stream(0).take(self.steps_per_epoch)
        done = self.steps_per_epoch * self.batch_size
        if done == self.size:
            return whole

        @tf.function
        def rest(number):
            batch = self._take(self._indices(tf.range(done, self.size, dtype=tf.int64)))
            return batch if self._augment is None else self._augmented(number, batch)

        last = tf.data.Dataset.from_tensors(np.int64(self.steps_per_epoch)).map(rest)
        return whole.concatenate(last)

    def __iter__(self):
        """One epoch of NumPy batches, whole ones."""
        return self.stream(0).take(self.steps_per_epoch).as_numpy_iterator()

    def __len__(self):
        return self.steps_per_epoch

    @functools.cached_property
    def _at(self):
        """From a batch's number to it, or to a block of them, traced once for all streams."""
        import tensorflow as tf

        shape = (self._block, self.batch_size)
        within = tf.range(self._block * self.batch_size, dtype=tf.int64)

        @tf.function
        def at(t):
            indices = self._indices(t * self.batch_size + within)
            return self._take(tf.reshape(indices, shape) if self._block > 1 else indices)

        return at

    @functools.cached_property
    def _augmented(self):
        """From a batch's number and it to the augmented one."""
        import tensorflow as tf

        @tf.function
        def augmented(t, batch):
            return self._augment(batch, tf.cast([self.seed, t], tf.int32))

        return augmented

    def _indices(self, positions):
        import tensorflow as tf

        epochs, places = positions // self.size, positions % self.size
        if not self.shuffle:
            return places
        # RandomIndexShuffle permutes well only under seeds whose bits are all random; its Python
        # wrapper pads a seed per element along the wrong axis.
        first = epochs[0]
        touched = self._block * self.batch_size // self.size + 2
        keys = tf.stack([self._key(first + i) for i in range(touched)])
        return tf.raw_ops.RandomIndexShuffle(
            index=places,
            seed=tf.gather(keys, epochs - first),
            max_index=tf.constant(self.size - 1, tf.int64),
            rounds=8,
        )

    def _key(self, epoch):
        import tensorflow as tf

        return tf.random.stateless_uniform(
            [3], seed=[self.seed, epoch], minval=None, maxval=None, dtype=tf.int32, alg="philox"
        )


def reader(array):
    """A TensorFlow function from indices, of any shape, to an array's rows; a `np.memmap` stays on disk."""
    import tensorflow as tf

    if isinstance(array, np.memmap):

        def read(indices):
            rows = tf.numpy_function(lambda i: np.asarray(array[i]), [indices], array.dtype)
            return tf.ensure_shape(rows, [*indices.shape, *array.shape[1:]])

        return read
    with tf.device("cpu"):  # the data stays in host memory
        tensor = tf.constant(np.asarray(array))
    return lambda indices: tf.gather(tensor, indices)
