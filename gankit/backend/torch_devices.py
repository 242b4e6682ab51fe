"""Several devices on PyTorch: none. There is one process and one device."""

import contextlib

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

STRATEGIES = ()
LOST = ()
train_function = None  # Keras's is right


def replicas_of(model):
    return 1


def variable_scope(model):
    """Where variables that are made later belong: nowhere in particular."""
    return contextlib.nullcontext()


def adopt(model):
    """Nothing to do."""


def shared_out(dataset):
    return dataset


def predict(network, inputs):
    """`network` on a batch. A structure of arrays."""
    return network.predict_on_batch(inputs)
