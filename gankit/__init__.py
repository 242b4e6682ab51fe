"""gankit: adversarial learning in Keras."""

from gankit import (
    audio,
    backend,
    callbacks,
    constraints,
    files,
    images,
    launch,
    layers,
    losses,
    metrics,
    optimizers,
    penalties,
    points,
    pretrained,
    reconstruction,
    runs,
    schedules,
    segmentation,
    text,
    twins,
)
from gankit.ema import EMA
from gankit.gan import GAN
from gankit.pretrained import load
from gankit.translation import Translation
from gankit.version import __version__

__all__ = [
    "EMA",
    "GAN",
    "Translation",
    "__version__",
    "audio",
    "backend",
    "callbacks",
    "constraints",
    "files",
    "images",
    "launch",
    "layers",
    "load",
    "losses",
    "metrics",
    "optimizers",
    "penalties",
    "points",
    "pretrained",
    "reconstruction",
    "runs",
    "schedules",
    "segmentation",
    "text",
    "twins",
]
