"""From a picture's size to the small grid that networks begin or end with, and back."""

import math

from keras import layers


def grid(shape):
    """How often a picture is halved, and the (height, width) of the grid that is left.

    The shorter side ends at 3 to 5 places, or at half of a picture that is smaller than that.

    Args:
        shape: (height, width, channels); of a spectrogram, (frames, bins, channels).
    """
    height, width, _ = shape
    stages = max(round(math.log2(min(height, width) / 4)), 1)
    return stages, (-(-height // 2**stages), -(-width // 2**stages))


def cut(x, shape):
    """The middle of a grid that covers more than the picture."""
    over = x.shape[1] - shape[0], x.shape[2] - shape[1]
    if over == (0, 0):
        return x
    return layers.Cropping2D([(one // 2, one - one // 2) for one in over])(x)
