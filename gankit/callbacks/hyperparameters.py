"""A finished run in TensorBoard's HParams: its options beside its final numbers."""

import json
import pathlib

from gankit.callbacks.events import Events


def write_config(directory, config):
    """Writes the options that were given a value as a table, a text in TensorBoard.

    Args:
        directory: of the run; events go to its `tensorboard/`.
        config: `{option: value}`.
    """
    import tensorflow as tf

    given = {name: value for name, value in config.items() if value is not None}
    rows = [f"| `{name}` | `{json.dumps(value)}` |" for name, value in given.items()]
    table = "\n".join(["| option | value |", "|---|---|", *rows])
    with Events(directory).writing():
        tf.summary.text("config", table, step=0)


def write_hyperparameters(directory, config, metrics, step):
    """Writes options and final metrics, so that runs under one `--logdir` compare at a glance.

    Which options and metrics there are, TensorBoard finds out from all runs: a list of them, of which it
    reads one run's alone, would hide those of others. So an option without a value is written too.

    Args:
        directory: of the run; events go to its `tensorboard/`.
        config: `{option: value}`.
        metrics: `{name: number}`, shown as `final/NAME`.
        step: at which they were measured.
    """
    import tensorflow as tf
    from tensorboard.plugins.hparams import api

    directory = pathlib.Path(directory)
    options = {name: _plain(value) for name, value in config.items()}
    with Events(directory).writing():
        api.hparams(options, trial_id=_text(str(directory.resolve())))
        for name, value in metrics.items():
            tf.summary.scalar(f"final/{name}", value, step=step)


def _plain(value):
    """What HParams shows: numbers, truth values and text."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return _text(value)
    return value if isinstance(value, (bool, int, float)) else json.dumps(value)


def _text(value):
    """What is no text, as names of files may be, escaped."""
    return value.encode("utf-8", "backslashreplace").decode()
