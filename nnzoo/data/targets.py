"""`Targets`: the target column of a table, as classes or as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.data.cells import BadCell, Cells
from nnzoo.data.parsing import NO_NUMBER, is_missing, number_text, shown
from nnzoo.data.tables import Table
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.kinds import Columns

TargetTask: TypeAlias = Literal["auto", "classification", "regression"]

MOST_NUMBERED_CLASSES = 20
"""With more different integers, ``auto`` means regression."""
MOST_CLASSES = 1000
"""More classes are taken for a mistake."""


@final
@dataclass(frozen=True)
class Targets:
    """The targets of a table's rows.

    Attributes
    ----------
    table : Table
        A table that was read with a target.
    values : ndarray of shape (n,)
        Numbers, float64, NaN if missing; or texts, objects, each a str, or None if missing.
    has_classes : bool
        Whether they stand for classes.
    """

    table: Table
    values: NDArray[Any]
    has_classes: bool

    @classmethod
    def read(cls, table: Table, task: TargetTask = "auto", like: Self | None = None) -> Self:
        """Read the target column of a table.

        ``auto`` means classification for texts, and for few different integers that occur twice or more on average.

        Parameters
        ----------
        table : Table
            A table that was read with a target.
        task : {"auto", "classification", "regression"}
            The kind of target.
        like : Targets, optional
            The targets of another table, which decide the type of these.

        Raises
        ------
        FileFormatError
            When a cell is not a number, but most are, or all must be.
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
                problem.fault,
                "correct the cell or remove the row; if the target names classes: task=classification",
            ) from None
        if like is not None:
            return cls(table, values, like.has_classes)
        classes = task == "classification" or (task == "auto" and (not numeric or _may_be_classes(values)))
        return cls(table, values, classes)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Whether each target is missing, of shape (n,)."""
        return Columns({"": self.values}).missing("")

    def without(self, rows: NDArray[np.bool_]) -> Targets:
        """The targets with these rows made missing, too."""
        values = self.values.copy()
        values[rows] = np.nan if values.dtype.kind == "f" else None
        return replace(self, values=values)

    def require_all(self) -> None:
        """Refuse a missing target: FileFormatError for the first row without one."""
        if self.missing.any():
            row = int(self.missing.argmax())
            otherwise = "; if it is a class name: task=classification" if self._text(row) else ""
            raise self._error(
                row,
                f"the target is missing ({shown(self._text(row))})",
                f"fill it in, or drop the rows without a target: unlabelled=drop{otherwise}",
            )

    def classes(self) -> tuple[str, ...]:
        """The different values, sorted, as class names; FileFormatError for one class, or more than `MOST_CLASSES`."""
        known = sorted(set(self.values[~self.missing].tolist()))
        names = tuple(map(_name, known))
        if len(known) < 2:
            row = int((~self.missing).argmax())
            raise self._error(row, f"all rows are of one class, {names[0]!r}", "set another column with target=…")
        if len(known) > MOST_CLASSES:
            raise FileFormatError(
                f"{self.table.path}, column {self.table.target_name!r}: the target has {len(known):,} different "
                f"values; at most {MOST_CLASSES:,} classes are allowed",
                hint="set another column with target=…; if it is a number: task=regression",
            )
        return names

    def labels(self, classes: Sequence[str]) -> NDArray[np.intp]:
        """The class number of each row, the index of its name in ``classes``; −1 if it is missing.

        Raises FileFormatError for the first row of an unknown class.
        """
        place = {name: label for label, name in enumerate(classes)}
        missing = self.missing
        names = [None if absent else _name(value) for value, absent in zip(self.values.tolist(), missing, strict=True)]
        for row, name in enumerate(names):
            if name is not None and name not in place:
                fault = f"no row of the training part is of class {self._text(row)!r}"
                raise self._error(row, fault, "correct the cell or remove the row")
        return np.array([-1 if name is None else place[name] for name in names], np.intp)

    def require_two_of_each(self, labels: NDArray[np.intp]) -> None:
        """Refuse a class with a single row, which can't be in both parts (FileFormatError)."""
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

    def _error(self, row: int, fault: str, hint: str) -> FileFormatError:
        return self.table.error(row, self.table.target_name, fault, hint)


def _name(target: str | float) -> str:
    """The name of a class."""
    return target if isinstance(target, str) else number_text(target)


def _texts(cells: Cells, task: TargetTask) -> NDArray[np.object_]:
    """The unchanged texts, None if missing; for ``classification``, ``none`` may be the name of a class."""
    texts = cells.texts()
    return np.array([None if not text or (task == "auto" and is_missing(text)) else text for text in texts], object)


def _are_numbers(cells: Cells) -> bool:
    """Whether every cell that is not empty contains a number."""
    try:
        numbers = cells.numbers()[0] if cells.find_type() == "number" else np.empty(0)
    except BadCell:
        return False
    return len(numbers) > 0 and not any(text and text.casefold() in NO_NUMBER for text in set(cells.texts()))


def _may_be_classes(values: NDArray[np.float64]) -> bool:
    present = values[~np.isnan(values)]
    different = len(np.unique(present))
    whole = bool((present == np.floor(present)).all())
    return whole and different <= MOST_NUMBERED_CLASSES and 2 * different <= len(present)
