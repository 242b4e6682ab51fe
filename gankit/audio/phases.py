"""Phases that magnitudes imply: a start for a network's corrections and for Griffin and Lim's iterations."""

import math

import keras
import numpy as np
from keras import ops

from gankit.audio.stft import STFT, whole

HANN = 0.25645  # a Hann window of W samples is nearly the Gaussian exp(-pi t^2 / (HANN W^2))
NEAR = 4  # a bin looks for its peak at most 2^4 - 1 bins away
FAR = 2.0**20


@keras.saving.register_keras_serializable(package="gankit")
class SinglePassPhases(keras.layers.Layer):
    """Phases from log-magnitudes alone, in a single pass over them.

    From frame to frame the phase of a peak goes on by its frequency, which a parabola through the peak and
    its neighbours tells, and the bins about a peak go with it: Beauregard et al. (2015), "Single pass
    spectrogram inversion". How phases differ between those bins follows from how fast the magnitudes rise
    or fall in time, as it does under a Gaussian window: Prusa et al. (2017),
    https://arxiv.org/abs/1609.00291. Theirs is integrated from the loudest place on, bin by bin; here sums
    run over all bins at once, and over `span` frames, behind which they begin anew: so the layer looks at
    a bounded time. No gradient passes.

    Args:
        fft, hop, window: of the transform that the magnitudes are of, as in `gankit.audio.stft.STFT`.
        span: frames after which sums begin anew.

    Call arguments:
        inputs: (batch, frames, fft / 2 + 1) log-magnitudes.

    Returns:
        (batch, frames, fft / 2 + 1) radians.
    """

    def __init__(self, fft, hop, window=None, span=16, **kwargs):
        super().__init__(**kwargs)
        self.stft, self.span = STFT(fft, hop, window), whole("span", span)
        self.built = True

    def call(self, inputs):
        logs = ops.stop_gradient(ops.cast(inputs, "float32"))
        bins = ops.arange(self.stft.bins, dtype="float32")
        places, peaks = self.peaks(logs, bins)
        slopes = ops.matmul(self.slopes(logs), sums_of(self.stft.bins))
        cycles = ops.take_along_axis(places, peaks, axis=-1) * (self.stft.hop / self.stft.fft)
        turns = self.advanced(cycles)
        started = ops.take_along_axis(turns - slopes, peaks, axis=-1)
        return ops.cast(started + slopes + math.pi * (bins % 2), self.compute_dtype)

    def peaks(self, logs, bins):
        """Of each bin its place on the parabola through it, and the index of the nearest peak."""
        edge = ops.full_like(logs[..., :1], -FAR)
        below = ops.concatenate([edge, logs[..., :-1]], axis=-1)
        above = ops.concatenate([logs[..., 1:], edge], axis=-1)
        bend = ops.minimum(below + above - 2 * logs, -1e-6)
        places = bins + ops.clip(0.5 * (below - above) / bend, -0.5, 0.5)
        peak = ops.logical_and(logs >= below, logs > above)
        far = ops.full_like(logs, FAR)
        down = ops.where(peak, ops.zeros_like(far), far)  # bins down, and up, to the nearest peak
        up = down
        for i in range(NEAR):
            step = 2**i
            down = ops.minimum(
                down, step + ops.concatenate([far[..., :step], down[..., :-step]], -1)
            )
            up = ops.minimum(up, step + ops.concatenate([up[..., step:], far[..., :step]], -1))
        moved = ops.where(down <= up, -down, up)
        moved = ops.where(ops.minimum(down, up) < 2**NEAR, moved, ops.zeros_like(far))
        return places, ops.cast(bins + moved, "int32")

    def slopes(self, logs):
        """How much larger a bin's phase is than that of the bin below."""
        before = ops.concatenate([logs[:, :1], logs[:, :-1]], axis=1)
        after = ops.concatenate([logs[:, 1:], logs[:, -1:]], axis=1)
        factor = HANN * self.stft.window**2 / (self.stft.hop * self.stft.fft)
        return (before - after) * (factor / 2)

    def advanced(self, cycles):
        """The phases that these cycles a hop add up to: the mean of two frames takes one to the next."""
        before = ops.concatenate([cycles[:, :1], cycles[:, :-1]], axis=1)
        steps = 0.5 * (before + cycles)
        steps = steps - ops.floor(steps)  # whole turns change nothing
        frames, bins = ops.shape(steps)[1], self.stft.bins
        blocks = ops.pad(steps, [[0, 0], [0, self.span - 1], [0, 0]])
        count = (frames + self.span - 1) // self.span
        blocks = ops.reshape(blocks[:, : count * self.span], (-1, count, self.span, bins))
        sums = ops.transpose(sums_of(self.span))
        summed = ops.reshape(ops.matmul(sums, blocks), (-1, count * self.span, bins))
        return 2 * math.pi * summed[:, :frames]

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = {name: getattr(self.stft, name) for name in ("fft", "hop", "window")}
        return {**super().get_config(), **own, "span": self.span}


def sums_of(n):
    """The matrix that adds up n values, each with those before it: on CPUs quicker than `ops.cumsum`."""
    return ops.convert_to_tensor(np.triu(np.ones((n, n), "float32")))
