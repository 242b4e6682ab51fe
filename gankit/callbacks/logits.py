import keras
import numpy as np
from keras import ops

from gankit import backend
from gankit.callbacks.events import Events


class Logits(keras.callbacks.Callback):
    """Histograms of every discriminator's logits in TensorBoard, of held-out data and of samples.

    Apart, the discriminator has won; one upon the other, it can't tell them; and held-out data near the
    samples, far from where training data are, it knows the training data by heart.

    Args:
        directory: of the run; events go to its `tensorboard/`.
        x, y: a held-out batch, arrays (n, ...) as the dataset yields them: samples and their
            conditions, or None; sources and targets of a translation. As many samples are asked for.
        seed: of the latents.

    Example:

    ```python
    import gankit
    from gankit import points

    data = points.ring(n=1_000)
    gan = gankit.GAN(points.generator(units=16), points.discriminator(units=16))
    gan.compile()
    watch = gankit.callbacks.Logits("runs/mine", data.preparation(data.validation))
    gan.fit(data.dataset(100), epochs=1, callbacks=[watch], verbose=0)
    ```
    """

    def __init__(self, directory, x, y=None, seed=0):
        super().__init__()
        self._events = Events(directory)
        self.batch, self.seed = (x,) if y is None else (x, y), seed

    def on_epoch_end(self, epoch, logs=None):
        if not backend.is_chief():
            return
        import tensorflow as tf

        step = int(ops.convert_to_numpy(self.model.optimizer.iterations))
        found = logits_of(self.model, self.batch, self.seed)
        with self._events.writing():
            for i, both in enumerate(found):
                for name, logits in zip(("real", "fake"), both):
                    tf.summary.histogram(f"logits/{name}_{i}", logits, step=step)


def logits_of(gan, batch, seed=0):
    """What the discriminators say of data that they are not trained on, and of as many samples.

    Args:
        gan: a `GAN`.
        batch: arrays, as the dataset yields them.
        seed: of the latents.

    Returns:
        `(real, fake)` arrays of logits for every discriminator.
    """
    real, fake, condition = keras.tree.map_structure(
        lambda array: None if array is None else ops.convert_to_tensor(array),
        gan.side_by_side(batch, seed),
    )

    def judged(discriminator, samples):
        outputs = gan.judge(discriminator, samples, condition, training=False)
        return np.asarray(ops.convert_to_numpy(outputs["logits"]), "float32")

    return [(judged(one, real), judged(one, fake)) for one in gan.discriminators]
