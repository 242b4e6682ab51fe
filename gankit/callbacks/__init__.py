"""Callbacks for `GAN.fit`."""

from gankit.callbacks.averaging import Averaging
from gankit.callbacks.checkpoints import Checkpoints
from gankit.callbacks.clock import Clock
from gankit.callbacks.diagnostics import Diagnostics, TrainingWarning
from gankit.callbacks.learning_rate import LearningRate
from gankit.callbacks.logits import Logits
from gankit.callbacks.progress import Progress
from gankit.callbacks.recover import Recover
from gankit.callbacks.resume import Resume
from gankit.callbacks.samples import Samples, Sound
from gankit.callbacks.scalars import Scalars
from gankit.divergence import DivergenceError

__all__ = [
    "Averaging",
    "Checkpoints",
    "Clock",
    "Diagnostics",
    "DivergenceError",
    "LearningRate",
    "Logits",
    "Progress",
    "Recover",
    "Resume",
    "Samples",
    "Scalars",
    "Sound",
    "TrainingWarning",
]
