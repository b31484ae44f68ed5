"""Checks of data sets; they load the data, from a mirror if necessary."""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np

from nnzoo.component import with_article
from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import DownloadError, NnzooError
from nnzoo.kinds import Columns, Dataset, DatasetLoader, Rows, Split, Stream, Task
from nnzoo.plugins.registry import default_registry
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.observation import same
from nnzoo.training.data import PreparedData, prepare_dataset

LARGEST_INPUT = 1000.0
MOST_READ = 10_000
"""Samples to examine of a data set that reads samples as they are needed."""
LEAKED = 0.1
"""Share of test samples that may also be training samples, beyond the share of training samples with a duplicate."""


def exercise(loader: DatasetLoader) -> list[Any]:
    """Load the data set once."""
    return [_load(loader).sha256()]


def check_types(loader: DatasetLoader) -> None:
    """`load` returns a Dataset: a table, uint8 images or float32 numbers, with targets that suit its task."""
    data = _loaded(loader)
    require(isinstance(data, Dataset), f"load returns {with_article(data)}")
    for part, split in _parts(data):
        inputs = split.inputs
        if isinstance(inputs, Columns):
            hint = "list the preprocessing of each column in Dataset.features"
            require(data.features, "its samples are rows of a table without features", hint=hint)
        else:
            hint = "store images as uint8 and everything else as float32, or return a table of Columns"
            require(inputs.dtype in (np.uint8, np.float32), f"the {part} inputs are {inputs.dtype}", hint=hint)
            contiguous = not isinstance(inputs, np.ndarray) or inputs.flags.c_contiguous
            require(contiguous, f"the {part} inputs are not C-contiguous", hint="use np.ascontiguousarray")
            fine = len(inputs.shape) >= 2
            require(fine, f"the {part} inputs have the shape {inputs.shape}, without an axis of values")
        weights = split.weights
        if weights is not None:
            fine = weights.dtype.kind in "fiu" and bool(np.isfinite(weights).all() and (weights >= 0).all())
            require(fine, f"a weight of the {part} part is not a finite number of at least 0")
    _prepared(loader)


def check_values(loader: DatasetLoader) -> None:
    """Inputs, as the network sees them, are finite, moderate in size and not all the same."""
    data = _prepared(loader)
    for part, split in (("training", data.train), ("test", data.test)):
        if split is None:
            continue
        require(math.isfinite(split.scale) and split.scale > 0, f"scale = {split.scale}")
        split = _some(split)
        low, high = float(split.array.min()) * split.scale, float(split.array.max()) * split.scale
        moderate = -LARGEST_INPUT <= low <= high <= LARGEST_INPUT
        hint = "set Split.scale (1/255 for images), or standardise them"
        require(moderate, f"the {part} inputs run from {low:g} to {high:g}", hint=hint)
        require(high > low, f"the {part} inputs are all {low:g}")


def check_classes(loader: DatasetLoader) -> None:
    """Names of classes, labels or values are distinct and not empty, and each class has training samples."""
    data, prepared = _loaded(loader), _prepared(loader)
    problem, targets = prepared.problem, prepared.train.targets
    if not (data.names or problem.has_classes):
        raise CheckSkipped("its values have no names")
    # A single blank is a valid class: a character of a text.
    fine = all(isinstance(name, str) and (name.strip() or len(name) == 1) for name in data.names)
    require(fine, f"its classes have the names {data.names}")
    require(len(set(data.names)) == len(data.names), f"two classes have the same name: {data.names}")
    if problem.has_classes:
        counts = np.bincount(targets.reshape(-1), minlength=problem.width)
    elif problem.has_labels:
        counts = targets.reshape(-1, problem.width).sum(axis=0)
    else:
        return
    missing = [problem.name(index) for index, count in enumerate(counts) if not count]
    require(not missing, f"no training sample is of class {', '.join(missing)}")


def check_split(loader: DatasetLoader) -> None:
    """Training and test part share hardly any samples, except those that occur repeatedly."""
    data = _loaded(loader)
    rows, tested = _rows(data.train), _rows(data.test)
    known = Counter(rows)
    again = sum(count for count in known.values() if count > 1) / len(rows)
    leaked = sum(row in known for row in tested) / len(tested)
    require(
        leaked <= again + LEAKED,
        f"{leaked:.0%} of the test samples are also training samples",
        hint=f"{again:.0%} of the training samples have a duplicate" if again else "",
    )


