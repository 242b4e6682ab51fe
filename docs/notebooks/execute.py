"""Runs the notebooks' cells, and stores what comes out of them in the notebooks.

    python docs/notebooks/execute.py                # all of them
    python docs/notebooks/execute.py points text

Without Jupyter: code cells are run in order, in one namespace; a cell's output is what it prints and the
figures that it shows. The site shows what is stored, and runs nothing.
"""

import base64
import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))


def notebooks():
    return sorted(HERE.glob("*.ipynb"))


def cells(path):
    """The notebook, and its code cells."""
    notebook = json.loads(path.read_text())
    return notebook, [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def execute(path, **settings):
    """What each code cell of a notebook gives: a list of outputs as notebooks store them.

    Files that the cells write go to the current directory. `settings` are other values of what the
    first cell sets.
    """
    import matplotlib

    matplotlib.use("Agg")
    namespace, found = {"__name__": "__main__"}, []
    for i, cell in enumerate(cells(path)[1]):
        code = compile("".join(cell["source"]), f"{path.name}, code cell {i + 1}", "exec")
        outputs = []
        show = mock.patch("matplotlib.pyplot.show", lambda outputs=outputs: _figures(outputs))
        with contextlib.redirect_stdout(io.StringIO()) as text, show:
            exec(code, namespace)
        if i == 0:
            namespace.update(settings)
        found.append([*_printed(text.getvalue()), *outputs])
    return found


def _printed(text):
    lines = text.splitlines(keepends=True)
    return [{"name": "stdout", "output_type": "stream", "text": lines}] if lines else []


def _figures(outputs):
    """The open figures, small, with their titles to stand for them where they can't be seen."""
    import matplotlib.pyplot as plt

    for number in plt.get_fignums():
        figure, png = plt.figure(number), io.BytesIO()
        figure.savefig(png, dpi=72, bbox_inches="tight")
        titles = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
        content = {
            "image/png": base64.b64encode(png.getvalue()).decode(),
            "text/plain": [", ".join(title for title in titles if title)],
        }
        outputs.append({"data": content, "metadata": {}, "output_type": "display_data"})
        plt.close(figure)


def store(path, outputs):
    """Writes the outputs into the notebook."""
    notebook, code = cells(path)
    for i, (cell, output) in enumerate(zip(code, outputs)):
        cell["outputs"], cell["execution_count"] = output, i + 1
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def main(names):
    for path in notebooks():
        if names and path.stem not in names:
            continue
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            outputs = execute(path)
        store(path, outputs)
        print(f"{path.stem}: {sum(map(len, outputs))} outputs")


if __name__ == "__main__":
    main(sys.argv[1:])
