"""Vocoders: generators of waves from mel spectrograms of any length.

A generator maps (batch, frames, mels) to (batch, frames * hop) waves; `gankit.audio.streaming` runs it
piece by piece.
"""

import keras
from keras import layers

from gankit.audio.layers import GriffinLim, InverseSTFT, MelEnvelope, PolarSpectrum
from gankit.audio.phases import SinglePassPhases
from gankit.layers import LayerScale, WeightNormalization

PUBLISHED = 100.0  # magnitudes at which Vocos's end
LIMIT = 10.0  # of the factor in an iteration: keeps the rounding of runtimes apart below 1e-4

# --- an inverse Fourier transform at the end ------------------------------------------------------


def vocos(mels, fft, hop, width=128, blocks=4, mel=None, iterations=0):
    """Vocos: a network at the rate of the frames, which draws spectra for an inverse transform.

    Siuzdak (2023), https://arxiv.org/abs/2306.00814, section 3; published with width 512 and 8 blocks.
    Nothing works at the rate of the samples but the transforms, hence its speed.

    Args:
        mels: bands of the mel spectrogram.
        fft: samples in a frame of the inverse transform, even; not necessarily the mels'.
        hop: samples from a frame to the next, as the mels have it; at most half of `fft`.
        width: channels.
        blocks: how many ConvNeXt blocks.
        mel: the `LogMel` that the inputs are of, if its transform has the same `fft`. The inverse then
            has its window, and magnitudes begin at what `MelEnvelope` finds, and are corrected: as in
            FreeV, Lv et al. (2024), https://arxiv.org/abs/2406.08196. So do phases, at those of
            `SinglePassPhases`. Magnitudes are cut at the most that a wave in [-1, 1] can have under that
            window, instead of at the published 100.
        iterations: of Griffin and Lim's algorithm on the spectra, through which the network is
            trained. Each costs time, and looks further.

    Returns:
        A `keras.Model` from (batch, frames, mels) to (batch, frames * hop), any number of frames.

    Raises:
        ValueError: `mel` is of other sizes, or normalised.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    network = audio.vocos(mels=20, fft=256, hop=64, width=8, blocks=1)
    network(np.zeros((2, 16, 20), "float32"))  # (2, 1024)
    ```
    """
    if mel is not None and (mel.bins, mel.stft.fft) != (mels, fft):
        raise ValueError(
            f"`mel` must have {mels} bands of a transform of {fft} samples. Received: {mel.bins} bands "
            f"of {mel.stft.fft}"
        )
    if mel is not None and mel.normalise is not None:
        raise ValueError(
            "`mel` must be logarithms of bands as they are. Received: one with "
            f"normalise={type(mel.normalise).__name__}. Undo that before the vocoder."
        )
    start = keras.initializers.TruncatedNormal(stddev=0.02)
    inputs = keras.Input((None, mels), name="mels")
    x = layers.Conv1D(width, 7, padding="same", kernel_initializer=start)(inputs)
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    for _ in range(blocks):
        x = _convnext(x, width, 1 / blocks, start)
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    bins = fft // 2 + 1
    head = start if mel is None else "zeros"  # corrections of 0
    sizes = layers.Dense(bins, kernel_initializer=head)(x)
    if mel is not None:
        envelope = MelEnvelope(mel, dtype="float32")(inputs)
        sizes = layers.Add(dtype="float32")([sizes, envelope])
    phases = layers.Dense(bins, kernel_initializer=head)(x)
    transform = {"fft": fft, "hop": hop, "window": mel and mel.stft.window, "dtype": "float32"}
    if mel is not None:
        implied = SinglePassPhases(mel, dtype="float32")(inputs)
        phases = layers.Add(dtype="float32")([phases, implied])
    limit = PUBLISHED if mel is None else float(mel.stft.taper.sum())
    spectra = PolarSpectrum(limit, dtype="float32")([sizes, phases])
    spectra = GriffinLim(iterations=iterations, limit=LIMIT, **transform)(spectra)
    waves = InverseSTFT(**transform)(spectra)
    return keras.Model(inputs, waves, name="generator")


def by_matrices(vocoder):
    """The same vocoder with its transforms as products with matrices, for runtimes that have none.

    Such as those of ONNX and LiteRT: `by_matrices(vocoder).export("vocoder.onnx", format="onnx")`.

    Args:
        vocoder: of `vocos` or `hifigan`.

    Returns:
        A `keras.Model` with its own copies of the weights.

    Example:

    ```python
    from gankit import audio

    network = audio.vocos(mels=20, fft=256, hop=64, width=8, blocks=1)
    audio.by_matrices(network)  # gives the same, by matrices alone
    ```
    """

    return _copied(vocoder, InverseSTFT, matrices=True)


def with_iterations(vocoder, iterations):
    """The same vocoder with another number of Griffin and Lim's iterations: no weight depends on that.

    Fewer are faster; where phases begin at those of `SinglePassPhases`, more need not sound better.

    Args:
        vocoder: of `vocos`.
        iterations: at least 0.

    Returns:
        A `keras.Model` with its own copies of the weights.

    Raises:
        ValueError: the vocoder has no such layer.

    Example:

    ```python
    from gankit import audio

    network = audio.vocos(mels=20, fft=256, hop=64, width=8, blocks=1, iterations=8)
    audio.with_iterations(network, 2)
    ```
    """
    if not any(isinstance(layer, GriffinLim) for layer in vocoder.layers):
        raise ValueError(
            f"{vocoder.name} has no iterations to change: it was not built by `audio.vocos`."
        )
    return _copied(vocoder, GriffinLim, iterations=iterations)


