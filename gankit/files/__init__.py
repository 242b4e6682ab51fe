"""Reading data safely, and feeding it in an order that is a pure function of (seed, epoch)."""

from gankit.files.classes import Classes
from gankit.files.dataset import Dataset
from gankit.files.joint_augment import JointAugment
from gankit.files.scaling import Scaling
from gankit.files.table import read_table

__all__ = ["Classes", "Dataset", "JointAugment", "Scaling", "read_table"]
