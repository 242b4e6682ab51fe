"""Work with a trained run.

Completion in the shell: gankit --tyro-print-completion bash (or zsh, tcsh) prints a script to keep."""

import dataclasses
import importlib
import inspect
import json
import os
import pathlib
import sys
from typing import Annotated, Literal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tyro

from gankit import command_line, launch

DOMAINS = ("points", "images", "segmentation", "audio", "text")


@dataclasses.dataclass
class Generate:
    """Make samples with a trained model."""

    run: Annotated[pathlib.Path, tyro.conf.Positional]
    """The run's directory."""
    n: int | None = None
    """How many samples; by default what fits on a sheet of the run's domain."""
    seed: int = 0
    """Seed of the latents: the same seed gives the same samples."""
    truncation: float | None = None
    """Keep latents within [-TRUNCATION, TRUNCATION] standard deviations: surer, less varied."""
    label: str | None = None
    """Of a conditional run: samples of this class only; by default of all classes in turn."""
    speaker: str | None = None
    """Of a run with speakers: samples of this one only; by default of all in turn."""
    interpolate: int | None = None
    """Instead, so many samples on the way from the latents of SEED to those of SEED + 1."""
    files: bool = False
    """Every sample in a file of its own, instead of all in one."""
    temperature: float | None = None
    """Of a run on text: below 1 surer, above 1 more varied."""
    top_k: int | None = None
    """Of a run on text: draw from so many of the likeliest tokens only."""
    top_p: float | None = None
    """Of a run on text: draw from the likeliest tokens that together have this probability."""
    prompt: str | None = None
    """Of a run of dialogue: what to reply to."""
    input: pathlib.Path | None = None
    """Of a run that translates, or of a vocoder's: a file, or a folder of them, to translate or to make
    again."""
    out: pathlib.Path | None = None
    """Where to write them, without suffix; by default in the run, samples/generated-SEED with the settings
    that were given, and samples/of-NAME for an --input."""

    def __call__(self):
        launch.require_at_least(1, n=self.n)
        launch.require_at_least(2, interpolate=self.interpolate)
        run, domain = open_run(self.run)
        options = given(self, domain.generate, run)
        out = self.out or run.directory / "samples" / self._name(options)
        for path in domain.generate(run, out, **options):
            print(path)

    def _name(self, options):
        """Of a file that other settings do not write over."""
        from gankit.files.names import named

        if self.input is not None:
            return f"of-{self.input.stem}"
        settings = {
            name: value for name, value in options.items() if name not in ("n", "seed", "files")
        }
        return named(f"generated-{self.seed}", settings)


@dataclasses.dataclass
class Say:
    """Speak labels one after the other, with a trained model of sound."""

    run: Annotated[pathlib.Path, tyro.conf.Positional]
    """The run's directory."""
    text: Annotated[str, tyro.conf.Positional]
    """Labels of the run, such as "3 1 4"; with commas between them where labels have spaces."""
    speaker: str | None = None
    """Who speaks; by default the seed draws one of the run's speakers."""
    seed: int = 0
    """Seed of the latents and the speaker: the same seed speaks the same way."""
    out: pathlib.Path | None = None
    """The WAV file to write; samples/said-SEED.wav in the run by default."""

    def __call__(self):
        run, domain = open_run(self.run)
        if not hasattr(domain, "say"):
            raise ValueError(f"{self.run} is a run of {run.config['recipe']}, which can't speak.")
        out = self.out or run.directory / "samples" / f"said-{self.seed}.wav"
        print(domain.say(run, out, self.text, self.speaker, self.seed))


@dataclasses.dataclass
class Evaluate:
    """Measure a trained model again, beside the real data and the non-adversarial twin."""

    run: Annotated[pathlib.Path, tyro.conf.Positional]
    """The run's directory."""
    n: int | None = None
    """How many samples; by default as many as the recipe's report has."""
    seed: int = 1
    """Seed of the latents."""
    features: str | None = None
    """Of pictures: measure distances on other features. `random`, `inception_v3` (downloaded), or a
    file: .h5 (InceptionV3's weights), .pb (the graph of 2015, for the FID) or .keras (any model)."""
    json: pathlib.Path | None = None
    """Write the numbers there too."""

    def __call__(self):
        launch.require_at_least(1, n=self.n)
        if self.json is not None:
            self.json.parent.mkdir(parents=True, exist_ok=True)
        run, domain = open_run(self.run)
        options = given(self, domain.evaluate_run, run)
        metrics, controls, remarks = domain.evaluate_run(run, **options)
        rows = {**metrics, **controls}
        for name, row in rows.items():
            print(f"{name:<{max(map(len, rows))}}  {row['value']:.4g}")
        print("\n".join(["", *remarks]))
        if self.json is not None:
            content = {"metrics": metrics, "controls": controls, "remarks": remarks}
            self.json.write_text(json.dumps(content, indent=2) + "\n")


