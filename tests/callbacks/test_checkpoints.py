import hashlib
import io
import json
import os

import keras
import numpy as np
import pytest

from gankit.callbacks import Checkpoints, DivergenceError
from gankit.callbacks import checkpoints as module
from gankit.callbacks.checkpoints import read, write_whole
from tests.helpers import assert_same_state, points_gan, some_points, state


def trained(steps=1):
    gan = points_gan()
    for _ in range(steps):
        gan.train_on_batch(some_points(16))
    return gan


def test_round_trip(tmp_path):
    gan, other = trained(3), trained(1)
    path = Checkpoints(tmp_path).save(gan, {"epoch": 2, "note": "x"})
    manifest = Checkpoints(tmp_path).restore(other)
    assert manifest["epoch"] == 2
    assert manifest["note"] == "x"
    assert path.name.startswith("step-000000000003-")
    assert_same_state(gan, other)


def test_nothing_there(tmp_path):
    assert Checkpoints(tmp_path / "none").restore(trained()) is None


def save_three(tmp_path):
    gan, states = trained(), []
    checkpoints = Checkpoints(tmp_path)
    for _ in range(3):
        gan.train_on_batch(some_points(16))
        checkpoints.save(gan, {})
        states.append(state(gan))
    return checkpoints, states


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def flip_manifest(path):
    content = path.read_bytes()
    assert b'"format": 2' in content
    path.write_bytes(content.replace(b'"format": 2', b'"format": 3'))


@pytest.mark.parametrize("damage", [cut, empty, flip, flip_manifest])
def test_damage_is_reported_and_the_one_before_is_used(tmp_path, damage):
    checkpoints, states = save_three(tmp_path)
    newest = checkpoints.files()[-1]
    damage(newest)
    gan = trained()
    with pytest.warns(UserWarning, match=f"{newest.name} is damaged"):
        checkpoints.restore(gan)
    for a, b in zip(states[1], state(gan)):
        np.testing.assert_array_equal(a, b)


def test_all_damaged(tmp_path):
    checkpoints, _ = save_three(tmp_path)
    for path in checkpoints.files():
        cut(path)
    with (
        pytest.warns(UserWarning, match="damaged"),
        pytest.raises(ValueError, match="none of the 3"),
    ):
        checkpoints.restore(trained())


def test_a_missing_file_is_missed(tmp_path):
    """The newest is gone: it is named, and the one before it is used. All are gone: an error."""
    checkpoints, states = save_three(tmp_path)
    newest = checkpoints.files()[-1]
    newest.unlink()
    gan = trained()
    with pytest.warns(UserWarning, match=f"{newest.name} is missing. Using the checkpoint before"):
        checkpoints.restore(gan)
    for a, b in zip(states[1], state(gan)):
        np.testing.assert_array_equal(a, b)
    for path in checkpoints.files():
        path.unlink()
    with (
        pytest.warns(UserWarning, match="is missing"),
        pytest.raises(ValueError, match="none of the 0 checkpoints is intact"),
    ):
        checkpoints.restore(gan)


def test_what_names_the_newest_may_be_damaged(tmp_path):
    """Or be behind, as after a crash between the two files."""
    checkpoints, _ = save_three(tmp_path)
    for content in (b"", b"\xff", b"../x", checkpoints.files()[0].name.encode()):
        (tmp_path / "newest").write_bytes(content)
        assert checkpoints.restore(trained()) is not None


def test_keeps_the_newest_and_the_best(tmp_path):
    gan, checkpoints = trained(), Checkpoints(tmp_path, keep=2)
    for i in range(6):
        gan.train_on_batch(some_points(16))
        checkpoints.save(gan, {}, best=i == 1)
    steps = [int(path.name.split("-")[1]) for path in checkpoints.files()]
    assert steps == [3, 6, 7]
    assert (tmp_path / "best").read_text() == checkpoints.files()[0].name


def test_the_best_comes_back(tmp_path):
    gan, checkpoints = trained(), Checkpoints(tmp_path, keep=1)
    with pytest.raises(ValueError, match="has no best checkpoint"):
        checkpoints.restore_best(gan)
    checkpoints.save(gan, {"epoch": 7}, best=True)
    best = gan.generate(3, seed=0)
    gan.train_on_batch(some_points(16))
    checkpoints.save(gan, {"epoch": 8})
    assert checkpoints.restore_best(gan)["epoch"] == 7
    np.testing.assert_array_equal(gan.generate(3, seed=0), best)
    for content in (b"", b"\xff", b"../../x"):
        (tmp_path / "best").write_bytes(content)
        with pytest.raises(ValueError, match="has no best checkpoint"):
            checkpoints.restore_best(gan)
        checkpoints.save(gan, {})  # a damaged marker stops nothing


