"""Generators that turn pictures or class maps into others, and discriminators of patches.

Every generator's builder takes the source's shape first, (height, width, channels); height and width
may be None, and then sources of any size go in. With `from_classes` a source is class indices,
(height, width) integers, and its last number says how many classes there are. Sizes that do not divide
are filled up inside by repeating the edge, and cut back at the end.
"""

import keras
from keras import layers

from gankit.layers import SPADE, BatchNormalization, CropLike, Dropout, OneHot, PadToMultiple

# --- generators -----------------------------------------------------------------------------------


def unet(
    shape,
    outputs,
    width=16,
    depth=4,
    normalization="batch",
    activation=None,
    dropout=0.0,
    from_classes=False,
):
    """U-Net: down and up again, with a bridge at every size.

    Ronneberger et al. (2015), https://arxiv.org/abs/1505.04597, figure 1, with padding, so that the
    output is as large as the input, and nearest-neighbour doubling.

    Args:
        shape: (height, width, channels) of the source; height and width may be None.
        outputs: channels of the output: classes, or a picture's.
        width: channels at the full size; twice as many after each halving, 16 times at most.
        depth: how often the size is halved.
        normalization: `"batch"`, `"instance"` (but for the smallest size, as in pix2pix), `"group"` (8
            channels each) or None.
        activation: of the output: `"tanh"` for pictures, None for logits of classes.
        dropout: share of the features left out at the smallest size and the next, in training.
        from_classes: whether the source is class indices.

    Returns:
        A `keras.Model` from (batch, height, width, channels) to (batch, height, width, outputs).

    Example:

    ```python
    from gankit import segmentation

    network = segmentation.unet((None, None, 3), outputs=8, width=4, depth=2)  # any size of picture
    ```
    """
    source, x = _source(shape, from_classes)
    reference, bridges = x, []
    x = PadToMultiple(2**depth)(x)
    for level in range(depth):
        x = _twice(x, width * min(2**level, 16), normalization)
        bridges.append(x)
        x = layers.MaxPooling2D()(x)
    bottom = None if normalization == "instance" else normalization  # it makes 0 of a single place
    x = _twice(x, width * min(2**depth, 16), bottom)
    x = layers.Identity(name="bottom")(x)
    for level in reversed(range(depth)):
        if dropout and level >= depth - 2:
            x = Dropout(dropout)(x)
        channels = width * min(2**level, 16)
        x = layers.Conv2D(channels, 1, use_bias=False)(x)  # before doubling: a quarter of the work
        x = layers.Concatenate()([layers.UpSampling2D()(x), bridges[level]])
        x = _twice(x, channels, normalization)
    x = layers.Conv2D(outputs, 1, activation=activation, dtype="float32")(x)
    return keras.Model(source, CropLike(dtype="float32")([x, reference]), name="generator")


def pix2pix_generator(
    shape,
    outputs,
    width=64,
    depth=8,
    normalization="batch",
    activation="tanh",
    dropout=0.5,
    from_classes=False,
):
    """pix2pix's generator: a U-Net that halves by strides and doubles by transposed convolutions.

    Isola et al. (2017), https://arxiv.org/abs/1611.07004, appendix 6.1.1, with the defaults for pictures of
    256 x 256. It halves at once, so that no layer but the last is as large as the picture, where `unet` has
    five.

    Args:
        shape, outputs, activation, from_classes: as in `unet`.
        width: channels after the first halving; twice as many after each further one, 8 times at most.
        depth: how often the size is halved.
        normalization: as in `unet`; not of the first layer, and not at the smallest size.
        dropout: share of the features left out, in training, on the way up from more than 4 halvings.

    Returns:
        A `keras.Model` from (batch, height, width, channels) to (batch, height, width, outputs).

    Example:

    ```python
    from gankit import segmentation

    network = segmentation.pix2pix_generator((None, None, 3), outputs=3, width=4, depth=3)
    ```
    """
    source, reference = _source(shape, from_classes)
    x = PadToMultiple(2**depth)(reference)
    start = keras.initializers.RandomNormal(stddev=0.02)
    like_published = {
        "kernel_size": 4,
        "strides": 2,
        "padding": "same",
        "kernel_initializer": start,
    }

    def normalized(layer, x, level, kind):
        x = layer(width * min(2**level, 8), use_bias=kind is None, **like_published)(x)
        return _normalize(x, kind)

    bridges = []
    for level in range(depth):
        kind = None if level in (0, depth - 1) else normalization
        x = normalized(layers.Conv2D, layers.LeakyReLU(0.2)(x) if level else x, level, kind)
        bridges.append(x)
    for level in reversed(range(depth - 1)):
        x = normalized(layers.Conv2DTranspose, layers.ReLU()(x), level, normalization)
        if dropout and level > 3:
            x = Dropout(dropout)(x)
        x = layers.Concatenate()([x, bridges[level]])
    x = layers.Conv2DTranspose(outputs, **like_published, dtype="float32")(layers.ReLU()(x))
    x = layers.Activation(activation, dtype="float32")(x)
    return keras.Model(source, CropLike(dtype="float32")([x, reference]), name="generator")