@dataclasses.dataclass
class Chat:
    """Talk to a run of dialogue: a prompt a line, until an empty line or the end of the input."""

    run: Annotated[pathlib.Path, tyro.conf.Positional]
    """The run's directory."""
    temperature: float = 0.8
    """Below 1 surer, above 1 more varied."""
    seed: int = 0
    """Seed of the latents: the same seed and prompts give the same replies."""

    def __call__(self):
        run, domain = open_run(self.run)
        if not hasattr(domain, "chat"):
            raise ValueError(f"{self.run} is a run of {run.config['recipe']}: it does not talk.")
        for reply in domain.chat(run, prompts(), self.seed, self.temperature):
            print(reply, flush=True)


@dataclasses.dataclass
class Compare:
    """Put the numbers and the curves of several runs side by side."""

    runs: Annotated[
        tuple[pathlib.Path, ...],
        tyro.conf.Positional,
        tyro.conf.arg(metavar="RUN RUN [RUN ...]", help_behavior_hint=""),
    ]
    """The runs' directories, two at least."""
    out: pathlib.Path = pathlib.Path("compare")
    """Where to write the table (.md) and the curves (.png), without suffix."""

    def __call__(self):
        from gankit import compare
        from gankit.files.names import with_ending

        if len(self.runs) < 2:
            raise ValueError(
                f"Give the directories of two runs at least. Received: {len(self.runs)}"
            )
        table = compare.table(self.runs)
        print(table)
        text, picture = (with_ending(self.out, ending) for ending in (".md", ".png"))
        text.parent.mkdir(parents=True, exist_ok=True)
        content = f"{table}\n\n![curves over the steps]({picture.name})\n"
        text.write_text(content, encoding="utf-8", errors="backslashreplace")
        compare.curves(self.runs, picture)
        print("", text, picture, sep="\n")


@dataclasses.dataclass
class Export:
    """Write a run's networks to files that run without gankit, and check that they give the same.

    Of a spectrogram's run the vocoder too; of a run on text where decoding starts, one step of it, and a
    program that writes with them."""

    run: Annotated[pathlib.Path, tyro.conf.Positional]
    """The run's directory."""
    format: Literal["onnx", "saved_model", "litert"] = "onnx"
    """ONNX (with pip install 'gankit[export]'), TensorFlow's SavedModel, or LiteRT for devices."""
    out: pathlib.Path | None = None
    """The folder to write to; export/FORMAT in the run by default."""

    def __call__(self):
        from gankit import export

        run, domain = open_run(self.run)
        to_export = getattr(domain, "to_export", export.generator)
        program = getattr(domain, "program", None)
        done, others = export.export_run(run, to_export(run), self.out, self.format, program)
        for one in done:
            print(
                f"{one.path}: differs from the trained network by {one.difference:.1e} at most, of "
                f"{one.scale:.3g}, on {one.n} samples"
            )
        print("\n".join(map(str, others)))
        wrong = [str(one.path) for one in done if not one.same]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: what it gives is not what the network gives.")


@dataclasses.dataclass
class Doctor:
    """Say what is installed, on which devices it computes, what is missing for what, and try a game."""

    def __call__(self):
        from gankit import doctor

        lines, whole = doctor.report()
        print("\n".join(lines))
        if not whole:
            raise ValueError("something is missing, too old or does not work: see above.")


def prompts():
    """The lines of the standard input, asked for where a person types them."""
    while True:
        if sys.stdin.isatty():
            print("> ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        yield line.rstrip("\n")


def given(command, function, run):
    """The options of a command that were given, for a domain's function that understands them.

    Raises:
        ValueError: an option that means nothing to that domain.
    """
    defaults = {one.name: one.default for one in dataclasses.fields(command)}
    options = {
        name: getattr(command, name)
        for name in defaults
        if name not in ("run", "out", "json") and getattr(command, name) != defaults[name]
    }
    accepted = inspect.signature(function).parameters
    for name in options:
        if name not in accepted:
            option = name.replace("_", "-")
            raise ValueError(f"--{option} means nothing for a run of {run.config['recipe']}.")
    return options


def open_run(directory):
    """A run, and the domain package that it belongs to.

    Raises:
        ValueError: it is no run, or of a domain that this version does not know.
    """
    from gankit import runs

    run = runs.Run.open(directory)
    name = run.config.get("recipe")
    if name not in DOMAINS:
        raise ValueError(
            f"{directory} is a run of {name!r}; this version knows {', '.join(DOMAINS)}."
        )
    return run, importlib.import_module(f"gankit.{name}")


def main():
    """Runs the command line and returns the process's exit status."""
    commands = {
        "generate": Generate,
        "say": Say,
        "chat": Chat,
        "evaluate": Evaluate,
        "compare": Compare,
        "export": Export,
        "doctor": Doctor,
    }
    given, debug = command_line.arguments()
    command = tyro.extras.subcommand_cli_from_dict(
        {name: command_line.readable(one) for name, one in commands.items()},
        prog="gankit",
        description=f"{__doc__}\n\n{command_line.DEBUG}",
        args=given,
    )
    return launch.reporting_errors(command, debug)


if __name__ == "__main__":
    sys.exit(main())
