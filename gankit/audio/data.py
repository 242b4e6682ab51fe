"""From a data spec to recordings, and to batches of clips or of random segments."""

import dataclasses
import functools
import os
import pathlib

import numpy as np

from gankit import files
from gankit.audio.vowels import HELD_OUT, draw_vowels
from gankit.files import fields, folders, sound, tfds
from gankit.files.dataset import reader
from gankit.files.waves import FIELDS, FULL_SCALE, Collector, Waves

FEWEST = 4  # recordings
VALIDATION = 0.1  # the share of recordings held out where nothing else is said
FILE_NAMES = ("filename", "file", "path", "id")  # features that a pattern may describe


@dataclasses.dataclass
class Recordings:
    """A set of recordings, all at one sample rate.

    Attributes:
        name: the spec it came from.
        sample_rate: in hertz.
        train, validation: `Waves`, which share their samples.
        labels, speakers: what the numbers in `Waves` stand for, names; or None. Speakers to train on
            come first.
        notes: what the reader of the data should be told, sentences.

    Example:

    ```python
    from gankit import audio

    data = audio.load("vowels", seconds=0.2)
    len(data.train), data.sample_rate, data.labels  # n, 8000, ["a", ...]
    waves, told = next(iter(data.clips(4)))  # (4, samples), {"label": ..., "speaker": ...}
    ```
    """

    name: str
    sample_rate: int
    train: Waves
    validation: Waves
    labels: list | None = None
    speakers: list | None = None
    notes: list = dataclasses.field(default_factory=list)

    @property
    def longest(self):
        """Samples of the longest recording."""
        return int(max(self.train.lengths.max(), self.validation.lengths.max()))

    def clips(self, batch_size, seed=0, split="train", samples=None):
        """Batches of whole recordings: a `gankit.files.Dataset`.

        Args:
            batch_size: recordings in a batch.
            seed: of the order.
            split: `"train"`, endless and shuffled, or `"validation"`, in order.
            samples: the length they are padded to with silence; by default the longest's.

        Returns:
            A dataset of waves (batch, samples) float32; or, where there are labels or speakers, of
            (waves, condition), a condition being a dict with `"label"`, `"speaker"` or both, (batch,)
            int64 each.
        """
        samples = samples or self.longest
        if samples < self.longest:
            raise ValueError(
                f"{self.name}: the longest recording has {self.longest} samples, "
                f"{self.longest / self.sample_rate:.2f} s. Load it with seconds={samples} / "
                f"{self.sample_rate}, or ask for more. Received: samples={samples}"
            )
        waves = getattr(self, split)
        cut = self._cutter(waves, samples)
        readers = {field: reader(one) for field, one in (waves.condition() or {}).items()}

        def take(rows):
            condition = {field: read(rows) for field, read in readers.items()}
            return (cut(rows), condition) if condition else cut(rows)

        return files.Dataset(take, len(waves), batch_size, seed, shuffle=split == "train")

    def segments(self, batch_size, samples, seed=0):
        """Batches of random segments of the recordings to train on: a `gankit.files.Dataset`.

        In an epoch a recording comes as often as segments fit into it, at least once. Where a segment
        begins is a function of the seed and of the batch's number.

        Args:
            batch_size: segments in a batch.
            samples: in a segment; a shorter recording is followed by silence.
            seed: of the order and of the places.

        Returns:
            A dataset of waves (batch, samples) float32.
        """
        import tensorflow as tf

        if samples < 1:
            raise ValueError(f"A segment has at least one sample. Received: samples={samples}")
        lengths = self.train.lengths
        times = np.maximum(np.round(lengths / samples).astype("int64"), 1)
        recordings, room = np.repeat(np.arange(len(lengths)), times), lengths - samples
        places = reader(np.maximum(room, 0) + 1)
        cut = self._cutter(self.train, samples)

        def place(rows, seed):
            share = tf.random.stateless_uniform(tf.shape(rows), seed, dtype=tf.float64)
            return cut(rows, tf.cast(share * tf.cast(places(rows), tf.float64), tf.int64))

        return files.Dataset(reader(recordings), len(recordings), batch_size, seed, augment=place)

    @functools.cached_property
    def _read(self):
        return reader(self.train.samples)

    def _cutter(self, waves, samples):
        """A TensorFlow function from rows, and places in them, to waves (..., samples)."""
        import tensorflow as tf

        read, starts, lengths = self._read, reader(waves.starts), reader(waves.lengths)
        within = tf.range(samples, dtype=tf.int64)

        def cut(rows, places=0):
            left = (lengths(rows) - places)[..., None]
            here = (starts(rows) + places)[..., None] + tf.minimum(within, left - 1)
            wave = tf.cast(read(here), tf.float32) / FULL_SCALE
            return tf.where(within < left, wave, 0.0)

        return cut


