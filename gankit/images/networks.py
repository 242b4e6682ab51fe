"""Generators and discriminators for pictures of any height, width and number of channels.

Every builder takes the picture's shape first. A generator doubles a small grid until it covers the
picture, and cuts off what is over; a discriminator halves the picture, rounding up. With `classes` a
generator takes `[latents, labels]` and a discriminator `[pictures, labels]`.
"""

import math

import keras
from keras import layers

from gankit.layers import (
    AuxiliaryClassifier,
    ConditionalBatchNormalization,
    DiscriminativeBasis,
    Downsample,
    GenerativeBasis,
    GroupedConv2D,
    Maxout,
    Projection,
    SelfAttention,
    SpectralNormalization,
    Upsample,
)

# --- the first GAN (2014) -------------------------------------------------------------------------


def mlp_generator(shape, latent_dim=100, units=1200, classes=None):
    """The first GAN's generator: two hidden layers of rectifiers.

    Goodfellow et al. (2014), https://arxiv.org/abs/1406.2661, and their published settings for MNIST;
    ends in tanh where theirs ends in a sigmoid, since pictures lie in [-1, 1] here.

    Args:
        shape: (height, width, channels).
        latent_dim: length of a latent vector.
        units: width of a hidden layer.
        classes: number of classes, or None.

    Returns:
        A `keras.Model` to (batch, *shape) in [-1, 1].
    """
    inputs, x, _ = _latents(latent_dim, classes)
    start = keras.initializers.RandomUniform(-0.05, 0.05)
    for _ in range(2):
        x = layers.Dense(units, activation="relu", kernel_initializer=start)(x)
    x = layers.Dense(math.prod(shape), activation="tanh", kernel_initializer=start)(x)
    return keras.Model(inputs, layers.Reshape(shape)(x), name="generator")


def mlp_discriminator(shape, units=240, pieces=5, dropout=0.5, classes=None):
    """The first GAN's discriminator: two hidden layers of maxout units with dropout.

    Args:
        shape: (height, width, channels).
        units, pieces: of a hidden layer.
        dropout: share of hidden units left out at each step.
        classes: number of classes, or None.

    Returns:
        A `keras.Model` to (batch, 1) logits.
    """
    inputs, x, labels = _pictures(shape, classes)
    x = layers.Flatten()(x)
    for _ in range(2):
        x = layers.Dropout(dropout)(Maxout(units, pieces)(x))
    return keras.Model(inputs, _head(x, labels, classes), name="discriminator")


# --- DCGAN ----------------------------------------------------------------------------------------


def dcgan_generator(shape, latent_dim=128, width=64, classes=None, normalize=True, mapping=0):
    """DCGAN's generator: transposed convolutions with batch normalisation and rectifiers.

    Radford et al. (2016), https://arxiv.org/abs/1511.06434, section 3.

    Args:
        shape: (height, width, channels).
        latent_dim: length of a latent vector.
        width: channels before the last layer; twice as many at each coarser one.
        classes: number of classes, or None.
        normalize: whether there is batch normalisation.
        mapping: dense layers that bend the latents before the first grid: StyleGAN's mapping network
            (Karras et al. (2019), https://arxiv.org/abs/1812.04948), with 256 units a layer.

    Returns:
        A `keras.Model` to (batch, *shape) in [-1, 1].
    """
    start, upward = _starts(normalize)
    stages, (height, columns) = grid(shape)
    inputs, x, _ = _latents(latent_dim, classes)
    for _ in range(mapping):
        x = layers.LeakyReLU(0.2)(layers.Dense(256, kernel_initializer=start)(x))

    def block(x):
        if normalize:
            x = layers.BatchNormalization()(x)
        return layers.ReLU()(x)

    channels = width * 2 ** (stages - 1)
    x = layers.Dense(height * columns * channels, kernel_initializer=start)(x)
    x = block(layers.Reshape((height, columns, channels))(x))
    for stage in reversed(range(stages)):
        last = stage == 0
        filters = shape[-1] if last else width * 2 ** (stage - 1)
        x = layers.Conv2DTranspose(
            filters, 4, strides=2, padding="same", kernel_initializer=upward
        )(x)
        x = layers.Activation("tanh")(x) if last else block(x)
    return keras.Model(inputs, _cut(x, shape), name="generator")


