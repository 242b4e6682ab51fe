"""Adversarial losses: each a pair of formulas on (real, fake) logits, and a thin class.

A formula takes discriminator logits of real and of fake samples and returns one value per logit.
A class names the pair, averages over the batch and over the logits, and is what `compile(loss=...)`
takes, by object or by name. Both players minimise.

Example:

```python
import keras

from gankit import losses

real, fake = keras.ops.array([[2.0], [1.0]]), keras.ops.array([[-1.0], [0.5]])
for formula in (
    losses.minimax_discriminator,
    losses.minimax_generator,
    losses.non_saturating_generator,
    losses.least_squares_discriminator,
    losses.least_squares_generator,
    losses.hinge_discriminator,
    losses.hinge_generator,
    losses.wasserstein_discriminator,
    losses.wasserstein_generator,
    losses.relativistic_pairing_discriminator,
    losses.relativistic_pairing_generator,
    losses.relativistic_average_discriminator,
    losses.relativistic_average_generator,
):
    print(formula.__name__, formula(real, fake))
```
"""

import keras
from keras import ops

from gankit import backend

# --- formulas -------------------------------------------------------------------------------


def minimax_discriminator(real, fake):
    """-log D(x) - log(1 - D(G(z))), with D = sigmoid(logit). Goodfellow et al. (2014), eq. 1."""
    return ops.softplus(-real) + ops.softplus(fake)


def minimax_generator(real, fake):
    """log(1 - D(G(z))): the zero-sum game of Goodfellow et al. (2014), eq. 1."""
    return -ops.softplus(fake)


def non_saturating_generator(real, fake):
    """-log D(G(z)): same fixed point, strong gradient early. Goodfellow et al. (2014), section 3."""
    return ops.softplus(-fake)


def least_squares_discriminator(real, fake):
    """((D(x) - 1)^2 + D(G(z))^2) / 2. Mao et al. (2017), eq. 9 with a = 0, b = c = 1."""
    return 0.5 * (ops.square(real - 1.0) + ops.square(fake))


def least_squares_generator(real, fake):
    """(D(G(z)) - 1)^2 / 2. Mao et al. (2017), eq. 9 with c = 1."""
    return 0.5 * ops.square(fake - 1.0)


def hinge_discriminator(real, fake):
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))). Lim & Ye (2017); Miyato et al. (2018), eq. 16."""
    return ops.relu(1.0 - real) + ops.relu(1.0 + fake)


def hinge_generator(real, fake):
    """-D(G(z)). Lim & Ye (2017); Miyato et al. (2018), eq. 17."""
    return -fake


def wasserstein_discriminator(real, fake):
    """D(G(z)) - D(x), D being a 1-Lipschitz critic. Arjovsky et al. (2017), eq. 2."""
    return fake - real


def wasserstein_generator(real, fake):
    """-D(G(z)). Arjovsky et al. (2017), theorem 3."""
    return -fake


def relativistic_pairing_discriminator(real, fake):
    """softplus(-(D(x) - D(G(z)))). Jolicoeur-Martineau (2019); R3GAN, Huang et al. (2025), eq. 2."""
    return ops.softplus(fake - real)


def relativistic_pairing_generator(real, fake):
    """softplus(-(D(G(z)) - D(x))): the same game with the players' roles exchanged."""
    return ops.softplus(real - fake)


def relativistic_average_discriminator(real, fake):
    """softplus(-(D(x) - E D(G(z)))) + softplus(D(G(z)) - E D(x)). Jolicoeur-Martineau (2019)."""
    mean_real, mean_fake = (backend.all_mean(ops.mean(one)) for one in (real, fake))
    return ops.softplus(mean_fake - real) + ops.softplus(fake - mean_real)


def relativistic_average_generator(real, fake):
    """The discriminator's formula with real and fake exchanged. Jolicoeur-Martineau (2019)."""
    return relativistic_average_discriminator(fake, real)


# --- classes --------------------------------------------------------------------------------


