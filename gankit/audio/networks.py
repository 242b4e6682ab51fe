"""Generators and discriminators of spectrograms, told one label or several.

A spectrogram is a picture, (frames, bins, channels) in [-1, 1]. `conditions` names the labels and says
how many values each has, as in `{"label": 10, "speaker": 6}`; networks then take `[latents, labels]` and
`[spectrograms, labels]`, `labels` being a dict of integers (batch,) with the same names.
"""

import keras
from keras import layers

from gankit.networks.grids import cut, grid


def spectrogram_generator(
    shape, latent_dim=128, conditions=None, width=32, mapping=2, modulated=False
):
    """A generator of spectrograms: DCGAN's, without normalisation, behind a mapping network.

    Radford et al. (2016), https://arxiv.org/abs/1511.06434, and for spectrograms SpecGAN, Donahue et al.
    (2019), https://arxiv.org/abs/1802.04208; the mapping is StyleGAN's. A small grid is doubled until it
    covers the spectrogram, and what is over is cut off.

    Args:
        shape: (frames, bins, channels).
        latent_dim: length of a latent vector.
        conditions: `{name: number of values}`, or None. Each label's embedding, as long as the latents,
            is put behind them.
        width: channels before the last layer; twice as many at each coarser one.
        mapping: dense layers of 256 units before the first grid.
        modulated: whether what they give also scales and shifts the channels of every grid, by 1 and 0
            at the start: Perez et al. (2018), https://arxiv.org/abs/1709.07871.

    Returns:
        A `keras.Model` to (batch, *shape) in [-1, 1].

    Example:

    ```python
    from gankit import audio

    network = audio.spectrogram_generator((16, 20, 1), conditions={"label": 5}, width=4)
    network.output_shape  # (None, 16, 20, 1)
    ```
    """
    stages, (frames, bins) = grid(shape)
    latents = keras.Input((latent_dim,), name="latents")
    labels = _labels(conditions)
    normal = keras.initializers.RandomNormal(stddev=1.0)
    embedded = [
        layers.Embedding(conditions[name], latent_dim, embeddings_initializer=normal)(label)
        for name, label in labels.items()
    ]
    x = layers.Concatenate()([latents, *embedded]) if labels else latents
    for _ in range(mapping):
        x = layers.LeakyReLU(0.2)(layers.Dense(256, kernel_initializer="he_normal")(x))
    mapped, channels = x, width * 2 ** (stages - 1)
    x = layers.Dense(frames * bins * channels, kernel_initializer="he_normal")(x)
    x = layers.ReLU()(layers.Reshape((frames, bins, channels))(x))
    for stage in reversed(range(1, stages)):
        x = _double(x, width * 2 ** (stage - 1))
        x = layers.ReLU()(_modulate(x, mapped, stage) if modulated else x)
    x = layers.Activation("tanh", dtype="float32")(_double(x, shape[-1]))
    inputs = [latents, labels] if labels else latents
    return keras.Model(inputs, cut(x, shape), name="generator")


def spectrogram_discriminator(shape, conditions=None, width=32, pooled=False):
    """A discriminator of spectrograms: strided convolutions, and a projection for every label.

    logit = w . phi(x) + b + sum over the labels of V_name[label] . phi(x): Miyato & Koyama (2018),
    https://arxiv.org/abs/1802.05637, eq. 3, with the labels taken to be independent given x.

    Args:
        shape: (frames, bins, channels).
        conditions: `{name: number of values}`, or None.
        width: channels of the first layer; twice as many at each coarser one.
        pooled: whether phi(x) in the projections is each channel's mean, as in the paper but for a
            factor, instead of the whole last grid, and so has fewer weights for each value.

    Returns:
        A `keras.Model` to (batch, 1) logits.

    Example:

    ```python
    from gankit import audio

    network = audio.spectrogram_discriminator((16, 20, 1), conditions={"label": 5}, width=4)
    network.output_shape  # (None, 1)
    ```
    """
    stages, _ = grid(shape)
    spectrograms = keras.Input(shape, name="spectrograms")
    labels = _labels(conditions)
    x = spectrograms
    for stage in range(stages):
        layer = layers.Conv2D(
            width * 2**stage, 4, strides=2, padding="same", kernel_initializer="he_normal"
        )
        x = layers.LeakyReLU(0.2)(layer(x))
    flat = layers.Flatten()(x)
    logits = layers.Dense(1, dtype="float32")(flat)
    features = layers.GlobalAveragePooling2D()(x) if pooled else flat
    for name, label in labels.items():
        embedding = layers.Embedding(
            conditions[name], features.shape[-1], embeddings_initializer="glorot_uniform"
        )
        match = layers.Dot(axes=-1, dtype="float32")([features, embedding(label)])
        logits = layers.Add(dtype="float32")([logits, match])
    inputs = [spectrograms, labels] if labels else spectrograms
    return keras.Model(inputs, logits, name="discriminator")


def _labels(conditions):
    """An input for each label, in the order of their names, which is Keras's order of a dict."""
    for name, count in (conditions or {}).items():
        if count < 1:
            raise ValueError(f"A condition has at least 1 value. Received: {name!r} with {count}")
    return {name: keras.Input((), dtype="int32", name=name) for name in sorted(conditions or {})}


def _double(x, filters):
    """Twice the frames and bins. Kernels start so that rectified signals keep their size: an output
    sees a fourth of a kernel's places, and a transposed kernel is (4, 4, out, in)."""
    start = keras.initializers.VarianceScaling(8.0, "fan_out")
    return layers.Conv2DTranspose(filters, 4, strides=2, padding="same", kernel_initializer=start)(
        x
    )


def _modulate(x, mapped, stage):
    """(1 + a) x + b, with a and b of each channel from what was mapped, both 0 at the start."""

    def of_channels(name):
        one = layers.Dense(x.shape[-1], kernel_initializer="zeros", name=f"{name}_{stage}")(mapped)
        return layers.Reshape((1, 1, x.shape[-1]))(one)

    return layers.Add()([x, layers.Multiply()([x, of_channels("scale")]), of_channels("shift")])
