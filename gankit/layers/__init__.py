"""Layers that adversarial networks need and Keras lacks."""

from gankit.layers.auxiliary_classifier import AuxiliaryClassifier
from gankit.layers.basis import DiscriminativeBasis, GenerativeBasis
from gankit.layers.batch_normalization import BatchNormalization
from gankit.layers.conditional_batch_normalization import ConditionalBatchNormalization
from gankit.layers.dropout import Dropout
from gankit.layers.grouped_conv1d import GroupedConv1D
from gankit.layers.grouped_conv2d import GroupedConv2D
from gankit.layers.history_pool import HistoryPool
from gankit.layers.layer_scale import LayerScale
from gankit.layers.maxout import Maxout
from gankit.layers.minibatch_stddev import MinibatchStddev
from gankit.layers.one_hot import OneHot
from gankit.layers.pack import Pack
from gankit.layers.pad import CropLike, PadToMultiple
from gankit.layers.pixel_normalization import PixelNormalization
from gankit.layers.projection import Projection
from gankit.layers.resample import Downsample, Upsample
from gankit.layers.self_attention import SelfAttention
from gankit.layers.spade import SPADE
from gankit.layers.spectral_normalization import SpectralNormalization
from gankit.layers.weight_normalization import WeightNormalization

__all__ = [
    "SPADE",
    "AuxiliaryClassifier",
    "BatchNormalization",
    "ConditionalBatchNormalization",
    "CropLike",
    "DiscriminativeBasis",
    "Downsample",
    "Dropout",
    "GenerativeBasis",
    "GroupedConv1D",
    "GroupedConv2D",
    "HistoryPool",
    "LayerScale",
    "Maxout",
    "MinibatchStddev",
    "OneHot",
    "Pack",
    "PadToMultiple",
    "PixelNormalization",
    "Projection",
    "SelfAttention",
    "SpectralNormalization",
    "Upsample",
    "WeightNormalization",
]
