"""Networks and hand-written training loops that the step benchmark compares `fit` with.

The loops are what a careful programmer writes for one method and one backend: the same networks, the
same Keras optimizers, the same losses, nothing logged, nothing saved.
"""

import keras
import numpy as np


def dcgan():
    """Convolutional networks of DCGAN's size for 32 x 32 x 3 pictures, without batch statistics."""
    layers = keras.layers
    up = {"kernel_size": 4, "strides": 2, "padding": "same"}
    generator = keras.Sequential(
        [
            keras.Input((128,)),
            layers.Dense(4 * 4 * 256),
            layers.LeakyReLU(0.2),
            layers.Reshape((4, 4, 256)),
            layers.Conv2DTranspose(128, **up),
            layers.LeakyReLU(0.2),
            layers.Conv2DTranspose(64, **up),
            layers.LeakyReLU(0.2),
            layers.Conv2DTranspose(3, activation="tanh", **up),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(64, **up),
            layers.LeakyReLU(0.2),
            layers.Conv2D(128, **up),
            layers.LeakyReLU(0.2),
            layers.Conv2D(256, **up),
            layers.LeakyReLU(0.2),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    return generator, discriminator


def mlps():
    """The points recipe's networks."""
    from gankit import points

    return points.generator(), points.discriminator()


def optimizers(kind=None):
    """A fresh pair of Adams: gankit's, or those of another class."""
    from gankit.optimizers import Adam

    return [(kind or Adam)(2e-4, beta_1=0.5, beta_2=0.999, epsilon=1e-8) for _ in range(2)]


def pictures(batch, size, seed=0):
    """Batches of noise in the shape of pictures, (size, batch, 32, 32, 3)."""
    return np.random.default_rng(seed).uniform(-1, 1, (size, batch, 32, 32, 3)).astype("float32")


def points(batch, size, seed=0):
    """Batches of normal points, (size, batch, 2)."""
    return np.random.default_rng(seed).standard_normal((size, batch, 2)).astype("float32")


class TensorFlowLoop:
    """`tf.function` and two tapes.

    Args:
        networks: (generator, discriminator).
        data: batches, (size, batch, ...), gone round and round.
        gamma: of R1 and R2; 0 for the plain non-saturating game, else the relativistic pairing one.
        per_call: steps inside one call of the compiled function.
        two_passes: run the generator again for its own update, as the keras.io example does, which
            also gives the discriminator real and fake in one batch.
        average: keep an exponential moving average of the generator.
        adam: the optimizers' class, gankit's by default.
    """

    def __init__(
        self,
        networks,
        data,
        gamma=0.0,
        per_call=1,
        two_passes=False,
        average=False,
        adam=None,
    ):
        import tensorflow as tf

        self.generator, self.discriminator = networks
        self.optimizers = optimizers(adam)
        for optimizer, network in zip(self.optimizers, networks):
            optimizer.build(network.trainable_variables)
        self.latent_dim = self.generator.input_shape[1]
        self.gamma, self.per_call = gamma, per_call
        self.average = [tf.Variable(v.value) for v in self.generator.weights] if average else []
        dataset = tf.data.Dataset.from_tensor_slices(data).repeat().prefetch(tf.data.AUTOTUNE)
        self.iterator = iter(dataset)
        one = self.step_twice if two_passes else self.step

        @tf.function
        def call(iterator):
            for _ in tf.range(per_call):
                one(next(iterator))

        self.call = call

    def run(self, steps):
        for _ in range(steps // self.per_call):
            self.call(self.iterator)
        float(self.generator.trainable_variables[0][0, 0])  # wait for the last step

    def step(self, real):
        import tensorflow as tf

        g, d = self.generator.trainable_variables, self.discriminator.trainable_variables
        latents = tf.random.normal((real.shape[0], self.latent_dim))
        with tf.GradientTape() as made:
            fake = self.generator(latents, training=True)
        with tf.GradientTape() as tape:
            if self.gamma:
                with tf.GradientTape(persistent=True) as inner:
                    inner.watch([real, fake])
                    seen_real = self.discriminator(real, training=True)
                    seen_fake = self.discriminator(fake, training=True)
                slopes = [inner.gradient(seen_real, real), inner.gradient(seen_fake, fake)]
                loss = tf.reduce_mean(tf.nn.softplus(seen_fake - seen_real))
                squares = sum(tf.reduce_sum(tf.square(s)) for s in slopes)
                loss += 0.5 * self.gamma * squares / real.shape[0]
            else:
                seen_real = self.discriminator(real, training=True)
                seen_fake = self.discriminator(fake, training=True)
                loss = tf.reduce_mean(tf.nn.softplus(-seen_real) + tf.nn.softplus(seen_fake))
        values = [v.value for v in d]
        self.optimizers[1].apply(tape.gradient(loss, values), d)
        with tf.GradientTape() as tape:
            tape.watch(fake)
            seen = self.discriminator(fake, training=True)
            if self.gamma:
                seen = seen - self.discriminator(real, training=True)
            loss = tf.reduce_mean(tf.nn.softplus(-seen))
        slope = tape.gradient(loss, fake)
        gradients = made.gradient(fake, [v.value for v in g], output_gradients=slope)
        self.optimizers[0].apply(gradients, g)
        for average, weight in zip(self.average, self.generator.weights):
            average.assign_add(0.001 * (weight - average))

    def step_twice(self, real):
        import tensorflow as tf

        g, d = self.generator.trainable_variables, self.discriminator.trainable_variables
        batch = real.shape[0]
        latents = tf.random.normal((batch, self.latent_dim))
        combined = tf.concat([self.generator(latents), real], axis=0)
        labels = tf.concat([tf.ones((batch, 1)), tf.zeros((batch, 1))], axis=0)
        labels += 0.05 * tf.random.uniform(tf.shape(labels))
        cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        with tf.GradientTape() as tape:
            loss = cross_entropy(labels, self.discriminator(combined, training=True))
        self.optimizers[1].apply(tape.gradient(loss, [v.value for v in d]), d)
        latents = tf.random.normal((batch, self.latent_dim))
        misleading = tf.zeros((batch, 1))
        with tf.GradientTape() as tape:
            loss = cross_entropy(misleading, self.discriminator(self.generator(latents)))
        self.optimizers[0].apply(tape.gradient(loss, [v.value for v in g]), g)


class JAXLoop:
    """One jitted pure function on Keras networks. Arguments as `TensorFlowLoop`'s."""

    def __init__(self, networks, data, gamma=0.0, per_call=1, two_passes=False, average=False):
        import jax
        import jax.numpy as jnp

        generator, discriminator = networks
        both = optimizers()
        for optimizer, network in zip(both, networks):
            optimizer.build(network.trainable_variables)
        latent_dim, batch = generator.input_shape[1], data.shape[1]

        def g(values, z):
            return generator.stateless_call(values, [], z, training=True)[0]

        def d(values, x):
            return discriminator.stateless_call(values, [], x, training=True)[0]

        def d_loss(values, real, fake):
            if not gamma:
                seen_real, seen_fake = d(values, real), d(values, fake)
                return jnp.mean(jax.nn.softplus(-seen_real) + jax.nn.softplus(seen_fake))
            (seen_real, back_real), (seen_fake, back_fake) = (
                jax.vjp(lambda x: d(values, x), x) for x in (real, fake)
            )
            ones = jnp.ones_like(seen_real)
            squares = sum(jnp.sum(jnp.square(back(ones)[0])) for back in (back_real, back_fake))
            pairs = jnp.mean(jax.nn.softplus(seen_fake - seen_real))
            return pairs + 0.5 * gamma * squares / batch

        def g_loss(values, real, fake):
            seen = d(values, fake)
            if gamma:
                seen = seen - d(values, real)
            return jnp.mean(jax.nn.softplus(-seen))

        def step(state, real):
            key, gv, dv, go, do, mean = state
            key, one, two = jax.random.split(key, 3)
            z = jax.random.normal(one, (batch, latent_dim))
            fake, back = jax.vjp(lambda values: g(values, z), gv)
            slopes = jax.grad(d_loss)(dv, real, fake)
            dv, do = both[1].stateless_apply(do, slopes, dv)
            if two_passes:
                z = jax.random.normal(two, (batch, latent_dim))
                slopes = jax.grad(lambda values: g_loss(dv, real, g(values, z)))(gv)
            else:
                (slopes,) = back(jax.grad(lambda fake: g_loss(dv, real, fake))(fake))
            gv, go = both[0].stateless_apply(go, slopes, gv)
            mean = [m + 0.001 * (v - m) for m, v in zip(mean, gv)]
            return key, gv, dv, go, do, mean

        self.step = jax.jit(step, donate_argnums=0)
        values = [[jnp.array(v.value) for v in n.trainable_variables] for n in networks]
        slots = [[jnp.array(v.value) for v in optimizer.variables] for optimizer in both]
        mean = [jnp.array(v) for v in values[0]] if average else []
        self.state = (jax.random.key(0), *values, *slots, mean)
        self.data, self.at = data, 0

    def run(self, steps):
        import jax

        for _ in range(steps):
            self.state = self.step(self.state, self.data[self.at % len(self.data)])
            self.at += 1
        jax.block_until_ready(self.state)


class TorchLoop:
    """PyTorch itself: torch.nn networks in channels_last, torch.optim.Adam, a shared forward.

    Args:
        kind: `"dcgan"` or `"mlps"`.
        data: batches, (size, batch, ...), channels last.
        gamma, average: as in `TensorFlowLoop`.
        device: where.
    """

    def __init__(self, kind, data, gamma=0.0, average=False, device="cpu"):
        import torch

        networks = torch_dcgan() if kind == "dcgan" else torch_mlps()
        self.pictures = kind == "dcgan"
        networks = [network.to(device) for network in networks]
        if self.pictures:
            networks = [network.to(memory_format=torch.channels_last) for network in networks]
        self.generator, self.discriminator = networks
        self.latent_dim = 128 if self.pictures else 2
        self.optimizers = [
            torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999), foreach=True)
            for network in networks
        ]
        self.gamma, self.device, self.at = gamma, device, 0
        self.average = [p.detach().clone() for p in self.generator.parameters()] if average else []
        self.data = [torch.from_numpy(batch).to(device) for batch in data]
        if self.pictures:
            self.data = [
                x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
                for x in self.data
            ]

    def run(self, steps):
        import torch

        for _ in range(steps):
            self.step(self.data[self.at % len(self.data)])
            self.at += 1
        if self.device != "cpu":
            torch.cuda.synchronize()

    def step(self, real):
        import torch
        from torch.nn.functional import softplus

        d = list(self.discriminator.parameters())
        fake = self.generator(torch.randn(len(real), self.latent_dim, device=self.device))
        given = fake.detach()
        if self.gamma:
            real, given = real.detach().requires_grad_(), given.requires_grad_()
            seen_real, seen_fake = self.discriminator(real), self.discriminator(given)
            slopes = torch.autograd.grad(
                seen_real.sum() + seen_fake.sum(), [real, given], create_graph=True
            )
            squares = sum(slope.square().sum() for slope in slopes) / len(real)
            loss = softplus(seen_fake - seen_real).mean() + 0.5 * self.gamma * squares
        else:
            loss = softplus(-self.discriminator(real)).mean()
            loss = loss + softplus(self.discriminator(given)).mean()
        for p, gradient in zip(d, torch.autograd.grad(loss, d)):
            p.grad = gradient
        self.optimizers[1].step()
        given = fake.detach().requires_grad_()
        seen = self.discriminator(given)
        if self.gamma:
            with torch.no_grad():
                reference = self.discriminator(real)
            seen = seen - reference
        (slope,) = torch.autograd.grad(softplus(-seen).mean(), given)
        g = list(self.generator.parameters())
        for p, gradient in zip(g, torch.autograd.grad(fake, g, slope)):
            p.grad = gradient
        self.optimizers[0].step()
        if self.average:
            torch._foreach_lerp_(self.average, [p.detach() for p in g], 0.001)


def torch_dcgan():
    from torch import nn

    def up(a, b):
        return nn.ConvTranspose2d(a, b, 4, 2, 1)

    def down(a, b):
        return nn.Conv2d(a, b, 4, 2, 1)

    def act():
        return nn.LeakyReLU(0.2, inplace=True)

    generator = nn.Sequential(
        nn.Linear(128, 4 * 4 * 256), act(), nn.Unflatten(1, (256, 4, 4)),
        up(256, 128), act(), up(128, 64), act(), up(64, 3), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        down(3, 64), act(), down(64, 128), act(), down(128, 256), act(),
        nn.Flatten(), nn.Linear(256 * 16, 1),
    )  # fmt: skip
    return generator, discriminator


def torch_mlps():
    from torch import nn

    def mlp(*sizes):
        layers = [part for a, b in zip(sizes, sizes[1:]) for part in (nn.Linear(a, b), nn.ReLU())]
        return nn.Sequential(*layers[:-1])

    return mlp(2, 128, 128, 128, 128, 2), mlp(2, 128, 128, 128, 1)
