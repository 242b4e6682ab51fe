"""The three differentiating primitives of the adversarial game, for the active Keras backend.

`minimise`                  one optimizer step on a scalar loss
`value_and_input_gradient`  a function's value and its gradient by the input, differentiable again
`vjp`                       a network's outputs and the pullback of their gradient to its variables

a loop that they differentiate,

`scan`                      the carry after each step

and, where a backend has something faster than Keras's (else None):

`adam`                      one step of that optimizer, in a single kernel
`grouped_convolution`       a convolution within groups of channels

This is the only package that differentiates. Everything else is `keras.ops`.
"""

import importlib

import keras

_module = importlib.import_module(f"gankit.backend.{keras.backend.backend()}")

abandon = _module.abandon
adam = _module.adam
deterministic = _module.deterministic
grouped_convolution = _module.grouped_convolution
minimise = _module.minimise
on_accelerator = _module.on_accelerator
replica = _module.replica
scan = _module.scan
train_step = _module.train_step
variable_scope = _module.variable_scope
value_and_input_gradient = _module.value_and_input_gradient
vjp = _module.vjp

__all__ = [
    "abandon",
    "adam",
    "deterministic",
    "grouped_convolution",
    "minimise",
    "on_accelerator",
    "replica",
    "scan",
    "train_step",
    "value_and_input_gradient",
    "variable_scope",
    "vjp",
]
