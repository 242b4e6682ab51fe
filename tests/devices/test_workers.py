"""Two workers, two processes on this machine: as one, also when one of them is killed."""

import json
import socket

import numpy as np
import pytest

from gankit import launch
from gankit.callbacks import checkpoints
from tests import programs

pytestmark = pytest.mark.once
EPOCHS = 12


def free_ports(n):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def start(directory, count, epochs=EPOCHS, *more):
    """The workers' processes; a single one knows of no others."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
    processes = []
    for i in range(count):
        environment = {"KERAS_BACKEND": "tensorflow"}
        if count > 1:
            task = {"type": "worker", "index": i}
            cluster = {"cluster": {"worker": addresses}, "task": task}
            environment["TF_CONFIG"] = json.dumps(cluster)
        processes.append(
            programs.start("-m", "tests.devices.workers", directory, epochs, *more, **environment)
        )
    return processes


def ends(processes):
    """What they said, when all have ended: (exit status, output, errors) each."""
    return [programs.ended(process) for process in processes]


def final(directory):
    newest = checkpoints.Checkpoints(directory / "checkpoints").files()[-1]
    return checkpoints.read(newest)[1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("whole")
    found = ends(start(directory, 2))
    assert [code for code, *_ in found] == [0, 0], found[0][2][-3000:]
    return directory


def test_two_workers_are_one_device_with_their_joint_batch(whole, tmp_path):
    """Though they began from different weights: the chief's count."""
    (code, _, err), *_ = ends(start(tmp_path, 1))
    assert code == 0, err[-3000:]
    arrays, alone = final(whole), final(tmp_path)
    assert len(arrays) == len(alone)
    both = list(zip(arrays, alone))
    (logs,) = [pair for pair in both if not np.allclose(*pair, rtol=1e-4, atol=1e-5)]
    np.testing.assert_allclose(logs[0], 2 * logs[1], rtol=1e-4)  # sums, and their count, of both


def test_the_chief_alone_writes(whole):
    assert len(list((whole / "samples").iterdir())) == EPOCHS
    events = [path for path in (whole / "tensorboard").iterdir() if "tfevents" in path.name]
    assert len(events) == 2  # of the scalars and of the samples


def test_one_is_killed_and_all_go_on(whole, tmp_path):
    processes = start(tmp_path, 2)
    for line in processes[0].stdout:
        if line.startswith("epoch 3"):
            break
    processes[1].kill()
    (code, _, err), _ = ends(processes)
    assert code == launch.TRY_AGAIN
    assert "error: another worker of this job is gone" in err
    assert "Traceback" not in err
    again = ends(start(tmp_path, 2))
    assert [code for code, *_ in again] == [0, 0], again[0][2][-3000:]
    assert "from step 0" not in again[0][1]
    for a, b in zip(final(whole), final(tmp_path)):
        np.testing.assert_array_equal(a, b)


def test_a_lost_checkpoint_is_set_aside_for_all(tmp_path):
    """The chief renames it, and the others wait for that: they go on from the same one."""
    found = ends(start(tmp_path, 2, 4, "doomed"))
    assert [code for code, *_ in found] == [0, 0], found[0][2][-3000:]
    (aside,) = (tmp_path / "checkpoints").glob("*.diverged")
    assert aside.name.startswith("step-000000000008-")
    starts = [
        [line for line in out.splitlines() if line.startswith("from step")] for _, out, _ in found
    ]
    assert starts == [["from step 0", "from step 8", "from step 4"]] * 2
