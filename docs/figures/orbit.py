"""The Dirac-GAN of Mescheder et al. (2018), https://arxiv.org/abs/1801.04406, played by `gankit`.

The data is the number 0, the generator is a number theta, the discriminator's logit is psi x.
"""

import keras
import numpy as np

import gankit
from figures import canvas

RATE = 0.1


@keras.saving.register_keras_serializable(package="figures")
class Place(keras.layers.Layer):
    """A generator of one number, whatever the latents."""

    def build(self, shape):
        self.theta = self.add_weight(shape=(1,), initializer="ones", name="theta")

    def call(self, latents):
        return 0.0 * latents + self.theta


def play(steps=600, rate=RATE, **rules):
    """One Dirac-GAN from theta = 1, psi = 0.

    Args:
        steps: of gradient descent, each player in turn.
        rate: both players' learning rate.
        rules: of `GAN.compile`.

    Returns:
        (steps + 1, 3): theta, psi and the average of theta, before and after every step.
    """
    generator = keras.Sequential([keras.Input((1,)), Place()])
    discriminator = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")]
    )
    gan = gankit.GAN(generator, discriminator, seed=0)
    gan.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate), **rules)
    data = np.zeros((1, 1), "float32")

    def now():
        networks = (generator, discriminator, gan.sampler)
        return [float(np.squeeze(one.get_weights()[0])) for one in networks]

    places = [now()]
    for _ in range(steps):
        gan.train_on_batch(data)
        places.append(now())
    return np.array(places)


def simultaneous(steps=600, rate=RATE):
    """The minimax game with both players moving at once, by hand: (steps + 1, 2)."""
    places = [np.array([1.0, 0.0])]
    for _ in range(steps):
        theta, psi = places[-1]
        belief = 1 / (1 + np.exp(-psi * theta))  # both minimise +-softplus(psi theta)
        places.append(places[-1] - rate * belief * np.array([-psi, theta]))
    return np.array(places)


def draw(path, steps=600):
    """Where both players go without a penalty and with one, and the average of the first."""
    plain = play(steps, loss="minimax", ema=0.995)
    damped = play(steps, loss="minimax", penalties=[gankit.penalties.R1(0.5)])
    figure = canvas.figure(9, 3.6)
    plane, time = figure.subplots(1, 2, width_ratios=(1, 1.5))
    at_once = simultaneous(steps // 2)
    plane.plot(*at_once.T, color=canvas.REAL, linewidth=0.8, label="both at once")
    plane.plot(*plain.T[:2], color=canvas.FAKE, label="in turn")
    plane.plot(*damped.T[:2], color=canvas.JUDGE, label="in turn, with R1")
    plane.plot(0, 0, "k+", markersize=12)
    plane.set(xlabel="θ, the generator", ylabel="ψ, the discriminator", aspect="equal")
    plane.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.45, -0.2), ncols=3)
    time.plot(plain[:, 0], color=canvas.FAKE, label="θ, in turn")
    time.plot(plain[:, 2], color=canvas.FAKE, linestyle="--", label="the average of θ (EMA)")
    time.plot(damped[:, 0], color=canvas.JUDGE, label="θ, with R1")
    time.axhline(0, color="black", linewidth=0.8)
    time.set(xlabel="step", ylabel="θ (the data is at 0)")
    time.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3)
    canvas.write(figure, path)
    return plain, damped
