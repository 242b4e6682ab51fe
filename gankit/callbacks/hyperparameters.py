"""A finished run in TensorBoard's HParams: its options beside its final numbers."""

import json
import pathlib


def write_config(directory, config):
    """Writes the options as a table, a text in TensorBoard.

    Args:
        directory: of the run; events go to its `tensorboard/`.
        config: `{option: value}`.
    """
    import tensorflow as tf

    rows = [f"| {name} | `{json.dumps(value)}` |" for name, value in config.items()]
    table = "\n".join(["| option | value |", "|---|---|", *rows])
    writer = tf.summary.create_file_writer(str(pathlib.Path(directory) / "tensorboard"))
    with writer.as_default():
        tf.summary.text("config", table, step=0)
    writer.close()


def write_hyperparameters(directory, config, metrics, step):
    """Writes options and final metrics, so that runs under one `--logdir` compare at a glance.

    Args:
        directory: of the run; events go to its `tensorboard/`.
        config: `{option: value}`.
        metrics: `{name: number}`, shown as `final/NAME`.
        step: at which they were measured.
    """
    import tensorflow as tf
    from tensorboard.plugins.hparams import api

    directory = pathlib.Path(directory)
    options = {name: _plain(value) for name, value in config.items() if value is not None}
    shown = [api.Metric(f"final/{name}", display_name=name) for name in metrics]
    writer = tf.summary.create_file_writer(str(directory / "tensorboard"))
    with writer.as_default():
        api.hparams_config(hparams=[api.HParam(name) for name in options], metrics=shown)
        api.hparams(options, trial_id=directory.name)
        for name, value in metrics.items():
            tf.summary.scalar(f"final/{name}", value, step=step)
    writer.close()


def _plain(value):
    """What HParams shows: numbers, truth values and text."""
    return value if isinstance(value, (bool, int, float, str)) else json.dumps(value)
