"""What can be drawn from formulas alone: the best discriminator, and the generator's two losses."""

import numpy as np
from keras import ops

from figures import canvas
from gankit import losses

LIMIT = 6.0


def normal(x, mean, deviation=1.0):
    """The density of a Gaussian."""
    return np.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi))


def best_discriminator(p, q):
    """D*(x) = p(x) / (p(x) + q(x)), with 1/2 where neither density lives."""
    return np.where(p + q > 1e-12, p / np.maximum(p + q, 1e-12), 0.5)


def jensen_shannon(p, q, x):
    """The Jensen-Shannon divergence of two densities on a grid, in nats: from 0 to log 2."""
    middle = (p + q) / 2

    def to_middle(density):
        ratio = np.where(density > 0, density / np.maximum(middle, 1e-300), 1.0)
        return np.trapezoid(density * np.log(ratio), x)

    return 0.5 * (to_middle(p) + to_middle(q))


def draw_best_discriminator(path):
    """The generator's density at three moments, and the best discriminator's answer to each."""
    figure = canvas.figure(9, 3)
    x = np.linspace(-LIMIT, LIMIT, 2001)
    p = normal(x, 1.0)
    for i, (mean, deviation) in enumerate(((-3.0, 0.7), (0.0, 1.3), (1.0, 1.0)), 1):
        q = normal(x, mean, deviation)
        axes = figure.add_subplot(1, 3, i)
        axes.fill_between(x, p, color=canvas.REAL, alpha=0.5, linewidth=0, label="p, the data")
        axes.plot(x, q, color=canvas.FAKE, label="q, the samples")
        axes.plot(x, best_discriminator(p, q), color=canvas.JUDGE, label="D* = p / (p + q)")
        value = jensen_shannon(p, q, x)
        axes.set(ylim=(0, 1.03), xlabel="x", title=f"JSD(p, q) = {value:.2f}")
        if i == 3:
            axes.legend(fontsize=8, loc="upper left")
    canvas.write(figure, path)


def draw_saturation(path):
    """The generator's two losses, and their slopes, over the discriminator's belief."""
    figure = canvas.figure(9, 3.2)
    logits = np.linspace(-8, 4, 400).astype("float32")
    curves = {
        "log(1 − D): saturating": losses.minimax_generator,
        "−log D: non-saturating": losses.non_saturating_generator,
    }
    for i, ylabel in ((1, "what G minimises"), (2, "size of its slope by the logit")):
        axes = figure.add_subplot(1, 2, i)
        for (label, formula), color in zip(curves.items(), (canvas.FAKE, canvas.JUDGE)):
            values = ops.convert_to_numpy(formula(None, logits))
            if i == 2:
                values = np.abs(np.gradient(values, logits))
            axes.plot(logits, values, color=color, label=label)
        axes.axvspan(-8, -4, color=canvas.REAL, alpha=0.25, linewidth=0)
        axes.set(xlabel="the discriminator's logit for a sample", ylabel=ylabel, xlim=(-8, 4))
        across = axes.get_xaxis_transform()  # x in logits, y as a share of the height
        axes.text(-6, 0.2, "D is sure:\nearly training", fontsize=8, ha="center", transform=across)
        if i == 1:
            axes.legend(fontsize=8, loc="upper right")
    canvas.write(figure, path)


def draw_starving(path):
    """The Jensen-Shannon divergence of two narrow Gaussians over their distance."""
    figure = canvas.figure(5, 3)
    x = np.linspace(-2, 12, 20_001)
    distances = np.linspace(0, 8, 81)
    p = normal(x, 0.0, 0.5)
    values = [jensen_shannon(p, normal(x, one, 0.5), x) for one in distances]
    axes = figure.add_subplot()
    axes.plot(distances, values, color=canvas.FAKE, label="JSD(p, q)")
    axes.axhline(np.log(2), color=canvas.REAL, linestyle=":", label="log 2, its largest value")
    axes.set(
        xlabel="distance of the two means, both of deviation 0.5", ylabel="nats", ylim=(0, 0.8)
    )
    axes.legend(fontsize=8, loc="lower right")
    canvas.write(figure, path)
