"""The three differentiating primitives of the adversarial game, for the active Keras backend.

`minimise`                  one optimizer step on a scalar loss
`value_and_input_gradient`  a function's value and its gradient by the input, differentiable again
`vjp`                       a network's outputs and the pullback of their gradient to its variables

a loop that they differentiate,

`scan`                      the carry after each step

what is called between steps,

`compiled`                  a function that assigns variables, as a graph where there are graphs
`at_once`                   one call of a function, as one program where operations are compiled

and, where a backend has something faster than Keras's (else None):

`adam`                      one step of that optimizer, in a single kernel
`batch_normalization`       normalisation by a batch's statistics, in a single kernel
`grouped_convolution`       a convolution within groups of channels

Several devices are a module beside it:

`strategy`, `replicas_of`, `variable_scope`, `adopt`,  what a model is made and trained under
`require_outside_scope`
`replica`, `all_sum`, `all_mean`, `all_rows`           one replica among others, within a step
`is_chief`, `from_chief`, `any_worker`, `workers`      one process among others
`shared_out`, `predict`                                data for all of them, and a network without them

This is the only package that differentiates. Everything else is `keras.ops`.

Example:

```python
import keras
from keras import ops

from gankit import backend

network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
weights, x = network.trainable_variables, ops.ones((4, 2))


def squares():
    return ops.mean(ops.square(network(x))), {}


loss, _, gradients = backend.minimise(squares, weights, keras.optimizers.SGD(0.1))
(total, _), slopes = backend.value_and_input_gradient(lambda x: (ops.sum(network(x)), None), x)
(outputs, _), pullback = backend.vjp(lambda: (network(x), None), weights)
of_sum = pullback(ops.ones_like(outputs))  # by each weight
sums = backend.scan(lambda sum, x: sum + x, ops.zeros(()), ops.arange(4.0))  # 0, 1, 3, 6
```
"""

import importlib

import keras

_module = importlib.import_module(f"gankit.backend.{keras.backend.backend()}")
_devices = importlib.import_module(f"gankit.backend.{keras.backend.backend()}_devices")

abandon = _module.abandon
adam = _module.adam
at_once = _module.at_once
batch_normalization = _module.batch_normalization
compiled = _module.compiled
deterministic = _module.deterministic
grouped_convolution = _module.grouped_convolution
minimise = _module.minimise
on_accelerator = _module.on_accelerator
scan = _module.scan
train_step = _module.train_step
value_and_input_gradient = _module.value_and_input_gradient
vjp = _module.vjp

LOST = _devices.LOST
STRATEGIES = _devices.STRATEGIES
adopt = _devices.adopt
all_mean = _devices.all_mean
all_rows = _devices.all_rows
all_sum = _devices.all_sum
any_worker = _devices.any_worker
from_chief = _devices.from_chief
is_chief = _devices.is_chief
predict = _devices.predict
replica = _devices.replica
replicas_of = _devices.replicas_of
require_outside_scope = _devices.require_outside_scope
shared_out = _devices.shared_out
strategy = getattr(_devices, "strategy", None)
train_function = _devices.train_function
variable_scope = _devices.variable_scope
workers = _devices.workers

__all__ = [
    "LOST",
    "STRATEGIES",
    "abandon",
    "adam",
    "adopt",
    "all_mean",
    "all_rows",
    "all_sum",
    "any_worker",
    "at_once",
    "batch_normalization",
    "compiled",
    "deterministic",
    "from_chief",
    "grouped_convolution",
    "is_chief",
    "minimise",
    "on_accelerator",
    "predict",
    "replica",
    "replicas_of",
    "require_outside_scope",
    "scan",
    "shared_out",
    "strategy",
    "train_function",
    "train_step",
    "value_and_input_gradient",
    "variable_scope",
    "vjp",
    "workers",
]
