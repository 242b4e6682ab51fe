"""What would fail silently, looked for before training."""

import keras
import numpy as np
from keras import ops, tree

from gankit import backend
from gankit.penalties import View, squared_norms

_BOUNDS = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0)}


def callbacks(given):
    """Refuses stock callbacks that assume one optimizer, by name."""
    for callback in given:
        if isinstance(
            callback, (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)
        ):
            raise ValueError(
                f"{type(callback).__name__} sets the learning rate of one optimizer; a GAN has two. "
                "Use gankit.callbacks.LearningRate(generator=..., discriminator=...), or give the "
                "optimizers a schedule."
            )


def players(gan):
    """Refuses networks that no game can be played with, as they are when it is compiled."""
    of_generator = {id(weight) for weight in gan.generator.trainable_weights}
    for network in gan.discriminators:
        for weight in network.trainable_weights:
            if id(weight) in of_generator:
                raise ValueError(
                    f"{weight.path} belongs to both players, who pull it in opposite directions: "
                    "give each a layer of its own."
                )
    for network in gan.networks:
        if not network.built:
            raise ValueError(
                f"{network.name} has no variables yet: call it once on a batch of the data's "
                "shape (or give its first layer an `Input`), then compile."
            )
        for weight in network.trainable_weights:
            if weight.regularizer is not None:
                raise ValueError(
                    f"{weight.path} has a regularizer, which is no part of the game: use the "
                    "player's optimizer with `weight_decay`."
                )
        for layer in network._flatten_layers():
            if getattr(layer, "activity_regularizer", None) is not None:
                raise ValueError(
                    f"{layer.name} has an activity regularizer, which is no part of the game: leave it "
                    "out, or write it as a gankit.losses.Loss."
                )
            if layer.compute_dtype == "float16":
                raise ValueError(
                    f"{layer.name} computes in float16, which overflows in adversarial training "
                    "(R3GAN, appendix: FP16 cripples, BF16 is fine). Use "
                    '`keras.mixed_precision.set_dtype_policy("mixed_bfloat16")`.'
                )


def penalties(gan):
    """Refuses penalties that can't be told which discriminator said what before."""
    for one in gan.penalties:
        if one.remembers and len(gan.discriminators) > 1:
            raise ValueError(
                f"{type(one).__name__} remembers what one discriminator said, and there are "
                f"{len(gan.discriminators)}: leave it out, or use another penalty."
            )


def game(gan, batch):
    """Runs every check of `GAN.check` and returns the names of the scalars that a step logs.

    Args:
        gan: a compiled `GAN`.
        batch: `sample` or `(sample, condition)`, tensors.
    """
    kept = [(variable, ops.convert_to_numpy(variable)) for variable in gan.variables]
    try:
        _perturb(gan)
        _known_labels(gan, gan.unpack(batch)[1])
        gan.require_known(batch)
        real, fake, condition = gan.play(gan.split(batch)[0])
        _finite(real)
        _condition_is_used(gan, condition)
        _same_shape(real, fake)
        _same_range(gan.generator, real)
        for discriminator in gan.discriminators:
            _gives_logits(discriminator)
            _no_batch_statistics(gan, discriminator)
            for penalty in gan.penalties:
                _reaches_every_kernel(gan, discriminator, penalty, real, fake, condition)
            _reaches_generator(gan, discriminator, fake, condition)
        names = _names_of_logs(gan, real, fake, condition)
    finally:
        for variable, value in kept:
            variable.assign(value)
    return {*names, "d_loss", "g_loss", "d_gradient", "g_gradient"}


def data(gan, batch):
    """What `game` found in order once, looked for in other data."""
    real, condition = gan.unpack(batch)
    _known_labels(gan, condition)
    gan.require_known(batch)
    _finite(real)
    _same_range(gan.generator, real)


def _perturb(gan):
    """Moves every weight, so that what is zero at initialisation does not hide what is lost."""
    rng = np.random.default_rng(0)
    for network in gan.networks:
        for weight in network.trainable_weights:
            value = ops.convert_to_numpy(weight)
            weight.assign(value + 0.05 * rng.standard_normal(value.shape))


