"""JAX on two devices, which are one CPU: `keras.distribution.DataParallel`."""

import pytest

from tests.devices.test_mirrored import TOLERANCE, compared

pytestmark = pytest.mark.once
TWO = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_force_host_platform_device_count=2 --xla_backend_optimization_level=0",
}


@pytest.fixture(scope="module")
def found():
    pytest.importorskip("jax")
    return compared("data-parallel", TWO)


@pytest.mark.parametrize("game", TOLERANCE)
def test_two_devices_are_one(found, game):
    """The step is one program on the global batch; five samples can't be split in two, and are made."""
    assert found[game]["replicas"] == 2
    assert found[game]["moved"] > 1e-3
    assert found[game]["gap"] < 1e-5
