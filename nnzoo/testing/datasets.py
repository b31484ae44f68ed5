"""Checks of data sets; they load the data, from a mirror if they must."""

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
from nnzoo.training.data import PreparedData, prepare_dataset

LARGEST_INPUT = 1000.0
MOST_READ = 10_000
"""Samples that are looked at where they are read as they are needed."""
LEAKED = 0.1
"""The share of test samples that may be in the training part as well, beyond the share that it has twice itself."""


def exercise(loader: DatasetLoader) -> list[Any]:
    """Use it once."""
    data = _load(loader)
    return [data.sha256()]


def check_types(loader: DatasetLoader) -> None:
    """It yields a Dataset: a table, uint8 images or float32 numbers, and targets that its task takes."""
    data = _loaded(loader)
    require(isinstance(data, Dataset), f"load returns {with_article(data)}")
    for part, split in _parts(data):
        inputs = split.inputs
        if isinstance(inputs, Columns):
            require(
                data.features, "its samples are rows of a table", hint="say in Dataset.features what to do with each"
            )
        else:
            require(
                inputs.dtype in (np.uint8, np.float32),
                f"the {part} part's inputs are {inputs.dtype}",
                hint="keep images as uint8 and everything else as float32, or make a table of Columns",
            )
            if isinstance(inputs, np.ndarray):
                contiguous = inputs.flags.c_contiguous
                require(contiguous, f"the {part} part's inputs are not C-contiguous", hint="np.ascontiguousarray")
            require(
                len(inputs.shape) >= 2,
                f"the {part} part's inputs have the shape {inputs.shape}, with no axis of values",
            )
        weights = split.weights
        if weights is not None:
            fine = weights.dtype.kind in "fiu" and np.isfinite(weights).all() and (weights >= 0).all()
            require(fine, f"a weight of the {part} part is not a finite number, at least 0")
    _prepared(loader)


def check_values(loader: DatasetLoader) -> None:
    """Inputs, as the network sees them, are finite, of moderate size, and not all the same."""
    data = _prepared(loader)
    for part, split in (("training", data.train), ("test", data.test)):
        if split is None:
            continue
        require(math.isfinite(split.scale) and split.scale > 0, f"scale = {split.scale}")
        split = _some(split)
        low, high = float(split.array.min()) * split.scale, float(split.array.max()) * split.scale
        require(
            math.isfinite(low) and math.isfinite(high) and max(-low, high) <= LARGEST_INPUT,
            f"inputs of the {part} part run from {low:g} to {high:g}",
            hint="set Split.scale (1/255 for images), or standardise them",
        )
        require(high > low, f"inputs of the {part} part are all {low:g}")


def check_classes(loader: DatasetLoader) -> None:
    """Names of classes, labels or values are different and not empty, and each class has training samples."""
    data, prepared = _loaded(loader), _prepared(loader)
    problem, targets = prepared.problem, prepared.train.targets
    if not (data.names or problem.has_classes):
        raise CheckSkipped("its values have no names")
    fine = all(
        isinstance(name, str) and (name.strip() or len(name) == 1) for name in data.names
    )  # a blank is a character
    require(fine, f"its classes are called {data.names}")
    require(len(set(data.names)) == len(data.names), f"two classes have one name: {data.names}")
    if problem.has_classes:
        counts = np.bincount(targets.reshape(-1), minlength=problem.width)
    elif problem.has_labels:
        counts = targets.reshape(-1, problem.width).sum(axis=0)
    else:
        return
    missing = [problem.name(index) for index, count in enumerate(counts) if not count]
    require(not missing, f"no training sample is of class {', '.join(missing)}")


def check_split(loader: DatasetLoader) -> None:
    """Training and test part have hardly a sample in common, but for those that occur again and again."""
    data = _loaded(loader)
    rows, tested = _rows(data.train), _rows(data.test)
    known = Counter(rows)
    again = sum(count for count in known.values() if count > 1) / len(rows)
    leaked = sum(row in known for row in tested) / len(tested)
    require(
        leaked <= again + LEAKED,
        f"{leaked:.0%} of the test samples are training samples too",
        hint=f"{again:.0%} of the training samples have a twin there" if again else "",
    )


def check_own_arrays(loader: DatasetLoader) -> None:
    """What a caller does to the arrays does not show when the data set is loaded again."""
    data = _load(loader)
    before = data.sha256()
    for _, split in _parts(data):
        inputs = list(split.inputs.arrays.values()) if isinstance(split.inputs, Columns) else [split.inputs]
        for array in (*inputs, split.targets):
            if isinstance(array, np.ndarray) and array.flags.writeable:
                array[...] = np.zeros(1, array.dtype)[0]
    require(_load(loader).sha256() == before, "changed arrays are handed out again", hint="make new arrays in load")


def check_reading(loader: DatasetLoader) -> None:
    """Samples that are read as needed are the same in any order, alone or with others; those of a stream, in pieces."""
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
        same = read.tobytes() == together[np.searchsorted(places, order)].tobytes()
        require(same, f"samples of the {part} part depend on which others are read", hint="out[i] belongs to places[i]")
    require(rows[-1].shape == rows.shape[1:], f"the last sample of the {part} part can't be read")


def _check_stream(stream: Stream) -> None:
    ends = (stream.cursor(), stream.cursor())
    whole = [array.tobytes() for array in stream.next(ends[0], 10)]
    pieces = [stream.next(ends[1], count) for count in (1, 4, 5)]
    parts = [np.concatenate(each).tobytes() for each in zip(*pieces, strict=True)]
    require(parts == whole, "ten samples of the stream are others when they are read in pieces")
    stands = [{name: array.tobytes() for name, array in end.items()} for end in ends]
    require(stands[0] == stands[1], "behind ten samples the cursor is another one when they were read in pieces")
    copied = {name: array.copy() for name, array in ends[0].items()}
    after, again = stream.next(ends[0], 10), stream.next(copied, 10)
    same = all(one.tobytes() == other.tobytes() for one, other in zip(after, again, strict=True))
    require(same, "from a copy of its cursor the stream goes on otherwise", hint="keep all that it needs in the cursor")
    require(after[0].tobytes() != whole[0], "the stream begins again", hint="move the cursor on, in place")


def _parts(data: Dataset) -> tuple[tuple[str, Split], tuple[str, Split]]:
    return ("training", data.train), ("test", data.test)


def _rows(split: Split) -> list[bytes | str]:
    """Each sample's inputs, so that they can be compared."""
    split = _some(split)
    if isinstance(split.inputs, Columns):
        return [repr(row) for row in zip(*(array.tolist() for array in split.inputs.arrays.values()), strict=True)]
    return [row.tobytes() for row in split.array]


def _some(split: Split) -> Split:
    """A split that may be read as a whole: some of very many samples, evenly spaced; of a stream the first."""
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
    """The data set, loaded once for all checks that only look at it."""
    return _load(loader)


@lru_cache(maxsize=1)
def _prepared(loader: DatasetLoader) -> PreparedData:
    """The data set as a network learns from it.

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
        raise CheckFailed(f"it can't be learnt from: {error.message}", hint=error.hint or "") from None


CHECKS = (check_types, check_values, check_classes, check_split, check_own_arrays, check_reading)
