"""The `gankit` command: what one does with a run after training."""

import dataclasses
import importlib
import json
import os
import pathlib
import sys
from typing import Annotated

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tyro

DOMAINS = ("points",)


@dataclasses.dataclass
class Generate:
    """Make samples with a trained model."""

    run: Annotated[pathlib.Path, tyro.conf.Positional]
    """The run's directory."""
    n: int = 1000
    """How many samples."""
    seed: int = 0
    """Seed of the latents: the same seed gives the same samples."""
    truncation: float | None = None
    """Keep latents within [-TRUNCATION, TRUNCATION] standard deviations: surer, less varied."""
    out: pathlib.Path | None = None
    """Where to write them, without suffix; samples/generated-SEED in the run by default."""

    def __call__(self):
        run, domain = open_run(self.run)
        out = self.out or run.directory / "samples" / f"generated-{self.seed}"
        for path in domain.generate(run, out, self.n, self.seed, self.truncation):
            print(path)


@dataclasses.dataclass
class Evaluate:
    """Measure a trained model again, beside the real data and the non-adversarial twin."""

    run: Annotated[pathlib.Path, tyro.conf.Positional]
    """The run's directory."""
    n: int = 2500
    """How many samples."""
    seed: int = 1
    """Seed of the latents."""
    json: pathlib.Path | None = None
    """Write the numbers there too."""

    def __call__(self):
        run, domain = open_run(self.run)
        metrics, controls, remarks = domain.evaluate_run(run, self.n, self.seed)
        rows = {**metrics, **controls}
        for name, row in rows.items():
            print(f"{name:<{max(map(len, rows))}}  {row['value']:.4g}")
        print("\n".join(["", *remarks]))
        if self.json is not None:
            content = {"metrics": metrics, "controls": controls, "remarks": remarks}
            self.json.write_text(json.dumps(content, indent=2) + "\n")


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
    commands = {"generate": Generate, "evaluate": Evaluate}
    command = tyro.extras.subcommand_cli_from_dict(commands, prog="gankit", description=__doc__)
    from gankit import launch

    return launch.reporting_errors(command)


if __name__ == "__main__":
    sys.exit(main())
