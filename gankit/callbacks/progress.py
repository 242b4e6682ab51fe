import sys
import time

import keras


class Progress(keras.callbacks.Callback):
    """One line an epoch instead of Keras's bar: steps, speed, time left, and a few values.

    On a terminal a counter runs in between. Meant for long runs whose output is kept in a file too;
    give `verbose=0` to `fit`.

    Args:
        total: steps in all.
        show: the names of the logged values to show; others are left to `metrics.csv`.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=16), points.discriminator(units=16))
    gan.compile()
    progress = gankit.callbacks.Progress(total=20)
    gan.fit(points.ring(n=1_000).dataset(100), epochs=2, callbacks=[progress], verbose=0)
    ```
    """

    def __init__(self, total, show=("d_loss", "g_loss")):
        super().__init__()
        self.total, self.show = total, show

    def on_train_begin(self, logs=None):
        self._began, self._start = time.monotonic(), self._step()
        self._counted_at = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self._first = self._step()

    def on_train_batch_end(self, batch, logs=None):
        if sys.stdout.isatty() and time.monotonic() - self._counted_at > 1.0:
            self._counted_at = time.monotonic()
            print(f"\r{self._line(self._first + batch + 1)}", end="", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        values = [f"{name} {logs[name]:.4g}" for name in self.show if name in (logs or {})]
        start = "\r" if sys.stdout.isatty() else ""
        print(f"{start}{self._line(self._step())}  {'  '.join(values)}", flush=True)

    def _line(self, step):
        seconds = time.monotonic() - self._began
        speed = (step - self._start) / max(seconds, 1e-9)
        left = (self.total - step) / max(speed, 1e-9)
        return (
            f"step {step:>{len(str(self.total))}}/{self.total}  {speed:6.1f}/s  {clock(left)} left"
        )

    def _step(self):
        return int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))


def clock(seconds):
    """`1:02:03` or `2:03`."""
    minutes, seconds = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
