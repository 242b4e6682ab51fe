import csv
import io
import pathlib

import keras

from gankit.callbacks.checkpoints import write_whole


class Scalars(keras.callbacks.Callback):
    """Writes every logged scalar, an epoch at a time, to `metrics.csv` and to TensorBoard.

    In TensorBoard the scalars are grouped by player: `discriminator/`, `generator/`, `penalties/`,
    `validation/`. When a run goes on from a checkpoint (`Resume`), rows after it are dropped.

    Args:
        directory: of the run.
        tensorboard: whether to write events to its `tensorboard/` too.

    Example:

    ```python
    import pathlib

    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=16), points.discriminator(units=16))
    gan.compile()
    scalars = gankit.callbacks.Scalars("runs/mine")
    gan.fit(points.ring(n=1_000).dataset(100), epochs=2, callbacks=[scalars], verbose=0)
    print(pathlib.Path("runs/mine/metrics.csv").read_text())
    ```
    """

    def __init__(self, directory, tensorboard=True):
        super().__init__()
        self.directory = pathlib.Path(directory)
        self.tensorboard = tensorboard
        self._rows = []

    def on_epoch_end(self, epoch, logs=None):
        step = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        row = {"epoch": epoch, "step": step}
        row.update((name, float(value)) for name, value in sorted((logs or {}).items()))
        self._rows.append(row)
        self._write_csv()
        if self.tensorboard:
            self._to_tensorboard(row, step)

    def get_state(self):
        """The rows so far, for `Resume`."""
        return {"rows": self._rows}

    def set_state(self, state):
        """Goes on after these rows."""
        self._rows = state["rows"]

    def _write_csv(self):
        columns = dict.fromkeys(name for row in self._rows for name in row)
        text = io.StringIO()
        writer = csv.DictWriter(text, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        self.directory.mkdir(parents=True, exist_ok=True)
        write_whole(self.directory / "metrics.csv", text.getvalue().encode())

    def _to_tensorboard(self, row, step):
        import tensorflow as tf

        if not hasattr(self, "_writer"):
            self._writer = tf.summary.create_file_writer(str(self.directory / "tensorboard"))
        with self._writer.as_default():
            for name, value in row.items():
                if name not in ("epoch", "step"):
                    tf.summary.scalar(group(name), value, step=step)
        self._writer.flush()


PREFIXES = {"d_": "discriminator", "g_": "generator", "val_": "validation"}
WHOSE = {"augmentation": "discriminator", "reward": "generator"}  # what is logged without a prefix


def group(name):
    """`d_loss` becomes `discriminator/loss`."""
    for prefix, player in PREFIXES.items():
        if name.startswith(prefix):
            return f"{player}/{name[len(prefix) :]}"
    return f"{WHOSE.get(name, 'penalties')}/{name}"
