"""What a table's target column means: classes, or values to predict."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo_datasets.columns import BadCell, is_missing, number, shown
from nnzoo_datasets.table import Table

Task: TypeAlias = Literal["auto", "classification", "regression"]

MOST_NUMBERED_CLASSES = 20
"""With more different integers than these, ``auto`` means regression."""


def read_targets(table: Table, task: Task, decimal: str) -> list[Any] | NDArray[np.float64]:
    """A list of what stands for each row's class, texts or numbers, or an array of the values to predict.

    ``auto`` means classification for texts, and for integers of which there are few, each on average twice or more.

    Raises
    ------
    FileFormatError
        When a value is missing, or not of the kind of the others.
    """
    for row, text in enumerate(table.targets):
        if is_missing(text) and (not text or task != "classification"):
            otherwise = "; if it is the name of a class: task=classification" if text else ""
            problem = BadCell(f"the target is missing ({shown(text)})", f"fill it in or remove the row{otherwise}")
            raise table.error(row, problem)
    numbers = [number(text, decimal) for text in table.targets]
    values = np.array([value for value in numbers if value is not None])
    no_number = numbers.index(None) if None in numbers else None
    if task == "regression" or (task == "auto" and no_number != 0):
        if no_number is not None:
            what = f"{shown(table.targets[no_number])} is not a number, or not one that float32 can hold"
            raise table.error(no_number, BadCell(what, "mend it; if the target names classes: task=classification"))
        if task == "regression" or not _may_be_classes(values):
            return values
    return table.targets if no_number is not None else values.tolist()


def number_classes(table: Table, targets: list[Any], known_rows: int) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """The class of each row, 0, 1, …, and what the classes are called, sorted.

    The classes are those of the first ``known_rows``; all other rows must be of the same.

    Raises
    ------
    FileFormatError
        When there is only one class, or another one in the rest.
    """
    known = sorted(set(targets[:known_rows]))
    names = tuple(target if isinstance(target, str) else f"{target:.12g}" for target in known)
    if len(known) == 1:
        raise table.error(0, BadCell(f"all rows are of one class, {names[0]!r}", "another column is set with target=…"))
    place = {target: label for label, target in enumerate(known)}
    for row, target in enumerate(targets[known_rows:], start=known_rows):
        if target not in place:
            problem = BadCell(f"no row trained on is of class {table.targets[row]!r}", "mend it or remove the row")
            raise table.error(row, problem)
    return np.array([place[target] for target in targets], np.intp), names


def require_two_of_each(table: Table, labels: NDArray[np.intp]) -> None:
    """Refuse a class of a single row, which can't be in both parts.

    Raises
    ------
    FileFormatError
    """
    counts = np.bincount(labels)
    if counts.min() == 1:
        row = int(np.flatnonzero(counts[labels] == 1)[0])
        problem = BadCell(
            f"this is the only row of class {table.targets[row]!r}",
            "a class needs two rows, one to train and one to test; if the target is a number: task=regression",
        )
        raise table.error(row, problem)


def _may_be_classes(values: NDArray[np.float64]) -> bool:
    different = len(np.unique(values))
    whole = bool((values == np.floor(values)).all())
    return whole and different <= MOST_NUMBERED_CLASSES and 2 * different <= len(values)