def _finite(real):
    for leaf in tree.flatten(real):
        if not np.isfinite(ops.convert_to_numpy(leaf)).all():
            raise ValueError(
                "The first batch of the data holds NaN or infinity: remove such samples, or mend them."
            )


def _known_labels(gan, condition):
    """Labels beyond an embedding are an error on one backend, and NaN or zeros on others."""
    if condition is None:
        return
    for network in gan.networks:
        told = (getattr(network, "inputs", None) or [])[1:]  # behind latents or samples
        leaves = zip(told, tree.flatten(condition))
        labels = {id(one): ops.convert_to_numpy(leaf) for one, leaf in leaves}
        for layer in network.layers if labels else ():
            embedding = getattr(layer, "layer", layer)  # that of a wrapper
            if not isinstance(embedding, keras.layers.Embedding) or id(layer.input) not in labels:
                continue
            given, count = labels[id(layer.input)], embedding.input_dim
            if given.min() < 0 or given.max() >= count:
                raise ValueError(
                    f"{network.name} knows the labels 0 to {count - 1} (layer {layer.name}), and the data's "
                    f"go from {given.min()} to {given.max()}: build the networks for more classes, or mend "
                    "the labels."
                )


def _condition_is_used(gan, condition):
    """Labels that nobody looks at are a mistake; so are labels that one player alone is told."""
    if condition is None or gan.latent_dim == 0:  # without latents G looks at nothing else
        return
    told = [gan.takes_condition(network) for network in gan.discriminators]
    told += [loss.needs_condition for loss in gan.objectives]
    if gan.conditional and any(told):
        return
    missing = "the generator takes none" if any(told) else "no network takes them"
    if gan.conditional:
        missing = "neither a discriminator nor a loss looks at them"
    raise ValueError(
        f"The data has conditions (labels), but {missing}. Give the networks a second input, "
        "`[latents, condition]` and `[samples, condition]`, or leave the conditions out."
    )


def _gives_logits(discriminator):
    layer = discriminator.layers[-1] if getattr(discriminator, "layers", None) else None
    name = getattr(getattr(layer, "activation", None), "__name__", None)
    if name in ("sigmoid", "hard_sigmoid", "softmax", "tanh"):
        raise ValueError(
            f"The discriminator ends in {name} (layer {layer.name}), and losses here take logits: "
            "leave the activation out. The loss applies the sigmoid where it has one."
        )


def _same_shape(real, fake):
    shapes = [tree.map_structure(lambda leaf: tuple(leaf.shape[1:]), one) for one in (real, fake)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "The generator's samples must have the shape of the data's. "
            f"Received: samples {shapes[1]}, data {shapes[0]}"
        )


def _same_range(generator, real):
    layer = generator.layers[-1] if getattr(generator, "layers", None) else None
    name = getattr(getattr(layer, "activation", None), "__name__", None)
    if name not in _BOUNDS or len(tree.flatten(real)) != 1:
        return
    low, high = _BOUNDS[name]
    values = ops.convert_to_numpy(tree.flatten(real)[0])
    smallest, largest = float(values.min()), float(values.max())
    slack = 1e-3 * (high - low)
    half_used = low < 0 <= smallest and largest > 0
    if smallest < low - slack or largest > high + slack or half_used:
        raise ValueError(
            f"The generator ends in {name}, which gives values in [{low:g}, {high:g}], but the data "
            f"lies in [{smallest:g}, {largest:g}]: scale the data to that range, or end the "
            f"generator without {name} (layer {layer.name})."
        )


def _no_batch_statistics(gan, discriminator):
    looking = [type(penalty).__name__ for penalty in gan.penalties if penalty.needs_gradient]
    for layer in discriminator._flatten_layers():
        if looking and isinstance(layer, keras.layers.BatchNormalization):
            raise ValueError(
                f"{looking[0]} punishes the gradient by each sample, which BatchNormalization makes "
                f"depend on the others: take it out of the discriminator (layer {layer.name}), or "
                "use LayerNormalization or GroupNormalization."
            )


