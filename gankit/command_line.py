"""Command lines that read well, from typed dataclasses."""

import dataclasses
import pathlib
import sys
import types
from typing import Annotated, Literal, Union, get_args, get_origin

WORDS = {int: "INT", float: "FLOAT", str: "STR", pathlib.Path: "PATH", bool: "{True,False}"}
DEBUG = "With --debug, a mistake ends in a stack trace instead of one paragraph."


def arguments():
    """What was typed behind the command's name, and whether --debug was among it."""
    given = [one for one in sys.argv[1:] if one != "--debug"]
    return given, len(given) < len(sys.argv) - 1


def readable(options_class):
    """Lets the help say `--n INT` instead of `--n {None}|INT` and `(default: None)`.

    Args:
        options_class: a dataclass; the types of its options that may be None are annotated.

    Returns:
        The same class.
    """
    import tyro

    def hint(default):
        return "" if default == "None" else f"(default: {default})"

    for base in filter(dataclasses.is_dataclass, options_class.__mro__):
        for name, kind in base.__annotations__.items():
            word = _word(kind)
            if word is not None:
                shown = tyro.conf.arg(metavar=word, help_behavior_hint=hint)
                base.__annotations__[name] = Annotated[kind, shown]
    return options_class


def _word(kind):
    """What stands for a value of a type that may be None; None for other types."""
    unions = (types.UnionType, Union)  # the second where one of them is a Literal
    if get_origin(kind) not in unions or types.NoneType not in get_args(kind):
        return None
    (kind,) = (one for one in get_args(kind) if one is not types.NoneType)
    parts = get_args(kind)
    if get_origin(kind) is Literal:
        return "{" + ",".join(parts) + "}"
    if get_origin(kind) is not tuple:
        return WORDS.get(kind)
    first = WORDS[parts[0]]
    return f"{first} [{first} ...]" if parts[-1] is Ellipsis else " ".join(map(WORDS.get, parts))
