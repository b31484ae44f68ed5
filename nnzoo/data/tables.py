"""`Table`: the rows of one CSV file, or of two with the same columns, sorted into features and target."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import final

import numpy as np
from nnzoo.api import FileFormatError, UsageError
from numpy.typing import NDArray

from nnzoo_datasets.columns import TOO_FAR, BadCell, Categories, Numbers, new_column, number
from nnzoo_datasets.csv_records import read_records
from nnzoo_datasets.parting import Indices

_COLUMNS_SHOWN = 20


@final
class Table:
    """A table that grows row by row.

    Parameters
    ----------
    path : Path
        The first file, which is read at once.
    delimiter, header : str
        As `nnzoo_datasets.Csv` has them, but the delimiter is known.
    decimal : str
        "." or ",".
    target : str
        The column to predict.
    categorical, ignore : sequence of str
        Columns of categories, whatever they look like, and columns to leave out.

    Attributes
    ----------
    names : list of str
        All columns; where nothing names them, their numbers, from 1.
    features : list of Numbers or Categories
        The columns that are neither the target nor left out.
    target : str
        The name of the column to predict.
    targets : list of str
        Its cells.
    """

    def __init__(
        self,
        path: Path,
        delimiter: str,
        header: str,
        decimal: str,
        *,
        target: str,
        categorical: Sequence[str],
        ignore: Sequence[str],
    ) -> None:
        self._delimiter, self._decimal = delimiter, decimal
        records = read_records(path, delimiter)
        first = list(islice(records, 2))
        if not first:
            raise FileFormatError(f"{path} is empty")
        self.has_header = header == "yes" or (header == "auto" and _looks_like_header([f for _, f in first], decimal))
        line, self._heading = first[0] if self.has_header else (1, [""] * len(first[0][1]))
        self.names = [name or str(number) for number, name in enumerate(self._heading, start=1)]
        _refuse_namesakes(path, self.names)

        self._target = self._column(target)
        self.target = self.names[self._target]
        self._categorical = {self._column(name) for name in categorical}
        ignored = {self._column(name) for name in ignore}
        self._used = [n for n in range(len(self.names)) if n != self._target and n not in ignored]
        if self._target in ignored:
            raise UsageError(f"column {self.target!r} is the target and can't be left out")
        if not self._used:
            raise FileFormatError(
                f"{path} has no column beside the target, {self.target!r}, that could be learnt from",
                hint=f"fields are parted at each {delimiter}; if that is wrong, say delimiter=…",
            )
        unnamed = next((n for n in (*self._used, self._target) if self.has_header and not self._heading[n]), None)
        if unnamed is not None:
            raise FileFormatError(
                f"{path}, line {line}: column {unnamed + 1} has no name",
                hint=f"name it, or, if it only numbers the rows, leave it out: ignore={unnamed + 1}",
            )

        self.features: list[Numbers | Categories] = []
        self.targets: list[str] = []
        self._files: list[tuple[int, Path]] = []
        self._lines = array("q")
        self._add(path, chain(first[self.has_header :], records))

    def append(self, path: Path) -> None:
        """Read a further file, which must have the same columns.

        Raises
        ------
        FileFormatError
        """
        records = read_records(path, self._delimiter)
        if self.has_header:
            line, heading = next(records, (1, []))
            if heading != self._heading:
                raise FileFormatError(
                    f"{path}, line {line}: the columns are {_listed(heading)}; those of {self._files[0][1]} are "
                    f"{_listed(self._heading)}"
                )
        self._add(path, records)

    def __len__(self) -> int:
        return len(self._lines)

    def __str__(self) -> str:
        """What was found, in a few words."""
        numbers = sum(isinstance(column, Numbers) for column in self.features)
        header = "with a header" if self.has_header else "no header"
        return (
            f"{self._files[0][1]}: {len(self)} rows, {header}, fields parted at each {self._delimiter}; "
            f"columns to learn from: {numbers} of numbers, {len(self.features) - numbers} of texts"
        )

    def encode(self, train: Indices, standardize: bool) -> tuple[NDArray[np.float32], dict[str, list[str]]]:
        """The features as float32 of shape (rows, inputs), as the training part has them.

        The categories that are only elsewhere come along, by column.

        Raises
        ------
        FileFormatError
            When a number is so far from those of the training part that float32 can't hold it.
        """
        blocks: list[NDArray[np.float32]] = []
        unknown: dict[str, list[str]] = {}
        for column in self.features:
            if isinstance(column, Categories):
                block, others = column.encode(train)
                unknown |= {column.name: others} if others else {}
            else:
                block = column.encode(train, standardize)
                infinite = np.flatnonzero(~np.isfinite(block))
                if len(infinite):
                    raise self.error(int(infinite[0]), TOO_FAR, column.name)
            blocks.append(block)
        return np.concatenate(blocks, axis=1), unknown

    def error(self, row: int, problem: BadCell, column: str = "") -> FileFormatError:
        """The error for a cell of a column, or else of the target."""
        path = next(path for start, path in reversed(self._files) if start <= row)
        return _cell_error(path, self._lines[row], column or self.target, problem)

    def _add(self, path: Path, records: Iterable[tuple[int, list[str]]]) -> None:
        self._files.append((len(self), path))
        for line, fields in records:
            if len(fields) != len(self.names):
                raise FileFormatError(
                    f"{path}, line {line} has {len(fields)} field{'s' * (len(fields) != 1)}, but the table has "
                    f"{len(self.names)} columns",
                    hint=f"fields are parted at each {self._delimiter}; a field that has one needs quotation marks",
                )
            for place, number_of_column in enumerate(self._used):
                name, text = self.names[number_of_column], fields[number_of_column]
                try:
                    if place == len(self.features):
                        categorical = number_of_column in self._categorical
                        self.features.append(new_column(name, text, categorical=categorical, decimal=self._decimal))
                    self.features[place].add(text)
                except BadCell as problem:
                    raise _cell_error(path, line, name, problem) from None
            self.targets.append(fields[self._target])
            self._lines.append(line)

    def _column(self, name: str) -> int:
        """Where a column is, by its name, or by its number: 1 is the first, and -1 the last."""
        if name in self.names:
            return self.names.index(name)
        columns = len(self.names)
        if name.removeprefix("-").isdecimal() and 1 <= abs(int(name)) <= columns:
            return int(name) - 1 if int(name) > 0 else columns + int(name)
        named = f"columns are {_listed(self.names)}" if self.has_header else "the table has no header"
        raise UsageError(f"there is no column {name!r}", hint=f"{named}; their numbers, 1 to {columns}, do as well")


def _looks_like_header(records: list[list[str]], decimal: str) -> bool:
    """Whether the first record has no number while the second has one, or is a row of different names."""
    head, row = records[0], records[1] if len(records) > 1 else []
    if any(number(text, decimal) is not None for text in head):
        return False
    return any(number(text, decimal) is not None for text in row) or ("" not in head and len(set(head)) == len(head))


def _refuse_namesakes(path: Path, names: list[str]) -> None:
    seen: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if name in seen:
            raise FileFormatError(
                f"{path}: columns {seen[name]} and {place} are both called {name!r}",
                hint="rename one; for a table that has no header: header=no",
            )
        seen[name] = place


def _cell_error(path: Path, line: int, column: str, problem: BadCell) -> FileFormatError:
    return FileFormatError(f"{path}, line {line}, column {column!r}: {problem.what}", hint=problem.hint)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _COLUMNS_SHOWN} more" if len(names) > _COLUMNS_SHOWN else ""
    return ", ".join(map(repr, names[:_COLUMNS_SHOWN])) + more if names else "none"