@pytest.mark.parametrize("at", ["newest", "best"])
def test_the_best_outlives_a_death_before_it_was_named(tmp_path, monkeypatch, at):
    """After the checkpoint itself was written; started again it stays, whatever follows."""
    gan, checkpoints = trained(), Checkpoints(tmp_path, keep=1)
    checkpoints.save(gan, {"at": 1}, best=True)
    gan.train_on_batch(some_points(16))
    best = gan.generate(3, seed=0)

    def die(path, content):
        if path.name == at:
            raise InterruptedError
        write_whole(path, content)

    with monkeypatch.context() as context:
        context.setattr(module, "write_whole", die)
        with pytest.raises(InterruptedError):
            checkpoints.save(gan, {"at": 2}, best=True)
    again = trained()
    assert checkpoints.restore(again)["at"] == 2
    for i in range(3):
        again.train_on_batch(some_points(16))
        checkpoints.save(again, {"at": 3 + i})
    assert [int(path.name.split("-")[1]) for path in checkpoints.files()] == [2, 5]
    assert checkpoints.restore_best(again)["at"] == 2
    np.testing.assert_array_equal(again.generate(3, seed=0), best)


def test_damaged_ones_do_not_take_the_place_of_intact_ones(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2)
    gan = trained()
    for _ in range(2):
        checkpoints.save(gan, {})
        gan.train_on_batch(some_points(16))
    first, second = checkpoints.files()
    second.write_bytes(b"damaged")
    with pytest.warns(UserWarning, match=second.name):
        checkpoints.restore(gan)
    gan.optimizer.iterations.assign(2)  # trained on, but not as far as the damaged one
    second.rename(tmp_path / second.name.replace("0002-", "0009-"))
    newest = checkpoints.save(gan, {})
    assert checkpoints.files() == [first, newest]


def test_the_newest_is_set_aside_for_the_one_before(tmp_path):
    checkpoints, gan = Checkpoints(tmp_path), trained()
    checkpoints.set_aside(checkpoints.save(gan, {"at": 1}))  # there is nothing else
    assert checkpoints.restore(gan)["at"] == 1
    gan.train_on_batch(some_points(16))
    newest = checkpoints.save(gan, {"at": 2})
    checkpoints.set_aside(newest)
    assert newest.with_suffix(".diverged").is_file()
    assert checkpoints.restore(gan)["at"] == 1


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_bfloat16_is_looked_at_too(tmp_path):
    keras.mixed_precision.set_dtype_policy("bfloat16")
    gan = trained()
    weight = gan.generator.trainable_weights[0]
    assert str(weight.dtype) == "bfloat16"
    Checkpoints(tmp_path).save(gan, {})
    weight.assign(np.full(weight.shape, np.nan))
    with pytest.raises(DivergenceError, match="not a finite number"):
        Checkpoints(tmp_path).save(gan, {})


def test_files_are_as_open_as_others(tmp_path):
    """Not their owner's alone, as temporary files are."""
    write_whole(tmp_path / "one", b"")
    (tmp_path / "other").write_bytes(b"")
    assert (tmp_path / "one").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_leftovers_are_removed(tmp_path):
    (tmp_path / "step-x.partial").write_bytes(b"half")
    Checkpoints(tmp_path).save(trained(), {})
    assert not list(tmp_path.glob("*.partial"))


def test_another_models_state(tmp_path):
    Checkpoints(tmp_path).save(trained(), {})
    other = points_gan(ema=None)
    other.train_on_batch(some_points(16))
    with pytest.raises(ValueError, match="holds another model's state"):
        Checkpoints(tmp_path).restore(other)


def test_nothing_is_unpickled(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "pwned"),)

    buffer = io.BytesIO()
    manifest = np.frombuffer(json.dumps({"format": 2, "variables": []}).encode(), "uint8")
    np.savez(buffer, manifest=manifest, evil=np.array([Evil()], dtype=object))
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()[:16]
    path = tmp_path / f"step-000000000001-{digest}.npz"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match=f"{path.name} is damaged: .*pickle"):
        read(path)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("content", [b"", b"none", b"PK\x03\x04 is not all of it", "arrays alone"])
def test_what_is_no_checkpoint_by_its_right_name(tmp_path, content):
    """Its name fits its content, and the one before it is still used."""
    gan, checkpoints = trained(0), Checkpoints(tmp_path)
    whole = checkpoints.save(gan, {})
    if content == "arrays alone":
        buffer = io.BytesIO()
        np.savez(buffer, other=np.zeros(3))
        content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()[:16]
    path = tmp_path / f"step-000000000001-{digest}.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{path.name} is damaged"):
        read(path)
    with pytest.warns(UserWarning, match=f"{path.name} is damaged.*Using the checkpoint before it"):
        checkpoints.restore(gan)
    assert checkpoints.restored == whole


def test_write_whole_leaves_the_old_file_when_it_fails(tmp_path, monkeypatch):
    target = tmp_path / "file"
    write_whole(target, b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_keep_is_checked(tmp_path):
    with pytest.raises(ValueError, match="Received: keep=0"):
        Checkpoints(tmp_path, keep=0)