def some_rows(n, most, seed=0):
    """At most so many of `n` recordings by chance, in their order: those that come first may all be
    of one label.

    Args:
        n: recordings.
        most: rows, where there are more.
        seed: of the draw.

    Returns:
        (min(n, most),) integers, rising.

    Example:

    ```python
    from gankit import audio

    data = audio.load("vowels", seconds=0.2)
    waves = data.train.padded(data.longest, audio.some_rows(len(data.train), 100))  # (100, samples)
    ```
    """
    return np.sort(np.random.default_rng(seed).permutation(n)[:most])


def load(
    spec,
    sample_rate=None,
    labels="subfolders",
    seconds=None,
    trim=False,
    normalise=True,
    skip_bad_files=False,
    validation=None,
    seed=0,
):
    """The recordings that a data spec names, without offset, their last 5 ms faded out.

    Args:
        spec: `vowels`; a folder of sound files; or `tfds:NAME[/CONFIG][:SPLIT]`, a set with a feature
            that is sound.
        sample_rate: to resample to, in hertz; by default the files' own, if they all have one, and
            8,000 for `vowels`.
        labels: where a folder's labels and speakers come from: `"subfolders"`, a pattern of names such
            as `{label}_{speaker}_{index}`, or a CSV file with columns `file` and `label`, `speaker` or
            both (see `gankit.files.fields`). Of `tfds:`, a pattern of a feature that is a file name,
            or a feature's name; by default `label`, or the first that is a class.
        seconds: longer recordings are cut there, and that is noted; of `vowels`, 0.5 by default.
        trim: whether the silence before and after a recording is cut off.
        normalise: whether each recording's peak becomes 0.95.
        skip_bad_files: leave out recordings that can't be used, and note which.
        validation: what is held out: a share of each label's recordings, 0.1 by default, or a field
            and its values, such as `"index:5-9"` or `"speaker:anna,ben"`; of `vowels`, five speakers.
        seed: of `vowels`, and of which recordings are held out.

    Returns:
        `Recordings`.

    Raises:
        ValueError: naming the spec or file, what was expected and what to do.

    Example:

    ```python
    from gankit import audio

    data = audio.load("vowels", seconds=0.2)  # or a folder of sound files
    ```
    """
    collector = Collector(spec, sample_rate, seconds, trim, normalise, skip_bad_files)
    path = pathlib.Path(spec)
    if spec == "vowels":
        if labels != "subfolders":
            raise ValueError("vowels: their labels are their own: leave --labels out.")
        waves, found = _from_vowels(collector, seed)
        validation = validation or f"speaker:{','.join(HELD_OUT)}"
    elif tfds.is_spec(spec):
        waves, found = _from_tfds(collector, spec, labels)
    elif os.path.isdir(spec):  # unlike pathlib's, of a name that is too long, too
        waves, found = _from_folder(collector, path, labels)
    elif "/" in str(spec) or "." in str(spec):
        raise ValueError(f"{spec}: no such folder.")
    else:
        raise ValueError(
            f"Unknown recordings. Known: vowels, tfds:NAME, or the path of a folder. Received: {spec!r}"
        )
    if len(waves) < FEWEST:
        raise ValueError(
            f"{spec}: too few recordings to learn from, at least {FEWEST}. Received: {len(waves)}"
        )
    _fade(waves, collector.sample_rate, normalise)
    try:
        held_out = fields.held_out(found, validation or VALIDATION, seed)
    except ValueError as error:
        raise ValueError(f"{spec}: {error}") from error
    return _split(str(spec), waves, found, held_out, collector)


def _fade(waves, sample_rate, normalise):
    """Lets every recording end in silence, where it lies: most are followed by some."""
    for start, length in zip(waves.starts, waves.lengths):
        here = slice(start, start + length)
        wave = sound.fade(np.float32(waves.samples[here]), sample_rate)
        if normalise and wave.any():  # the peak may have been at the end
            wave = sound.normalise(wave, sound.PEAK * FULL_SCALE)
        waves.samples[here] = np.round(wave)


def _split(name, waves, found, held_out, collector):
    """Recordings with numbers for their labels and speakers, some of them held out."""
    numbers, names = {}, {}
    for field in FIELDS:
        numbers[field] = names[field] = None
        if field in found[0]:
            values = [one[field] for one in found]
            trained = {value for value, out in zip(values, held_out) if not out}
            numbers[field], names[field] = fields.numbered(values, set(values) - trained)
            if field == "label" and len(trained) < len(names[field]):
                raise ValueError(
                    f"{name}: every recording of label {names[field][-1]} is held out, and so none is "
                    "left to train on."
                )
    waves = dataclasses.replace(waves, labels=numbers["label"], speakers=numbers["speaker"])
    return Recordings(
        name=name,
        sample_rate=collector.sample_rate,
        train=waves.take(~held_out),
        validation=waves.take(held_out),
        labels=names["label"],
        speakers=names["speaker"],
        notes=collector.notes,
    )