def resnet(
    shape,
    outputs,
    width=32,
    blocks=6,
    normalization="instance",
    activation="tanh",
    from_classes=False,
):
    """CycleGAN's generator: two halvings, residual blocks, two doublings.

    Johnson et al. (2016), https://arxiv.org/abs/1603.08155; Zhu et al. (2017),
    https://arxiv.org/abs/1703.10593, appendix 7.2.

    Args:
        shape, outputs, normalization, activation, from_classes: as in `unet`.
        width: channels at the full size; the published one is 64.
        blocks: residual blocks at a quarter of the size; published are 6 and 9.

    Returns:
        A `keras.Model` from (batch, height, width, channels) to (batch, height, width, outputs).

    Example:

    ```python
    from gankit import segmentation

    network = segmentation.resnet((None, None, 3), outputs=3, width=4, blocks=1)
    ```
    """
    source, x = _source(shape, from_classes)
    reference = x
    x = _convolve(PadToMultiple(4)(x), width, normalization, size=7)
    for level in (1, 2):
        x = _convolve(x, width * 2**level, normalization, strides=2)
    for _ in range(blocks):
        y = _convolve(x, 4 * width, normalization)
        y = _normalize(layers.Conv2D(4 * width, 3, padding="same")(y), normalization)
        x = layers.Add()([x, y])
    for level in (1, 0):
        x = _convolve(layers.UpSampling2D()(x), width * 2**level, normalization)
    x = layers.Conv2D(outputs, 7, padding="same", activation=activation, dtype="float32")(x)
    return keras.Model(source, CropLike(dtype="float32")([x, reference]), name="generator")


def spade_generator(shape, outputs, width=32, depth=4, from_classes=True):
    """SPADE's generator: features grow from the map at the smallest size, told the map at each.

    Park et al. (2019), https://arxiv.org/abs/1903.07291, figure 4, without latents.

    Args:
        shape: (height, width, classes) of the map; height and width may be None.
        outputs: channels of the picture.
        width: channels at the full size; twice as many after each halving, 8 times at most.
        depth: how often the size is halved.
        from_classes: whether the map is class indices; otherwise it is channels of any kind.

    Returns:
        A `keras.Model` from (batch, height, width) integers to (batch, height, width, outputs) in
        [-1, 1].

    Example:

    ```python
    from gankit import segmentation

    network = segmentation.spade_generator((None, None, 8), outputs=3, width=4, depth=2)
    ```
    """
    source, reference = _source(shape, from_classes)
    of_map = PadToMultiple(2**depth)(reference)
    x = layers.AveragePooling2D(2**depth)(of_map)
    x = layers.Conv2D(width * min(2**depth, 8), 3, padding="same")(x)
    for level in reversed(range(depth)):
        x = _spade_block(x, of_map, width * min(2 ** (level + 1), 8))
        x = layers.UpSampling2D()(x)
    x = layers.LeakyReLU(0.2)(_spade_block(x, of_map, width))
    x = layers.Conv2D(outputs, 3, padding="same", activation="tanh", dtype="float32")(x)
    return keras.Model(source, CropLike(dtype="float32")([x, reference]), name="generator")


def _spade_block(x, of_map, channels):
    y = x
    for filters in (min(x.shape[-1], channels), channels):
        y = layers.LeakyReLU(0.2)(SPADE()([y, of_map]))
        y = layers.Conv2D(filters, 3, padding="same")(y)
    if x.shape[-1] != channels:
        x = layers.Conv2D(channels, 1, use_bias=False)(SPADE()([x, of_map]))
    return layers.Add()([x, y])


# --- discriminators -------------------------------------------------------------------------------


