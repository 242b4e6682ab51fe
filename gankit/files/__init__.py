"""Reading data safely, and feeding it in an order that is a pure function of (seed, epoch)."""

from gankit.files.dataset import Dataset
from gankit.files.table import read_table

__all__ = ["Dataset", "read_table"]
