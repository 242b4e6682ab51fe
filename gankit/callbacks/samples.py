import dataclasses
import pathlib

import keras
import numpy as np

from gankit import backend
from gankit.callbacks.events import Events
from gankit.files.writing import naming


@dataclasses.dataclass
class Sound:
    """Samples that can be heard, and a picture of them.

    Attributes:
        picture: (height, width, 3) uint8.
        waves: (n, samples) in [-1, 1].
        sample_rate: in hertz.

    Example:

    ```python
    import numpy as np

    from gankit.callbacks import Sound


    def draw(samples, path):  # for `Samples`
        picture = np.zeros((8, 8, 3), "uint8")
        return Sound(picture, waves=samples, sample_rate=8_000)
    ```
    """

    picture: np.ndarray
    waves: np.ndarray
    sample_rate: int


class Samples(keras.callbacks.Callback):
    """Draws samples at fixed latents, to disk and to TensorBoard, as training goes on.

    Args:
        directory: of the run; pictures go to its `samples/` as `step-000001000.png`, events to its
            `tensorboard/`.
        draw: a function `(samples, path)` that writes a file and returns what TensorBoard is to show:
            a picture, an array (height, width, 3) uint8, such as `gankit.points.draw` gives; a text; or
            a `Sound`, as `gankit.audio.draw` does, whose first 16 waves can be played.
        n: how many samples.
        condition: their condition, as in `GAN.generate`.
        seed: of the latents.
        every: draw at the end of every so many epochs.
        tensorboard: whether to write events too.

    Example:

    ```python
    import gankit
    from gankit import points

    data = points.ring(n=1_000)
    gan = gankit.GAN(points.generator(units=16), points.discriminator(units=16))
    gan.compile()


    def draw(samples, path):
        return points.draw(data.preparation.inverse(samples), path)


    watch = gankit.callbacks.Samples("runs/mine", draw, n=100)
    gan.fit(data.dataset(100), epochs=1, callbacks=[watch], verbose=0)
    ```
    """

    PLAYED = 16

    def __init__(self, directory, draw, n=64, condition=None, seed=0, every=1, tensorboard=True):
        super().__init__()
        if every < 1:
            raise ValueError(f"`every` must be at least 1 epoch. Received: every={every}")
        if n < 1:
            raise ValueError(f"`n` must be at least 1 sample. Received: n={n}")
        self.directory = pathlib.Path(directory)
        self.draw, self.n, self.condition, self.seed = draw, n, condition, seed
        self.every, self.tensorboard = every, tensorboard
        self._events = Events(directory)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every or not backend.is_chief():
            return
        step = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        samples = self.model.generate(self.n, self.condition, seed=self.seed)
        folder = self.directory / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        with naming(folder):
            shown = self.draw(samples, folder / f"step-{step:09d}.png")
        if self.tensorboard:
            self._to_tensorboard(shown, step)

    def _to_tensorboard(self, shown, step):
        import tensorflow as tf

        with self._events.writing():
            if isinstance(shown, Sound):
                waves, rate = np.asarray(shown.waves, "float32")[..., None], shown.sample_rate
                tf.summary.audio("samples/sound", waves, rate, step, max_outputs=self.PLAYED)
                shown = shown.picture
            if isinstance(shown, str):
                tf.summary.text("samples", f"```\n{shown}\n```", step=step)
            else:
                tf.summary.image("samples", np.asarray(shown)[None], step=step)
