"""A program that writes text with an exported run, for the one who gets it."""

from gankit.export.example import RUNNERS
from gankit.text.ids import END, START, UNKNOWN

JOINED = {  # words of each kind of tokenizer as text
    "word": '" ".join(words)',
    "character": '"".join(words)',
    "bpe": "decoders.ByteLevel().decode(words)",
}
OF_CATEGORIES = """\
CATEGORIES = {categories!r}
parser.add_argument("--category", choices=CATEGORIES, help="by default all in turn")
options = parser.parse_args()
condition = np.arange(options.n, dtype="int32") % len(CATEGORIES)
if options.category is not None:
    condition[:] = CATEGORIES.index(options.category)
"""
OF_PROMPTS = """\
parser.add_argument("prompt", help="what to reply to")
options = parser.parse_args()
condition = np.zeros((options.n, {prompt}), "int32")
prompt = tokenizer.encode(options.prompt, add_special_tokens=False).ids[:{prompt}]
condition[:, : len(prompt)] = prompt
condition[:, len(prompt) : len(prompt) + 1] = END
"""
OF_NOTHING = """\
options = parser.parse_args()
condition = np.zeros(options.n, "int32")
"""
PROGRAM = '''\
"""Writes texts with {start} and {step}, one token after the other.

Needs NumPy, tokenizers and the runtime that is imported below.
"""

import argparse
import json
import pathlib

import numpy as np
from tokenizers import Tokenizer, decoders  # noqa: F401
{imports}

HERE = pathlib.Path(__file__).parent
START, END, UNKNOWN = {ids}
LENGTH = {length}  # tokens of a text, at most
CARRIED = {carried}  # from step to step
GIVEN = {given}  # so many of them stay as they are


{load}

preparation = json.loads((HERE / "preparation.json").read_text(encoding="utf-8"))
tokenizer = Tokenizer.from_str(preparation["config"]["state"])
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--n", type=int, default=8, help="texts")
parser.add_argument("--temperature", type=float, default=1.0, help="below 1 surer, above more varied")
parser.add_argument("--seed", type=int, default=0)
{condition}
if options.n < 1 or options.temperature <= 0:
    parser.error("--n must be at least 1, and --temperature more than 0")
start, step = load("{start}"), load("{step}")
carried = start({{"{source}": condition}})
token, tokens = np.full(options.n, START, "int32"), []
rng = np.random.default_rng(options.seed)
for _ in range(LENGTH):
    logits, *state = step({{"token": token, **dict(zip(CARRIED, carried))}})
    noisy = logits / options.temperature + rng.gumbel(size=logits.shape)  # its largest is a draw
    noisy[:, UNKNOWN] = -np.inf
    token = noisy.argmax(axis=1).astype("int32")
    carried = [*carried[:GIVEN], *state]
    tokens.append(token)
for row in np.transpose(tokens):
    ends = np.flatnonzero(row == END)
    words = [tokenizer.id_to_token(int(one)) for one in row[: ends[0] if len(ends) else LENGTH]]
    print({joined})
'''


def program(run, exported, format):
    """The text of a program that draws texts: NumPy, `tokenizers` and the format's runtime alone.

    Args:
        run: a `gankit.runs.Run` on text.
        exported: `Exported` of its `start` and `step`.
        format: that they were exported to.

    Returns:
        The file's name and its content.

    Example:

    ```python
    from gankit import export, runs, text

    run = runs.Run.open("runs/text-headlines-default-0")
    networks = text.to_export(run)
    export.export_run(run, networks, "export", "saved_model", text.program)  # python export/write_text.py
    ```
    """
    start, step = exported
    carried = tuple(name for name in step.inputs if name != "token")
    prompt, categories = run.config["prompt_length"], run.config["classes_found"]
    condition = OF_NOTHING
    if prompt:
        condition = OF_PROMPTS.format(prompt=prompt)
    elif categories:
        condition = OF_CATEGORIES.format(categories=list(categories))
    imports, load = RUNNERS[format]
    content = PROGRAM.format(
        start=start.path.name,
        step=step.path.name,
        imports=imports,
        load=load,
        ids=(START, END, UNKNOWN),
        length=run.load().sampler.length,
        carried=carried,
        given=sum(name.startswith("given") for name in carried),
        condition=condition,
        source=next(iter(start.inputs)),
        joined=JOINED[run.load_preparation().kind],
    )
    return "write_text.py", content
