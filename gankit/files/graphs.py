"""Frozen TensorFlow graphs, such as the Inception network of 2015: arithmetic only."""

import hashlib
import pathlib

# What a picture network is made of. A graph could also read and write files, or run Python.
ARITHMETIC = frozenset(
    [
        *("Const", "Identity", "Cast", "NoOp", "CheckNumerics"),
        *("ExpandDims", "Squeeze", "Shape", "Reshape", "Concat", "ConcatV2", "Pad", "Pack"),
        *("StridedSlice", "Slice", "ResizeBilinear"),
        *("Add", "AddV2", "Sub", "Mul", "RealDiv", "Rsqrt", "Mean", "MatMul", "BiasAdd"),
        *("Conv2D", "DepthwiseConv2dNative", "MaxPool", "AvgPool", "Relu", "Relu6", "Softmax"),
        *("BatchNormWithGlobalNormalization", "FusedBatchNorm", "FusedBatchNormV3"),
    ]
)


def read_frozen(path, feed, fetch):
    """A function that a frozen graph (`.pb`) computes.

    Only operations of `ARITHMETIC` may stand between what is fed and what is fetched: a graph is a
    program, and one from elsewhere could read and write files.

    Args:
        path: the file.
        feed: the tensor to put in, such as `"ExpandDims:0"`.
        fetch: the tensor to take out, such as `"pool_3:0"`.

    Returns:
        A compiled function of one float32 tensor, and the file's hash, `"sha256 ..."`.

    Raises:
        ValueError: naming the file: not a graph, no such tensor, a forbidden operation.
    """
    import tensorflow as tf

    try:
        content = pathlib.Path(path).read_bytes()
        graph = tf.compat.v1.GraphDef.FromString(content)
    except Exception as error:  # protobuf's own kinds
        raise ValueError(f"{path}: not a frozen TensorFlow graph: {error}") from error
    nodes = {node.name: node for node in graph.node}
    for tensor in (feed, fetch):
        if tensor.split(":")[0] not in nodes:
            raise ValueError(f"{path}: there is no {tensor} in this graph of {len(nodes)} nodes.")
    try:
        needed = _between(nodes, feed.split(":")[0], fetch.split(":")[0])
    except KeyError as error:
        raise ValueError(
            f"{path}: a node of this graph names {error}, which is not in it."
        ) from error
    if feed.split(":")[0] not in needed:
        raise ValueError(f"{path}: {fetch} does not depend on {feed} in this graph.")
    needed.remove(feed.split(":")[0])
    for name in sorted(needed):
        if nodes[name].op not in ARITHMETIC:
            raise ValueError(
                f"{path}: node {name} is a {nodes[name].op}, which a picture network has no use for. "
                "The file is not loaded."
            )
    kept = tf.compat.v1.GraphDef(versions=graph.versions)
    entry = kept.node.add(name=feed.split(":")[0], op="Placeholder")
    entry.attr["dtype"].type = tf.float32.as_datatype_enum
    for node in graph.node:
        if node.name in needed:
            kept.node.add().CopyFrom(node)
            kept.node[-1].attr.pop("_output_shapes", None)  # which fix a batch of one

    def compute(x):
        return tf.import_graph_def(kept, {feed: x}, [fetch], name="")[0]

    signature = [tf.TensorSpec(None, tf.float32)]
    function = tf.compat.v1.wrap_function(compute, signature)
    return function, "sha256 " + hashlib.sha256(content).hexdigest()


def _between(nodes, feed, fetch):
    """The nodes that `fetch` needs, once `feed` is given."""
    needed, waiting = set(), [fetch]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        if name != feed:
            waiting += [one.lstrip("^").split(":")[0] for one in nodes[name].input]
    return needed
