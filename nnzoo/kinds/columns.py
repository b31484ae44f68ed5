"""`Columns`: a table before any preprocessing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import UsageError

ColumnType: TypeAlias = Literal["number", "category", "date"]
"""What a column holds; its dtype shows it."""

_TYPES: dict[str, ColumnType] = {"f": "number", "O": "category", "M": "date"}


@final
@dataclass(frozen=True)
class Columns:
    """Named columns of equal length, as they were read.

    Attributes
    ----------
    arrays : mapping of str to ndarray of shape (n,)
        By name, in order. Numbers are float64, and NaN where one is missing; categories are objects, each None or a
        str without spaces around it; dates are datetime64[s], and NaT where one is missing.

    Raises
    ------
    UsageError
        When there are none, they differ in length, or one has another dtype.

    Examples
    --------
    >>> table = Columns({"age": np.array([31.0, np.nan]), "town": np.array(["Bern", None], object)})
    >>> len(table), table.type("town"), table.take(np.array([1]))["town"]
    (2, 'category', array([None], dtype=object))
    """

    arrays: Mapping[str, NDArray[Any]]

    def __post_init__(self) -> None:
        if not self.arrays:
            raise UsageError("a table needs at least one column")
        for name, array in self.arrays.items():
            if array.ndim != 1 or len(array) != len(self) or array.dtype.kind not in _TYPES:
                raise UsageError(f"column {name!r} is {array.dtype} of shape {array.shape}; expected ({len(self)},)")

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.arrays[name]

    def __repr__(self) -> str:
        return f"<{len(self):,} rows of {', '.join(self.arrays)}>"

    def type(self, name: str) -> ColumnType:
        """What a column holds."""
        return _TYPES[self.arrays[name].dtype.kind]

    def missing(self, name: str) -> NDArray[np.bool_]:
        """Where a column has no value, of shape (n,)."""
        array = self.arrays[name]
        if array.dtype.kind == "O":
            return np.array([value is None for value in array], np.bool_)
        missing: NDArray[np.bool_] = np.isnat(array) if array.dtype.kind == "M" else np.isnan(array)
        return missing

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> Columns:
        """The rows at ``indices``, copied."""
        return Columns({name: array[indices] for name, array in self.arrays.items()})

    def select(self, names: Sequence[str]) -> Columns:
        """The columns of these names, in this order."""
        return Columns({name: self.arrays[name] for name in names})


@final
@dataclass(frozen=True)
class Finding:
    """What was found in one column of a table, and what becomes of it.

    Attributes
    ----------
    name : str
        The column's name.
    type : str
        ``number``, ``category`` or ``date``; ``text`` if there are too many different ones for categories,
        ``row number`` or ``row name`` if it only identifies the row, ``empty`` if all cells are missing.
    use : {"input", "target", "left out"}
        What it is for.
    note : str
        Why it is left out, or another remark.
    missing : int
        How many cells have no value.
    different : int
        How many different values there are.
    some : tuple of str
        The first few categories or texts.
    low, high : float, str or None
        The range of numbers, or of dates.
    """

    name: str
    type: str
    use: Literal["input", "target", "left out"] = "input"
    note: str = ""
    missing: int = 0
    different: int = 0
    some: tuple[str, ...] = ()
    low: float | str | None = None
    high: float | str | None = None

    def to_dict(self) -> dict[str, Any]:
        """By name, as JSON can hold it."""
        return asdict(self)
