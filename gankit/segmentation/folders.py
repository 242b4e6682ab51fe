"""Folders of pairs: pictures and masks, pictures and pictures, side by side or apart."""

import dataclasses
import functools

import numpy as np

from gankit.files import Classes, folders, masks, pictures

FOLDERS = {
    "images": "labels",
    "sources": "targets",
}  # pictures and masks, or pictures of both kinds


class Reader:
    """Reads the pairs of a folder, all parts of a set alike."""

    def __init__(self, folder, size, fit, names, ignore, paired, skip):
        self.size, self.fit, self.ignore, self.paired, self.skip = size, fit, ignore, paired, skip
        self.scaled = size is not None
        self.coloured, self.apart, self.notes = None, False, []
        self.layout = {}  # of each side: channels and depth
        texts = [one / "classes.txt" for one in (folder, folder.parent)]
        found = [Classes.read(one) for one in texts if one.is_file()]
        self.classes = found[0] if found else None
        if names:
            self.classes = Classes(names, self._palette(texts, names))

    def _palette(self, texts, names):
        """The colours that masks may be coded by, whatever their classes are called now."""
        if self.classes is None or not self.classes.has_colours:
            return None
        if len(names) != len(self.classes):
            path = next(one for one in texts if one.is_file())
            raise ValueError(
                f"{path} has {len(self.classes)} classes with a colour each: name as many, or leave "
                f"--classes out. Received: {len(names)} names"
            )
        return self.classes.palette

    def read(self, folder):
        for first, second in FOLDERS.items():
            if (folder / first).is_dir():
                if not self.paired and second == "targets":
                    return self.read_apart(folder / first, folder / second)
                return self._read_two(folder, first, second)
            if (folder / second).is_dir():
                raise ValueError(
                    f"{folder}: there is a folder {second}/ and no {first}/ beside it."
                )
        return self._read_side_by_side(folder)

    def _read_two(self, folder, first, second):
        pairs = self._match(folder, first, second)
        headers, pairs = self._each(lambda pair: [pictures.header(path) for path in pair], pairs)
        self._settle(folder, first, [one for one, _ in headers])
        if second == "targets":
            self._settle(folder, second, [other for _, other in headers])
        elif self.coloured is None:
            self.coloured = masks.hold_colours([other for _, other in headers], self.classes)

        def decode(pair):
            source, target = pair
            _same_size(source, target)
            picture = self._decode(source, first)
            if second == "targets":
                return picture, self._decode(target, second)
            mask = masks.read(target.path, self.classes, self.ignore, self.coloured)
            return picture, masks.scale(mask, self.size, self.fit)

        return _stack(folder, self._each(decode, headers)[0])

    def read_apart(self, sources, targets):
        """Two folders of pictures that do not belong together, as many as there are of each."""
        found, self.apart = [], True
        for side, folder in {"sources": sources, "targets": targets}.items():
            if not folder.is_dir():
                raise ValueError(
                    f"{folder.parent}: unpaired pictures lie in {sources.name}/ and {targets.name}/, and "
                    f"there is no {folder.name}/."
                )
            headers, _ = self._each(pictures.header, pictures.find(folder)[0])
            self._settle(folder, side, headers)
            decode = functools.partial(self._decode, side=side)
            (whole,) = _stack(folder, [(one,) for one in self._each(decode, headers)[0]])
            found.append(whole)
        return tuple(found)

    def _read_side_by_side(self, folder):
        paths, *_ = pictures.find(folder)
        within = sorted({path.parent.name for path in paths if path.parent != folder})
        if within:
            raise ValueError(
                f"{folder}: pictures lie in folders within it ({', '.join(within[:4])}). Pairs lie in "
                "images/ and labels/ or in sources/ and targets/, and source and target side by side in "
                "the folder itself."
            )
        headers, _ = self._each(pictures.header, paths)
        for one in headers:
            if one.width % 2:
                raise ValueError(
                    f"{one.path}: source and target side by side make an even width. Received: "
                    f"{one.width}. (Or put them into folders images/ and labels/, or sources/ and "
                    "targets/.)"
                )
        halves = [dataclasses.replace(one, width=one.width // 2) for one in headers]
        self._settle(folder, "both", halves)

        def decode(header):
            both = self._decode(header, "both", (header.height, header.width))
            return [pictures.scale(half, self.size, self.fit) for half in np.split(both, 2, axis=1)]

        return _stack(folder, self._each(decode, headers)[0])

    def _decode(self, header, side, size=None):
        return pictures.decode(header.path, size or self.size, *self.layout[side], self.fit)

    def _match(self, folder, first, second):
        sides = []
        for side in (first, second):
            if not (folder / side).is_dir():
                raise ValueError(
                    f"{folder}: there is a folder {first}/ and no {second}/ beside it."
                )
            paths, *_ = pictures.find(folder / side)
            sides.append(folders.by_stem(folder / side, paths))
        alone = sorted(set(sides[0]) ^ set(sides[1]))
        if alone:
            at = 0 if alone[0] in sides[0] else 1
            message = (
                f"{sides[at][alone[0]]} has no partner with the same name in "
                f"{(second, first)[at]}/ ({len(alone)} files have none)."
            )
            if not self.skip:
                raise ValueError(f"{message} Add them, or leave such out with --skip-bad-files.")
            self.notes.append(f"Left out: {message}")
        return [(sides[0][stem], sides[1][stem]) for stem in sorted(set(sides[0]) & set(sides[1]))]

    def _each(self, function, items):
        results, bad = folders.each(function, items, self.skip)
        self.notes += [f"Left out: {message}" for _, message in bad]
        gone = {i for i, _ in bad}
        return results, [item for i, item in enumerate(items) if i not in gone]

    def _settle(self, folder, side, headers):
        """The size that all parts share, and a side's channels and depth."""
        sizes = {(one.height, one.width) for one in headers}
        if not self.scaled and self.size is not None:
            sizes.add(self.size)
        if not self.scaled and len(sizes) > 1:
            smallest, largest = min(sizes), max(sizes)
            raise ValueError(
                f"{folder}: the pictures are of {len(sizes)} different sizes, from {smallest[0]} x "
                f"{smallest[1]} to {largest[0]} x {largest[1]} (height x width). Say which to scale "
                "them to, such as --size 192 256."
            )
        self.size = self.size or next(iter(sizes), None)
        if side not in self.layout and headers:
            kinds = {one.channels for one in headers}
            channels = 4 if kinds == {4} else 1 if kinds == {1} else 3
            self.layout[side] = channels, max(one.depth for one in headers)


def _same_size(one, other):
    if (one.height, one.width) != (other.height, other.width):
        raise ValueError(
            f"{one.path} is {one.height} x {one.width} pixels (height x width), and its partner "
            f"{other.path} {other.height} x {other.width}: pairs must fit each other."
        )


def _stack(folder, results):
    if not results:
        raise ValueError(f"{folder}: nothing in it can be read.")
    return tuple(np.stack(side) for side in zip(*results))
