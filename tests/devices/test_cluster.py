"""The files for clusters, as far as they run without one."""

import json
import os
import pathlib
import stat
import subprocess

import pytest

yaml = pytest.importorskip("yaml")

pytestmark = pytest.mark.once
FILES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "cluster"
SHOW = "import os, sys; print(os.environ['TF_CONFIG'], *sys.argv[1:]); sys.exit({status})"
SRUN = 'shift 2; worst=0; for i in 0 1; do SLURM_PROCID=$i "$@" || worst=$?; done; exit $worst'
SCONTROL = 'if [ "$1" = show ]; then printf "n1\\nn2\\n"; else echo "$@"; fi'


def script(path, body):
    path.write_text(f"#!/usr/bin/env bash\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def slurm(folder, status, **environment):
    """The batch script between an `srun` that starts two tasks and an `scontrol` that says what it does."""
    script(folder / "srun", SRUN)
    script(folder / "scontrol", SCONTROL)
    (folder / "show.py").write_text(SHOW.format(status=status))
    job = {"SLURM_JOB_NODELIST": "n[1-2]", "SLURM_JOB_ID": "7", **environment}
    path = f"{folder}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", FILES / "slurm.sbatch", folder / "show.py", "--out", "a b"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **job, "PATH": path},
    )
    assert done.returncode == status, done.stderr
    return done.stdout.splitlines()


def test_slurm_tells_every_worker_of_all(tmp_path):
    for i, line in enumerate(slurm(tmp_path, 0)):
        told, _, rest = line.partition("}} ")
        found = json.loads(told + "}}")
        assert found["cluster"] == {"worker": ["n1:23456", "n2:23456"]}
        assert found["task"] == {"type": "worker", "index": i}
        assert rest == "--out a b --strategy multiworker"
    assert i == 1


@pytest.mark.parametrize(
    ("status", "restarts", "again"), [(75, "0", True), (143, "3", True), (1, "0", False)]
)
def test_slurm_starts_again_what_was_cut(tmp_path, status, restarts, again):
    lines = slurm(tmp_path, status, SLURM_RESTART_COUNT=restarts)
    assert ("requeue 7" in lines) == again


def test_slurm_gives_up_in_the_end(tmp_path):
    assert "requeue 7" not in slurm(tmp_path, 75, SLURM_RESTART_COUNT="20")


def test_kubernetes_tells_every_worker_of_all():
    service, job = yaml.safe_load_all((FILES / "kubernetes.yaml").read_text())
    spec = job["spec"]
    pod = spec["template"]["spec"]
    assert spec["completionMode"] == "Indexed"
    assert pod["subdomain"] == service["metadata"]["name"]
    (container,) = pod["containers"]
    workers = {one["name"]: one["value"] for one in container["env"]}["WORKERS"]
    assert int(workers) == spec["completions"] == spec["parallelism"]
    setting, _, start = container["args"][0].partition("exec ")
    assert start.split()[:2] == ["python3", "recipes/images.py"]
    done = subprocess.run(
        [*container["command"], f'{setting}echo "$TF_CONFIG"'],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "WORKERS": workers, "JOB_COMPLETION_INDEX": "1"},
    )
    found = json.loads(done.stdout)
    name = job["metadata"]["name"]
    assert found["cluster"]["worker"] == [f"{name}-{i}.gankit:23456" for i in range(2)]
    assert found["task"] == {"type": "worker", "index": 1}
