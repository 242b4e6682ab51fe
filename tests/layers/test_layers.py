import keras
import numpy as np
import pytest
from keras import ops

from gankit import backend, layers
from tests.helpers import check_layer, numpy

RNG = np.random.default_rng(0)
PICTURES = RNG.standard_normal((8, 4, 6, 3)).astype("float32")
FEATURES = RNG.standard_normal((8, 5)).astype("float32")
LABELS = np.arange(8, dtype="int32") % 3


@pytest.mark.parametrize(
    ("layer", "inputs", "shape"),
    [
        (layers.PixelNormalization(), PICTURES, (4, 6, 3)),
        (layers.Dropout(0.5, seed=0), FEATURES, (5,)),
        (layers.MinibatchStddev(4), PICTURES, (4, 6, 4)),
        (layers.MinibatchStddev(2), FEATURES, (6,)),
        (layers.Pack(2), PICTURES, (4, 6, 6)),
        (layers.BatchNormalization(momentum=0.9), PICTURES, (4, 6, 3)),
        (layers.ConditionalBatchNormalization(3), [PICTURES, LABELS], (4, 6, 3)),
        (layers.Projection(3), [FEATURES, LABELS], (1,)),
        (layers.Upsample(), PICTURES, (8, 12, 3)),
        (layers.Downsample(), PICTURES[:, :3], (2, 3, 3)),
        (layers.SelfAttention(), PICTURES, (4, 6, 3)),
        (layers.SelfAttention(spectral=True), PICTURES, (4, 6, 3)),
        (layers.Maxout(7, 2), FEATURES, (7,)),
        (layers.GenerativeBasis(2, 3), FEATURES, (2, 3, 5)),
        (layers.DiscriminativeBasis(), PICTURES, (3,)),
        (layers.GroupedConv2D(6, 3, groups=3), PICTURES, (4, 6, 6)),
        (layers.AuxiliaryClassifier(3), FEATURES, {"logits": (1,), "classes": (3,)}),
        (layers.SpectralNormalization(keras.layers.Dense(7)), FEATURES, (7,)),
        (
            layers.SpectralNormalization(keras.layers.Conv2D(2, 3, padding="same")),
            PICTURES,
            (4, 6, 2),
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_contract(layer, inputs, shape, tmp_path):
    check_layer(layer, inputs, shape, tmp_path)


# --- pixel normalisation ---------------------------------------------------------------------


def test_pixel_normalization_by_hand():
    out = numpy(layers.PixelNormalization()(np.array([[3.0, 4.0]], "float32")))
    np.testing.assert_allclose(out, [[3 / np.sqrt(12.5), 4 / np.sqrt(12.5)]], rtol=1e-5)


def test_pixel_normalization_has_unit_mean_square():
    out = numpy(layers.PixelNormalization()(PICTURES))
    np.testing.assert_allclose(np.square(out).mean(-1), 1.0, rtol=1e-4)


# --- minibatch stddev ------------------------------------------------------------------------


def test_minibatch_stddev_by_hand():
    """Two groups of two: deviations (1, 2) and (0, 0) per feature, averaged."""
    x = np.array([[0.0, 0.0], [2.0, 4.0], [5.0, 5.0], [5.0, 5.0]], "float32")
    out = numpy(layers.MinibatchStddev(2)(x))
    np.testing.assert_allclose(out[:, 2], [1.5, 1.5, 0.0, 0.0], atol=1e-3)


def test_minibatch_stddev_sees_collapse():
    same = np.repeat(PICTURES[:1], 8, axis=0)
    varied = numpy(layers.MinibatchStddev(4)(PICTURES))[..., -1]
    assert numpy(layers.MinibatchStddev(4)(same))[..., -1].max() < 0.01 < varied.min()


def test_minibatch_stddev_takes_an_odd_batch_as_one_group():
    assert numpy(layers.MinibatchStddev(4)(PICTURES[:3])).shape == (3, 4, 6, 4)


# --- pack ------------------------------------------------------------------------------------


def test_pack_joins_consecutive_samples():
    x = np.arange(8, dtype="float32").reshape(4, 2)
    np.testing.assert_array_equal(numpy(layers.Pack(2)(x)), [[0, 1, 2, 3], [4, 5, 6, 7]])
    np.testing.assert_array_equal(numpy(layers.Pack(2)(np.arange(4))), [[0, 1], [2, 3]])


def test_pack_keeps_pictures_apart():
    out = numpy(layers.Pack(2)(PICTURES))
    np.testing.assert_array_equal(out[0, ..., :3], PICTURES[0])
    np.testing.assert_array_equal(out[0, ..., 3:], PICTURES[1])


def test_pack_refuses_an_uneven_batch():
    with pytest.raises(ValueError, match="multiple of 3. Received: a batch of 8"):
        layers.Pack(3)(PICTURES)


# --- batch normalisation ---------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [{}, {"scale": False}, {"center": False, "momentum": 0.5}])
def test_batch_normalization_is_keras_s(arguments):
    """Outputs, gradients by the features, and what is remembered of two batches."""
    found = []
    for kind in (layers.BatchNormalization, keras.layers.BatchNormalization):
        layer = kind(**arguments)
        layer.build(PICTURES.shape)
        for variable in layer.trainable_variables:
            variable.assign(1.0 + 0.1 * np.arange(3))

        def score(x, layer=layer):
            y = layer(x, training=True)
            return ops.sum(y**3), y

        (_, y), slope = backend.value_and_input_gradient(score, ops.convert_to_tensor(PICTURES))
        layer(2 * PICTURES + 1, training=True)
        remembered = [numpy(v) for v in layer.non_trainable_variables]
        still = layer(PICTURES, training=False)
        found.append([numpy(y), numpy(slope), *remembered, numpy(still)])
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_batch_normalization_in_bfloat16():
    layer = layers.BatchNormalization(dtype="mixed_bfloat16")
    y = layer(ops.cast(PICTURES, "bfloat16"), training=True)
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    axes = (0, 1, 2)
    np.testing.assert_allclose(numpy(ops.cast(y, "float32")).mean(axes), 0.0, atol=0.02)
    np.testing.assert_allclose(numpy(layer.moving_mean), 0.01 * PICTURES.mean(axes), atol=1e-4)


# --- conditional batch normalisation ----------------------------------------------------------


def test_conditional_batch_normalization_by_hand():
    layer = layers.ConditionalBatchNormalization(2, epsilon=1e-8)
    layer.build([(None, 1), (None,)])
    layer.gamma.assign([[1.0], [10.0]])
    layer.beta.assign([[0.0], [100.0]])
    x = np.array([[1.0], [3.0], [1.0], [3.0]], "float32")  # mean 2, standard deviation 1
    out = numpy(layer([x, np.array([0, 0, 1, 1])], training=True))
    np.testing.assert_allclose(out[:, 0], [-1, 1, 90, 110], rtol=1e-4)


def test_conditional_batch_normalization_starts_as_batch_normalization():
    ours = layers.ConditionalBatchNormalization(3)([PICTURES, LABELS], training=True)
    theirs = keras.layers.BatchNormalization()(PICTURES, training=True)
    np.testing.assert_allclose(numpy(ours), numpy(theirs), rtol=1e-4, atol=1e-5)


# --- heads -----------------------------------------------------------------------------------


def test_projection_by_hand():
    layer = layers.Projection(2)
    layer.build([(None, 2), (None,)])
    layer.kernel.assign([[1.0], [2.0]])
    layer.bias.assign([0.5])
    layer.embeddings.assign([[0.0, 0.0], [10.0, 0.0]])
    out = numpy(layer([np.array([[1.0, 1.0], [1.0, 1.0]], "float32"), np.array([0, 1])]))
    np.testing.assert_allclose(out[:, 0], [3.5, 13.5], rtol=1e-6)


def test_auxiliary_classifier_is_two_linear_heads():
    layer = layers.AuxiliaryClassifier(3)
    out = layer(FEATURES)
    kernel, bias = map(numpy, layer.which_class.weights)
    np.testing.assert_allclose(
        numpy(out["classes"]), FEATURES @ kernel + bias, rtol=1e-4, atol=1e-5
    )


# --- spectral normalisation ------------------------------------------------------------------


def spectral(inner, x, iterations=60):
    """The layer after many power iterations, which need the kernel to move a little each."""
    layer = layers.SpectralNormalization(inner)
    layer(x)
    for _ in range(iterations):
        kernel = getattr(layer.layer, layer._attribute)
        kernel.assign(numpy(kernel) * (1 + 1e-6))
        layer(x, training=True)
    return layer, numpy(getattr(layer.layer, layer._attribute))


def test_spectral_normalization_of_ones():
    """A 2x2 matrix of ones has the largest singular value 2."""
    layer, _ = spectral(
        keras.layers.Dense(2, kernel_initializer="ones"), np.ones((1, 2), "float32")
    )
    np.testing.assert_allclose(numpy(layer(np.ones((1, 2), "float32"))), [[1.0, 1.0]], rtol=1e-4)


def test_spectral_normalization_against_svd():
    layer, kernel = spectral(keras.layers.Dense(7, use_bias=False), FEATURES)
    largest = np.linalg.svd(kernel, compute_uv=False)[0]
    np.testing.assert_allclose(
        numpy(layer(FEATURES)), FEATURES @ kernel / largest, rtol=1e-4, atol=1e-5
    )


def test_spectral_normalization_of_a_convolution_against_svd():
    inner = keras.layers.Conv2D(2, 3, padding="same", use_bias=False)
    layer, kernel = spectral(inner, PICTURES)
    largest = np.linalg.svd(kernel.reshape(-1, 2), compute_uv=False)[0]
    expected = numpy(inner(PICTURES)) / largest
    np.testing.assert_allclose(numpy(layer(PICTURES)), expected, rtol=1e-4, atol=1e-5)


def test_spectral_normalization_iterates_once_an_update():
    layer, kernel = spectral(keras.layers.Dense(7), FEATURES, iterations=0)
    start = numpy(layer.left)
    layer(FEATURES, training=True)
    once = numpy(layer.left)
    for _ in range(3):
        layer(FEATURES, training=True)
    np.testing.assert_array_equal(numpy(layer.left), once)
    right = start @ kernel
    left = kernel @ (right / np.linalg.norm(right))
    np.testing.assert_allclose(once, left / np.linalg.norm(left), rtol=1e-4, atol=1e-5)
    layer.layer._kernel.assign(kernel * 1.5 + 0.01)
    layer(FEATURES, training=True)
    assert np.any(numpy(layer.left) != once)


def test_spectral_normalization_never_iterates_in_evaluation():
    layer, _ = spectral(keras.layers.Dense(7), FEATURES, iterations=2)
    before = numpy(layer.left)
    layer.layer._kernel.assign(numpy(layer.layer._kernel) + 1.0)
    layer(FEATURES, training=False)
    np.testing.assert_array_equal(numpy(layer.left), before)


def test_spectral_normalization_leaves_the_kernel_alone():
    layer, kernel = spectral(keras.layers.Dense(7), FEATURES, iterations=0)
    layer(FEATURES, training=True)
    np.testing.assert_array_equal(numpy(layer.layer.kernel), kernel)
    assert isinstance(layer.layer._kernel, keras.Variable)


def test_spectral_normalization_passes_the_gradient_through_sigma():
    """Against finite differences of W -> sum(x W / (u' W v)) with u and v held."""
    from gankit import backend

    layer, kernel = spectral(keras.layers.Dense(7, use_bias=False), FEATURES, iterations=5)
    left, right = numpy(layer.left).astype("float64"), numpy(layer.right).astype("float64")
    (_, _), pullback = backend.vjp(lambda: (ops.sum(layer(FEATURES)), None), [layer.layer._kernel])
    gradient = numpy(pullback(ops.ones(()))[0])

    def f(w):
        return (FEATURES.astype("float64") @ w).sum() / (left @ w @ right)

    for index in ((0, 0), (2, 3), (4, 6)):
        step = np.zeros_like(kernel, "float64")
        step[index] = 1e-5
        numeric = (f(kernel + step) - f(kernel - step)) / 2e-5
        assert gradient[index] == pytest.approx(numeric, rel=1e-3, abs=1e-4)


def test_spectral_normalization_wants_a_kernel():
    with pytest.raises(ValueError, match="wraps a layer with a `kernel`"):
        layers.SpectralNormalization(keras.layers.ReLU()).build((None, 2))


# --- bad values ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "received"),
    [
        (lambda: layers.PixelNormalization(epsilon=0), "epsilon=0"),
        (lambda: layers.MinibatchStddev(1), "group_size=1"),
        (lambda: layers.Pack(0), "size=0"),
        (lambda: layers.ConditionalBatchNormalization(0), "classes=0"),
        (lambda: layers.Projection(0), "classes=0"),
        (lambda: layers.AuxiliaryClassifier(1), "classes=1"),
    ],
)
def test_arguments_are_checked(make, received):
    with pytest.raises(ValueError, match=f"Received: {received}"):
        make()


# --- resampling ------------------------------------------------------------------------------


def test_upsample_by_hand():
    """Along one axis: each value, and between it and the next their mean; the end goes on."""
    x = np.array([1.0, 3.0, 7.0], "float32").reshape(1, 3, 1, 1)
    out = numpy(layers.Upsample()(x))[0, :, 0, 0]
    np.testing.assert_allclose(out, [1, 2, 3, 5, 7, 7])


@pytest.mark.parametrize(
    ("values", "expected"), [([1, 3, 7, 5], [1.5, 5.5]), ([4, 0, 8], [3, 6]), ([2], [2])]
)
def test_downsample_by_hand(values, expected):
    """Every other value, with a quarter of each neighbour."""
    x = np.array(values, "float32").reshape(1, 1, -1, 1)
    np.testing.assert_allclose(numpy(layers.Downsample()(x))[0, 0, :, 0], expected)


@pytest.mark.parametrize("layer", [layers.Upsample(), layers.Downsample()])
def test_resampling_keeps_constants_and_differentiates_twice(layer):
    np.testing.assert_allclose(numpy(layer(np.ones((1, 5, 4, 2), "float32"))), 1.0, rtol=1e-6)
    w = keras.Variable(np.float32(2.0))
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([w])
    x = ops.convert_to_tensor(PICTURES)

    def squared_slope():
        _, slope = backend.value_and_input_gradient(
            lambda x: (ops.sum(w * ops.square(layer(x))), None), x
        )
        return ops.sum(ops.square(slope)), None

    loss, _, (gradient,) = backend.minimise(squared_slope, [w], optimizer)
    assert float(gradient) == pytest.approx(float(loss), rel=1e-4)  # d w^2 s / dw = 2 w s, w = 2


# --- self-attention --------------------------------------------------------------------------


def test_self_attention_starts_as_the_identity():
    np.testing.assert_array_equal(numpy(layers.SelfAttention()(PICTURES)), PICTURES)


def test_self_attention_by_hand():
    """Odd sizes, so nothing is pooled; eight channels, so queries and keys have one."""
    x = RNG.standard_normal((1, 1, 3, 8)).astype("float32")
    layer = layers.SelfAttention()
    layer.build(x.shape)
    layer.gamma.assign(0.5)
    q, k, v, o = (
        numpy(part.kernel)[0, 0]
        for part in (layer.queries, layer.keys, layer.values, layer.output_projection)
    )
    rows = x[0, 0]
    scores = np.exp((rows @ q) @ (rows @ k).T)
    attended = (scores / scores.sum(axis=1, keepdims=True)) @ (rows @ v)
    np.testing.assert_allclose(numpy(layer(x))[0, 0], rows + 0.5 * attended @ o, rtol=1e-4)


# --- maxout, bases, groups -------------------------------------------------------------------


def test_maxout_by_hand():
    layer = layers.Maxout(2, 2)
    layer.build((None, 1))
    layer.maps.set_weights([np.array([[1.0, -1.0, 2.0, 3.0]]), np.zeros(4)])
    np.testing.assert_allclose(
        numpy(layer(np.array([[2.0], [-2.0]], "float32"))), [[2, 6], [2, -4]]
    )


def test_bases_by_hand():
    generative, discriminative = layers.GenerativeBasis(1, 2), layers.DiscriminativeBasis()
    generative.build((None, 2))
    discriminative.build((None, 1, 2, 2))
    basis = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    generative.set_weights([basis])
    discriminative.set_weights([basis])
    x = np.array([[10.0, 1.0]], "float32")
    np.testing.assert_allclose(numpy(generative(x)), [[[[10, 2], [30, 4]]]])
    np.testing.assert_allclose(numpy(discriminative(generative(x))), [[100, 20]])


def test_grouped_convolution_is_one_convolution_a_group():
    grouped = layers.GroupedConv2D(4, 3, groups=2)
    x = RNG.standard_normal((2, 5, 4, 6)).astype("float32")
    grouped.build(x.shape)
    parts = []
    for i in range(2):
        one = keras.layers.Conv2D(2, 3, padding="same")
        one.build((None, None, None, 3))
        one.set_weights([numpy(w)[..., 2 * i : 2 * i + 2] for w in grouped.weights])
        parts.append(numpy(one(x[..., 3 * i : 3 * i + 3])))
    np.testing.assert_allclose(numpy(grouped(x)), np.concatenate(parts, -1), rtol=1e-4, atol=1e-5)