def dcgan_discriminator(shape, width=64, classes=None, normalize=True, auxiliary=False):
    """DCGAN's discriminator: strided convolutions with batch normalisation and leaky rectifiers.

    Args:
        shape: (height, width, channels).
        width: channels of the first layer; twice as many at each coarser one.
        classes: number of classes, or None.
        normalize: whether there is batch normalisation, which no input penalty goes with.
        auxiliary: tell classes apart (AC-GAN) instead of being told: the model takes pictures alone
            and returns `{"logits": (batch, 1), "classes": (batch, classes)}`.

    Returns:
        A `keras.Model` to (batch, 1) logits.
    """
    start, _ = _starts(normalize)
    stages, _ = grid(shape)
    inputs, x, labels = _pictures(shape, None if auxiliary else classes)
    for stage in range(stages):
        x = layers.Conv2D(width * 2**stage, 4, strides=2, padding="same", kernel_initializer=start)(
            x
        )
        if normalize and stage:
            x = layers.BatchNormalization()(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Flatten()(x)
    outputs = AuxiliaryClassifier(classes)(x) if auxiliary else _head(x, labels, classes)
    return keras.Model(inputs, outputs, name="discriminator")


def _starts(normalize):
    """How kernels start, and those of transposed convolutions: as published where there is
    normalisation, and otherwise so that rectified signals keep their size from layer to layer."""
    initializers = keras.initializers
    if normalize:
        return initializers.RandomNormal(stddev=0.02), initializers.RandomNormal(stddev=0.02)
    # A transposed kernel is (height, width, out, in), and an output sees a fourth of its places.
    return initializers.HeNormal(), initializers.VarianceScaling(8.0, "fan_out")


# --- SN-GAN ---------------------------------------------------------------------------------------


def sngan_generator(shape, latent_dim=128, width=256, classes=None, attention=False):
    """SN-GAN's residual generator, with conditional batch normalisation where there are classes.

    Miyato et al. (2018), https://arxiv.org/abs/1802.05957, appendix B.4.

    Args:
        shape: (height, width, channels).
        latent_dim: length of a latent vector.
        width: channels of every block.
        classes: number of classes, or None.
        attention: whether there is self-attention before the last doubling (SAGAN).

    Returns:
        A `keras.Model` to (batch, *shape) in [-1, 1].
    """
    stages, (height, columns) = grid(shape)
    labels = layers.Input((), dtype="int32", name="labels") if classes else None
    latents = layers.Input((latent_dim,), name="latents")

    def normalize(x):
        if classes:
            return ConditionalBatchNormalization(classes)([x, labels])
        return layers.BatchNormalization()(x)

    x = layers.Dense(height * columns * width)(latents)
    x = layers.Reshape((height, columns, width))(x)
    for stage in reversed(range(stages)):
        if attention and stage == 0:
            x = SelfAttention()(x)
        y = layers.UpSampling2D()(layers.ReLU()(normalize(x)))
        y = layers.Conv2D(width, 3, padding="same", kernel_initializer="glorot_uniform")(y)
        y = layers.Conv2D(width, 3, padding="same")(layers.ReLU()(normalize(y)))
        x = layers.Add()([y, layers.Conv2D(width, 1)(layers.UpSampling2D()(x))])
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(shape[-1], 3, padding="same", activation="tanh")(x)
    inputs = [latents, labels] if classes else latents
    return keras.Model(inputs, _cut(x, shape), name="generator")


def sngan_discriminator(shape, width=128, classes=None, attention=False):
    """SN-GAN's residual discriminator, spectrally normalised, with a projection head for classes.

    Args:
        shape: (height, width, channels).
        width: channels of every block.
        classes: number of classes, or None.
        attention: whether there is self-attention after the first halving (SAGAN).

    Returns:
        A `keras.Model` to (batch, 1) logits.
    """
    stages, _ = grid(shape)
    inputs, x, labels = _pictures(shape, classes)

    def convolution(x, size, filters=width):
        return SpectralNormalization(layers.Conv2D(filters, size, padding="same"))(x)

    def block(x, first=False, halve=True):
        y = convolution(x if first else layers.ReLU()(x), 3)
        y = convolution(layers.ReLU()(y), 3)
        if not halve:
            return layers.Add()([y, x])
        y = layers.AveragePooling2D(2, padding="same")(y)
        if first:  # the order that costs less on few channels
            return layers.Add()([y, convolution(layers.AveragePooling2D(2, padding="same")(x), 1)])
        return layers.Add()([y, layers.AveragePooling2D(2, padding="same")(convolution(x, 1))])

    halvings = max(stages - 1, 1)
    for i in range(halvings):
        x = block(x, first=i == 0)
        if attention and i == 0:
            x = SelfAttention(spectral=True)(x)
    for _ in range(2):
        x = block(x, halve=False)
    x = layers.ReLU()(x)
    x = layers.Rescaling(x.shape[1] * x.shape[2])(layers.GlobalAveragePooling2D()(x))  # the sum
    logits = SpectralNormalization(layers.Dense(1))(x)
    if classes:
        of_class = SpectralNormalization(layers.Embedding(classes, width))(labels)
        logits = layers.Add()([logits, layers.Dot(axes=-1)([x, of_class])])
    return keras.Model(inputs, logits, name="discriminator")


# --- R3GAN ----------------------------------------------------------------------------------------


def r3gan_generator(
    shape, latent_dim=64, widths=(256, 192, 128, 96), blocks=2, group=16, classes=None
):
    """R3GAN's generator: residual blocks without normalisation, interpolated between stages.

    Huang et al. (2025), https://arxiv.org/abs/2501.05441, appendix. No tanh: the range is learned.

    Args:
        shape: (height, width, channels).
        latent_dim: length of a latent vector.
        widths: channels of the stages, coarsest first; the last goes on for finer ones.
        blocks: residual blocks in a stage.
        group: channels in a group of the 3 x 3 convolutions.
        classes: number of classes, or None.

    Returns:
        A `keras.Model` to (batch, *shape).
    """
    doublings, (height, columns) = grid(shape)
    inputs, x, _ = _latents(latent_dim, classes)
    widths = _stages(widths, doublings + 1)
    count = blocks * len(widths)
    x = layers.Dense(widths[0], use_bias=False, kernel_initializer=_scaled(1.0))(x)
    x = GenerativeBasis(height, columns)(x)
    for stage, width in enumerate(widths):
        if stage:
            if width != widths[stage - 1]:
                x = _conv(x, width)
            x = Upsample()(x)
        for _ in range(blocks):
            x = _r3gan_block(x, width, group, count)
    return keras.Model(inputs, _cut(_conv(x, shape[-1]), shape), name="generator")


def r3gan_discriminator(shape, widths=(256, 192, 128, 96), blocks=2, group=16, classes=None):
    """R3GAN's discriminator, the generator's mirror image.

    Args:
        shape: (height, width, channels).
        widths: channels of the stages, coarsest first; the last goes on for finer ones.
        blocks: residual blocks in a stage.
        group: channels in a group of the 3 x 3 convolutions.
        classes: number of classes, or None.

    Returns:
        A `keras.Model` to (batch, 1) logits.
    """
    halvings, _ = grid(shape)
    inputs, x, labels = _pictures(shape, classes)
    widths = _stages(widths, halvings + 1)[::-1]
    count = blocks * len(widths)
    x = _conv(x, widths[0])
    for stage, width in enumerate(widths):
        if stage:
            x = Downsample()(x)
            if width != widths[stage - 1]:
                x = _conv(x, width)
        for _ in range(blocks):
            x = _r3gan_block(x, width, group, count)
    x = DiscriminativeBasis()(x)
    return keras.Model(inputs, _head(x, labels, classes), name="discriminator")


def _r3gan_block(x, width, group, blocks):
    """x + a bottleneck turned outwards: wide, grouped, and zero at the start."""
    gain = math.sqrt(2 / 1.04) * blocks**-0.25

    start = _scaled(gain)
    groups = max(2 * width // group, 1)
    y = layers.LeakyReLU(0.2)(layers.Conv2D(2 * width, 1, kernel_initializer=start)(x))
    y = layers.LeakyReLU(0.2)(GroupedConv2D(2 * width, 3, groups, kernel_initializer=start)(y))
    y = layers.Conv2D(width, 1, use_bias=False, kernel_initializer="zeros")(y)
    return layers.Add()([x, y])


def _conv(x, filters):
    return layers.Conv2D(filters, 1, use_bias=False, kernel_initializer=_scaled(1.0))(x)


def _scaled(gain):
    return keras.initializers.VarianceScaling(gain**2, "fan_in", "untruncated_normal")


def _stages(widths, count):
    """So many widths, coarsest first: the last goes on."""
    return [widths[min(i, len(widths) - 1)] for i in range(count)]


# --- what they share ------------------------------------------------------------------------------


def grid(shape):
    """How often a picture is halved, and the (height, width) of the grid that is left.

    The shorter side ends at 3 to 5 places, or at half of a picture that is smaller than that.
    """
    height, width, _ = shape
    stages = max(round(math.log2(min(height, width) / 4)), 1)
    return stages, (-(-height // 2**stages), -(-width // 2**stages))


def _latents(latent_dim, classes):
    """The generator's inputs, and latents with the label's embedding behind them."""
    latents = keras.Input((latent_dim,), name="latents")
    if not classes:
        return latents, latents, None
    labels = keras.Input((), dtype="int32", name="labels")
    embedded = layers.Embedding(
        classes, latent_dim, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0)
    )(labels)
    return [latents, labels], layers.Concatenate()([latents, embedded]), labels


def _pictures(shape, classes):
    """The discriminator's inputs."""
    pictures = keras.Input(shape, name="pictures")
    if not classes:
        return pictures, pictures, None
    labels = keras.Input((), dtype="int32", name="labels")
    return [pictures, labels], pictures, labels


def _head(x, labels, classes):
    """Logits from features."""
    return Projection(classes)([x, labels]) if classes else layers.Dense(1)(x)


def _cut(x, shape):
    """The middle of a grid that covers more than the picture."""
    over = x.shape[1] - shape[0], x.shape[2] - shape[1]
    if over == (0, 0):
        return x
    return layers.Cropping2D([(one // 2, one - one // 2) for one in over])(x)
