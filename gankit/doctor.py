"""What this installation is made of, what it lacks, and whether a small game plays: `gankit doctor`."""

import importlib.metadata
import os
import platform
import time

import keras
import numpy as np
from packaging.requirements import Requirement
from packaging.version import Version

from gankit import backend
from gankit.version import __version__

EXTRAS = {
    "cuda": "TensorFlow on NVIDIA GPUs",
    "jax": "training on JAX: KERAS_BACKEND=jax",
    "torch": "training on PyTorch: KERAS_BACKEND=torch",
    "export": "exporting to ONNX",
    "speech-metrics": "PESQ and STOI of speech",
    "test": "running the tests",
    "browser": "testing the site in a real browser",
    "docs": "building the site",
}
MISSING = "is missing"


def report():
    """What there is, as text, and whether all that gankit needs is there.

    Returns:
        Lines, and True or False.
    """
    of = requirements()
    lines = [
        f"gankit {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"Keras {keras.version()} on {keras.backend.backend()}, {keras.config.dtype_policy().name}",
        f"devices: {', '.join(devices())}; {os.cpu_count()} cores",
        "",
        "Needed:",
    ]
    needed, faults = of.pop("", []), []
    if not needed:
        lines.append("  not known: gankit is not installed here -> pip install -e . in its folder")
    for requirement in needed:
        found, fault = state(requirement)
        lines.append(f"  {requirement.name:<22}{found}{fault and f' - {fault}'}")
        faults += [requirement] if fault else []
    if faults:
        names = " ".join(f"'{one.name}{one.specifier}'" for one in faults)
        lines.append(f"  -> pip install {names}")
    lines += ["", "Extras:"]
    for extra, wanted in of.items():
        missing = [
            one.name if fault == MISSING else f"{one.name} ({fault})"
            for one in wanted
            if (fault := state(one)[1])
        ]
        verdict = (
            f"missing {', '.join(missing)}: pip install 'gankit[{extra}]'" if missing else "yes"
        )
        lines.append(f"  {EXTRAS.get(extra, extra):<42}{verdict}")
    told, plays = play()
    return [*lines, "", told], plays and bool(needed) and not faults


def requirements():
    """What gankit asks for, `{extra: [requirement]}`; what it always needs is under the empty name."""
    of = {}
    try:
        wanted = importlib.metadata.requires("gankit") or []
    except importlib.metadata.PackageNotFoundError:  # from a folder that was never installed
        wanted = []
    for text in wanted:
        requirement = Requirement(text)
        extras = [one for one in EXTRAS if f'extra == "{one}"' in str(requirement.marker)]
        of.setdefault(extras[0] if extras else "", []).append(requirement)
    return of


def state(requirement):
    """A package's version, or a dash, and what is wrong with it, or nothing."""
    try:
        found = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return "-", MISSING
    if not requirement.specifier.contains(Version(found), prereleases=True):
        return found, f"{requirement.specifier} is needed"
    for text in importlib.metadata.requires(requirement.name) or []:
        inner = Requirement(text)  # such as CUDA's libraries, of tensorflow[and-cuda]
        asked = any(f'extra == "{one}"' in str(inner.marker) for one in requirement.extras)
        if asked and state(inner)[1]:
            return found, f"{inner.name} {state(inner)[1]}"
    return found, ""


def devices():
    """The active backend's devices, by its own names."""
    if keras.backend.backend() == "torch":  # for which Keras lists none
        return ["accelerator" if backend.on_accelerator() else "cpu"]
    return keras.distribution.list_devices()


def play():
    """Three steps of a small game, timed: what became of it, and whether it went well."""
    try:
        finite, seconds = _three_steps()
    except Exception as error:  # of whatever kind: it is what one wants to know
        return f"A small game FAILS: {type(error).__name__}: {error}", False
    verdict = "plays" if finite else "FAILS: its samples are not finite"
    return f"A small game {verdict}: three steps, compiled, in {seconds:.1f} s.", bool(finite)


def _three_steps():
    import gankit

    def network(inputs):
        layers = [keras.Input((inputs,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)]
        return keras.Sequential(layers)

    gan = gankit.GAN(network(4), network(1), seed=0)
    gan.compile(penalties=["r1"], ema=0.9)
    began = time.monotonic()
    points = np.linspace(-1, 1, 24, dtype="float32").reshape(24, 1)
    gan.fit(points, batch_size=8, verbose=0)
    return np.isfinite(gan.generate(8, seed=0)).all(), time.monotonic() - began
