"""Trained networks as files that run without gankit: SavedModel, ONNX, LiteRT."""

from gankit.export.network import SUFFIXES, Exported, export
from gankit.export.run import export_run, generator

__all__ = ["SUFFIXES", "Exported", "export", "export_run", "generator"]
