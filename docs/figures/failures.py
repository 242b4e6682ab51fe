"""Runs on the ring that fail, each in its own way, and the same runs with the remedy.

All are ordinary `gankit.GAN`s with what gankit logs, watched by `gankit.callbacks.Diagnostics`.
"""

import dataclasses
import warnings

import keras
import numpy as np

import gankit
from figures import canvas
from gankit import points
from gankit.optimizers import Adam
from gankit.penalties import R1, R2, GradientPenalty

EVERY = 50  # steps between two looks
PAIRING = {
    "loss": "relativistic_pairing",
    "penalties": lambda: [R1(1.0), R2(1.0)],
    "ema": 0.99,
}


@dataclasses.dataclass
class Rules:
    """One way to play on the ring.

    Attributes:
        generator_rate, discriminator_rate: of Adam.
        betas: of both players' Adam.
        loss: a name.
        penalties: a function that makes them.
        discriminator_steps: for each of the generator's.
        depth, activation: of the discriminator's hidden layers.
        ema: the decay of the generator's average, or None.
    """

    generator_rate: float = 6e-4
    discriminator_rate: float = 2e-3
    betas: tuple = (0.0, 0.9)
    loss: str = "non_saturating"
    penalties: object = list
    discriminator_steps: int = 1
    depth: int = 3
    activation: str = "relu"
    ema: float | None = None


FAILURES = {
    "collapse": Rules(3e-3, 1e-4, (0.5, 0.999)),
    "orbit": Rules(3e-4, 3e-4, (0.5, 0.999), "wasserstein", depth=2, activation="tanh"),
    "won": Rules(1e-4, 5e-3, loss="minimax"),
    "blind": Rules(**PAIRING | {"penalties": lambda: [R1(1e4), R2(1e4)]}),
}
REMEDIES = {
    "collapse": Rules(**PAIRING),
    "orbit": dataclasses.replace(
        FAILURES["orbit"],
        penalties=lambda: [GradientPenalty(10.0)],
        discriminator_steps=5,
        ema=0.99,
    ),
    "won": Rules(1e-4, 1e-3, **PAIRING),
    "blind": Rules(**PAIRING),
}
LIMITS = {"orbit": 3.0}  # of the plane that is shown, where samples go far


@dataclasses.dataclass
class Run:
    """What was seen of a run.

    Attributes:
        data: the points.
        steps: of every look.
        samples: at every look, in the data's units.
        logs: what gankit logged, a dict for every look.
        warnings: what `Diagnostics` said, sentences.
    """

    data: points.Points
    steps: list
    samples: list
    logs: list
    warnings: list


def play(rules, steps, seed=0):
    """A run of so many steps by some rules."""
    keras.utils.set_random_seed(seed)
    data = points.ring(20_000)
    discriminator = points.discriminator(
        depth=rules.depth,
        activation=rules.activation,
        bias=4.0 if rules.activation == "relu" else 0.0,
    )
    gan = gankit.GAN(
        points.generator(),
        discriminator,
        discriminator_steps=rules.discriminator_steps,
        seed=seed,
    )
    gan.compile(
        generator_optimizer=Adam(rules.generator_rate, *rules.betas),
        discriminator_optimizer=Adam(rules.discriminator_rate, *rules.betas),
        loss=rules.loss,
        penalties=rules.penalties(),
        ema=rules.ema,
        metrics=points.metrics_for(data),
    )
    run = Run(data, [], [], [], [])

    def look(epoch, logs):
        run.steps.append((epoch + 1) * EVERY)
        run.samples.append(data.preparation.inverse(gan.generate(700, seed=0)))
        run.logs.append({name: float(value) for name, value in logs.items()})

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", gankit.callbacks.TrainingWarning)
        gan.fit(
            data.dataset(256 * rules.discriminator_steps),
            steps_per_epoch=EVERY,
            epochs=steps // EVERY,
            validation_data=data.dataset(1000, split="validation"),
            callbacks=[
                keras.callbacks.LambdaCallback(on_epoch_end=look),
                gankit.callbacks.Diagnostics(data.preparation(data.validation[:1000])),
            ],
            verbose=0,
        )
    kind = gankit.callbacks.TrainingWarning
    run.warnings = [str(one.message) for one in said if issubclass(one.category, kind)]
    return run


def draw(name, path, steps=3000):
    """Four moments of a failing run, what was logged, and the end of the run with the remedy.

    Args:
        name: of `FAILURES`, or `"healthy"`, which has no remedy.
        path: a `.png` file to write.
        steps: of either run.

    Returns:
        The `Run`, and the one with the remedy or None.
    """
    limit = LIMITS.get(name, 1.7)
    failing = play(FAILURES.get(name, REMEDIES["collapse"]), steps)
    mended = play(REMEDIES[name], steps) if name in REMEDIES else None
    data = failing.data.validation[:400]
    figure = canvas.figure(10, 2.5)
    *moments, curves, end = figure.subplots(1, 6, width_ratios=(1, 1, 1, 1, 1.5, 1))
    for axes, i in zip(moments, np.linspace(1, len(failing.steps) - 1, 4).astype(int)):
        title = f"step {failing.steps[i]:,}"
        canvas.scatter_over_data(axes, failing.samples[i], data, limit, title)
    draw_logs(curves, failing)
    if mended is None:
        end.axis("off")
    else:
        title = f"with the remedy,\nstep {mended.steps[-1]:,}"
        canvas.scatter_over_data(end, mended.samples[-1], data, limit, title)
    canvas.write(figure, path)
    return failing, mended


def draw_logs(axes, run):
    """`d_accuracy` and the share of modes that are there, over steps."""
    accuracy = [one["d_accuracy"] for one in run.logs]
    modes = [one["val_modes"] / len(run.data.modes) for one in run.logs]
    axes.plot(run.steps, modes, color=canvas.REAL, label="val_modes / 8")
    axes.plot(run.steps, accuracy, color=canvas.JUDGE, label="d_accuracy")
    axes.axhline(0.5, color="black", linewidth=0.5, linestyle=":")
    axes.set(ylim=(-0.03, 1.03), xlabel="step")
    axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, 1.3))
