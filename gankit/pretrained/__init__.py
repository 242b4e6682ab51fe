"""Small trained models that come with the package, and trained models of one's own, to sample from."""

from gankit.pretrained.loading import NAMES, load
from gankit.pretrained.trained import Trained

__all__ = ["NAMES", "Trained", "load"]
