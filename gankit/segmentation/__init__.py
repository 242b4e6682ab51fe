"""Pairs: pictures to classes and back, pictures to pictures, with pairs and without."""

from gankit.segmentation.boundaries import BoundaryF1
from gankit.segmentation.confusion import (
    ClassOverlap,
    confusion_matrix,
    mean_iou,
    per_class_iou,
)
from gankit.segmentation.confusion_picture import draw_confusion
from gankit.segmentation.data import Coloured, Pairs, Preparation, load
from gankit.segmentation.export import to_export
from gankit.segmentation.metrics import (
    FCNScore,
    evaluate,
    evaluate_run,
    load_data,
    measure_confusion,
    metrics_for,
    segmenter_of,
    train_segmenter,
)
from gankit.segmentation.model import Cycle, CycleGAN, Identity, Segmenter, there_and_back
from gankit.segmentation.networks import (
    patchgan,
    pix2pix_generator,
    receptive_field,
    resnet,
    spade_generator,
    unet,
)
from gankit.segmentation.samples import SHOWN, draw, generate, overlay
from gankit.segmentation.streets import draw_streets

__all__ = [
    "SHOWN",
    "BoundaryF1",
    "ClassOverlap",
    "Coloured",
    "Cycle",
    "CycleGAN",
    "FCNScore",
    "Identity",
    "Pairs",
    "Preparation",
    "Segmenter",
    "confusion_matrix",
    "draw",
    "draw_confusion",
    "draw_streets",
    "evaluate",
    "evaluate_run",
    "generate",
    "load",
    "load_data",
    "mean_iou",
    "measure_confusion",
    "metrics_for",
    "overlay",
    "patchgan",
    "per_class_iou",
    "pix2pix_generator",
    "receptive_field",
    "resnet",
    "segmenter_of",
    "spade_generator",
    "there_and_back",
    "to_export",
    "train_segmenter",
    "unet",
]
