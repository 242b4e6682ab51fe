"""Which classes are taken for which, as one looks at it: the confusion matrix, drawn."""

import numpy as np

from gankit.files import figures


def draw_confusion(confusion, names, path):
    """Writes a confusion matrix as a picture: a row for each true class, in percent of its pixels.

    Args:
        confusion: (classes, classes) counts of pixels, rows are true classes: of `confusion_matrix`.
        names: of the classes.
        path: a `.png` file to write.

    Returns:
        The picture, (height, width, 3) uint8.

    Example:

    ```python
    import numpy as np

    from gankit import segmentation

    segmentation.draw_confusion(np.array([[90, 10], [5, 15]]), ["road", "car"], "confusion.png")
    ```
    """
    shares = in_percent(confusion)
    side = max(4.0, 1.5 + 0.5 * len(names))  # inches
    figure = figures.figure(side + 0.5, side)
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.5:
            colour = "white" if share > 60 else "black"
            axes.text(column, row, f"{share:.0f}", ha="center", va="center", color=colour)
    places = range(len(names))
    axes.set_xticks(places, names, rotation=90)
    axes.set_yticks(places, names)
    axes.set(xlabel="predicted", ylabel="true", title="% of a true class's pixels")
    return figures.save(figure, path)


def in_percent(confusion):
    """Counts over those of their row, times 100; rows without any are NaN, and drawn empty."""
    confusion = np.asarray(confusion, "float64")
    totals = confusion.sum(axis=1, keepdims=True)
    return 100 * np.divide(confusion, totals, out=np.full_like(confusion, np.nan), where=totals > 0)
