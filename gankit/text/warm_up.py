"""A discriminator trained while the generator rests, before the game."""

import keras

from gankit.callbacks import Progress
from gankit.text.model import PolicyGAN
from gankit.text.rewards import WholeSequence

EVERY = 100  # steps from one line of progress to the next


def warm_up(generator, discriminator, dataset, steps, optimizer, loss="non_saturating", seed=0):
    """Trains a discriminator on real sequences and on those of a generator that does not change.

    Yu et al. (2017), https://arxiv.org/abs/1609.05473, algorithm 1. A generator trained by maximum
    likelihood can only lose by following a discriminator that knows nothing yet.

    Args:
        generator: a `LanguageModel`.
        discriminator: from tokens, or `[tokens, condition]`, to logits.
        dataset: a gankit dataset, of which the discriminator sees one batch in each step.
        steps: how many.
        optimizer: the discriminator's; its state is of no use to the game.
        loss: as in `compile`.
        seed: of the samples.

    Example:

    ```python
    import keras

    from gankit import text

    data = text.load("headlines")
    size = (data.preparation.vocabulary_size, data.length)
    judge = text.cnn_discriminator(*size, filters={1: 8, 2: 8})
    model, batches = text.Recurrent(*size, 8, 8), data.dataset(16, conditional=False)
    text.warm_up(model, judge, batches, steps=2, optimizer=keras.optimizers.Adam(1e-3))
    ```
    """
    gan = Resting(generator, discriminator, WholeSequence(), seed=seed)
    gan.compile(keras.optimizers.SGD(0.0), optimizer, loss)
    progress = Progress(steps, ("d_loss", "d_accuracy"))
    for start in range(0, steps, EVERY):
        some = min(EVERY, steps - start)
        stream = dataset.stream(start)
        gan.fit(stream, epochs=1, steps_per_epoch=some, callbacks=[progress], verbose=0)


class Resting(PolicyGAN):
    """The discriminator's half of the game."""

    def update(self, batch):
        real, condition = self.unpack(batch)
        logs = self.update_discriminator(real, self.draw(real, condition), condition)
        self.optimizer.iterations.assign_add(1)
        return self.log({**logs, "reward": 0.0, "g_loss": 0.0, "g_gradient": 0.0})