# --- sources --------------------------------------------------------------------------------------


def _from_vowels(collector, seed):
    rate, seconds = collector.sample_rate or 8000, collector.seconds or 0.5
    waves, lengths, *numbers, names = draw_vowels(rate, seed, seconds=seconds)
    collector.settle([rate])
    found = [{"label": names[0][i], "speaker": names[1][j]} for i, j in zip(*numbers)]
    called = [f"{one['label']}, {one['speaker']}, {i}" for i, one in enumerate(found)]
    waves, _ = collector.collect(called, lengths, waves, lambda i, wave: wave[: lengths[i]])
    return waves, found


def _from_folder(collector, folder, labels):
    paths, _, _, ignored = sound.find(folder)
    if ignored:
        collector.notes.append(f"{len(ignored):,} files that are no sound were ignored.")
    if labels == "subfolders":
        collector.notes += folders.beside_subfolders(folder, paths)
    read = fields.reader(folder, paths, labels)
    lost = fields.without_file(folder, paths, labels)
    if lost:
        message = f"{labels}: {len(lost):,} rows name no sound in {folder}, such as {lost[0]!r}."
        if not collector.skip:
            raise ValueError(f"{message} Mend them, or leave them out with --skip-bad-files.")
        collector.notes.append(f"Left out: {message}")
    looked, _ = collector.each(lambda path: (read(path), sound.header(path)), paths, "Looking at")
    found, headers = zip(*looked)
    collector.settle([one.sample_rate for one in headers])
    names = [str(one.path) for one in headers]
    rooms = [collector.room(one.samples, one.sample_rate) for one in headers]
    waves, kept = collector.collect(
        names,
        rooms,
        headers,
        lambda _, header: sound.centred(sound.decode(header.path, collector.sample_rate)),
    )
    return waves, [found[i] for i in kept]


def _from_tfds(collector, spec, labels):
    examples, features = tfds.load(spec)
    features = tfds.flat(features)
    audio = next((name for name, one in features.items() if tfds.kind(one) == "Audio"), None)
    if audio is None:
        raise ValueError(f"{spec}: no sound among its features: {', '.join(features)}")
    rate = features[audio].sample_rate or collector.sample_rate
    if not rate:
        raise ValueError(f"{spec}: it does not say at which sample rate it is. Say --sample-rate.")
    read = _describer(spec, features, labels)

    def look(example):
        example = tfds.flat(example)
        return len(example[audio]), read(example)

    looked, kept = collector.each(look, examples, "Looking at")
    lengths, found = zip(*looked)
    collector.settle([rate] * len(lengths))
    names, chosen = [f"{spec}, example {i}" for i in kept], set(kept)

    def decode(i, example):
        stored = tfds.flat(example)[audio]
        stored = stored / FULL_SCALE if stored.dtype.kind in "iu" else stored
        return sound.centred(sound.prepare(stored, rate, collector.sample_rate, names[i]))

    again = (one for i, one in enumerate(examples) if i in chosen)  # so that few are held at once
    rooms = [collector.room(length, rate) for length in lengths]
    waves, kept = collector.collect(names, rooms, again, decode)
    return waves, [found[i] for i in kept]


def _describer(spec, features, labels):
    """A function from an example of a set to its fields, `label` and `speaker` among them if known."""
    texts = tfds.texts(features)
    classes = [name for name, feature in features.items() if tfds.kind(feature) == "ClassLabel"]
    names = [name for name in features if name.split("/")[-1] in FILE_NAMES]
    sources = {"label": "label" if "label" in features else next(iter(classes), None)}
    if "speaker" not in features:
        sources["speaker"] = "speaker_id"
    by_name = "{" in labels and names and fields.by_pattern(labels)
    if labels in features:
        sources["label"] = labels
    elif labels != "subfolders" and not by_name:
        raise ValueError(
            f"{spec}: labels come from one of its features, {', '.join(features)}, or by a pattern "
            f"from one that is called {', '.join(FILE_NAMES)}. Received: {labels}"
        )

    def read(example):
        found = texts(example)
        found |= {field: found[name] for field, name in sources.items() if name in found}
        if by_name:
            name = found[names[0]]
            found |= by_name(f"{spec}, {name}", pathlib.PurePosixPath(name))
        return found

    return read
