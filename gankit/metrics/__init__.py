"""Measures of samples against data, accumulated on the host in float64."""

from gankit.metrics.metric import Metric
from gankit.metrics.sliced_wasserstein import SlicedWasserstein

__all__ = ["Metric", "SlicedWasserstein"]
