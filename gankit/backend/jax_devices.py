"""Several devices on JAX: `keras.distribution`.

The step is one program on the global batch, which XLA splits among the devices; so noise, losses and
batch statistics are the global batch's without more ado.
"""

import contextlib

import jax
import keras
import numpy as np
from keras import tree

from gankit.backend.one_process import (  # noqa: F401
    all_mean,
    all_rows,
    all_sum,
    any_worker,
    from_chief,
    is_chief,
    replica,
    require_outside_scope,
    workers,
)

STRATEGIES = ("data-parallel",)
LOST = ()
train_function = None  # Keras's is right


def strategy(name):
    """The strategy that `--strategy` names: data parallelism over all local devices."""
    return keras.distribution.DataParallel(
        devices=keras.distribution.list_devices(), auto_shard_dataset=False
    )


def replicas_of(model):
    """The number of devices that a batch is split among."""
    found = _distribution_of(model)
    return 1 if found is None else int(np.prod(found.device_mesh.shape))


def variable_scope(model):
    """Where variables that are made later belong: the distribution that the model was compiled under."""
    found = _distribution_of(model)
    return contextlib.nullcontext() if found is None else found.scope()


def adopt(model):
    """Remembers the distribution in force."""
    model._distribution = keras.distribution.distribution()


def shared_out(dataset):
    """Batches as they are: the step splits them."""
    return dataset


def split(model, data):
    """A batch that lies on all devices, in parts; within a step."""
    found = _distribution_of(model)
    if found is None:
        return data

    def part(x):
        return x if x is None else _lay(x, found.get_data_layout(x.shape))

    return tree.map_structure(part, data)


def copied(model, state):
    """Variables' values that lie on every device, whole; within a step."""
    found = _distribution_of(model)
    if found is None:
        return state
    everywhere = keras.distribution.TensorLayout([], found.device_mesh).backend_layout
    return tree.map_structure(lambda x: jax.lax.with_sharding_constraint(x, everywhere), state)


def predict(network, inputs):
    """`network` on a batch of any size, compiled. A structure of arrays."""
    with _nothing_distributed():
        return network.predict_on_batch(inputs)


@contextlib.contextmanager
def _nothing_distributed():
    """Without the distribution in force, which would split batches that can't be split evenly."""
    found = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(found)


def _distribution_of(model):
    return getattr(model, "_distribution", None)


def _lay(x, layout):
    return jax.lax.with_sharding_constraint(x, layout.backend_layout)