def _reaches_every_kernel(gan, discriminator, penalty, real, fake, condition):
    """Every kernel that shapes the logits must feel the penalty."""
    variables = discriminator.trainable_variables
    name = type(penalty).__name__

    def view():
        return View(lambda samples: gan.judge(discriminator, samples, condition))

    def first_order():
        return ops.sum(ops.square(view().outputs(real)["logits"])), None

    def second_order():
        if not penalty.needs_gradient:
            return penalty.measure(view(), real, fake), None
        # The penalty's own formula may rest (one-sided, norms below 1); its ingredient may not.
        return ops.mean(squared_norms(*view().slope(penalty.samples(real, fake)))), None

    def gradients():
        return [backend.vjp(f, variables)[1](ops.ones(())) for f in (first_order, second_order)]

    felt_by_logits, felt_by_penalty = backend.at_once(gradients, gan.variables)
    blocked = []
    for variable, logit, gradient in zip(variables, felt_by_logits, felt_by_penalty):
        if len(variable.shape) < 2 or _size(logit) == 0:
            continue
        if not np.isfinite(_size(gradient)):
            raise ValueError(
                f"{name} gives {variable.path} a gradient that is not finite. A square root or a "
                "division at 0 in the discriminator does that: add a small constant inside it."
            )
        if _size(gradient) == 0:
            blocked.append(variable)
    suspects = [layer.name for layer in discriminator._flatten_layers() if _resamples(layer)]
    if not suspects:
        blocked = [one for one in blocked if _matters(gan, one, lambda: second_order()[0])]
    if blocked:
        paths = [variable.path for variable in blocked]
        where = f"layer {', '.join(suspects)} has" if suspects else "a layer on the way has"
        raise ValueError(
            f"{name} gives no gradient to {', '.join(paths)}: {where} no second derivative here, "
            "as bilinear UpSampling2D and Resizing have none on TensorFlow. Replace it, by "
            "nearest-neighbour upsampling or average pooling for instance."
        )


def _matters(gan, variable, value):
    """Whether a value does depend on a variable whose gradient is zero.

    A label's embedding, for one, may shift only the creases of piecewise linear units: the penalty is
    flat in it, and its gradient rightly zero.
    """
    here = ops.convert_to_numpy(variable)
    seeds = [(state, ops.convert_to_numpy(state)) for state in gan.seed_states]

    def at(values):
        for state, kept in seeds:
            state.assign(kept)
        variable.assign(values)
        return float(value())

    still = at(here)
    moved = [abs(at(here * (1 + step)) - still) for step in (-1e-5, 1e-5)]
    variable.assign(here)
    return min(moved) > 5e-6 * abs(still)


def _resamples(layer):
    smooth = getattr(layer, "interpolation", "nearest") != "nearest"
    return smooth and isinstance(layer, (keras.layers.UpSampling2D, keras.layers.Resizing))


def _reaches_generator(gan, discriminator, fake, condition):
    if not all("float" in keras.backend.standardize_dtype(one.dtype) for one in tree.flatten(fake)):
        return  # tokens have no gradient, and a game on tokens needs none

    def total(samples):
        return ops.sum(gan.judge(discriminator, samples, condition)["logits"]), None

    def gradient():
        return backend.value_and_input_gradient(total, tree.map_structure(ops.stop_gradient, fake))[
            1
        ]

    slope = backend.at_once(gradient, gan.variables)
    if all(_size(leaf) == 0 for leaf in tree.flatten(slope)):
        where = "the augmentation" if gan.augment is not None else discriminator.name
        raise ValueError(
            f"No gradient passes from the logits of {discriminator.name} to the samples, so the "
            f"generator can't learn: {where} blocks it (rounding, comparison, RandomSaturation, ...)."
        )


def _names_of_logs(gan, real, fake, condition):
    names = set()

    def log():
        names.update(gan.log_names(real, fake, condition))

    backend.at_once(log, gan.variables)
    return names


def _size(gradient):
    return 0.0 if gradient is None else float(np.abs(ops.convert_to_numpy(gradient)).sum())