def check_own_arrays(loader: DatasetLoader) -> None:
    """Changes that a caller makes to the arrays do not affect the next load."""
    data = _load(loader)
    before = data.sha256()
    for _, split in _parts(data):
        inputs = list(split.inputs.arrays.values()) if isinstance(split.inputs, Columns) else [split.inputs]
        for array in (*inputs, split.targets):
            if isinstance(array, np.ndarray) and array.flags.writeable:
                array[...] = np.zeros(1, array.dtype)[0]
    require(_load(loader).sha256() == before, "load returns the changed arrays again", hint="make new arrays in load")


def check_reading(loader: DatasetLoader) -> None:
    """Reading samples as needed gives the same samples in any order and grouping; reading a stream, in any pieces."""
    for part, split in _parts(_load(loader)):
        if isinstance(split.inputs, Stream):
            _check_stream(split.inputs)
        elif isinstance(split.inputs, Rows):
            _check_rows(part, split.inputs)


def _check_rows(part: str, rows: Rows) -> None:
    places = np.unique(np.random.default_rng(0).integers(0, len(rows), 50))
    together = rows[places]
    for order in (places[::-1], places[:1], np.repeat(places[:2], 3)):
        read = np.full((len(order), *rows.shape[1:]), 1, rows.dtype)
        rows.read(order, read)
        matches = read.tobytes() == together[np.searchsorted(places, order)].tobytes()
        hint = "write sample places[i] to out[i]"
        require(matches, f"samples of the {part} part depend on which others are read", hint=hint)
    require(rows[-1].shape == rows.shape[1:], f"the last sample of the {part} part can't be read")


def _check_stream(stream: Stream) -> None:
    ends = (stream.cursor(), stream.cursor())
    whole = [array.tobytes() for array in stream.next(ends[0], 10)]
    pieces = [stream.next(ends[1], count) for count in (1, 4, 5)]
    parts = [np.concatenate(each).tobytes() for each in zip(*pieces, strict=True)]
    require(parts == whole, "ten samples of the stream differ when they are read in pieces")
    require(same(*ends), "after ten samples the cursor differs when they are read in pieces")
    copied = {name: array.copy() for name, array in ends[0].items()}
    after, again = stream.next(ends[0], 10), stream.next(copied, 10)
    hint = "keep all that it needs in the cursor"
    require(same(after, again), "from a copy of its cursor the stream continues differently", hint=hint)
    require(after[0].tobytes() != whole[0], "the stream starts over", hint="advance the cursor in place")


def _parts(data: Dataset) -> tuple[tuple[str, Split], tuple[str, Split]]:
    return ("training", data.train), ("test", data.test)


def _rows(split: Split) -> list[bytes | str]:
    """Each sample's inputs in a comparable form."""
    split = _some(split)
    if isinstance(split.inputs, Columns):
        return [repr(row) for row in zip(*(array.tolist() for array in split.inputs.arrays.values()), strict=True)]
    return [row.tobytes() for row in split.array]


def _some(split: Split) -> Split:
    """A split that fits into memory: evenly spaced samples of a very large one, or the first ones of a stream."""
    split = split.examples()
    if isinstance(split.inputs, Columns) or isinstance(split.samples, np.ndarray) or len(split) <= MOST_READ:
        return split
    return split.take(np.arange(MOST_READ) * len(split) // MOST_READ)


def _load(loader: DatasetLoader) -> Dataset:
    try:
        return loader.load(FileCache(None))
    except DownloadError as error:
        raise CheckSkipped(f"its files are not available: {error.message}") from None


@lru_cache(maxsize=1)
def _loaded(loader: DatasetLoader) -> Dataset:
    """The data set, loaded once for all checks that only read it."""
    return _load(loader)


@lru_cache(maxsize=1)
def _prepared(loader: DatasetLoader) -> PreparedData:
    """The data set as prepared for a network.

    Raises
    ------
    CheckFailed
        When its task or its features refuse it.
    """
    data = _loaded(loader)
    try:
        task: Task = default_registry().build("task", data.task)
        return prepare_dataset(data, task)
    except NnzooError as error:
        raise CheckFailed(f"a network can't be trained on it: {error.message}", hint=error.hint or "") from None
