"""The two-player game on points in the plane, as a moving picture and as a strip."""

import keras
import numpy as np

import gankit
from figures import canvas
from gankit import points
from gankit.optimizers import Adam

LIMIT = 1.7  # of the plane that is shown, in the data's units
CELLS = 81


class Watch(keras.callbacks.Callback):
    """Keeps samples and the logits over the plane, at the end of every epoch."""

    def __init__(self, preparation, n=700):
        super().__init__()
        self.preparation, self.n, self.moments = preparation, n, []
        axis = np.linspace(-LIMIT, LIMIT, CELLS)
        self.plane = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)

    def look(self):
        gan = self.model
        step = int(gan.optimizer.iterations)
        samples = self.preparation.inverse(gan.generate(self.n, seed=0))
        logits = gan.discriminator.predict_on_batch(self.preparation(self.plane))
        self.moments.append((step, samples, np.reshape(logits, (CELLS, CELLS))))

    def on_train_begin(self, logs=None):
        self.look()

    def on_epoch_end(self, epoch, logs=None):
        self.look()


def play(steps=3000, every=50, seed=0):
    """A game on the ring that is looked at every so many steps: `(data, moments)`."""
    keras.utils.set_random_seed(seed)
    data = points.ring(20_000)
    gan = gankit.GAN(points.generator(), points.discriminator(), seed=seed)
    gan.compile(
        generator_optimizer=Adam(6e-4, 0.0, 0.9),
        discriminator_optimizer=Adam(2e-3, 0.0, 0.9),
        loss="relativistic_pairing",
        penalties=["r1", "r2"],
    )
    watch = Watch(data.preparation)
    gan.fit(
        data.dataset(256),
        steps_per_epoch=every,
        epochs=steps // every,
        callbacks=[watch],
        verbose=0,
    )
    return data, watch.moments


def show(axes, data, moment):
    """The logits as colour, where they push samples as arrows, data and samples as points."""
    step, samples, logits = moment
    middle = np.median(logits)
    size = max(np.abs(logits - middle).max(), 1e-6)
    extent = (-LIMIT, LIMIT, -LIMIT, LIMIT)
    shown = np.sign(logits - middle) * np.sqrt(np.abs(logits - middle) / size)
    axes.imshow(shown, origin="lower", extent=extent, cmap="BrBG", vmin=-2.2, vmax=2.2)
    down, across = np.gradient(logits)
    length = np.hypot(across, down) + 1e-9
    places = np.linspace(-LIMIT, LIMIT, CELLS)[4::9]
    axes.quiver(
        places, places, *((one / length)[4::9, 4::9] for one in (across, down)),
        color="0.35", scale=26, width=0.005, headwidth=5,
    )  # fmt: skip
    canvas.scatter_over_data(axes, samples, data.validation[:400], LIMIT, f"step {step:,}")
    axes.collections[-2].set(color="black", sizes=[5])


def draw(moving, strip, steps=3000, every=50):
    """Writes the moving picture and the strip of five moments."""
    data, moments = play(steps, every)
    early = [one for one in moments if one[0] <= steps // 3]
    late = [one for one in moments if one[0] > steps // 3][::-5][::-1]  # with the last one
    frames = []
    for moment in early + late:
        figure = canvas.figure(3.2, 3.4)
        show(figure.add_subplot(), data, moment)
        frames.append(canvas.pixels(figure))
    canvas.write_gif(frames, moving)
    figure = canvas.figure(10, 2.3)
    chosen = [moments[round(share * (len(moments) - 1))] for share in (0, 0.02, 0.07, 0.3, 1)]
    for axes, moment in zip(figure.subplots(1, 5), chosen):
        show(axes, data, moment)
    canvas.write(figure, strip)
