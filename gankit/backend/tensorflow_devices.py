"""Several devices on TensorFlow: `tf.distribute`.

Every replica runs the step on its share of the global batch. What the step reduces over a batch it
reduces over the replicas too, with `all_sum`, `all_mean` and `all_rows`; the gradients are summed before
they reach an optimizer, so that clipping and the logged norms see the global ones.
"""

import contextlib
import json
import os
import weakref

import numpy as np
import tensorflow as tf
from keras import layers, tree

STRATEGIES = ("mirrored", "multiworker")
LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)
_workers = None  # the strategy of several processes, where this is one of them
_calls = weakref.WeakKeyDictionary()  # compiled calls of networks, outside their strategies


# --- the strategy ---------------------------------------------------------------------------


def strategy(name):
    """The strategy that `--strategy` names; made before TensorFlow computes anything.

    On a machine without accelerators GANKIT_CPU_DEVICES says into how many devices the CPU is split,
    to try several without having them.

    Raises:
        ValueError: TF_CONFIG is missing, or computing has begun.
    """
    _split_cpu()
    if name == "mirrored":
        gpus = tf.config.list_logical_devices("GPU")
        devices = gpus or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([device.name for device in devices])
    if not os.environ.get("TF_CONFIG"):
        raise ValueError(
            "--strategy multiworker needs the environment variable TF_CONFIG in every worker: the "
            "addresses of all and which of them this one is. docs/scaling.md has files that set it."
        )
    try:
        told = json.loads(os.environ["TF_CONFIG"])
        cluster, task = told["cluster"], told["task"]
        cluster[task["type"]][int(task["index"])]
        return _remember(tf.distribute.MultiWorkerMirroredStrategy())
    except RuntimeError as error:
        raise ValueError(
            f"--strategy multiworker must be made before TensorFlow computes anything: {error}"
        ) from error
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(
            'TF_CONFIG must look like {"cluster": {"worker": ["host:port", ...]}, "task": {"type": '
            f'"worker", "index": 0}}}}, with the index of one of them. Received: '
            f"{os.environ['TF_CONFIG']}"
        ) from error


def replicas_of(model):
    """The number of replicas that a model is trained on."""
    return model.distribute_strategy.num_replicas_in_sync


def variable_scope(model):
    """Where variables that are made later belong: the strategy that the model was made under."""
    return model.distribute_strategy.scope()


def require_outside_scope():
    """Refuses to train within a strategy's scope, where a step would not be one of its replicas'.

    Raises:
        ValueError: with what to do.
    """
    if tf.distribute.has_strategy() and tf.distribute.in_cross_replica_context():
        raise ValueError(
            "Call `fit` outside of `strategy.scope()`: build and compile the model within it, and train "
            "after it."
        )


def adopt(model):
    """Makes a compiled model right for its strategy: its optimizers are given the global gradients."""
    if replicas_of(model) == 1:
        return
    if isinstance(model.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy):
        _remember(model.distribute_strategy)
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        optimizer._all_reduce_sum_gradients = list  # they are summed already


def train_function(model):
    """What Keras's `fit` calls with an iterator: the steps of one execution, on every replica.

    Keras's own fails where several steps run in one execution, and between workers reduces every logged
    scalar at every step; the epoch's means have them all, so that this gives none.
    """

    def steps(iterator):
        def one(i):
            with _global_batch_statistics(model):
                model.distribute_strategy.run(model.train_step, args=(next(iterator),))
            return i + 1

        if model.steps_per_execution == 1:
            one(0)
        else:
            tf.while_loop(lambda i: i < model.steps_per_execution, one, [tf.constant(0)])

    compiled = steps if model.run_eagerly else tf.function(steps, autograph=False)

    def train(iterator):
        compiled(iterator)
        return {}

    return train


@contextlib.contextmanager
def _global_batch_statistics(model):
    """While a step is traced BatchNormalization takes the statistics of all replicas. Not longer, since
    the other backends refuse to load a network that says so."""
    found = [
        layer
        for network in model.networks
        for layer in network._flatten_layers()
        if isinstance(layer, layers.BatchNormalization)
    ]
    before = [layer.synchronized for layer in found]
    for layer in found:
        layer.synchronized = True
    try:
        yield
    finally:
        for layer, synchronized in zip(found, before):
            layer.synchronized = synchronized


