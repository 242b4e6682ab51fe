"""The texts of a recipe, in the vocabulary that its weights know."""

import dataclasses

from gankit import runs
from gankit.text.evaluation import load_data


def texts_of(options):
    """The texts that a recipe's options name, in the vocabulary that the weights know.

    That is the vocabulary of the run that is continued, or of the one that `init_from` names; without
    either, one that is learned from the texts.

    Args:
        options: of the recipe.

    Returns:
        `Texts`.

    Raises:
        ValueError: as `load_data`; or the categories are not those of the run that `init_from` names.
    """
    asked = dataclasses.asdict(options)
    if (run := of_before(options)) is not None:
        return load_data(run.config, run.load_preparation())
    if options.init_from is None:
        return load_data(asked)
    source = runs.Run.open(options.init_from)
    data, classes = load_data(asked, source.load_preparation()), source.config["classes_found"]
    if data.classes != classes:
        raise ValueError(
            f"{options.init_from} can't be started from: its categories are {classes}, and those of "
            f"{options.data} are {data.classes}."
        )
    data.notes.append(f"The vocabulary is that of {options.init_from}.")
    return data


def of_before(options):
    """The run that these options continue, or None where nothing was trained in it yet."""
    run = runs.Run.of("text", options)
    return run if run.has("config.json") and run.has("encoder.keras") else None
