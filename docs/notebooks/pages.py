"""A hook of mkdocs: every notebook is a page of the site, with the outputs that are stored in it."""

import json
import pathlib

DOWNLOAD = (
    "*This page is a notebook: [{name}]({name}). It runs in Jupyter as it is, and the outputs below are "
    "of one such run.*"
)


def on_files(files, config):
    """Puts a page beside every notebook; the notebook itself stays, to be downloaded."""
    from mkdocs.structure.files import File

    for file in list(files):
        if file.src_uri.endswith(".ipynb"):
            path = pathlib.Path(file.abs_src_path)
            uri = file.src_uri.removesuffix(".ipynb") + ".md"
            files.append(File.generated(config, uri, content=page(path)))
    return files


def page(path):
    """A notebook as Markdown."""
    notebook = json.loads(path.read_text())
    first, *others = [part for cell in notebook["cells"] for part in parts(cell)]
    title = json.dumps(
        first.splitlines()[0].removeprefix("# ")
    )  # the navigation's are the guides' too
    head = f"---\ntitle: {title}\n---"
    return "\n\n".join([head, first, DOWNLOAD.format(name=path.name), *others]) + "\n"


def parts(cell):
    """A cell's text, or its code and its outputs, each as Markdown."""
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return [source]
    return [f"```python\n{source}\n```", *map(shown, cell["outputs"])]


def shown(output):
    """What a cell printed, or a figure of it."""
    if output["output_type"] == "stream":
        return f"```text\n{''.join(output['text']).rstrip()}\n```"
    title = "".join(output["data"]["text/plain"])
    return f"![{title}](data:image/png;base64,{output['data']['image/png']})"
