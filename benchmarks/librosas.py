"""Log-mels by librosa, for processes that need nothing else."""

import numpy as np


def clips(n, samples, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (n, samples)).astype("float32")


def by_librosa(n, samples, rate, fft, hop, bands):
    """Log-mels of `n` clips by librosa, in whatever process this runs."""
    import librosa

    waves = clips(n, samples)
    mels = librosa.feature.melspectrogram(
        y=waves, sr=rate, n_fft=fft, hop_length=hop, n_mels=bands, power=1.0
    )
    return float(np.log(np.maximum(mels, 1e-5)).mean())