class Loss:
    """What the players minimise, on the discriminator's outputs.

    Subclasses define `discriminator(real, fake, condition)` and
    `generator(real, fake, condition)`. `real` and `fake` are the outputs of one discriminator, a
    dict with at least `"logits"`; `condition` is the batch's. Each returns a scalar.

    Attributes:
        name: the key of the loss in the logs.
        generator_sees_real: whether `generator` reads `real`. Where False it is given None, and
            the generator's update saves a discriminator pass over the real batch.
        needs_condition: whether it reads `condition`.

    Example:

    ```python
    import keras

    import gankit


    class Exponential(gankit.losses.Loss):
        name = "exponential"

        def discriminator(self, real, fake, condition=None):
            return keras.ops.mean(keras.ops.exp(fake["logits"] - real["logits"]))

        def generator(self, real, fake, condition=None):
            return -keras.ops.mean(fake["logits"])
    ```
    """

    name = None
    generator_sees_real = False
    needs_condition = False

    def discriminator(self, real, fake, condition=None):
        raise NotImplementedError(f"{type(self).__name__} must define discriminator().")

    def generator(self, real, fake, condition=None):
        raise NotImplementedError(f"{type(self).__name__} must define generator().")

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class AdversarialLoss(Loss):
    """A pair of formulas on logits, averaged over the batch and over the logits.

    Attributes:
        relativistic: whether `discriminator_formula` compares each real logit with fake ones. Where
            False, it is a function of the real logit plus one of the fake logit.

    Example:

    ```python
    import gankit


    class Asymmetric(gankit.losses.AdversarialLoss):  # D plays one game, G another
        discriminator_formula = gankit.losses.hinge_discriminator
        generator_formula = gankit.losses.non_saturating_generator
    ```
    """

    name = "adversarial"
    relativistic = False
    discriminator_formula = None
    generator_formula = None

    def discriminator(self, real, fake, condition=None):
        formula = type(self).discriminator_formula
        return ops.mean(formula(real["logits"], fake["logits"]))

    def generator(self, real, fake, condition=None):
        formula = type(self).generator_formula
        return ops.mean(formula(real and real["logits"], fake["logits"]))


@keras.saving.register_keras_serializable(package="gankit")
class Minimax(AdversarialLoss):
    """The zero-sum game of Goodfellow et al. (2014), https://arxiv.org/abs/1406.2661, eq. 1.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile(loss=gankit.losses.Minimax())  # or loss="minimax"
    ```
    """

    discriminator_formula = minimax_discriminator
    generator_formula = minimax_generator


@keras.saving.register_keras_serializable(package="gankit")
class NonSaturating(AdversarialLoss):
    """The game that Goodfellow et al. (2014) trained: G maximises log D(G(z)).

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile(loss=gankit.losses.NonSaturating())  # or loss="non_saturating"
    ```
    """

    discriminator_formula = minimax_discriminator
    generator_formula = non_saturating_generator


@keras.saving.register_keras_serializable(package="gankit")
class LeastSquares(AdversarialLoss):
    """LSGAN, Mao et al. (2017), https://arxiv.org/abs/1611.04076.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile(loss=gankit.losses.LeastSquares())  # or loss="least_squares"
    ```
    """

    discriminator_formula = least_squares_discriminator
    generator_formula = least_squares_generator


@keras.saving.register_keras_serializable(package="gankit")
class Hinge(AdversarialLoss):
    """Geometric GAN, Lim & Ye (2017), https://arxiv.org/abs/1705.02894; SN-GAN's and SAGAN's.

    Example:

    ```python
    import gankit
    from gankit import images

    shape = (16, 16, 1)
    gan = gankit.GAN(
        images.sngan_generator(shape, width=4), images.sngan_discriminator(shape, width=4)
    )
    gan.compile(loss=gankit.losses.Hinge())  # or loss="hinge"
    ```
    """

    discriminator_formula = hinge_discriminator
    generator_formula = hinge_generator


@keras.saving.register_keras_serializable(package="gankit")
class Wasserstein(AdversarialLoss):
    """WGAN, Arjovsky et al. (2017), https://arxiv.org/abs/1701.07875.

    The critic must be kept Lipschitz: add `penalties.GradientPenalty`, or
    `constraints.ClipWeights` on its layers.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8), discriminator_steps=5)
    gan.compile(loss=gankit.losses.Wasserstein(), penalties=[gankit.penalties.GradientPenalty(10.0)])
    ```
    """

    discriminator_formula = wasserstein_discriminator
    generator_formula = wasserstein_generator


@keras.saving.register_keras_serializable(package="gankit")
class RelativisticPairing(AdversarialLoss):
    """RpGAN, Jolicoeur-Martineau (2019); with R1 and R2 it is R3GAN, https://arxiv.org/abs/2501.05441.

    The i-th real sample is paired with the i-th fake one, which shares its condition.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile(loss=gankit.losses.RelativisticPairing(), penalties=["r1", "r2"])  # R3GAN's game
    ```
    """

    relativistic = True
    generator_sees_real = True
    discriminator_formula = relativistic_pairing_discriminator
    generator_formula = relativistic_pairing_generator


@keras.saving.register_keras_serializable(package="gankit")
class RelativisticAverage(AdversarialLoss):
    """RaGAN, Jolicoeur-Martineau (2019), https://arxiv.org/abs/1807.00734.

    Example:

    ```python
    import gankit
    from gankit import points

    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile(loss=gankit.losses.RelativisticAverage())  # or loss="relativistic_average"
    ```
    """

    relativistic = True
    generator_sees_real = True
    discriminator_formula = relativistic_average_discriminator
    generator_formula = relativistic_average_generator


