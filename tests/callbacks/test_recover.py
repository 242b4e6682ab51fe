"""A run that diverges goes back to where it was sound, and on from there more gently."""

import keras
import numpy as np
import pytest

import gankit
from gankit.callbacks import (
    Checkpoints,
    Diagnostics,
    DivergenceError,
    Recover,
    Resume,
    TrainingWarning,
)
from gankit.callbacks.checkpoints import read
from gankit.divergence import require_finite
from gankit.schedules import Cosine, value
from tests.callbacks.test_resume import Crash, data
from tests.helpers import assert_same_state, numpy, points_gan, some_points, state


class Poison(keras.callbacks.Callback):
    """Makes a weight of the generator NaN after a step, as an overflow would; so many times."""

    def __init__(self, step, times=1):
        super().__init__()
        self.step, self.left = step, times

    def on_train_batch_end(self, batch, logs=None):
        if int(numpy(self.model.optimizer.iterations)) == self.step and self.left:
            self.left -= 1
            weight = self.model.generator.trainable_weights[0]
            weight.assign(np.full(weight.shape, np.nan))


def scheduled():
    """A game whose rates and weights are schedules."""
    rates = [Cosine(1e-3, 1e-4, steps=36) for _ in range(2)]
    return points_gan(
        generator_optimizer=gankit.optimizers.Adam(rates[0]),
        discriminator_optimizer=gankit.optimizers.Adam(rates[1]),
        penalties=[gankit.penalties.R1(Cosine(1.0, 0.1, steps=36)), gankit.penalties.R2(0.5)],
    )


def fit(gan, directory, *others, epochs=3, every=1):
    """Twelve batches an epoch."""
    resume = Resume(directory / "checkpoints", every=every)
    gan.fit(data(), epochs=epochs, verbose=0, callbacks=[*others, resume])
    return gan


def test_a_game_with_spectral_normalisation_is_saved_before_its_first_step(tmp_path):
    """What `Recover` goes back to."""
    judge = keras.Sequential(
        [
            keras.Input((2,)),
            gankit.layers.SpectralNormalization(keras.layers.Dense(8, activation="relu")),
            gankit.layers.SpectralNormalization(keras.layers.Dense(1)),
        ]
    )
    gan = gankit.GAN(points_gan().generator, judge, seed=0)
    gan.compile(loss="hinge")
    fit(gan, tmp_path, Recover(), epochs=1, every=None)
    assert [path.name[:17] for path in Checkpoints(tmp_path / "checkpoints").files()] == [
        "step-000000000000",
        "step-000000000012",
    ]


def newest(directory):
    """The newest checkpoint's manifest; its arrays are finite."""
    manifest, arrays = read(Checkpoints(directory / "checkpoints").files()[-1])
    assert all(np.isfinite(one).all() for one in arrays)
    return manifest


