import keras


class LearningRate(keras.callbacks.Callback):
    """Sets either player's learning rate at the start of every epoch.

    Args:
        generator, discriminator: a function from the epoch, counted from 0, to a learning rate; None
            leaves that player's as it is.

    Example:

    ```python
    import gankit
    from gankit import points


    def halve(epoch):
        return 2e-4 * 0.5 ** (epoch // 10)


    gan = gankit.GAN(points.generator(units=16), points.discriminator(units=16))
    gan.compile()
    rates = gankit.callbacks.LearningRate(generator=halve, discriminator=halve)
    gan.fit(points.ring(n=1_000).dataset(100), epochs=2, callbacks=[rates], verbose=0)
    ```
    """

    def __init__(self, generator=None, discriminator=None):
        super().__init__()
        self._schedules = {"generator": generator, "discriminator": discriminator}

    def on_epoch_begin(self, epoch, logs=None):
        for player, schedule in self._schedules.items():
            if schedule is None:
                continue
            rate = float(schedule(epoch))
            if rate < 0:
                raise ValueError(
                    f"The {player}'s learning rate must be at least 0. Received: {rate} at epoch "
                    f"{epoch}"
                )
            getattr(self.model, f"{player}_optimizer").learning_rate = rate
