"""`Columns`: a table before any preprocessing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import UsageError

ColumnType: TypeAlias = Literal["number", "category", "date"]
"""The type of a column, which follows from its dtype."""
DateOrder: TypeAlias = Literal["auto", "day-first", "month-first"]
"""The order of day and month in dates such as 3/4/2024; ``auto`` infers it from the other dates of the column."""

_TYPES: dict[str, ColumnType] = {"f": "number", "O": "category", "M": "date"}


@final
@dataclass(frozen=True)
class Columns:
    """Named columns of equal length.

    Attributes
    ----------
    arrays : mapping of str to ndarray of shape (n,)
        By name, in order. Numbers are float64, NaN if missing; categories are objects, each a str without surrounding
        spaces, or None if missing; dates are datetime64[s], NaT if missing.

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
        """The type of a column."""
        return _TYPES[self.arrays[name].dtype.kind]

    def missing(self, name: str) -> NDArray[np.bool_]:
        """Whether each value of a column is missing, of shape (n,)."""
        array = self.arrays[name]
        if array.dtype.kind == "O":
            return np.array([value is None for value in array], np.bool_)
        missing: NDArray[np.bool_] = np.isnat(array) if array.dtype.kind == "M" else np.isnan(array)
        return missing

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> Columns:
        """The rows at ``indices``, copied."""
        return Columns({name: array[indices] for name, array in self.arrays.items()})

    def select(self, names: Sequence[str]) -> Columns:
        """The named columns, in this order."""
        return Columns({name: self.arrays[name] for name in names})


@final
@dataclass(frozen=True)
class Finding:
    """A description of one column of a table, and its use.

    Attributes
    ----------
    name : str
    type : str
        ``number``, ``category`` or ``date``; ``text`` for too many different texts to be categories, ``row number`` or
        ``row name`` for a column that only identifies the row, ``empty`` if all cells are missing.
    use : {"input", "target", "left out"}
    note : str
        Why it is left out, or another remark.
    missing : int
        The number of cells without a value.
    different : int
        The number of different values.
    some : tuple of str
        The first few categories or texts.
    low, high : float, str or None
        The range of numbers or dates.
    unit : str
        The unit of all numbers, such as ``%``, ``$`` or ``kg``; empty if they have none.
    order : {"auto", "day-first", "month-first"}
        The order of day and month in dates such as 3/4/2024; ``auto`` if no date depends on it.
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
    unit: str = ""
    order: DateOrder = "auto"

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, as JSON."""
        return asdict(self)
