"""Sound: recordings to spectrograms and back, spoken labels, vocoders."""

from gankit.audio.accuracy import ConditionAccuracy
from gankit.audio.augment import ShiftAugment
from gankit.audio.classifier import classifier_of, train_classifier
from gankit.audio.conditions import askable, in_turn, names_of, titles
from gankit.audio.data import Recordings, load, some_rows
from gankit.audio.discriminators import multi_period, multi_resolution, multi_scale
from gankit.audio.distances import MelCepstralDistortion, MultiResolutionSTFTDistance
from gankit.audio.evaluation import (
    SAMPLES,
    evaluate_generator,
    evaluate_run,
    load_data,
    metrics_while_training,
)
from gankit.audio.export import to_export
from gankit.audio.features import RandomWaveFeatures, of_classifier
from gankit.audio.instantaneous_frequency import MelInstantaneousFrequency
from gankit.audio.losses import MelL1, MultiResolutionSTFT, SummedFeatureMatching
from gankit.audio.metrics import metrics_for, speech_metrics_note, vocoder_metrics
from gankit.audio.model import CopySynthesis, SpectrogramGAN, Vocoder, pictures, waves_of
from gankit.audio.ndb import NDB
from gankit.audio.networks import spectrogram_discriminator, spectrogram_generator
from gankit.audio.normalisation import BinNormalisation, RangeNormalisation
from gankit.audio.pitch import PitchError
from gankit.audio.representations import (
    LinearLogMagnitude,
    LogMel,
    Representation,
    changed,
    in_range,
)
from gankit.audio.samples import draw, write
from gankit.audio.speech import PESQ, STOI
from gankit.audio.stft import STFT
from gankit.audio.streaming import context, stream
from gankit.audio.synthesis import SHOWN, generate, open_vocoder, resynthesise, say
from gankit.audio.vocoder_evaluation import VOICES, evaluate_vocoder, held_out, whole_frames
from gankit.audio.vocoders import by_matrices, hifigan, vocos, with_iterations
from gankit.audio.vowels import draw_vowels

__all__ = [
    "NDB",
    "PESQ",
    "SAMPLES",
    "SHOWN",
    "STFT",
    "STOI",
    "VOICES",
    "BinNormalisation",
    "ConditionAccuracy",
    "CopySynthesis",
    "LinearLogMagnitude",
    "LogMel",
    "MelCepstralDistortion",
    "MelInstantaneousFrequency",
    "MelL1",
    "MultiResolutionSTFT",
    "MultiResolutionSTFTDistance",
    "PitchError",
    "RandomWaveFeatures",
    "RangeNormalisation",
    "Recordings",
    "Representation",
    "ShiftAugment",
    "SpectrogramGAN",
    "SummedFeatureMatching",
    "Vocoder",
    "askable",
    "by_matrices",
    "changed",
    "classifier_of",
    "context",
    "draw",
    "draw_vowels",
    "evaluate_generator",
    "evaluate_run",
    "evaluate_vocoder",
    "generate",
    "held_out",
    "hifigan",
    "in_range",
    "in_turn",
    "load",
    "load_data",
    "metrics_for",
    "metrics_while_training",
    "multi_period",
    "multi_resolution",
    "multi_scale",
    "names_of",
    "of_classifier",
    "open_vocoder",
    "pictures",
    "resynthesise",
    "say",
    "some_rows",
    "spectrogram_discriminator",
    "spectrogram_generator",
    "speech_metrics_note",
    "stream",
    "titles",
    "to_export",
    "train_classifier",
    "vocoder_metrics",
    "vocos",
    "waves_of",
    "whole_frames",
    "with_iterations",
    "write",
]