class WeightedLoss(Loss):
    """Base class of terms beside the adversarial loss.

    Args:
        weight: the factor of the term, at least 0.

    Example:

    ```python
    import keras

    import gankit


    class SmallLogits(gankit.losses.WeightedLoss):
        name = "small_logits"

        def discriminator(self, real, fake, condition=None):
            return self.weight * keras.ops.mean(keras.ops.square(real["logits"]))

        def generator(self, real, fake, condition=None):
            return keras.ops.zeros(())
    ```
    """

    def __init__(self, weight=1.0):
        if weight < 0:
            raise ValueError(f"`weight` must be at least 0. Received: weight={weight}")
        self.weight = weight

    def get_config(self):
        return {"weight": self.weight}


@keras.saving.register_keras_serializable(package="gankit")
class AuxiliaryClassification(WeightedLoss):
    """AC-GAN's class term, Odena et al. (2017), https://arxiv.org/abs/1610.09585, eq. 3.

    The discriminator returns `{"logits": ..., "classes": ...}` (`layers.AuxiliaryClassifier`), and
    both players minimise the cross-entropy of `classes` against the labels: the discriminator on
    real and fake samples, the generator on fake ones.

    Args:
        weight: the factor of the term, at least 0.

    Example:

    ```python
    import gankit
    from gankit import images

    shape = (16, 16, 1)
    gan = gankit.GAN(
        images.dcgan_generator(shape, width=4, classes=3),
        images.dcgan_discriminator(shape, width=4, classes=3, auxiliary=True),
    )
    gan.compile(loss=["non_saturating", gankit.losses.AuxiliaryClassification(1.0)])
    ```
    """

    name = "classification"
    needs_condition = True

    def discriminator(self, real, fake, condition=None):
        return self._cross_entropy(real, condition) + self._cross_entropy(fake, condition)

    def generator(self, real, fake, condition=None):
        return self._cross_entropy(fake, condition)

    def _cross_entropy(self, outputs, labels):
        if "classes" not in outputs or labels is None:
            raise ValueError(
                "AuxiliaryClassification needs a discriminator that returns `classes` and a batch "
                f"with labels. Received: outputs {sorted(outputs)}, labels {labels}"
            )
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        losses = keras.losses.sparse_categorical_crossentropy(
            labels, outputs["classes"], from_logits=True
        )
        return self.weight * ops.mean(losses)


@keras.saving.register_keras_serializable(package="gankit")
class FeatureMatching(WeightedLoss):
    """Fake and real samples are to look alike to the discriminator's inner layers.

    The mean absolute difference of `"features"`, averaged over the layers; only the generator
    minimises it. pix2pixHD, Wang et al. (2018), https://arxiv.org/abs/1711.11585, equation 4, where
    the i-th fake sample has the i-th real one as its target.

    Args:
        weight: the factor of the term, at least 0.

    Example:

    ```python
    import keras

    import gankit

    term = gankit.losses.FeatureMatching(10.0)  # as in compile(loss=["hinge", term])
    real, fake = {"features": [keras.ops.zeros((2, 3))]}, {"features": [keras.ops.ones((2, 3))]}
    term.generator(real, fake)  # 10: features differ by 1
    ```
    """

    name = "feature_matching"
    generator_sees_real = True

    def __init__(self, weight=10.0):
        super().__init__(weight)

    def discriminator(self, real, fake, condition=None):
        return ops.zeros(())

    def generator(self, real, fake, condition=None):
        if not fake.get("features"):
            raise ValueError(
                "FeatureMatching needs a discriminator that returns `features`, a list. "
                f"Received: outputs {sorted(fake)}"
            )
        gaps = [
            ops.mean(ops.abs(ops.stop_gradient(r) - f))
            for r, f in zip(real["features"], fake["features"])
        ]
        return self.weight * sum(gaps) / len(gaps)


_BY_NAME = {
    "minimax": Minimax,
    "non_saturating": NonSaturating,
    "least_squares": LeastSquares,
    "hinge": Hinge,
    "wasserstein": Wasserstein,
    "relativistic_pairing": RelativisticPairing,
    "relativistic_average": RelativisticAverage,
}


def get(identifier):
    """The loss that `identifier` names.

    Args:
        identifier: a `Loss`, or one of the names `minimax`, `non_saturating`, `least_squares`,
            `hinge`, `wasserstein`, `relativistic_pairing`, `relativistic_average`.

    Raises:
        ValueError: the name is not known; the message lists the known ones.

    Example:

    ```python
    import gankit

    gankit.losses.get("hinge")  # a gankit.losses.Hinge
    ```
    """
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, str) and identifier in _BY_NAME:
        return _BY_NAME[identifier]()
    raise ValueError(
        f"Unknown loss. Known: {', '.join(sorted(_BY_NAME))}, or a `gankit.losses.Loss`. "
        f"Received: loss={identifier!r}"
    )
