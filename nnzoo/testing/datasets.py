"""Checks of data sets; they load the data, from a mirror if they must."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from nnzoo.component import with_article
from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import DownloadError
from nnzoo.kinds import Dataset, DatasetLoader, Split
from nnzoo.testing.check import CheckSkipped, require

LARGEST_INPUT = 1000.0
LEAKED = 0.1
"""The share of test samples that may be in the training part as well."""


def exercise(loader: DatasetLoader) -> list[Any]:
    """Use it once."""
    data = _load(loader)
    return [data.sha256()]


def check_types(loader: DatasetLoader) -> None:
    """It yields a Dataset of uint8 or float32 inputs, with integer labels or float32 values to predict."""
    data = _loaded(loader)
    require(isinstance(data, Dataset), f"load returns {with_article(data)}")
    for part, split in _parts(data):
        require(
            split.inputs.dtype in (np.uint8, np.float32),
            f"the {part} part's inputs are {split.inputs.dtype}",
            hint="keep images as uint8 and everything else as float32",
        )
        require(
            split.inputs.flags.c_contiguous,
            f"the {part} part's inputs are not C-contiguous",
            hint="np.ascontiguousarray",
        )
        require(
            split.inputs.ndim >= 2,
            f"the {part} part's inputs have the shape {split.inputs.shape}, with no axis of values",
        )
        if not data.class_names:
            require(
                split.targets.dtype == np.float32 and split.targets.ndim == 2,
                f"the {part} part's targets are {split.targets.dtype} of shape {split.targets.shape}",
                hint="values to predict are float32 of shape (n, k)",
            )


def check_values(loader: DatasetLoader) -> None:
    """Inputs, as the network sees them, are finite, of moderate size, and not all the same."""
    for part, split in _parts(_loaded(loader)):
        require(math.isfinite(split.scale) and split.scale > 0, f"scale = {split.scale}")
        low, high = float(split.inputs.min()) * split.scale, float(split.inputs.max()) * split.scale
        require(
            math.isfinite(low) and math.isfinite(high) and max(-low, high) <= LARGEST_INPUT,
            f"inputs of the {part} part run from {low:g} to {high:g}",
            hint="set Split.scale (1/255 for images), or standardise them",
        )
        require(high > low, f"inputs of the {part} part are all {low:g}")
        require(
            split.targets.dtype.kind != "f" or np.isfinite(split.targets).all(),
            f"a target of the {part} part is not finite",
        )


def check_classes(loader: DatasetLoader) -> None:
    """Class names are different, not empty, and each has samples in the training part."""
    data = _loaded(loader)
    if not data.class_names:
        raise CheckSkipped("it has no classes: it is for regression")
    require(
        all(isinstance(name, str) and name.strip() for name in data.class_names), f"class names are {data.class_names}"
    )
    require(len(set(data.class_names)) == len(data.class_names), f"two classes have one name: {data.class_names}")
    counts = np.bincount(data.train.targets, minlength=len(data.class_names))
    missing = [name for name, count in zip(data.class_names, counts, strict=True) if not count]
    require(not missing, f"no training sample is of class {', '.join(missing)}")


def check_split(loader: DatasetLoader) -> None:
    """Training and test part have hardly a sample in common."""
    data = _loaded(loader)
    known = {row.tobytes() for row in data.train.inputs}
    leaked = sum(row.tobytes() in known for row in data.test.inputs) / len(data.test)
    require(leaked <= LEAKED, f"{leaked:.0%} of the test samples are training samples too")


def check_own_arrays(loader: DatasetLoader) -> None:
    """What a caller does to the arrays does not show when the data set is loaded again."""
    data = _load(loader)
    before = data.sha256()
    for _, split in _parts(data):
        if split.inputs.flags.writeable:
            split.inputs[...] = 0
        if split.targets.flags.writeable:
            split.targets[...] = 0
    require(_load(loader).sha256() == before, "changed arrays are handed out again", hint="make new arrays in load")


def _parts(data: Dataset) -> tuple[tuple[str, Split], tuple[str, Split]]:
    return ("training", data.train), ("test", data.test)


def _load(loader: DatasetLoader) -> Dataset:
    try:
        return loader.load(FileCache(None))
    except DownloadError as error:
        raise CheckSkipped(f"its files are not to be had: {error.message}") from None


@lru_cache(maxsize=1)
def _loaded(loader: DatasetLoader) -> Dataset:
    """The data set, loaded once for all checks that only look at it."""
    return _load(loader)


CHECKS = (check_types, check_values, check_classes, check_split, check_own_arrays)
