"""A few lines on what is about to train."""

import numpy as np
from keras import ops, tree

from gankit import backend


def text(gan, batch, steps=None):
    """The players' parameters, the steps, and an estimate of the memory of each device.

    Args:
        gan: a compiled `GAN`.
        batch: a batch of its data.
        steps: how many batches there will be, or None.
    """
    generator = parameters([gan.generator])
    discriminator = parameters(gan.discriminators)
    size, replicas = int(ops.shape(tree.flatten(batch)[0])[0]), backend.replicas_of(gan)
    shared, each = (f" on {replicas} replicas", " on each") if replicas > 1 else ("", "")
    about = "(weights, optimizers, activations)"
    lines = [
        f"generator      {generator:>12,} parameters  {describe(gan.generator_optimizer)}",
        f"discriminator  {discriminator:>12,} parameters  {describe(gan.discriminator_optimizer)}",
        f"game           {' + '.join(map(name, gan.objectives + gan.penalties))}",
        f"data           batches of {size}{shared}" + (f", {steps:,} steps" if steps else ""),
        f"memory         about {memory(gan, size / replicas) / 2**20:,.0f} MiB{each} {about}",
    ]
    return "\n".join(lines)


def parameters(networks):
    """The number of trained parameters."""
    return sum(int(np.prod(v.shape)) for network in networks for v in network.trainable_variables)


def memory(gan, batch_size):
    """Bytes: all state, a gradient per weight, and twice the activations of G once and D thrice.

    An estimate to an order of magnitude: compilers reuse and fuse.
    """
    state = sum(int(np.prod(v.shape)) for v in (*gan.variables, *gan.optimizer.variables))
    gradients = parameters(gan.networks)
    activations = activation_size(gan.generator) + 3 * sum(map(activation_size, gan.discriminators))
    return 4 * (state + gradients + 2 * batch_size * activations)


def activation_size(network):
    """The number of elements that a network's layers put out for one sample, where they tell."""
    total = 0
    for layer in network._flatten_layers(include_self=False):
        try:
            outputs = tree.flatten(layer.output)
        except (AttributeError, ValueError):  # a layer that was called eagerly keeps no output
            continue
        total += sum(int(np.prod([d or 1 for d in output.shape[1:]])) for output in outputs)
    return total


def describe(optimizer):
    """`Adam(0.0002)`, or `Adam(Cosine)` where the learning rate is a schedule."""
    config = optimizer.get_config()["learning_rate"]
    rate = config["class_name"] if isinstance(config, dict) else f"{config:g}"
    return f"{type(optimizer).__name__}({rate})"


def name(part):
    """`R1(0.1)` for a weighted part of the game, `Hinge` for another."""
    weight = getattr(part, "weight", None)
    if weight is None:
        return type(part).__name__
    return f"{type(part).__name__}({type(weight).__name__ if callable(weight) else format(weight, 'g')})"