@pytest.mark.parametrize("make", [points_gan, scheduled])
def test_it_goes_on_from_the_last_checkpoint_with_smaller_steps(tmp_path, make):
    """As a run does whose learning rates were halved, and penalties doubled, at that place by hand."""
    recover = Recover(rates=0.5, penalties=2.0)
    with pytest.warns(TrainingWarning, match="diverged by step 13.*from step 12.*retry 1 of 3"):
        gan = fit(make(), tmp_path / "one", Poison(13), recover)
    assert len(recover.events) == 1
    assert all(np.isfinite(one).all() for one in state(gan))

    fit(make(), tmp_path / "two", epochs=1)
    by_hand = make()
    for optimizer in (by_hand.generator_optimizer, by_hand.discriminator_optimizer):
        kept = optimizer._learning_rate
        if callable(kept) and not hasattr(kept, "assign"):
            optimizer.learning_rate = Cosine(5e-4, 5e-5, steps=36)
    for penalty in by_hand.penalties:
        scheduled = callable(penalty.weight)
        penalty.weight = Cosine(2.0, 0.2, steps=36) if scheduled else 2 * penalty.weight

    class Halve(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            for one in (self.model.generator_optimizer, self.model.discriminator_optimizer):
                if hasattr(one._learning_rate, "assign"):
                    one.learning_rate = 0.5 * one.learning_rate

    fit(by_hand, tmp_path / "two", Halve())
    for one, other in zip(state(gan), state(by_hand)):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
    step = gan.optimizer.iterations
    for one, other in zip(gan.penalties, by_hand.penalties):
        assert float(value(one.weight, step)) == pytest.approx(float(value(other.weight, step)))


@pytest.mark.parametrize("make", [points_gan, scheduled])
def test_what_happened_outlives_the_process(tmp_path, make):
    """Killed after a divergence, and started again: rates stay as low as they were."""
    with pytest.warns(TrainingWarning):
        whole = fit(make(), tmp_path / "whole", Poison(13), Recover())
    with pytest.warns(TrainingWarning), pytest.raises(InterruptedError):
        fit(make(), tmp_path / "cut", Poison(13), Recover(), Crash(20))
    recover = Recover()
    assert_same_state(fit(make(), tmp_path / "cut", recover), whole)
    assert len(recover.events) == 1


@pytest.mark.parametrize("make", [points_gan, scheduled])
def test_killed_before_the_next_checkpoint(tmp_path, make):
    """Saved after steps 4 and 8, of which the latter is broken; killed after step 5 of the second try."""
    with pytest.warns(TrainingWarning):
        whole = fit(make(), tmp_path / "whole", Poison(6), Recover(), every=4)
    with pytest.warns(TrainingWarning), pytest.raises(InterruptedError):
        fit(make(), tmp_path / "cut", Poison(6), Recover(), Crash(9), every=4)
    assert newest(tmp_path / "cut")["callbacks"][0]["state"]["events"] == []
    recover = Recover()
    assert_same_state(fit(make(), tmp_path / "cut", recover, every=4), whole)
    assert len(recover.events) == 1


def test_started_again_it_has_no_more_retries(tmp_path):
    poison, recover = Poison(5, times=9), Recover(retries=2)
    with pytest.warns(TrainingWarning), pytest.raises(DivergenceError):
        fit(points_gan(), tmp_path, poison, recover)
    assert poison.left == 6
    again = Recover(retries=2)
    with pytest.raises(DivergenceError):
        fit(points_gan(), tmp_path, poison, again)
    assert poison.left == 5
    assert again.events == recover.events
    with pytest.warns(TrainingWarning, match="retry 3 of 3"):
        fit(points_gan(), tmp_path, Poison(5), Recover(retries=3))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{}", b'{"events": 3}'])
def test_a_damaged_account_of_what_happened(tmp_path, content):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "recovered.json").write_bytes(content)
    with pytest.raises(ValueError, match="recovered.json is damaged: .*Remove it"):
        fit(points_gan(), tmp_path, Recover())


def test_it_gives_up_in_the_end(tmp_path):
    recover = Recover(retries=2)
    with (
        pytest.warns(TrainingWarning),
        pytest.raises(
            DivergenceError, match=r"step 5: not a finite number in .*kernel.*larger gamma"
        ),
    ):
        fit(points_gan(), tmp_path, Poison(5, times=9), recover)
    assert [event[-7:] for event in recover.events] == ["1 of 2.", "2 of 2."]
    assert newest(tmp_path)["batch"] == 4


def test_before_the_first_checkpoint(tmp_path):
    """The beginning is one."""
    with pytest.warns(TrainingWarning, match="diverged by step 12.*Went on from step 0 "):
        gan = fit(points_gan(), tmp_path, Poison(3), Diagnostics(), Recover(), every=None)
    assert all(np.isfinite(one).all() for one in state(gan))


def test_without_it_nothing_broken_is_saved(tmp_path):
    with pytest.raises(DivergenceError):
        fit(points_gan(), tmp_path, Poison(7))
    assert newest(tmp_path)["batch"] == 6


def test_bad_input():
    with pytest.raises(ValueError, match="Recover goes back to checkpoints"):
        points_gan().fit(data(), verbose=0, callbacks=[Recover()])
    for given in ({"retries": -1}, {"rates": 0.0}, {"rates": 2.0}, {"penalties": 0.5}):
        with pytest.raises(ValueError, match="`penalties` at least 1, `rates` above 0"):
            Recover(**given)


def test_other_errors_pass(tmp_path):
    with pytest.raises(InterruptedError):
        fit(points_gan(), tmp_path, Crash(3), Recover())


