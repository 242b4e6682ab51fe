"""Pictures: from a folder of them to samples one would show."""

from gankit.files import Scaling
from gankit.files.sheets import draw, tile
from gankit.images.augment import AdaptiveAugment, DiffAugment
from gankit.images.data import Pictures, load
from gankit.images.diagnostics import PictureDiagnostics
from gankit.images.features import (
    Inception2015,
    ModelFeatures,
    RandomFeatures,
    classifier,
    classifier_of,
    extractor,
    inception_v3,
    of_classifier,
    train_classifier,
)
from gankit.images.glyphs import draw_glyphs
from gankit.images.metrics import (
    Recognised,
    evaluate,
    evaluate_run,
    load_data,
    metrics_for,
    metrics_while_training,
    neighbours,
    usual_features,
)
from gankit.images.networks import (
    dcgan_discriminator,
    dcgan_generator,
    mlp_discriminator,
    mlp_generator,
    r3gan_discriminator,
    r3gan_generator,
    sngan_discriminator,
    sngan_generator,
)
from gankit.images.samples import SHOWN, generate
from gankit.labels import in_turn

__all__ = [
    "SHOWN",
    "AdaptiveAugment",
    "DiffAugment",
    "Inception2015",
    "ModelFeatures",
    "PictureDiagnostics",
    "Pictures",
    "RandomFeatures",
    "Recognised",
    "Scaling",
    "classifier",
    "classifier_of",
    "dcgan_discriminator",
    "dcgan_generator",
    "draw",
    "draw_glyphs",
    "evaluate",
    "evaluate_run",
    "extractor",
    "generate",
    "in_turn",
    "inception_v3",
    "load",
    "load_data",
    "metrics_for",
    "metrics_while_training",
    "mlp_discriminator",
    "mlp_generator",
    "neighbours",
    "of_classifier",
    "r3gan_discriminator",
    "r3gan_generator",
    "sngan_discriminator",
    "sngan_generator",
    "tile",
    "train_classifier",
    "usual_features",
]
