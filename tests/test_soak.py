"""What would show in a long run: functions that are traced anew, objects that stay."""

import gc

import keras
import pytest

import gankit
from gankit.callbacks import Diagnostics, Logits, Recover, Resume, Samples, Scalars
from tests.callbacks.test_resume import data
from tests.helpers import points_gan, some_points

WARM_UP = 3  # epochs


class Count(keras.callbacks.Callback):
    """Live objects, and tensors among them, at the end of every epoch; and what was traced so far."""

    def __init__(self):
        super().__init__()
        self.objects, self.tensors, self.traces, self.updates = [], [], [], 0

    def before_fit(self, gan, arguments):
        update = gan.update

        def counted(batch):
            self.updates += 1
            return update(batch)

        gan.update = counted
        return arguments

    def on_epoch_end(self, epoch, logs=None):
        import tensorflow as tf

        gan = self.model
        functions = [one.predict_function for one in (gan.sampler, *gan.discriminators)]
        asked = [one.experimental_get_tracing_count() for one in functions if one is not None]
        self.traces.append((self.updates, *asked))
        gc.collect()
        alive = gc.get_objects()
        self.objects.append(len(alive))
        self.tensors.append(sum(issubclass(type(one), tf.Tensor) for one in alive))


@pytest.mark.tensorflow_only
def test_nothing_is_traced_anew_and_nothing_stays(tmp_path):
    """Of a run with all that recipes do besides training: what an epoch leaves is its row of numbers."""

    def draw(samples, path):
        return gankit.points.draw(samples, path, real=some_points(9))

    count = Count()
    others = [
        Scalars(tmp_path),
        Samples(tmp_path, draw, n=9),
        Diagnostics(some_points(30)),
        Logits(tmp_path, some_points(9)),
    ]
    points_gan(metrics=[gankit.metrics.SlicedWasserstein(8)]).fit(
        data(),
        epochs=9,
        validation_data=(some_points(30),),
        callbacks=[*others, count, Recover(), Resume(tmp_path / "checkpoints", every=6)],
        verbose=0,
    )
    assert count.traces[0][0] == 1
    assert len(set(count.traces)) == 1
    assert len(set(count.tensors[WARM_UP:])) == 1
    grown = count.objects[-1] - count.objects[WARM_UP]
    assert grown <= 2 * (len(count.objects) - 1 - WARM_UP)
