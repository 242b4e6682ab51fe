"""Points in the plane: the smallest domain, where one sees what a GAN does."""

from gankit.points.data import Points, Standardisation, grid, load, ring
from gankit.points.metrics import ModeCoverage, evaluate, evaluate_run, metrics_for
from gankit.points.networks import discriminator, generator
from gankit.points.samples import draw, generate, save

__all__ = [
    "ModeCoverage",
    "Points",
    "Standardisation",
    "discriminator",
    "draw",
    "evaluate",
    "evaluate_run",
    "generate",
    "generator",
    "grid",
    "load",
    "metrics_for",
    "ring",
    "save",
]
