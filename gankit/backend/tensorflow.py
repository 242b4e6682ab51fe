"""The primitives on TensorFlow: gradient tapes."""

import tensorflow as tf
from keras import tree

from gankit.backend.tensorflow_devices import all_sum, replicas


def train_step(model, data):
    """Keras's TensorFlow trainer calls `train_step(data)` inside `tf.function`."""
    return model.update(data)


def minimise(loss_fn, variables, optimizer):
    """One optimizer step on `loss_fn() -> (loss, aux)`. Returns (loss, aux, gradients).

    Under a distribution strategy each replica differentiates its share of the global mean, and the
    gradients are those shares' sum.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([v.value for v in variables])
        loss, aux = loss_fn()
        share = loss / replicas()
    gradients = _whole(tape.gradient(share, [v.value for v in variables]))
    optimizer.apply(gradients, variables)
    return loss, aux, gradients


def value_and_input_gradient(f, x):
    """`f(x) -> (value, aux)` becomes `((value, aux), gradient of value by x)`.

    `x` and its gradient may be any structure. The gradient is differentiable again by whatever
    encloses the call.
    """
    flat = [tf.identity(leaf) for leaf in tree.flatten(x)]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(flat)
        value, aux = f(tree.pack_sequence_as(x, flat))
    gradient = tape.gradient(value, flat, unconnected_gradients="zero")
    return (value, aux), tree.pack_sequence_as(x, gradient)


def vjp(f, variables):
    """`f() -> (outputs, aux)` becomes `((outputs, aux), pullback)`.

    `pullback(cotangents)` gives the gradient by `variables`; `cotangents` has the structure of
    `outputs`. `f` runs once.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([v.value for v in variables])
        outputs, aux = f()

    def pullback(cotangents):
        gradients = tape.gradient(
            tree.flatten(outputs),
            [v.value for v in variables],
            output_gradients=[c / replicas() for c in tree.flatten(cotangents)],
        )
        return _whole(gradients)

    return (outputs, aux), pullback


def adam(variable, momentum, velocity, gradient, step, learning_rate, beta_1, beta_2, epsilon):
    """One step of Adam on one variable, by TensorFlow's own kernel, which makes a single pass.

    Args:
        variable, momentum, velocity: what it changes, of one dtype.
        gradient: of the variable's shape.
        step: the number of this step, counted from 1.
        learning_rate, beta_1, beta_2, epsilon: scalars.
    """
    dtype = variable.dtype
    beta_1, beta_2, step = (tf.cast(one, dtype) for one in (beta_1, beta_2, step))
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=momentum.value.handle,
        v=velocity.value.handle,
        beta1_power=beta_1**step,
        beta2_power=beta_2**step,
        lr=tf.cast(learning_rate, dtype),
        beta1=beta_1,
        beta2=beta_2,
        epsilon=tf.cast(epsilon, dtype),
        grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
    )


def batch_normalization(x, scale, offset, epsilon):
    """Normalises each channel by its own statistics in TensorFlow's kernel, which makes fewer passes.

    Args:
        x: (batch, height, width, channels).
        scale, offset: float32, (channels,).
        epsilon: added to the variance.

    Returns:
        What is normalised, of `x`'s dtype, and the mean and (biased) variance of every channel, float32.
    """
    y, mean, unbiased, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=tf.convert_to_tensor(scale),
        offset=tf.convert_to_tensor(offset),
        mean=[],
        variance=[],
        epsilon=epsilon,
        is_training=True,
    )
    n = tf.cast(tf.reduce_prod(tf.shape(x)[:3]), tf.float32)
    return y, mean, unbiased * (n - 1) / n


def grouped_convolution(x, kernel):
    """A convolution of stride 1 that keeps the size, whose kernel has fewer inputs than `x`."""
    return tf.nn.conv2d(x, tf.convert_to_tensor(kernel), 1, "SAME")


def scan(move, carry, xs):
    """The carry after every step of `carry = move(carry, x)` over the first axis of `xs`, stacked.

    Unlike `keras.ops.scan` it tells TensorFlow how long it is, without which XLA compiles no gradient.

    Args:
        move: a function of a structure and of a slice of `xs` that gives the structure anew.
        carry: a structure of tensors.
        xs: a structure of tensors, (steps, ...) each.

    Returns:
        The structure of `carry`, (steps, ...) each.
    """
    steps = tree.flatten(xs)[0].shape[0]
    first = [tf.convert_to_tensor(leaf) for leaf in tree.flatten(carry)]
    inputs = [
        tf.TensorArray(leaf.dtype, steps, element_shape=leaf.shape[1:]).unstack(leaf)
        for leaf in map(tf.convert_to_tensor, tree.flatten(xs))
    ]
    outputs = [tf.TensorArray(leaf.dtype, steps, element_shape=leaf.shape) for leaf in first]

    def step(i, flat, outputs):
        x = tree.pack_sequence_as(xs, [array.read(i) for array in inputs])
        flat = tree.flatten(move(tree.pack_sequence_as(carry, flat), x))
        return i + 1, flat, [array.write(i, leaf) for array, leaf in zip(outputs, flat)]

    *_, outputs = tf.while_loop(
        lambda i, *_: i < steps, step, (0, first, outputs), maximum_iterations=steps
    )
    return tree.pack_sequence_as(carry, [array.stack() for array in outputs])


def at_once(f, variables):
    """`f()`, operation by operation: to call it once, that is the quickest."""
    return f()


def compiled(function):
    """A function of tensors, which may assign variables, as a graph that is traced once for each shape."""
    return tf.function(function, autograph=False)


def abandon(model):
    """Forgets a `fit` that ended in an error: the next one compiles its step anew."""
    model.train_function = None


def on_accelerator():
    """Whether this backend computes on something else than the CPU."""
    return any(device.device_type != "CPU" for device in tf.config.list_logical_devices())


def deterministic():
    """Makes every TensorFlow operation bit-reproducible (call it before building anything)."""
    tf.config.experimental.enable_op_determinism()


def _whole(gradients):
    """Gradients summed over the replicas, and without lists of rows: a row that is there twice would be
    squared apart by Adam.

    None is there before all are, so that no variable changes before its last read: a penalty needs the
    biases for other variables' gradients, and TensorFlow 2.21's graph optimizer forgets that order.
    """
    there = all_sum([tf.convert_to_tensor(g) for g in gradients if g is not None])
    there = iter(tf.tuple(there))
    return [g if g is None else next(there) for g in gradients]