def patchgan(
    shape, source_shape, width=64, halvings=3, normalization=None, scale=0, from_classes=False
):
    """PatchGAN: a logit for every patch of a picture, beside its source.

    Isola et al. (2017), https://arxiv.org/abs/1611.07004, appendix 6.1.2. With 3 halvings each logit
    sees 70 x 70 pixels, with 2 of them 34 x 34, with 1 of them 16 x 16, and with none 1 x 1 (see
    `receptive_field`).

    Args:
        shape: (height, width, channels) of the pictures or class probabilities judged.
        source_shape: (height, width, channels) of the source; None where the discriminator is not
            told the source.
        width: channels of the first layer; twice as many after each halving, 8 times at most.
        halvings: how many layers have stride 2.
        normalization: as in `unet`; from the second layer on. None suits input penalties.
        scale: halve pictures and sources so often first: several scales make a list for `GAN`
            (pix2pixHD, Wang et al. (2018), https://arxiv.org/abs/1711.11585, section 3.2).
        from_classes: whether the source is class indices.

    Returns:
        A `keras.Model` from `[pictures, sources]` to `{"logits": (batch, ., ., 1), "features": [...]}`.

    Raises:
        ValueError: pictures of which instance normalisation would leave nothing.

    Example:

    ```python
    from gankit import segmentation

    shape = (32, 48, 3)
    network = segmentation.patchgan(shape, shape, width=4, halvings=1)
    network.output["logits"].shape  # (None, ., ., 1)
    ```
    """
    pictures = keras.Input(shape, name="pictures")
    inputs, x = pictures, pictures
    if source_shape is not None:
        source, as_channels = _source(source_shape, from_classes)
        inputs, x = [pictures, source], layers.Concatenate()([pictures, as_channels])
    for _ in range(scale):
        x = layers.AveragePooling2D(3, 2, padding="same")(x)
    features = []
    for level in range(halvings + 1 if halvings else 2):
        size = {"kernel_size": 4, "padding": "same"} if halvings else {"kernel_size": 1}
        strides = 2 if level < halvings else 1
        x = layers.Conv2D(width * min(2**level, 8), strides=strides, **size)(x)
        if level and normalization == "instance" and max(x.shape[1:3]) == 1:
            height, width, _ = shape
            raise ValueError(
                f"Pictures of {height} x {width} pixels are too small for a discriminator of {halvings} "
                f"halvings at scale {scale}: of a map of 1 x 1 instance normalisation leaves nothing. "
                "Use larger ones (--size, --crop), fewer halvings, or another normalisation."
            )
        x = layers.LeakyReLU(0.2)(_normalize(x, normalization if level else None))
        features.append(x)
    logits = layers.Conv2D(1, **size, dtype="float32")(x)
    return keras.Model(
        inputs, {"logits": logits, "features": features}, name=f"discriminator_{scale}"
    )


def receptive_field(halvings, scale=0):
    """The side, in pixels, of what a logit of `patchgan` sees.

    Example:

    ```python
    from gankit import segmentation

    segmentation.receptive_field(halvings=3)  # 70
    ```
    """
    if not halvings:
        side = 1
    else:
        side = 4
        for strides in (1, *[2] * halvings):
            side = (side - 1) * strides + 4
    for _ in range(scale):
        side = (side - 1) * 2 + 3
    return side


# --- what they share ------------------------------------------------------------------------------


def _source(shape, from_classes):
    """An input, and it as channels."""
    if not from_classes:
        source = keras.Input(shape, name="source")
        return source, source
    source = keras.Input(shape[:2], dtype="int32", name="source")
    return source, OneHot(shape[2])(source)


def _twice(x, channels, normalization):
    for _ in range(2):
        x = _convolve(x, channels, normalization)
    return x


def _convolve(x, channels, normalization, size=3, strides=1):
    start = "he_normal"
    bias = normalization is None
    x = layers.Conv2D(
        channels, size, strides, padding="same", use_bias=bias, kernel_initializer=start
    )(x)
    return layers.ReLU()(_normalize(x, normalization))


def _normalize(x, kind):
    if kind is None:
        return x
    if kind == "batch":
        return BatchNormalization(momentum=0.9)(x)
    if kind == "instance":
        return layers.GroupNormalization(groups=-1)(x)
    if kind == "group":
        most = max(x.shape[-1] // 8, 1)
        groups = max(groups for groups in range(1, most + 1) if x.shape[-1] % groups == 0)
        return layers.GroupNormalization(groups)(x)
    raise ValueError(f"`normalization` is 'batch', 'instance', 'group' or None. Received: {kind!r}")