def shared_out(dataset):
    """A `tf.data.Dataset` of global batches, of which every worker reads its share."""
    options = tf.data.Options()
    policy = tf.data.experimental.AutoShardPolicy.DATA
    options.experimental_distribute.auto_shard_policy = policy
    return dataset.with_options(options)


def predict(network, inputs):
    """`network` on a batch, compiled, by this process alone. A structure of arrays."""
    if replicas_of(network) == 1:
        return network.predict_on_batch(inputs)
    if network not in _calls:
        reference = weakref.ref(network)
        _calls[network] = tf.function(lambda x: reference()(x, training=False))
    inputs = tree.map_structure(tf.convert_to_tensor, inputs)
    return tree.map_structure(lambda x: x.numpy(), _calls[network](inputs))


# --- within a step --------------------------------------------------------------------------


def replicas():
    """The number of replicas under the strategy in force."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def replica():
    """(index of this replica, number of replicas) under the distribution strategy in force."""
    if replicas() == 1:
        return 0, 1
    return tf.distribute.get_replica_context().replica_id_in_sync_group, replicas()


def all_sum(x):
    """The sum over all replicas of a structure of tensors, differentiable."""
    if replicas() == 1:
        return x
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, x)


def all_mean(x):
    """The mean over all replicas of a tensor, differentiable."""
    return x if replicas() == 1 else all_sum(x) / replicas()


def all_rows(x):
    """The rows of all replicas, in their order."""
    if replicas() == 1:
        return x
    return tf.distribute.get_replica_context().all_gather(x, axis=0)


# --- between workers ------------------------------------------------------------------------


def is_chief():
    """Whether this process is the one that writes."""
    if _workers is None:
        return True
    resolver = _workers.cluster_resolver
    if "chief" in resolver.cluster_spec().jobs:
        return resolver.task_type == "chief"
    return resolver.task_id == 0


def workers():
    """The number of processes that train together."""
    if _workers is None:
        return 1
    return _workers.num_replicas_in_sync // _workers.extended._num_devices_per_worker


def from_chief(structure):
    """The chief's arrays; all workers call it, with arrays of the same shapes and dtypes."""
    if _workers is None:
        return structure
    arrays = [np.asarray(leaf) for leaf in tree.flatten(structure)]
    content = b"".join(array.tobytes() for array in arrays)
    padded = np.frombuffer(content + b"\0" * (-len(content) % 4), "int32")
    sent = _sum_over_workers(padded if is_chief() else np.zeros_like(padded)).tobytes()
    received, start = [], 0
    for array in arrays:
        flat = np.frombuffer(sent[start : start + array.nbytes], array.dtype)
        received.append(flat.reshape(array.shape))
        start += array.nbytes
    return tree.pack_sequence_as(structure, received)


def any_worker(flag):
    """Whether any worker says so; all call it."""
    if _workers is None:
        return flag
    return bool(_sum_over_workers(np.array([flag], "int32"))[0])


def _sum_over_workers(values):
    """The sum of integers, each worker's counted once."""
    return _workers.experimental_local_results(_summed(tf.constant(values)))[0].numpy()


@tf.function(autograph=False)
def _summed(values):
    def of_one():
        context = tf.distribute.get_replica_context()
        first = context.replica_id_in_sync_group % _workers.extended._num_devices_per_worker == 0
        mine = tf.where(first, values, tf.zeros_like(values))
        return context.all_reduce(tf.distribute.ReduceOp.SUM, mine)

    return _workers.run(of_one)


def _remember(strategy):
    global _workers
    _workers = strategy if strategy.extended._in_multi_worker_mode() else None
    return strategy


def _split_cpu():
    told = os.environ.get("GANKIT_CPU_DEVICES", "1")
    if not told.isdigit() or not int(told):
        raise ValueError(f"GANKIT_CPU_DEVICES must be a number of devices. Received: {told!r}")
    count = int(told)
    if count > 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration()] * count
        tf.config.set_logical_device_configuration(cpu, parts)
