"""`Targets`: what a table's target column means: classes, or values to predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.data.cells import BadCell, Cells
from nnzoo.data.parsing import NO_NUMBER, is_missing, shown
from nnzoo.data.tables import Table
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.kinds import Columns

TargetTask: TypeAlias = Literal["auto", "classification", "regression"]

MOST_NUMBERED_CLASSES = 20
"""With more different integers than these, ``auto`` means regression."""
MOST_CLASSES = 1000
"""More classes than these are hardly meant."""


@final
@dataclass(frozen=True)
class Targets:
    """The targets of a table's rows.

    Attributes
    ----------
    table : Table
        One that was read with a target.
    values : ndarray of shape (n,)
        Numbers, float64 and NaN where one is missing; or texts, objects, each a str or None.
    has_classes : bool
        Whether they stand for classes.
    """

    table: Table
    values: NDArray[Any]
    has_classes: bool

    @classmethod
    def read(cls, table: Table, task: TargetTask = "auto", like: Self | None = None) -> Self:
        """What the target column of a table holds.

        ``auto`` means classification for texts, and for integers of which there are few, each on average twice or more.

        Parameters
        ----------
        table : Table
            One that was read with a target.
        task : {"auto", "classification", "regression"}
            What is to be predicted.
        like : Targets, optional
            Those of another table, whose kind these must be of.

        Raises
        ------
        FileFormatError
            When a cell is not a number, though most are, or all must be.
        """
        cells = table.target
        if cells is None:
            raise UsageError(f"{table.path} was read without a target")
        try:
            if like is not None:
                numeric = like.values.dtype.kind == "f"
            elif task == "auto":
                numeric = cells.find_type() == "number"
            else:
                numeric = task == "regression" or _are_numbers(cells)
            values: NDArray[Any] = cells.numbers()[0] if numeric else _texts(cells, task)
        except BadCell as problem:
            raise table.error(
                problem.row,
                table.target_name,
                problem.what,
                "correct the cell or remove the row; if the target names classes: task=classification",
            ) from None
        if like is not None:
            return cls(table, values, like.has_classes)
        classes = task == "classification" or (task == "auto" and (not numeric or _may_be_classes(values)))
        return cls(table, values, classes)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where there is none, of shape (n,)."""
        return Columns({"": self.values}).missing("")

    def without(self, rows: NDArray[np.bool_]) -> Targets:
        """The same, but missing in these rows too."""
        values = self.values.copy()
        values[rows] = np.nan if values.dtype.kind == "f" else None
        return replace(self, values=values)

    def require_all(self) -> None:
        """Refuse a missing target.

        Raises
        ------
        FileFormatError
            For the first row that has none.
        """
        if self.missing.any():
            row = int(self.missing.argmax())
            otherwise = "; if it is the name of a class: task=classification" if self._text(row) else ""
            raise self._error(
                row,
                f"the target is missing ({shown(self._text(row))})",
                f"fill it in, or drop the rows without a target: unlabelled=drop{otherwise}",
            )

    def classes(self) -> tuple[str, ...]:
        """What the classes are called: the different values, sorted.

        Raises
        ------
        FileFormatError
            When there is only one, or more than are likely to be meant.
        """
        known = sorted(set(self.values[~self.missing].tolist()))
        names = tuple(map(_name, known))
        if len(known) < 2:
            row = int((~self.missing).argmax())
            raise self._error(row, f"all rows are of one class, {names[0]!r}", "another column is set with target=…")
        if len(known) > MOST_CLASSES:
            raise FileFormatError(
                f"{self.table.path}, column {self.table.target_name!r}: the target has {len(known):,} different "
                f"values; at most {MOST_CLASSES:,} classes are allowed",
                hint="another column is set with target=…; if it is a number: task=regression",
            )
        return names

    def labels(self, classes: Sequence[str]) -> NDArray[np.intp]:
        """The class number of each row: the place of its name among the classes, and −1 where it is missing.

        Raises
        ------
        FileFormatError
            For the first row of another class.
        """
        place = {name: label for label, name in enumerate(classes)}
        missing = self.missing
        names = [None if absent else _name(value) for value, absent in zip(self.values.tolist(), missing, strict=True)]
        for row, name in enumerate(names):
            if name is not None and name not in place:
                what = f"no row trained on is of class {self._text(row)!r}"
                raise self._error(row, what, "correct the cell or remove the row")
        return np.array([-1 if name is None else place[name] for name in names], np.intp)

    def require_two_of_each(self, labels: NDArray[np.intp]) -> None:
        """Refuse a class of a single row, which can't be in both parts.

        Raises
        ------
        FileFormatError
        """
        counts = np.bincount(labels[labels >= 0])
        single = np.flatnonzero((labels >= 0) & (counts[labels] == 1))
        if len(single):
            raise self._error(
                int(single[0]),
                f"this is the only row of class {self._text(int(single[0]))!r}",
                "a class needs two rows, one to train and one to test; if the target is a number: task=regression",
            )

    def _text(self, row: int) -> str:
        return self.table.target.text(row) if self.table.target else ""

    def _error(self, row: int, what: str, hint: str) -> FileFormatError:
        return self.table.error(row, self.table.target_name, what, hint)


def _name(target: str | float) -> str:
    """What a class is called."""
    return target if isinstance(target, str) else f"{target:.12g}"


def _texts(cells: Cells, task: TargetTask) -> NDArray[np.object_]:
    """Texts as they are; where classes were asked for, ``none`` may be the name of one."""
    texts = cells.texts()
    return np.array([None if not text or (task == "auto" and is_missing(text)) else text for text in texts], object)


def _are_numbers(cells: Cells) -> bool:
    """Whether there is a number in every cell that is not empty."""
    try:
        numbers = cells.numbers()[0] if cells.find_type() == "number" else np.empty(0)
    except BadCell:
        return False
    return len(numbers) > 0 and not any(text and text.casefold() in NO_NUMBER for text in set(cells.texts()))


def _may_be_classes(values: NDArray[np.float64]) -> bool:
    there = values[~np.isnan(values)]
    different = len(np.unique(there))
    whole = bool((there == np.floor(there)).all())
    return whole and different <= MOST_NUMBERED_CLASSES and 2 * different <= len(there)
