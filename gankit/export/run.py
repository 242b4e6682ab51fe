"""A run's networks as files, with a card that says what they are and programs that run them."""

import contextlib
import pathlib
import shutil

from gankit.export.card import card
from gankit.export.example import example
from gankit.export.network import export


def generator(run):
    """What there is to export of most runs: the network that samples are drawn from.

    Example:

    ```python
    from gankit import export, runs

    export.generator(runs.Run.open("runs/points-ring-default-0"))  # {"generator": a keras.Model}
    ```
    """
    return {"generator": run.load().sampler}


def export_run(run, networks, out=None, format="onnx", program=None):
    """Writes the networks of a run, programs that run them, `card.md` and `preparation.json`.

    Args:
        run: a `gankit.runs.Run` that has finished.
        networks: `{name: keras.Model}`.
        out: a folder; `export/FORMAT` in the run by default.
        format: as in `export`.
        program: a function of the run, the `Exported` and the format, to the name and the content of a
            program that runs all of them together.

    Returns:
        An `Exported` for each network, and the paths of the other files.

    Raises:
        ValueError: as in `export`, of some of the networks; the others are written before.

    Example:

    ```python
    from gankit import export, runs

    run = runs.Run.open("runs/points-ring-default-0")
    done, others = export.export_run(run, export.generator(run), "export", format="saved_model")
    ```
    """
    out = run.directory / "export" / format if out is None else pathlib.Path(out)
    exported, failed = {}, {}
    for name, network in networks.items():
        try:
            exported[name] = export(network, out / name, format)
        except ValueError as error:
            failed[name] = error
    if not exported:
        raise next(iter(failed.values()))
    done = list(exported.values())
    programs = {f"run_{name}.py": example(one, format) for name, one in exported.items()}
    if program is not None and not failed:
        name, content = program(run, done, format)
        programs[name] = content
    for name, content in programs.items():
        (out / name).write_text(content, encoding="utf-8")
    model_card, preparation = out / "card.md", out / "preparation.json"
    model_card.write_text(card(run, done), encoding="utf-8", errors="backslashreplace")
    with contextlib.suppress(shutil.SameFileError):  # of --out RUN
        shutil.copyfile(run.directory / "preparation.json", preparation)
    if failed:
        reasons = " ".join(map(str, failed.values()))
        raise ValueError(f"{out} has {', '.join(exported)}, and not {', '.join(failed)}: {reasons}")
    return done, [*(out / name for name in programs), model_card, preparation]
