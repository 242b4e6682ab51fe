"""What goes wrong with pictures, said in plain words."""

import numpy as np
from keras import ops

from gankit.callbacks import Diagnostics
from gankit.metrics.neighbourhoods import nearest


class PictureDiagnostics(Diagnostics):
    """`gankit.callbacks.Diagnostics`, and what only pictures show.

    Samples that are copies of each other; classes that are no longer made; a discriminator that has
    learned the training pictures by heart.

    Args:
        data: `Pictures`.
        classifier: a trained classifier of the data's labels, or None.
        condition: labels of the samples, at least `n` of them, for a conditional game.
        patience: how many epochs in a row something must last, at least 1.
        n: how many samples, and real pictures, to look at.

    Example:

    ```python
    import gankit
    from gankit import images

    data = images.load("digits")
    gan = gankit.GAN(
        images.mlp_generator(data.shape, units=8), images.mlp_discriminator(data.shape, units=8)
    )
    gan.compile()
    watch = images.PictureDiagnostics(data, n=64)
    gan.fit(data.dataset(64, conditional=False), epochs=1, callbacks=[watch], verbose=0)
    ```
    """

    def __init__(self, data, classifier=None, condition=None, patience=2, n=256):
        n = min(n, len(data.validation), len(data.samples))
        self._train = data.preparation(data.samples[:n])
        self._held_out = data.preparation(data.validation[:n])
        self._labels = [None, None]
        if data.labels is not None:
            self._labels = [data.labels[:n], data.validation_labels[:n]]
        self._classifier, self._classes = classifier, data.classes
        super().__init__(self._held_out, condition, patience, n)
        self.condition = None if condition is None else np.asarray(condition)[:n]
        self._usual = np.median(closest(self._held_out))

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        samples = self.model.generate(self.n, self.condition, seed=0)
        copies = float((closest(samples) < 0.25 * self._usual).mean())
        self._look(
            "copies",
            copies > 0.2,
            f"{copies:.0%} of the samples are near copies of another one. Try the relativistic pairing "
            "loss with R1 and R2, a larger gamma, packing, or a lower generator learning rate.",
        )
        self._look_at_classes(samples)
        self._look_at_discriminator(samples)

    def _look_at_classes(self, samples):
        if self._classifier is None:
            return
        found = np.asarray(self._classifier.predict_on_batch(samples)).argmax(axis=-1)
        if self.condition is None:
            wanted = np.bincount(self._labels[1], minlength=len(self._classes)) / len(
                self._labels[1]
            )
            made = np.bincount(found, minlength=len(self._classes)) / len(found)
        else:
            wanted = np.bincount(self.condition, minlength=len(self._classes))
            right = found == self.condition
            made = np.bincount(self.condition[right], minlength=len(self._classes))
        lost = [self._classes[i] for i in np.flatnonzero(made < 0.2 * wanted)]
        self._look(
            "classes",
            bool(lost),
            f"Classes that are hardly made: {', '.join(lost[:20])}. Early on that passes; later try a "
            "larger gamma, more steps, or, where the data have few such pictures, more of them.",
        )

    def _look_at_discriminator(self, samples):
        gan = self.model
        parts = ((self._train, self._labels[0]), (self._held_out, self._labels[1]))
        train, held_out = (self._logit(pictures, labels) for pictures, labels in parts)
        fake = self._logit(samples, self.condition)
        gap = (train - held_out) / max(train - fake, 1e-6)
        augmented = "an" if gan.augment is None else "a stronger"
        self._look(
            "memory",
            train > fake and gap > 0.5,
            "The discriminator knows the training pictures by heart: it takes held-out ones for "
            f"{gap:.0%} of the way to fake. Try {augmented} augmentation (--augment ada), a larger "
            "gamma, a smaller discriminator, or more pictures.",
        )

    def _logit(self, pictures, labels):
        labels = None if labels is None else ops.convert_to_tensor(labels)
        pictures = ops.convert_to_tensor(pictures)  # beside labels all are tensors, or none
        outputs = self.model.judge(self.model.discriminator, pictures, labels, training=False)
        return float(ops.convert_to_numpy(outputs["logits"]).mean())


def closest(pictures):
    """The distance of each picture to the most alike other one, root mean square over its pixels."""
    flat = np.reshape(pictures, (len(pictures), -1))
    _, distances = nearest(flat, flat, 2)  # the nearest is itself
    return distances[:, 1] / np.sqrt(flat.shape[1])
