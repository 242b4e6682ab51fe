"""The benchmarks run, in little, and write what they promise."""

import importlib
import json
import os
from unittest import mock

import pytest

from tests import programs
from tests.recipes.commands import captured
from tests.segmentation.test_data import folder

pytestmark = pytest.mark.once


def within(name, *arguments):
    """A benchmark in this process."""
    with mock.patch.dict(os.environ):
        code, _, err = captured(arguments, importlib.import_module(f"benchmarks.{name}").main)
    assert not code, err


def alone(name, *arguments):
    """In a process of its own, as a user runs it."""
    programs.output(f"benchmarks/{name}.py", *arguments)


def run(name, tmp_path, *arguments, start=within):
    start(name, "--quick", "--json", tmp_path / "rows.json", *arguments)
    rows = json.loads((tmp_path / "rows.json").read_text())
    for row in rows:
        assert {"name", "value", "unit", "n", "seeds", "protocol"} <= set(row)
    return {row["name"]: row for row in rows}


def test_points(tmp_path):
    rows = run("points", tmp_path, "--presets", "default", "wgan-gp", "--data", "ring")
    for name in ("modes", "high_quality", "reverse_kl", "sigma_ratio", "cpu_seconds"):
        assert {f"ring/{name}", f"wgan-gp/ring/{name}"} <= set(rows)


def test_step(tmp_path):
    rows = run("step", tmp_path, "--cases", "points")
    assert rows["points/fit over bare loop"]["value"] > 0
    assert rows["points/noise"]["value"] > 0
    assert rows["points/share of matmul rate"]["value"] > 0


def test_frechet(tmp_path):
    rows = run("frechet", tmp_path)
    assert rows["regular/relative difference"]["value"] < 1e-4
    assert rows["regular/sqrtm over ours"]["value"] > 0


def test_pipeline(tmp_path):
    rows = run("pipeline", tmp_path)
    assert {"decoding", "stream", "default/model", "default/stream over model"} <= set(rows)


def test_images(tmp_path):
    """A run that was finished before is not made again."""
    arguments = ("--data", "digits", "--contenders", "default", "keras.io dcgan")
    rows = run("images", tmp_path, *arguments)
    for name in ("default", "keras.io dcgan", "real against real"):
        assert rows[f"digits/{name}/frechet_distance"]["value"] >= 0
    again = run("images", tmp_path, *arguments)
    for name, row in rows.items():
        if "real against real" not in name:
            assert again[name]["values"] == row["values"]


def test_segmentation(tmp_path):
    pairs = folder(tmp_path / "pairs", n=12, size=(32, 40))
    rows = run("segmentation", tmp_path, "--data", str(pairs))
    assert rows["adversarial/mean_iou"]["seeds"] == [0]
    without = rows["alone, equal steps/mean_iou"]["value"]
    gap = rows["adversarial minus alone, equal steps/mean_iou"]["value"]
    assert rows["adversarial/mean_iou"]["value"] - without == pytest.approx(gap)
    rows = run("segmentation", tmp_path, "--data", str(pairs), "--part", "cost")
    assert rows["predicted by FLOPs"]["value"] > 1


def test_audio(tmp_path):
    rows = run("audio", tmp_path, "--part", "speed")
    for rate in (8000, 22_050):
        assert rows[f"{rate} Hz/vocoder"]["value"] > 0
        assert {f"{rate} Hz/hifigan-v2 over vocoder", f"{rate} Hz/noise"} <= set(rows)
    rows = run(
        "audio", tmp_path, "--part", "mel", start=alone
    )  # which starts others, from its file
    assert {"device", "librosa", "librosa over device", "noise"} <= set(rows)


def test_devices(tmp_path):
    rows = run("devices", tmp_path)
    for name in ("one replica", "two replicas", "two workers"):
        assert rows[f"devices/{name}/samples per second"]["value"] > 0
    assert rows["devices/two workers/sum of 16 MiB"]["value"] > 0
    assert rows["devices/gradients/points/default"]["value"] == pytest.approx(0.319, abs=0.001)
