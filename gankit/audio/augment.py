"""Augmentation of the spectrograms that a discriminator sees, real and fake alike.

A layer for `GAN(augment=...)`, made of sums, products and a maximum, so that gradients pass through it.
"""

import keras
from keras import ops

from gankit import noise


@keras.saving.register_keras_serializable(package="gankit")
class ShiftAugment(keras.layers.Layer):
    """Shifts in time, frequency and level, drawn anew for every spectrogram, and a floor.

    Differentiable augmentation, Zhao et al. (2020), https://arxiv.org/abs/2006.10738, with what leaves a
    word that word: a moment earlier or later, a little higher or lower, louder or softer. Before that,
    all that is below the floor is raised to it, and what comes in at an edge is the floor. Silence is
    exactly -1 in recordings, and never quite in the output of a tanh, which alone would give samples away.

    Args:
        time: the largest shift in time, as a share of the frames.
        bins: the largest shift in frequency, in bins.
        level: the most that is added or subtracted.
        floor: what counts as silence, in [-1, 1].
        seed: of the draws.

    Call arguments:
        inputs: (batch, frames, bins, 1) log-magnitudes in [-1, 1].

    Returns:
        Of the same shape; in inference the inputs.

    Example:

    ```python
    import gankit
    from gankit import audio

    shape = (16, 20, 1)
    gan = gankit.GAN(
        audio.spectrogram_generator(shape, width=4),
        audio.spectrogram_discriminator(shape, width=4),
        augment=audio.ShiftAugment(seed=0),
    )
    ```
    """

    def __init__(self, time=0.0625, bins=1, level=0.1, floor=-0.97, seed=None, **kwargs):
        super().__init__(**kwargs)
        if min(time, bins, level) < 0 or not -1 <= floor <= 1:
            raise ValueError(
                "`time`, `bins` and `level` must be at least 0, and `floor` in [-1, 1]. Received: "
                f"time={time}, bins={bins}, level={level}, floor={floor}"
            )
        self.time, self.bins, self.level, self.floor = time, bins, level, floor
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training:
            return inputs
        x = ops.maximum(ops.cast(inputs, "float32"), self.floor) - self.floor  # 0 is silence
        x = ops.einsum("bij,bjkc->bikc", self._moves(x, 1, round(self.time * x.shape[1])), x)
        x = ops.einsum("bij,bkjc->bkic", self._moves(x, 2, self.bins), x)
        x = x + self.floor + self._uniform(x, -self.level, self.level)[:, :, None, None]
        return ops.cast(x, self.compute_dtype)

    def _moves(self, x, axis, most):
        """(batch, to, from) matrices that move each spectrogram by up to so many places on an axis."""
        places = ops.arange(x.shape[axis], dtype="float32")
        shift = ops.floor(self._uniform(x, -most, most + 1))[:, :, None]
        return ops.cast(ops.equal(places[None, :, None], places[None, None] + shift), "float32")

    def _uniform(self, x, low, high):
        return noise.uniform((ops.shape(x)[0], 1), self.seed_generator, low=low, high=high)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = ("time", "bins", "level", "floor", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
