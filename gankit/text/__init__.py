"""Text: sequences of tokens, from language models that play the game."""

from gankit.text import likelihood, metrics
from gankit.text.bleu import Bleu, SelfBleu, bleu, self_bleu
from gankit.text.conditions import Category, Prompt
from gankit.text.copies import Copies, copied, novelty
from gankit.text.curves import curve, draw_curves, lead
from gankit.text.data import Texts, load
from gankit.text.decoder import program
from gankit.text.diagnostics import TextDiagnostics
from gankit.text.evaluation import evaluate, evaluate_run, load_data
from gankit.text.export import decoding, to_export
from gankit.text.features import Encoder, train_encoder
from gankit.text.language_model import LanguageModel
from gankit.text.metrics import LabelAccuracy, OfPrompt, metrics_for
from gankit.text.model import GumbelGAN, PolicyGAN, SequenceGAN
from gankit.text.networks import (
    cnn_discriminator,
    recurrent_discriminator,
    relgan_discriminator,
    told_category,
    told_prompt,
)
from gankit.text.ngram_model import LanguageModelScore, NGramModel
from gankit.text.oracle import load_oracle, seeded_oracle, student
from gankit.text.recurrent import Recurrent
from gankit.text.relational_memory import RelationalMemory
from gankit.text.rewards import PerToken, Reweighted, RollOuts, WholeSequence
from gankit.text.samples import SHOWN, Writer, chat, generate, reply
from gankit.text.scores import Distinct, distinct, most_frequent, most_repeated
from gankit.text.sequences import unpad
from gankit.text.tokenizer import Tokenizer, pad
from gankit.text.transformer import Transformer
from gankit.text.two_sample import TwoSampleTest
from gankit.text.warm_up import warm_up

__all__ = [
    "SHOWN",
    "Bleu",
    "Category",
    "Copies",
    "Distinct",
    "Encoder",
    "GumbelGAN",
    "LabelAccuracy",
    "LanguageModel",
    "LanguageModelScore",
    "NGramModel",
    "OfPrompt",
    "PerToken",
    "PolicyGAN",
    "Prompt",
    "Recurrent",
    "RelationalMemory",
    "Reweighted",
    "RollOuts",
    "SelfBleu",
    "SequenceGAN",
    "TextDiagnostics",
    "Texts",
    "Tokenizer",
    "Transformer",
    "TwoSampleTest",
    "WholeSequence",
    "Writer",
    "bleu",
    "chat",
    "cnn_discriminator",
    "copied",
    "curve",
    "decoding",
    "distinct",
    "draw_curves",
    "evaluate",
    "evaluate_run",
    "generate",
    "lead",
    "likelihood",
    "load",
    "load_data",
    "load_oracle",
    "metrics",
    "metrics_for",
    "most_frequent",
    "most_repeated",
    "novelty",
    "pad",
    "program",
    "recurrent_discriminator",
    "relgan_discriminator",
    "reply",
    "seeded_oracle",
    "self_bleu",
    "student",
    "to_export",
    "told_category",
    "told_prompt",
    "train_encoder",
    "unpad",
    "warm_up",
]
