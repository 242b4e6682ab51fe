import numpy as np
import pytest

from gankit.metrics import Paired, psnr, ssim
from tests.helpers import check_config_round_trip


def pictures(n=4, height=20, width=17, channels=3, noise=0.3, seed=0):
    """Smooth pictures and noisy copies of them, all in [-1, 1]."""
    rng = np.random.default_rng(seed)
    waves = np.sin(
        rng.random((n, 1, 1, channels)) * np.add.outer(range(height), range(width))[..., None]
    )
    copies = waves + noise * rng.standard_normal(waves.shape)
    return waves, np.clip(copies, -1, 1)


def test_psnr_by_hand():
    """Every pixel off by 0.2: 10 log10(4 / 0.04) = 20 dB; half of them: 3 dB more."""
    real, fake = np.zeros((2, 2, 4, 4, 1))
    fake[0] = 0.2
    fake[1, :2] = 0.2
    np.testing.assert_allclose(psnr(real, fake), [20, 20 + 10 * np.log10(2)])
    np.testing.assert_allclose(psnr(real, fake, span=20.0), psnr(real, fake) + 20)


def test_identical_pictures():
    real, _ = pictures()
    assert np.isposinf(psnr(real, real)).all()
    np.testing.assert_allclose(ssim(real, real), 1)


def test_bytes_do_not_wrap():
    real, fake = np.full((1, 11, 11, 1), 10, "uint8"), np.full((1, 11, 11, 1), 20, "uint8")
    np.testing.assert_allclose(psnr(real, fake, 255), 20 * np.log10(25.5))


def test_ssim_of_flat_pictures_by_hand():
    """Without variance the luminance is left; -1 is black, so moved to 0, and 0 moved to 1."""
    black, grey = np.full((1, 11, 11, 1), -1.0), np.zeros((1, 11, 11, 1))
    c1 = (0.01 * 2) ** 2
    np.testing.assert_allclose(ssim(black, grey), c1 / (1 + c1))
    np.testing.assert_allclose(ssim(grey, grey), 1)


def test_ssim_window_by_hand():
    """An 11x11 picture has one window: exp(-(i^2 + j^2) / (2 1.5^2)), scaled to sum to 1."""
    line = np.exp(-np.square(np.arange(-5, 6)) / (2 * 1.5**2))
    window = np.outer(line, line) / np.outer(line, line).sum()
    real, fake = pictures(1, 11, 11, 1)
    x, y = real[0, ..., 0] + 1, fake[0, ..., 0] + 1
    m_x, m_y = (window * x).sum(), (window * y).sum()
    s_xx, s_yy = (window * (x - m_x) ** 2).sum(), (window * (y - m_y) ** 2).sum()
    s_xy = (window * (x - m_x) * (y - m_y)).sum()
    c1, c2 = 0.02**2, 0.06**2
    expected = (2 * m_x * m_y + c1) * (2 * s_xy + c2)
    expected /= (m_x**2 + m_y**2 + c1) * (s_xx + s_yy + c2)
    np.testing.assert_allclose(ssim(real, fake), expected)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("noise", [0.05, 0.5])
def test_like_tensorflow(channels, noise):
    """Whose pictures begin at 0."""
    tf = pytest.importorskip("tensorflow")
    real, fake = pictures(channels=channels, noise=noise)
    expected = tf.image.ssim(real + 1, fake + 1, max_val=2.0).numpy()
    np.testing.assert_allclose(ssim(real, fake), expected, atol=1e-4)
    np.testing.assert_allclose(psnr(real, fake), tf.image.psnr(real, fake, 2.0).numpy(), rtol=1e-5)


def test_any_range_and_number_of_channels():
    real, fake = pictures(channels=5)
    np.testing.assert_allclose(ssim(127.5 * real, 127.5 * fake, 255), ssim(real, fake))
    channels = [ssim(real[..., i : i + 1], fake[..., i : i + 1]) for i in range(5)]
    np.testing.assert_allclose(ssim(real, fake), np.mean(channels, axis=0))


def test_more_noise_is_worse():
    values = []
    for noise in (0.0, 0.1, 0.3, 1.0):
        metric = Paired()
        metric.update(*pictures(noise=noise))
        values.append(metric.result())
    for name, sign in (("psnr", -1), ("ssim", -1), ("l1", 1)):
        assert np.all(np.diff([sign * value[name] for value in values]) > 0), name


def test_paired_by_hand():
    """Pictures 0.2 off and 0.02 off: 20 and 40 dB."""
    real, fake = np.zeros((2, 2, 11, 11, 3))
    fake[0], fake[1] = 0.2, -0.02
    metric = Paired()
    metric.update(real, fake)
    result = metric.result()
    assert result["psnr"] == pytest.approx((20 + 40) / 2)
    assert result["l1"] == pytest.approx((0.2 + 0.02) / 2)
    assert result["ssim"] == pytest.approx(ssim(real, fake).mean())
    assert all(type(value) is float for value in result.values())


def test_identical_pictures_count_as_100_db():
    real, fake = np.zeros((2, 2, 11, 11, 1))
    fake[0] = 0.2
    metric = Paired()
    metric.update(real, fake)
    assert metric.result()["psnr"] == pytest.approx((20 + 100) / 2)
    assert "at most 100 dB" in metric.protocol()


def test_batches_are_the_whole():
    real, fake = pictures(9)
    whole, parts = Paired(), Paired()
    whole.update(real, fake)
    for start, stop in ((0, 1), (1, 6), (6, 9)):
        parts.update(real[start:stop], fake[start:stop])
    assert parts.result() == pytest.approx(whole.result())
    parts.reset()
    parts.update(real, real)
    assert parts.result() == pytest.approx({"psnr": 100, "ssim": 1, "l1": 0})


def test_bad_pictures():
    real, fake = pictures()
    with pytest.raises(ValueError, match=r"Received: \(4, 20, 17, 3\) and \(3, 20, 17, 3\)"):
        psnr(real, fake[:3])
    with pytest.raises(ValueError, match=r"Received: \(20, 17, 3\) and \(20, 17, 3\)"):
        ssim(real[0], fake[0])
    with pytest.raises(ValueError, match="at least 11x11 pixels. Received: 20x10"):
        ssim(real[:, :, :10], fake[:, :, :10])
    with pytest.raises(ValueError, match="from -1 to 1. Received: real pixels from 0 to 255"):
        ssim(np.linspace(0, 255, 121).reshape(1, 11, 11, 1), np.zeros((1, 11, 11, 1)))
    ssim(real, 1.5 * fake)  # an unbounded generator's


def test_nothing_seen():
    with pytest.raises(ValueError, match="No picture was seen"):
        Paired().result()


def test_arguments():
    assert check_config_round_trip(Paired(span=255)).span == 255
    with pytest.raises(ValueError, match="Received: span=0"):
        Paired(span=0)
