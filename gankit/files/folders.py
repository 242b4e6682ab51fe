"""Folders of files: which are in them, and something done to each."""

import concurrent.futures
import itertools
import os
import pathlib
import sys

import numpy as np

AT_ONCE = 500  # items that are held at once


def find(folder, suffixes, what):
    """The files of a kind in a folder and below it, in alphabetical order.

    Where every file lies in a subfolder, the subfolders' names are the classes.

    Args:
        folder: a directory.
        suffixes: of the kind's names, lower case.
        what: the kind's name, for errors.

    Returns:
        `paths`, `labels` (numbers of classes, or None), `classes` (names, or None) and `ignored`, the
        files with other suffixes, and pipes and devices.

    Raises:
        ValueError: there is no such folder, it can't be read, or no such file is in it.
    """
    folder = pathlib.Path(folder)
    paths, ignored = [], []
    for path in _walk(folder):
        named = path.suffix.lower() in suffixes
        pipe = named and os.path.exists(path) and not os.path.isfile(path)  # would be waited for
        (paths if named and not pipe else ignored).append(path)
    if not paths:
        raise ValueError(
            f"{folder}: no {what} in this folder ({', '.join(suffixes)})"
            + (
                f", but {len(ignored)} other files, such as {ignored[0].name!r}."
                if ignored
                else "."
            )
        )
    parts = [path.relative_to(folder).parts for path in paths]
    if any(len(one) == 1 for one in parts):
        return paths, None, None, ignored
    classes = sorted({one[0] for one in parts})
    labels = np.array([classes.index(one[0]) for one in parts])
    return paths, labels, classes, ignored


def beside_subfolders(folder, paths):
    """Sentences about files that lie beside subfolders, which therefore are no classes."""
    beside = [path for path in paths if path.parent == pathlib.Path(folder)]
    if not beside or len(beside) == len(paths):
        return []
    return [
        f"Beside the subfolders lie files of their own ({len(beside):,}, such as {beside[0].name}): so "
        "subfolders are no classes, and there are no labels. Move these into a subfolder to have labels."
    ]


def entries(folder):
    """What is in a folder itself, in alphabetical order.

    Raises:
        ValueError: it can't be read.
    """
    try:
        return sorted(pathlib.Path(folder).iterdir())
    except OSError as error:
        raise ValueError(f"{folder}: can't be read: {error.strerror}.") from error


def by_stem(folder, paths):
    """`{path below the folder, without suffix: path}`.

    Raises:
        ValueError: two files differ in their suffixes only.
    """
    found = {}
    for path in paths:
        stem = path.relative_to(folder).with_suffix("")
        if stem in found:
            raise ValueError(
                f"{found[stem]} and {path} differ in nothing but their suffixes, and a name stands for "
                "one file. Rename or remove one."
            )
        found[stem] = path
    return found


def each(function, items, skip=False, what="Reading"):
    """`function` of every item, on all cores, with a progress line when it takes long.

    Args:
        function: may raise a `ValueError` that names the file.
        items: a list, or anything else that gives them one by one, a few of which are held at once.
        skip: leave out items that fail, and count them; otherwise they are an error.
        what: for the progress line.

    Returns:
        The results, and a list of `(index, message)` of those left out.

    Raises:
        ValueError: the first failure's message, how many more there are, and what to do.
    """
    results, failures, left = [], [], iter(items)
    total = len(items) if hasattr(items, "__len__") else 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        while some := [pool.submit(function, item) for item in itertools.islice(left, AT_ONCE)]:
            for future in some:
                try:
                    results.append(future.result())
                except ValueError as error:
                    failures.append((len(results) + len(failures), str(error)))
            done = len(results) + len(failures)
            if total > 20_000 and done % 5000 < AT_ONCE:
                print(f"\r{what} {done:,} of {total:,}", end="", file=sys.stderr, flush=True)
    if failures and not skip:
        more = f" So do {len(failures) - 1:,} more files." if len(failures) > 1 else ""
        if not results and more:
            raise ValueError(f"{failures[0][1]}{more[:-1]}, and there are no others.")
        raise ValueError(
            f"{failures[0][1]}{more} Mend or remove such files, or leave them out with "
            "--skip-bad-files."
        )
    return results, failures


def _walk(folder):
    """Every file that is not hidden."""

    def refuse(error):
        raise ValueError(f"{error.filename}: can't be read: {error.strerror}.") from error

    seen = set()
    for directory, subdirectories, names in os.walk(folder, onerror=refuse, followlinks=True):
        place = os.path.realpath(directory)
        if place in seen:  # a loop of symbolic links
            subdirectories.clear()
            continue
        seen.add(place)
        subdirectories[:] = sorted(name for name in subdirectories if not name.startswith("."))
        yield from (pathlib.Path(directory, name) for name in sorted(names) if name[0] != ".")
