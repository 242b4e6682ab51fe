"""Phases that mels imply: a start for a network's corrections and for Griffin and Lim's iterations."""

import math

import keras
import numpy as np
from keras import ops

from gankit.audio.stft import whole

HANN = 0.25645  # a Hann window of W samples is nearly the Gaussian exp(-pi t^2 / (HANN W^2))
NEAR = 3  # a band looks for its peak at most 2^3 - 1 bands away
FAR = 2.0**20


@keras.saving.register_keras_serializable(package="gankit")
class SinglePassPhases(keras.layers.Layer):
    """Phases of a transform from log-mels alone, in a single pass over them.

    From frame to frame the phase of a peak goes on by its frequency, which a parabola through the loudest
    band and its neighbours tells, and the bins about a peak go with it: Beauregard et al. (2015), "Single
    pass spectrogram inversion". How phases differ between those bins follows from how fast the magnitudes
    rise or fall in time, as it does under a Gaussian window: Prusa et al. (2017),
    https://arxiv.org/abs/1609.00291. Theirs is integrated from the loudest place on, bin by bin; here sums
    run over all bins at once, and over `span` frames, behind which they begin anew: so the layer looks at
    a bounded time. Peaks are sought among bands, not bins: there are fewer, and between bands mels tell of
    none. No gradient passes.

    Args:
        mel: the `gankit.audio.LogMel` that the inputs are of.
        span: frames after which sums begin anew.

    Call arguments:
        inputs: (batch, frames, mels).

    Returns:
        (batch, frames, bins) radians.
    """

    def __init__(self, mel, span=16, **kwargs):
        super().__init__(**kwargs)
        if isinstance(mel, dict):
            mel = keras.saving.deserialize_keras_object(mel)
        self.mel, self.span = mel, whole("span", span)
        whole("mels", mel.bins, 3)  # a peak has neighbours
        stft, bins = mel.stft, np.arange(mel.stft.bins)
        self.centres = mel.frequencies * stft.fft / mel.sample_rate  # of bands, in bins
        self.widths = np.gradient(self.centres)
        self.widths[[0, -1]] = 0.0  # no parabola goes through an end
        bands = np.eye(mel.bins)
        between = np.stack([np.interp(bins, self.centres, band) for band in bands])
        # A bin's phase is larger than that of the bin below by this factor times the fall of its magnitude.
        slopes = np.cumsum(between, axis=1) * HANN * stft.window**2 / (2 * stft.hop * stft.fft)
        own = bands[:, np.abs(bins[:, None] - self.centres).argmin(axis=1)]
        self.slopes = slopes[:, np.rint(self.centres).astype(int)]
        self.to_bins = np.concatenate([own, slopes])
        self.middle = math.pi * (bins % 2)  # a frame's time is that of its middle
        self.built = True

    def call(self, inputs):
        logs = ops.stop_gradient(ops.cast(inputs, "float32"))
        before = ops.concatenate([logs[:, :1], logs[:, :-1]], axis=1)
        after = ops.concatenate([logs[:, 1:], logs[:, -1:]], axis=1)
        falls = before - after
        places, peaks = self.peaks(logs)
        hop, fft = self.mel.stft.hop, self.mel.stft.fft
        turns = self.advanced(ops.take_along_axis(places, peaks, axis=-1) * (hop / fft))
        started = turns - ops.matmul(falls, constant(self.slopes))
        started = ops.take_along_axis(started, peaks, axis=-1)
        phases = ops.matmul(ops.concatenate([started, falls], axis=-1), constant(self.to_bins))
        return ops.cast(phases + constant(self.middle), self.compute_dtype)

    def peaks(self, logs):
        """Of each band its place on the parabola through it, in bins, and the index of the nearest peak."""
        far = ops.full_like(logs, FAR)
        below = ops.concatenate([-far[..., :1], logs[..., :-1]], axis=-1)
        above = ops.concatenate([logs[..., 1:], -far[..., :1]], axis=-1)
        bend = ops.minimum(below + above - 2 * logs, -1e-6)
        aside = ops.clip(0.5 * (below - above) / bend, -0.5, 0.5)
        places = constant(self.centres) + constant(self.widths) * aside
        peak = ops.logical_and(logs >= below, logs > above)
        down = up = ops.where(peak, 0.0, far)  # bands down, and up, to the nearest peak
        for i in range(NEAR):
            step = 2**i
            lower = ops.concatenate([far[..., :step], down[..., :-step]], axis=-1)
            upper = ops.concatenate([up[..., step:], far[..., :step]], axis=-1)
            down, up = ops.minimum(down, step + lower), ops.minimum(up, step + upper)
        moved = ops.where(down <= up, -down, up)
        moved = ops.where(ops.minimum(down, up) < 2**NEAR, moved, 0.0)
        return places, ops.cast(ops.arange(self.mel.bins, dtype="float32") + moved, "int32")

    def advanced(self, cycles):
        """The phases that these cycles a hop add up to: the mean of two frames takes one to the next."""
        before = ops.concatenate([cycles[:, :1], cycles[:, :-1]], axis=1)
        steps = 0.5 * (before + cycles)
        steps = steps - ops.floor(steps)  # whole turns change nothing
        frames, bands = ops.shape(steps)[1], self.mel.bins
        blocks = ops.pad(steps, [[0, 0], [0, self.span - 1], [0, 0]])
        count = (frames + self.span - 1) // self.span
        blocks = ops.reshape(blocks[:, : count * self.span], (-1, count, self.span, bands))
        sums = constant(np.tri(self.span))  # on CPUs quicker than `ops.cumsum`
        summed = ops.reshape(ops.matmul(sums, blocks), (-1, count * self.span, bands))[:, :frames]
        return 2 * math.pi * summed

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.mel.stft.bins)

    def get_config(self):
        mel = keras.saving.serialize_keras_object(self.mel)
        return {**super().get_config(), "mel": mel, "span": self.span}


def constant(array):
    return ops.convert_to_tensor(array, "float32")
