"""The last weights of a run beside their average, on the ring."""

import keras

import gankit
from figures import canvas
from gankit import points, sampling
from gankit.optimizers import Adam


def play(steps=3000, seed=0):
    """A game on the ring whose generator is averaged. Returns the data and the model."""
    keras.utils.set_random_seed(seed)
    data = points.ring(20_000)
    gan = gankit.GAN(points.generator(), points.discriminator(), seed=seed)
    gan.compile(
        generator_optimizer=Adam(6e-4, 0.0, 0.9),
        discriminator_optimizer=Adam(2e-3, 0.0, 0.9),
        loss="relativistic_pairing",
        penalties=["r1", "r2"],
        ema=0.99,
    )
    gan.fit(data.dataset(256), steps_per_epoch=steps, epochs=1, verbose=0)
    return data, gan


def draw(path, steps=3000):
    """Samples of either network from the same latents, and the share of them within 3 sigma.

    Returns:
        The two shares.
    """
    data, gan = play(steps)
    latents = sampling.latents(2500, gan.latent_dim, seed=0)
    figure = canvas.figure(7, 3.6)
    shares = []
    for axes, (name, network) in zip(
        figure.subplots(1, 2), (("the last weights", gan.generator), ("their average", gan.sampler))
    ):
        samples = data.preparation.inverse(gan.generate_from(network, latents, batch_size=500))
        coverage = points.ModeCoverage(data.modes, data.sigma)
        coverage.update(None, samples)
        shares.append(coverage.result()["high_quality"])
        title = f"{name}: {shares[-1]:.0%} within 3σ of a mode"
        canvas.scatter_over_data(axes, samples[:700], data.validation[:400], 1.3, title)
    canvas.write(figure, path)
    return shares
