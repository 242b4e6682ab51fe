"""Mel scales: matrices from a transform's frequencies to bands that are spaced as we hear them."""

import numpy as np


def mel_filters(sample_rate, fft, mels, low=0.0, high=None):
    """Slaney's triangular filters, each of unit area, as librosa and HiFi-GAN have them.

    Args:
        sample_rate: in Hz.
        fft: size of the transform, even.
        mels: number of bands.
        low, high: the range of the bands, in Hz; `high` is half the sample rate by default.

    Returns:
        (mels, fft / 2 + 1) float32.

    Raises:
        ValueError: a range outside the transform's, or bands in which none of its frequencies
            lies, with the nearest values that work.
    """
    from librosa.filters import mel

    high = nyquist(sample_rate) if high is None else high
    if high > nyquist(sample_rate):
        raise ValueError(
            f"`high` must be at most half the sample rate, {sample_rate} Hz. Received: high={high}. "
            f"The nearest that works is {nyquist(sample_rate):g}."
        )
    if not 0 <= low < high:
        raise ValueError(f"`low` must be in [0, {high:g}) Hz. Received: low={low}")
    if _empty(sample_rate, fft, mels, low, high):
        raise ValueError(_too_many(sample_rate, fft, mels, low, high))
    return mel(sr=sample_rate, n_fft=fft, n_mels=mels, fmin=low, fmax=high)


def mel_warp(sample_rate, fft, bins):
    """Averages of neighbouring frequencies that space them evenly on the mel scale.

    Row m is a triangle about the m-th of `bins` frequencies, from 0 to half the sample rate. It
    reaches to its neighbours, and as far as one frequency of the transform at least, so that no row
    is empty where mel bins lie closer than those (as in GANSynth). Rows sum to 1.

    Args:
        sample_rate: in Hz.
        fft: size of the transform, even.
        bins: at most fft / 2 + 1.

    Returns:
        (bins, fft / 2 + 1) float64, and the rows' middles in Hz, (bins,).
    """
    middles = mel_frequencies(bins, 0.0, nyquist(sample_rate)) * fft / sample_rate
    gaps = np.maximum(np.diff(middles), 1.0)
    below, above = np.append(1.0, gaps)[:, None], np.append(gaps, 1.0)[:, None]
    offsets = np.arange(fft // 2 + 1) - middles[:, None]
    rows = np.maximum(1 - np.where(offsets < 0, -offsets / below, offsets / above), 0.0)
    return rows / rows.sum(axis=1, keepdims=True), middles * sample_rate / fft


def mel_frequencies(count, low, high):
    """`count` frequencies from `low` to `high` in Hz, evenly spaced on Slaney's mel scale."""
    import librosa

    return librosa.mel_frequencies(n_mels=count, fmin=low, fmax=high)


def nyquist(sample_rate):
    """Half the sample rate."""
    return sample_rate / 2


def _empty(sample_rate, fft, mels, low, high):
    """Whether no frequency of the transform lies inside one of the bands."""
    edges = mel_frequencies(mels + 2, low, high) * fft / sample_rate
    return np.any(np.floor(edges[:-2]) + 1 >= edges[2:])


def _too_many(sample_rate, fft, mels, low, high):
    fewer, larger = mels - 1, 2 * fft
    while fewer and _empty(sample_rate, fft, fewer, low, high):
        fewer -= 1
    while _empty(sample_rate, larger, mels, low, high):
        larger *= 2
    return (
        f"An FFT of {fft} has no frequency in some of the bands. Received: mels={mels}, low={low:g}, "
        f"high={high:g}, sample_rate={sample_rate}. The nearest that work are "
        + (f"mels={fewer}, or " if fewer else "")
        + f"fft={larger}."
    )
