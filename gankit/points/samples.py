"""Points as one looks at them: a scatter plot over their density."""

import numpy as np

from gankit.files import figures
from gankit.files.names import with_ending

CELLS = 100  # along each side of the picture, in which points are counted


def draw(samples, path, real=None, title=None):
    """Writes a plot of points, coloured by how dense they lie, over the data's in grey.

    Args:
        samples: (n, 2) points.
        path: a `.png` file to write.
        real: (m, 2) points of the data to compare with, or None.
        title: text above, or None.

    Returns:
        The picture, (height, width, 3) uint8.

    Example:

    ```python
    from gankit import points

    data = points.ring(n=1_000)
    picture = points.draw(data.samples[:200], "ring.png", real=data.validation)
    ```
    """
    samples, figure = np.asarray(samples), figures.figure(6, 6)
    axes = figure.add_subplot()
    shown = samples if real is None else np.asarray(real)
    low, high = shown.min(axis=0), shown.max(axis=0)
    margin = 0.15 * (high - low).max() + 1e-6
    if real is not None:
        axes.scatter(*np.asarray(real).T, s=4, color="0.75", linewidths=0, label="data")
    density = _density(samples, low - margin, high + margin)
    order = np.argsort(density)
    axes.scatter(
        *samples[order].T, s=4, c=density[order], cmap="viridis", linewidths=0, label="samples"
    )
    axes.set(xlim=(low[0] - margin, high[0] + margin), ylim=(low[1] - margin, high[1] + margin))
    axes.set(aspect="equal", xlabel="x", ylabel="y", title=title)
    axes.legend(loc="upper right", markerscale=4)
    return figures.save(figure, path)


def _density(samples, low, high):
    """The logarithm of how many points share each point's cell of a grid over the picture."""
    edges = [np.linspace(a, b, CELLS + 1) for a, b in zip(low, high)]
    counts, *_ = np.histogram2d(*samples.T, bins=edges)
    cells = [
        np.clip(np.digitize(column, edge) - 1, 0, CELLS - 1)
        for column, edge in zip(samples.T, edges)
    ]
    return np.log1p(counts[tuple(cells)])


def save(samples, path, real=None):
    """Writes points as a table beside a plot of them.

    Args:
        samples: (n, 2) points.
        path: without suffix; `.csv` and `.png` are added.
        real: points of the data to draw behind them, or None.

    Returns:
        The two paths.

    Example:

    ```python
    import pathlib

    from gankit import points

    table, picture = points.save(points.ring(n=100).samples, pathlib.Path("ring"))
    ```
    """
    table, picture = with_ending(path, ".csv"), with_ending(path, ".png")
    table.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(table, samples, delimiter=",", header="x,y", comments="", fmt="%.6g")
    draw(samples, picture, real)
    return table, picture


def generate(run, out, n=None, seed=0, truncation=None, interpolate=None):
    """Points from a run's model, written as a table and a plot: `gankit generate`.

    Args:
        run: a `gankit.runs.Run`.
        out: a path without suffix.
        n, seed, truncation: as in `GAN.generate`; 1,000 points by default.
        interpolate: instead, so many points on the way from the latents of `seed` to those of the
            next.

    Returns:
        The paths written.

    Raises:
        ValueError: something that `interpolate` does not go with.

    Example:

    ```python
    import pathlib

    from gankit import points, runs

    run = runs.Run.open("runs/points-ring-default-0")
    table, picture = points.generate(run, pathlib.Path("samples"), n=100, seed=3)
    ```
    """
    for name, value in {"n": n, "truncation": truncation}.items():
        if interpolate and value is not None:
            raise ValueError(f"--interpolate and --{name} do not go together. Leave one out.")
    gan = run.load()
    if interpolate:
        samples = gan.interpolate(interpolate, (seed, seed + 1))
    else:
        samples = gan.generate(n or 1000, seed=seed, truncation=truncation)
    return save(run.load_preparation().inverse(samples), out)
