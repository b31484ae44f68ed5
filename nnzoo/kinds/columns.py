"""`Columns`: a table before any preprocessing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    """Named columns of one length, as they were read.

    Attributes
    ----------
    arrays : mapping of str to ndarray of shape (n,)
        By name, in order. Numbers are float64, and NaN where one is missing; categories are objects, each a str or
        None; dates are datetime64[s], and NaT where one is missing.

    Raises
    ------
    UsageError
        When there is none, they differ in length, or one has another dtype.

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

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> Columns:
        """The rows at ``indices``, copied."""
        return Columns({name: array[indices] for name, array in self.arrays.items()})

    def select(self, names: Sequence[str]) -> Columns:
        """The columns of these names, in this order."""
        return Columns({name: self.arrays[name] for name in names})
