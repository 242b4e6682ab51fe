"""Points in the plane: the smallest domain, where one sees what a GAN does."""

from gankit.points.data import Points, Standardisation, grid, load, ring
from gankit.points.metrics import ModeCoverage, evaluate, metrics_for
from gankit.points.networks import discriminator, generator
from gankit.points.samples import draw, save

__all__ = [
    "ModeCoverage",
    "Points",
    "Standardisation",
    "discriminator",
    "draw",
    "evaluate",
    "generator",
    "grid",
    "load",
    "metrics_for",
    "ring",
    "save",
]
