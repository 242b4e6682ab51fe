"""Layers that adversarial networks need and Keras lacks."""

from gankit.layers.auxiliary_classifier import AuxiliaryClassifier
from gankit.layers.conditional_batch_normalization import ConditionalBatchNormalization
from gankit.layers.minibatch_stddev import MinibatchStddev
from gankit.layers.pack import Pack
from gankit.layers.pixel_normalization import PixelNormalization
from gankit.layers.projection import Projection
from gankit.layers.spectral_normalization import SpectralNormalization

__all__ = [
    "AuxiliaryClassifier",
    "ConditionalBatchNormalization",
    "MinibatchStddev",
    "Pack",
    "PixelNormalization",
    "Projection",
    "SpectralNormalization",
]
