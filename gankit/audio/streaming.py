"""Vocoders piece by piece: the waves of a long or growing spectrogram, as they would be in one go."""

import fractions
import functools
import itertools
import math

import keras
import numpy as np
from keras import layers

from gankit import backend
from gankit.audio.layers import GriffinLim, InverseSTFT, MelEnvelope, PolarSpectrum
from gankit.audio.phases import SinglePassPhases
from gankit.layers import LayerScale, WeightNormalization


def stream(generator, mels, chunk=64):
    """The waves of a spectrogram in pieces; end to end they are what the generator makes in one go.

    Every piece is made from its own frames and `context` frames on either side, always as many in all but
    at the end, so that the generator is compiled once or twice. While a spectrogram grows, a piece is made
    as soon as there are that many.

    Args:
        generator: a network from (batch, frames, mels) to (batch, frames * hop), built of layers that
            `context` knows.
        mels: (batch, frames, mels); or an iterable of such, which follow each other and may have any
            number of frames.
        chunk: frames in a piece; the last may have fewer. Larger ones repeat less work, smaller ones
            come sooner.

    Yields:
        (batch, chunk * hop) float32 arrays.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    network = audio.vocos(mels=20, fft=256, hop=64, width=8, blocks=1)
    for piece in audio.stream(network, np.zeros((1, 40, 20), "float32"), chunk=16):
        print(piece.shape)  # (1, 1024), (1, 1024), (1, 512)
    ```
    """
    if chunk < 1:
        raise ValueError(f"`chunk` must be at least 1. Received: chunk={chunk}")
    parts, reach = [mels] if hasattr(mels, "shape") else mels, context(generator)
    period = period_of(generator)
    size, held, gone, start = chunk + 2 * reach + period - 1, None, 0, 0

    def first_of(start, frames=math.inf):
        """Where the window of the piece begins: `period` frames are counted from there, too."""
        return max(min(start - reach, frames - size), 0) // period * period

    for part in itertools.chain(parts, [None]):  # None: nothing follows
        if part is not None:
            held = part if held is None else np.concatenate([held, part], axis=1)
        if held is None:
            return
        frames = gone + held.shape[1]
        while start < frames and (part is None or first_of(start) + size <= frames):
            first = first_of(start, frames)
            ends = first_of(start) + size > frames
            some = held[:, first - gone :] if ends else held[:, first - gone :][:, :size]
            waves = backend.predict(generator, some)
            hop, end = waves.shape[1] // some.shape[1], min(start + chunk, frames)
            yield waves[:, (start - first) * hop : (end - first) * hop]
            start = end
        needed = max(first_of(start, frames), gone)
        held, gone = held[:, needed - gone :], needed


def context(generator):
    """How many frames, on either side of a frame, bear on the samples that it makes.

    Read off the layers: every path from the input adds up what its layers reach, and the longest counts.

    Args:
        generator: a functional `keras.Model` with one input.

    Returns:
        An integer.

    Raises:
        ValueError: a layer is not known to have a bounded reach in time; the message names it.

    Example:

    ```python
    from gankit import audio

    audio.context(audio.vocos(mels=20, fft=256, hop=64, width=8, blocks=1))  # frames to either side
    ```
    """
    seen = {id(generator.inputs[0]): (0, fractions.Fraction(1))}  # frames, and steps in a frame
    for layer in generator.layers:
        if isinstance(layer, layers.InputLayer):
            continue
        reaches, rates = zip(*[seen[id(one)] for one in keras.tree.flatten(layer.input)])
        steps, factor = reach(layer)
        for one in keras.tree.flatten(layer.output):
            seen[id(one)] = max(reaches) + steps / rates[0], rates[0] * factor
    return math.ceil(seen[id(generator.outputs[0])][0])


def period_of(generator):
    """After how many frames a network's layers begin anew: 1 where all frames are alike to them."""
    spans = [one.span for one in generator.layers if isinstance(one, SinglePassPhases)]
    return math.lcm(1, *spans)


@functools.singledispatch
def reach(layer):
    """How many of its input's steps a layer looks to either side, and by what it multiplies the rate."""
    raise ValueError(
        f"Layer {layer.name} ({type(layer).__name__}) is not known to look at a bounded time in this "
        "setting, so the network can't be run in pieces: run it in one go."
    )


@reach.register(layers.Activation)
@reach.register(layers.Add)
@reach.register(layers.Average)
@reach.register(layers.Dense)
@reach.register(layers.LeakyReLU)
@reach.register(LayerScale)
@reach.register(MelEnvelope)
@reach.register(PolarSpectrum)
def _of_points(layer):
    return 0, 1


@reach.register
def _of_normalization(layer: layers.LayerNormalization):
    return (0, 1) if layer.axis in (-1, [-1]) else reach.dispatch(object)(layer)


@reach.register
def _of_reshape(layer: layers.Reshape):
    drops_a_channel = layer.target_shape == (-1,) and layer.input.shape[-1] == 1
    return (0, 1) if drops_a_channel else reach.dispatch(object)(layer)


@reach.register(layers.Conv1D)
@reach.register(layers.DepthwiseConv1D)
def _of_convolution(layer):
    if tuple(layer.strides) != (1,) or layer.padding != "same":
        return reach.dispatch(object)(layer)
    return layer.dilation_rate[0] * (layer.kernel_size[0] // 2), 1


@reach.register
def _of_transposed_convolution(layer: layers.Conv1DTranspose):
    stride, over = layer.strides[0], layer.kernel_size[0] - layer.strides[0]
    return math.ceil(over / (2 * stride)), stride


@reach.register
def _of_inverse_stft(layer: InverseSTFT):
    return math.ceil(layer.stft.after / layer.stft.hop), layer.stft.hop


@reach.register
def _of_iterations(layer: GriffinLim):
    return layer.iterations * ((layer.stft.fft - 1) // layer.stft.hop), 1


@reach.register
def _of_phases(layer: SinglePassPhases):
    return layer.span, 1


@reach.register
def _of_wrapped(layer: WeightNormalization):
    return reach(layer.layer)
