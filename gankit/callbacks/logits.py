import pathlib

import keras
import numpy as np

from gankit import backend


class Logits(keras.callbacks.Callback):
    """Histograms of the discriminators' logits in TensorBoard, of held-out data and of samples.

    Apart, the discriminator has won; one upon the other, it can't tell them; and held-out data near the
    samples, far from where training data are, it knows the training data by heart.

    Args:
        directory: of the run; events go to its `tensorboard/`.
        real: held-out samples, an array (n, ...) prepared as the networks see them.
        condition: theirs, `n` rows, for a conditional game; samples are asked for by the same.
        seed: of the latents.
    """

    def __init__(self, directory, real, condition=None, seed=0):
        super().__init__()
        self.directory = pathlib.Path(directory)
        self.real, self.condition, self.seed = real, condition, seed

    def on_epoch_end(self, epoch, logs=None):
        if not backend.is_chief():
            return
        import tensorflow as tf

        if not hasattr(self, "_writer"):
            self._writer = tf.summary.create_file_writer(str(self.directory / "tensorboard"))
        gan = self.model
        step = int(keras.ops.convert_to_numpy(gan.optimizer.iterations))
        fake = gan.generate(len(self.real), self.condition, seed=self.seed)
        with self._writer.as_default():
            for i, discriminator in enumerate(gan.discriminators):
                for name, samples in (("real", self.real), ("fake", fake)):
                    found = logits_of(gan, discriminator, samples, self.condition)
                    tf.summary.histogram(f"logits/{name}_{i}", found, step=step)
        self._writer.flush()


def logits_of(gan, discriminator, samples, condition=None):
    """A discriminator's logits for samples that it is not trained on, as an array."""
    inputs = [samples, condition] if gan.takes_condition(discriminator) else samples
    outputs = backend.predict(discriminator, inputs)
    return np.asarray(outputs["logits"] if isinstance(outputs, dict) else outputs, "float32")
