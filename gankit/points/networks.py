"""Multilayer perceptrons for points."""

import keras

from gankit import layers


def generator(latent_dim=2, units=128, depth=4, activation="relu"):
    """From latents to points.

    Args:
        latent_dim: length of a latent vector.
        units: width of a hidden layer.
        depth: number of hidden layers; each lets the map bend more sharply between modes.
        activation: of the hidden layers.

    Returns:
        A `keras.Model` from (batch, latent_dim) to (batch, 2).

    Example:

    ```python
    from gankit import points

    network = points.generator(latent_dim=2, units=128)
    network.output_shape  # (None, 2)
    ```
    """
    hidden = [_hidden(units, activation, bias=0.0) for _ in range(depth)]
    return keras.Sequential(
        [keras.Input((latent_dim,)), *hidden, keras.layers.Dense(2, name="points")],
        name="generator",
    )


def discriminator(units=128, depth=3, activation="relu", packing=1, bias=4.0):
    """From points to logits.

    Args:
        units: width of a hidden layer.
        depth: number of hidden layers.
        activation: of the hidden layers.
        packing: how many points are judged together; more than 1 makes it PacGAN's.
        bias: the hidden biases start uniform in [-bias, bias], which spreads the creases of the
            logits over the plane instead of through the origin.

    Returns:
        A `keras.Model` from (batch, 2) to (batch / packing, 1).

    Example:

    ```python
    from gankit import points

    network = points.discriminator(units=128, packing=2)  # PacGAN's: judges two points together
    ```
    """
    hidden = [_hidden(units, activation, bias) for _ in range(depth)]
    pack = [layers.Pack(packing)] if packing > 1 else []
    return keras.Sequential(
        [keras.Input((2,)), *pack, *hidden, keras.layers.Dense(1, name="logits")],
        name="discriminator",
    )


def _hidden(units, activation, bias):
    return keras.layers.Dense(
        units,
        activation=activation,
        kernel_initializer="he_normal",
        bias_initializer=keras.initializers.RandomUniform(-bias, bias),
    )
