import numpy as np
import pytest
import tensorflow as tf

from gankit import images
from gankit.files import graphs


def write(path, build):
    with tf.Graph().as_default() as graph:
        build()
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path


def small_inception():
    """The names and the batch of one of the graph of 2015, with one feature a channel."""
    picture = tf.compat.v1.placeholder(tf.float32, (4, 4, 3), name="picture")
    batch = tf.expand_dims(picture, 0, name="ExpandDims")
    resized = tf.compat.v1.image.resize_bilinear(batch, (8, 8), name="ResizeBilinear")
    mixed = tf.nn.conv2d(
        (resized - 128.0) / 128.0, np.eye(3, dtype="float32")[None, None], 1, "SAME"
    )
    tf.nn.avg_pool2d(mixed, 8, 1, "VALID", name="pool_3")


def test_features_of_a_frozen_graph(tmp_path):
    path = write(tmp_path / "g.pb", small_inception)
    features = images.Inception2015(path)
    assert "sha256" in features.name
    pictures = np.random.default_rng(0).uniform(-1, 1, (7, 4, 4, 3)).astype("float32")
    bytes_ = np.round((pictures + 1) * 127.5)
    expected = tf.compat.v1.image.resize_bilinear(bytes_, (8, 8)).numpy().mean(axis=(1, 2))
    np.testing.assert_allclose(features(pictures), (expected - 128) / 128, rtol=1e-4, atol=1e-5)
    assert features(pictures[..., :1]).shape == (7, 3)


def test_a_graph_that_reads_files_is_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x")

    def build():
        batch = tf.compat.v1.placeholder(tf.float32, (1, 4, 4, 3), name="ExpandDims")
        read = tf.strings.to_number(tf.io.read_file(str(secret)))
        tf.add(tf.reduce_mean(batch, [1, 2]), read, name="pool_3")

    path = write(tmp_path / "g.pb", build)
    with pytest.raises(ValueError, match=r"g.pb: node .* is a .*The file is not loaded"):
        images.Inception2015(path)


def test_what_is_not_needed_is_not_loaded(tmp_path):
    """A file operation aside of the way from input to output is left out, not run."""

    def build():
        small_inception()
        tf.io.write_file(str(tmp_path / "written"), "x")

    path = write(tmp_path / "g.pb", build)
    images.Inception2015(path)(np.zeros((1, 4, 4, 3), "float32"))
    assert not (tmp_path / "written").exists()


def test_no_graph(tmp_path):
    (tmp_path / "g.pb").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="g.pb: "):
        images.Inception2015(tmp_path / "g.pb")
    with pytest.raises(ValueError, match="not a frozen TensorFlow graph"):
        images.Inception2015(tmp_path / "none.pb")
    path = write(tmp_path / "h.pb", lambda: tf.constant(1.0))
    with pytest.raises(ValueError, match="no ExpandDims:0 in this graph"):
        graphs.read_frozen(path, "ExpandDims:0", "pool_3:0")


def test_a_graph_that_hangs_together_badly(tmp_path):
    def apart():
        tf.compat.v1.placeholder(tf.float32, (1, 4, 4, 3), name="ExpandDims")
        tf.constant(1.0, name="pool_3")

    path = write(tmp_path / "apart.pb", apart)
    with pytest.raises(ValueError, match="apart.pb: pool_3:0 does not depend on ExpandDims:0"):
        graphs.read_frozen(path, "ExpandDims:0", "pool_3:0")
    graph = tf.compat.v1.GraphDef.FromString(
        write(tmp_path / "gone.pb", small_inception).read_bytes()
    )
    kept = [node for node in graph.node if node.op != "Const"]
    (tmp_path / "gone.pb").write_bytes(tf.compat.v1.GraphDef(node=kept).SerializeToString())
    with pytest.raises(ValueError, match="gone.pb: a node of this graph names .*, which is not in"):
        graphs.read_frozen(tmp_path / "gone.pb", "ExpandDims:0", "pool_3:0")