def test_validation_that_sees_it_first(tmp_path):
    """Keras validates before the epoch's end, and metrics refuse what is not finite in words of their
    own."""
    gan = points_gan(metrics=[gankit.metrics.SlicedWasserstein(8)])
    recover, resume = Recover(), Resume(tmp_path, every_seconds=None)
    with pytest.warns(TrainingWarning, match="not a finite number in samples of "):
        gan.fit(
            data(),
            epochs=2,
            verbose=0,
            validation_data=data(),
            callbacks=[Poison(5), recover, resume],
        )
    assert len(recover.events) == 1
    assert int(numpy(gan.optimizer.iterations)) == 24


class Doom(keras.callbacks.Callback):
    """After step 8, once, the weights are still finite, but nothing that follows is."""

    done = False

    def on_train_batch_end(self, batch, logs=None):
        if int(numpy(self.model.optimizer.iterations)) == 8 and not self.done:
            self.done = True
            for weight in self.model.generator.trainable_weights:
                weight.assign(np.full(weight.shape, 1e30))


def test_a_checkpoint_that_was_lost_already_is_set_aside(tmp_path):
    """The one of step 8 is saved, being finite, and every start from there diverges."""
    recover = Recover()
    with pytest.warns(TrainingWarning):
        gan = fit(points_gan(), tmp_path, Doom(), recover, every=4)
    assert "from step 8" in recover.events[0]
    assert "from step 4" in recover.events[1]
    assert len(recover.events) == 2
    (aside,) = (tmp_path / "checkpoints").glob("*.diverged")
    assert aside.name.startswith("step-000000000008-")
    assert int(numpy(gan.optimizer.iterations)) == 36
    assert all(np.isfinite(one).all() for one in state(gan))


def test_a_damaged_one_in_the_way_is_not_the_one_that_was_lost(tmp_path):
    """It is passed over, and what training went on from, and lost again, is set aside."""
    folder = tmp_path / "checkpoints"
    with pytest.warns(TrainingWarning):
        fit(points_gan(), tmp_path, Doom(), Recover(), every=4)
    (aside,) = folder.glob("*.diverged")
    for path in folder.glob("step-*.npz"):
        path.unlink()
    lost = aside.rename(aside.with_suffix(".npz"))
    assert lost.exists()
    checkpoints, gan = Checkpoints(folder), points_gan()
    gan.train_on_batch(some_points(16))
    before = checkpoints.save(gan, {})
    damaged = folder / lost.name.replace("0008-", "0009-")
    damaged.write_bytes(b"cut")
    with pytest.warns(UserWarning, match=f"{damaged.name} is damaged"):
        checkpoints.restore(gan)
    assert checkpoints.restored == lost
    checkpoints.set_aside(lost)
    with pytest.warns(UserWarning, match=f"{damaged.name} is damaged"):
        checkpoints.restore(gan)
    assert checkpoints.restored == before


def test_a_second_fit_does_not_scale_again(tmp_path):
    gan = scheduled()
    with pytest.warns(TrainingWarning):
        fit(gan, tmp_path, Poison(5), Recover(penalties=2.0), epochs=1)
    fit(gan, tmp_path, Recover(penalties=2.0), epochs=2)
    assert gan.generator_optimizer._learning_rate.get_config()["factor"] == 0.5
    assert float(gan.penalties[1].weight) == 1.0  # from 0.5


def test_without_retries_it_keeps_what_was(tmp_path):
    """`retries=0` never goes back, and still goes on at the rates that a divergence left."""
    with pytest.warns(TrainingWarning):
        fit(scheduled(), tmp_path, Poison(5), Recover(), epochs=1)
    gan, recover = scheduled(), Recover(retries=0)
    with pytest.raises(DivergenceError):
        fit(gan, tmp_path, Poison(20), recover, epochs=2)
    assert len(recover.events) == 1
    assert gan.generator_optimizer._learning_rate.get_config()["factor"] == 0.5


def test_none_hides_behind_another_of_its_name():
    """Such as a weight behind its average, or one output of a generator behind the next."""
    with pytest.raises(DivergenceError, match="by step 3: not a finite number in w."):
        require_finite(3, [("w", np.array([1.0, np.nan])), ("w", 1.0)])
