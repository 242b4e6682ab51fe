"""Measures of samples against data, accumulated on the host in float64."""

from gankit.metrics.beside import beside_controls, triples
from gankit.metrics.features import ModelFeatures, RandomFeatures
from gankit.metrics.frechet_distance import FrechetDistance, frechet_distance
from gankit.metrics.gaussians import draw_gaussians
from gankit.metrics.inception_score import InceptionScore
from gankit.metrics.kernel_distance import KernelDistance, squared_mmd
from gankit.metrics.memorisation import Memorisation
from gankit.metrics.metric import Metric
from gankit.metrics.neighbourhoods import Neighbourhoods, nearest
from gankit.metrics.on_features import OnFeatures
from gankit.metrics.paired import Paired, psnr, ssim
from gankit.metrics.parzen import ParzenLogLikelihood
from gankit.metrics.sliced_wasserstein import SlicedWasserstein

__all__ = [
    "FrechetDistance",
    "InceptionScore",
    "KernelDistance",
    "Memorisation",
    "Metric",
    "ModelFeatures",
    "Neighbourhoods",
    "OnFeatures",
    "Paired",
    "ParzenLogLikelihood",
    "RandomFeatures",
    "SlicedWasserstein",
    "beside_controls",
    "draw_gaussians",
    "frechet_distance",
    "nearest",
    "psnr",
    "squared_mmd",
    "ssim",
    "triples",
]
