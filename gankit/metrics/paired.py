import collections

import keras
import numpy as np

from gankit.metrics.metric import Metric

WINDOW, SIGMA, K1, K2 = 11, 1.5, 0.01, 0.03  # of SSIM, as its paper has them
MOST = 100.0  # dB


def psnr(real, fake, span=2.0):
    """The peak signal-to-noise ratio of each picture: 10 log10(span^2 / mean squared error).

    Args:
        real, fake: (n, h, w, channels); `real[i]` is the truth for `fake[i]`.
        span: the difference between the largest and the smallest value a pixel may have.

    Returns:
        (n,) float64 in dB; infinite where two pictures are identical.

    Raises:
        ValueError: for arrays of other or of two shapes.

    Example:

    ```python
    import numpy as np

    import gankit

    real = np.zeros((2, 16, 16, 1))
    gankit.metrics.psnr(real, real + 0.1)  # 10 log10(4 / 0.01), about 26 dB each
    ```
    """
    real, fake = _pair(real, fake)
    errors = np.square(real - fake).mean(axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        return 10 * np.log10(span**2 / errors)


def ssim(real, fake, span=2.0):
    """The structural similarity of each picture.

    Wang et al. (2004), https://doi.org/10.1109/TIP.2003.819861:

    (2 m_x m_y + C1) (2 s_xy + C2) / ((m_x^2 + m_y^2 + C1) (s_x^2 + s_y^2 + C2)),
    C1 = (0.01 span)^2, C2 = (0.03 span)^2, with the means, variances and the covariance under an
    11x11 Gaussian window of sigma 1.5; averaged over the windows that lie inside and over channels.
    It depends on where black is: pixels are moved from [-span / 2, span / 2] to [0, span], which
    gives the values of the same pictures in [0, 255].

    Args:
        real, fake: (n, h, w, channels), h and w at least 11, pixels in [-span / 2, span / 2];
            `real[i]` is the truth for `fake[i]`. A fake pixel may lie outside.
        span: the width of the pixels' range.

    Returns:
        (n,) float64 in [-1, 1] where both pictures keep to the range; 1 where they are identical.

    Raises:
        ValueError: for arrays of other or of two shapes, pictures smaller than the window, and real
            pixels outside the range.

    Example:

    ```python
    import numpy as np

    import gankit

    real = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 1))
    gankit.metrics.ssim(real, 0.5 * real)  # below 1: less contrast
    ```
    """
    real, fake = _pair(real, fake)
    height, width = real.shape[1:3]
    if min(height, width) < WINDOW:
        raise ValueError(
            f"SSIM takes pictures of at least {WINDOW}x{WINDOW} pixels. Received: {height}x{width}"
        )
    if real.size and np.abs(real).max() > span / 2 + 1e-6 * span:
        raise ValueError(
            f"SSIM takes pixels from {-span / 2:g} to {span / 2:g}. Received: real pixels from "
            f"{real.min():g} to {real.max():g}"
        )
    x, y = real + span / 2, fake + span / 2
    m_x, m_y = _windowed(x), _windowed(y)
    s_xx, s_yy = _windowed(x * x) - m_x**2, _windowed(y * y) - m_y**2
    s_xy = _windowed(x * y) - m_x * m_y
    c1, c2 = (K1 * span) ** 2, (K2 * span) ** 2
    luminance = (2 * m_x * m_y + c1) / (m_x**2 + m_y**2 + c1)
    contrast_and_structure = (2 * s_xy + c2) / (s_xx + s_yy + c2)
    return (luminance * contrast_and_structure).mean(axis=(1, 2, 3))


@keras.saving.register_keras_serializable(package="gankit")
class Paired(Metric):
    """How far pictures are from the very ones they should be: `real[i]` is the truth for `fake[i]`.

    Means over pictures of `psnr` (dB) and `ssim`, the larger the better, and of `l1`, the mean
    absolute difference of pixels in their own units. All three reward the blurred mean of what is
    possible: they say little of how natural pictures look. A single identical pair would make the
    mean PSNR infinite, so each picture counts with 100 dB at most: less error than one step of one
    pixel in an 8-bit grey picture of 256x256. Pictures smaller than SSIM's window have none. Keeps sums
    only.

    Args:
        span: the pixels' range, as in `ssim`: 2 for [-1, 1].

    Example:

    ```python
    import numpy as np

    import gankit

    metric, real = gankit.metrics.Paired(), np.zeros((2, 16, 16, 1))
    metric.update(real, real + 0.1)
    metric.result()  # psnr 26 dB, ssim, l1 0.1
    ```
    """

    def __init__(self, span=2.0):
        if not span > 0:
            raise ValueError(f"`span` must be above 0. Received: span={span}")
        self.span = span
        self.reset()

    def reset(self):
        self._n, self._sums = 0, collections.Counter()

    def update(self, real, fake, condition=None):
        real, fake = _pair(real, fake)
        self._n += len(real)
        self._sums["psnr"] += np.minimum(psnr(real, fake, self.span), MOST).sum()
        if min(real.shape[1:3]) >= WINDOW:
            self._sums["ssim"] += ssim(real, fake, self.span).sum()
        self._sums["l1"] += np.abs(real - fake).mean(axis=(1, 2, 3)).sum()

    def result(self):
        if not self._n:
            raise ValueError("No picture was seen.")
        return {name: float(total / self._n) for name, total in self._sums.items()}

    def protocol(self):
        return (
            f"pixels from {-self.span / 2:g} to {self.span / 2:g}, means over pictures; PSNR at "
            f"most {MOST:g} dB; SSIM in {WINDOW}x{WINDOW} Gaussian windows of sigma {SIGMA:g} "
            "that lie inside, mean over channels"
        )

    def get_config(self):
        return {"span": self.span}


def _windowed(pictures):
    """Gaussian means of every window that lies inside: (n, h - 10, w - 10, channels)."""
    from scipy.ndimage import gaussian_filter1d

    radius = WINDOW // 2
    for axis in (1, 2):
        pictures = gaussian_filter1d(pictures, SIGMA, axis=axis, radius=radius)
    return pictures[:, radius:-radius, radius:-radius]


def _pair(real, fake):
    real, fake = np.asarray(real, "float64"), np.asarray(fake, "float64")
    if real.ndim != 4 or real.shape != fake.shape:
        raise ValueError(
            "Paired pictures must have one shape, (n, h, w, channels). Received: "
            f"{real.shape} and {fake.shape}"
        )
    return real, fake
