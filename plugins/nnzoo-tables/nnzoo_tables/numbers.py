"""Tables of numbers that scikit-learn carries: read strictly, and made a data set."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from nnzoo.api import Columns, Dataset, Feature, FileFormatError, Finding, Split, part_samples, unreadable
from nnzoo.builtin.preprocessors import Fill, OneHot, Standardize
from numpy.typing import NDArray

from nnzoo_tables.carried import carried_file


@dataclass(frozen=True)
class Column:
    """A column of numbers.

    Attributes
    ----------
    name : str
    note : str
        Its unit or meaning.
    is_category : bool
        Whether its numbers only name categories.
    """

    name: str
    note: str = ""
    is_category: bool = False


@dataclass(frozen=True)
class Parting:
    """Which samples are for testing: their share, and the seed that draws them."""

    share: float
    seed: int


def read_numbers(dataset: str, name: str, rows: int, columns: int, *, delimiter: str | None = ",") -> NDArray[Any]:
    """A file of numbers of scikit-learn's, of shape (rows, columns); one with commas has a line more, its header.

    Raises
    ------
    UsageError
        When scikit-learn is not installed.
    FileFormatError
        When the file has another form.
    StorageError
        When it can't be read.
    """
    file = carried_file(dataset, "scikit-learn", "sklearn", f"datasets/data/{name}")
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
        lines = text.splitlines()[int(delimiter == ",") :]
        numbers = np.array([[float(field) for field in line.split(delimiter)] for line in lines])
    except (ValueError, EOFError, gzip.BadGzipFile) as error:
        raise FileFormatError(f"{file} is not a table of numbers: {error}", hint=_REINSTALL) from None
    except OSError as error:
        raise unreadable(file, error) from None
    if numbers.shape != (rows, columns) or not np.isfinite(numbers).all():
        shape = " × ".join(map(str, numbers.shape))
        raise FileFormatError(
            f"{file} has {shape} numbers; {dataset} has {rows} × {columns}, none of them missing", hint=_REINSTALL
        )
    return numbers


_REINSTALL = "install scikit-learn again"


def classified(
    columns: Sequence[Column],
    inputs: NDArray[Any],
    labels: NDArray[Any],
    target: str,
    classes: Sequence[str],
    by: Parting,
) -> Dataset:
    """A table with a class for each row; the same share of each class is for testing."""
    numbers = labels.astype(np.intp)
    note = f"{len(classes)} classes"
    finding = Finding(target, "category", "target", note, different=len(classes), some=tuple(classes[:3]))
    train, test = _parts(_table(columns, inputs), numbers, by, numbers)
    return Dataset(
        train, test, tuple(classes), features=_features(columns), findings=(*_found(columns, inputs), finding)
    )


def measured(
    columns: Sequence[Column], inputs: NDArray[Any], values: NDArray[Any], target: Column, by: Parting
) -> Dataset:
    """A table with a value for each row."""
    low, high, different = float(values.min()), float(values.max()), len(np.unique(values))
    note = f"a number to predict: {target.note}"
    finding = Finding(target.name, "number", "target", note, different=different, low=low, high=high)
    train, test = _parts(_table(columns, inputs), values[:, None], by, None)
    findings = (*_found(columns, inputs), finding)
    return Dataset(train, test, features=_features(columns), value_names=(target.name,), findings=findings)


def _table(columns: Sequence[Column], inputs: NDArray[Any]) -> Columns:
    return Columns({column.name: _values(column, inputs[:, place]) for place, column in enumerate(columns)})


def _values(column: Column, numbers: NDArray[Any]) -> NDArray[Any]:
    """Numbers as they are, or as the texts that a category has."""
    return np.array([f"{number:g}" for number in numbers], object) if column.is_category else numbers.copy()


def _features(columns: Sequence[Column]) -> tuple[Feature, ...]:
    """None has a missing value; new rows may, and are filled."""
    return tuple(Feature((OneHot(),) if c.is_category else (Fill(), Standardize()), c.name) for c in columns)


def _found(columns: Sequence[Column], inputs: NDArray[Any]) -> list[Finding]:
    found = []
    for place, column in enumerate(columns):
        numbers = np.unique(inputs[:, place])
        if column.is_category:
            some = tuple(f"{number:g}" for number in numbers[:3])
            found.append(Finding(column.name, "category", note=column.note, different=len(numbers), some=some))
        else:
            low, high = float(numbers[0]), float(numbers[-1])
            found.append(Finding(column.name, "number", note=column.note, different=len(numbers), low=low, high=high))
    return found


def _parts(table: Columns, targets: NDArray[Any], by: Parting, labels: NDArray[np.intp] | None) -> tuple[Split, Split]:
    train, test = part_samples(len(table), by.share, by.seed, labels)
    everything = Split(table, targets)
    return everything.take(train), everything.take(test)