def _copied(vocoder, kind, **changes):
    """A copy with the layers of one kind changed."""

    def copy(layer):
        config = layer.get_config()
        return type(layer).from_config({**config, **changes} if isinstance(layer, kind) else config)

    copied = keras.models.clone_model(vocoder, clone_function=copy)
    copied.set_weights(vocoder.get_weights())
    copied(vocoder.input)  # Keras exports to ONNX only what was called
    return copied


def _convnext(x, width, scale, start):
    """ConvNeXt's block in one dimension: Liu et al. (2022), https://arxiv.org/abs/2201.03545."""
    y = layers.DepthwiseConv1D(7, padding="same", depthwise_initializer=start)(x)
    y = layers.LayerNormalization(epsilon=1e-6)(y)
    # SiLU for the published GELU: faster, and tf2onnx knows its operations.
    y = layers.Dense(3 * width, activation="silu", kernel_initializer=start)(y)
    y = layers.Dense(width, kernel_initializer=start)(y)
    return layers.Add()([x, LayerScale(scale)(y)])


# --- transposed convolutions ----------------------------------------------------------------------

_VERSIONS = {
    1: {"width": 512, "rates": (8, 8, 2, 2), "kernels": (3, 7, 11), "dilations": ((1, 3, 5),) * 3},
    2: {"width": 128, "rates": (8, 8, 2, 2), "kernels": (3, 7, 11), "dilations": ((1, 3, 5),) * 3},
    3: {
        "width": 256,
        "rates": (8, 8, 4),
        "kernels": (3, 5, 7),
        "dilations": ((1, 2), (2, 6), (3, 12)),
    },
}


def hifigan(version=1, mels=80, width=None, rates=None):
    """HiFi-GAN's generator: transposed convolutions, and residual blocks of several sizes after each.

    Kong et al. (2020), https://arxiv.org/abs/2010.05646, section 2.2 and appendix A.1.

    Args:
        version: 1, 2 or 3 of the paper.
        mels: bands of the mel spectrogram.
        width: channels before the first transposed convolution, halved by each; by default the
            paper's 512, 128 or 256.
        rates: by what each transposed convolution multiplies the rate, even numbers whose product is
            the hop; by default the paper's, for a hop of 256.

    Returns:
        A `keras.Model` from (batch, frames, mels) to (batch, frames * hop) in [-1, 1], any number of
        frames.

    Example:

    ```python
    import numpy as np

    from gankit import audio

    network = audio.hifigan(version=3, mels=20, width=8, rates=(8, 8))
    network(np.zeros((2, 16, 20), "float32"))  # (2, 1024)
    ```
    """
    if version not in _VERSIONS:
        raise ValueError(f"`version` must be 1, 2 or 3. Received: version={version}")
    table = _VERSIONS[version]
    width, rates = width or table["width"], tuple(rates or table["rates"])
    if any(rate < 2 or rate % 2 for rate in rates) or width % 2 ** len(rates):
        raise ValueError(
            "`rates` must be even and `width` a multiple of 2 for each of them: (8, 8, 2, 2) and 128 "
            f"for instance. Received: width={width}, rates={rates}"
        )
    inputs = keras.Input((None, mels), name="mels")
    x = _convolve(inputs, width, 7)
    for i, rate in enumerate(rates):
        channels = width // 2 ** (i + 1)
        x = _upsample(layers.LeakyReLU(0.1)(x), channels, rate)
        branches = [
            _residual(x, channels, kernel, dilations, twice=version != 3)
            for kernel, dilations in zip(table["kernels"], table["dilations"])
        ]
        x = layers.Average()(branches)  # multi-receptive field fusion
    x = _convolve(layers.LeakyReLU(0.01)(x), 1, 7)  # 0.01 as in the authors' code
    x = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(inputs, layers.Reshape((-1,), dtype="float32")(x), name="generator")


def _residual(x, channels, kernel, dilations, twice):
    for dilation in dilations:
        y = _convolve(layers.LeakyReLU(0.1)(x), channels, kernel, dilation)
        if twice:
            y = _convolve(layers.LeakyReLU(0.1)(y), channels, kernel)
        x = layers.Add()([x, y])
    return x


def _convolve(x, channels, kernel, dilation=1):
    layer = layers.Conv1D(
        channels,
        kernel,
        padding="same",
        dilation_rate=dilation,
        **_start(kernel * x.shape[-1]),
    )
    return WeightNormalization(layer)(x)


def _upsample(x, channels, rate):
    layer = layers.Conv1DTranspose(
        channels, 2 * rate, strides=rate, padding="same", **_start(2 * rate * channels)
    )
    return WeightNormalization(layer)(x)


def _start(fan_in):
    """Kernels and biases uniform within 1 / sqrt(fan_in), PyTorch's default.

    The deviation of 0.01 in the authors' code has no effect: it is that of weights which weight
    normalisation then computes anew (https://github.com/jik876/hifi-gan/issues/145). With it waves
    would start below the floor of the mels, from where no gradient comes.
    """
    bound = fan_in**-0.5
    return {
        f"{name}_initializer": keras.initializers.RandomUniform(-bound, bound)
        for name in ("kernel", "bias")
    }
