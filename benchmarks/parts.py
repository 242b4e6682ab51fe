"""What the one table of speed is made of: the other benchmarks, and which of their rows it shows."""

import dataclasses

from benchmarks.ratios import Ratio

RECIPES = ("points", "images", "segmentation", "audio", "text")
GOALS = {**dict.fromkeys(RECIPES, 25.0), "points": 15.0}  # seconds to the first training step


@dataclasses.dataclass
class Part:
    """A benchmark, and what of it goes into the table.

    Attributes:
        command: the file in benchmarks/, and its options.
        rounds: of timing.
        ratios: of its rows.
        seconds: rows that are shown as they are, `{row: (name, the most it should be)}`.
        backends: that it runs on.
        devices: that its contenders run on.
    """

    command: tuple
    rounds: int
    ratios: tuple
    seconds: dict = dataclasses.field(default_factory=dict)
    backends: tuple = ("tensorflow", "jax", "torch")
    devices: tuple = ("cpu", "cuda")


def of_step(case):
    noise = f"{case}/noise"
    return (
        Ratio(f"{case}: fit / bare loop", f"{case}/fit over bare loop", noise),
        Ratio(f"{case}: fit / keras.io's step", f"{case}/two passes over fit", noise, turned=True),
        Ratio(f"{case}: fit / PyTorch", f"{case}/PyTorch over fit", noise, turned=True),
    )


def of_vocoder(rate):
    noise = f"{rate} Hz/noise"
    return tuple(
        Ratio(f"vocoder, {rate} Hz / {name}", f"{rate} Hz/{row} over vocoder", noise, True, goal)
        for name, row, goal in (
            ("HiFi-GAN V2", "hifigan-v2", 0.1),
            ("Griffin-Lim", "Griffin-Lim", None),
        )
    )


def of_text(what):
    return tuple(
        Ratio(f"{what}{xla} / PyTorch", f"{what}/PyTorch over gankit{xla}", f"{what}/noise", True)
        for xla in ("", ", XLA")
    )


PARTS = {
    "import": Part(
        ("start.py", "--part", "import"),
        7,
        (Ratio("import gankit / import keras", "import gankit over import keras", goal=1.1),),
    ),
    "first step": Part(
        ("start.py", "--part", "recipes"),
        5,
        tuple(
            Ratio(f"{name}: command to training / import keras", f"{name}/begins over import keras")
            for name in RECIPES
        ),
        {
            f"{name}/{row}": (f"{name}: {label}", goal)
            for name in RECIPES
            for label, row, goal in (
                ("command to training", "begins", GOALS[name]),
                ("command to the game's first step", "first step", {**GOALS, "text": None}[name]),
            )
        },
    ),
    "step": Part(
        ("step.py", "--cases", "dcgan", "dcgan-r3gan", "points"),
        8,
        (*of_step("dcgan"), *of_step("dcgan-r3gan"), *of_step("points")),
    ),
    "streams": Part(
        ("streams.py",),
        5,
        tuple(
            Ratio(
                f"{name}: batch / training step",
                f"{name}/batch over step",
                f"{name}/noise",
                goal=1.0,
            )
            for name in RECIPES
        ),
    ),
    "pipeline": Part(
        ("pipeline.py", "--presets", "default"),
        5,
        (
            Ratio(
                "JPEG files: stream / training step",
                "default/stream over model",
                turned=True,
                goal=1.0,
            ),
            Ratio(
                "JPEG files: decoding / training step",
                "default/decoding over model",
                turned=True,
                goal=1.0,
            ),
        ),
    ),
    "frechet": Part(
        ("frechet.py",),
        5,
        tuple(
            Ratio(
                f"Frechet distance, {kind} / sqrtm",
                f"{kind}/sqrtm over ours",
                f"{kind}/noise",
                turned=True,
            )
            for kind in ("regular", "singular")
        ),
    ),
    "self-bleu": Part(
        ("self_bleu.py",), 5, (Ratio("Self-BLEU-5 / nltk", "nltk over ours", turned=True),)
    ),
    "mel": Part(
        ("audio.py", "--part", "mel"),
        6,
        (Ratio("log-mels / librosa on all cores", "librosa over device", turned=True, goal=0.2),),
    ),
    "vocoder": Part(("audio.py", "--part", "speed"), 6, (*of_vocoder(8000), *of_vocoder(22_050))),
    "sampling": Part(
        ("text_speed.py", "--no-steps"),
        5,
        (*of_text("sampling"), *of_text("roll-outs")),
        backends=("tensorflow",),
        devices=("cpu",),
    ),
}
