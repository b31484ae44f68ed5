"""`columns_of`: convert a data frame, a dictionary of arrays or an array with names to `Columns`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.data.cells import BadCell, Cells, category
from nnzoo.data.parsing import is_missing, number_text, shown
from nnzoo.errors import UsageError, did_you_mean
from nnzoo.kinds import Columns, ColumnType

_TYPES: dict[str, ColumnType] = {"b": "category", "U": "category", "S": "category", "T": "category", "M": "date"}
"""Column types by the kind of their dtype; all other kinds are numbers."""


def columns_of(
    frame: Any, types: Mapping[str, ColumnType] | None = None, *, names: Sequence[str] | None = None
) -> Columns:
    """Convert a table in memory, each column according to its type.

    Integers and floating-point numbers, nullable or not, are numbers; texts, truth values, and categories of pandas and
    Polars are categories; dates and times are dates, in UTC if they have a time zone; durations are numbers of seconds.
    None, NaN, NaT, ``pandas.NA``, masked values, and texts such as ``NA`` are missing. Spaces around texts are ignored,
    as in a file.

    Parameters
    ----------
    frame : DataFrame, mapping, ndarray or Columns
        A pandas or Polars data frame; columns by name; a structured array; or an array of shape (n, k).
    types : mapping, optional
        The type of each column that is needed; all others are left out. Texts are converted to numbers or dates, and
        numbers to texts.
    names : sequence of str, optional
        The names of the columns of an array of shape (n, k); default 1, 2, ….

    Raises
    ------
    UsageError
        When it is none of these, a column is missing, or a value is invalid; the message names column and row, from 0.

    Examples
    --------
    >>> since = np.array(["2020-01-31", "NaT"], "datetime64[D]")
    >>> table = columns_of({"age": [31, None], "member": [True, False], "since": since})
    >>> [(name, table.type(name)) for name in table]
    [('age', 'number'), ('member', 'category'), ('since', 'date')]
    >>> columns_of({"age": ["31", "?"]}, {"age": "number"})["age"]
    array([31., nan])
    """
    columns: dict[str, Any] = {}
    for name, column in _named(frame, names):
        if str(name) in columns:
            raise UsageError(f"two columns are called {str(name)!r}", hint="rename one")
        columns[str(name)] = column
    wanted = list(columns) if types is None else list(types)
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise UsageError(
            f"there is no column {', '.join(map(repr, missing))}",
            hint=f"{did_you_mean(missing[0], columns)}there are {', '.join(map(repr, columns)) or 'none'}",
        )
    return Columns({name: _converted(name, columns[name], None if types is None else types[name]) for name in wanted})


def _named(frame: Any, names: Sequence[str] | None) -> Iterable[tuple[Any, Any]]:
    """The names and columns of a table."""
    if isinstance(frame, Columns):
        return frame.arrays.items()
    if isinstance(frame, Mapping):
        return frame.items()
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")  # not imported: the frame is another's
    if pandas and isinstance(frame, pandas.DataFrame):
        return ((name, frame.iloc[:, place]) for place, name in enumerate(frame.columns))
    if polars and isinstance(frame, polars.LazyFrame):
        raise UsageError("a Polars LazyFrame has no data yet", hint="frame.collect() reads it first")
    if polars and isinstance(frame, polars.DataFrame):
        return zip(frame.columns, frame.get_columns(), strict=True)
    if isinstance(frame, np.ndarray) and frame.dtype.names:
        return ((name, frame[name]) for name in frame.dtype.names)
    if isinstance(frame, np.ndarray) and frame.ndim == 2:
        names = [str(place) for place in range(1, frame.shape[1] + 1)] if names is None else names
        if len(names) != frame.shape[1]:
            raise UsageError(f"there are {len(names)} names for {frame.shape[1]} columns")
        return ((name, frame[:, place]) for place, name in enumerate(names))
    given = f"an array of shape {frame.shape}" if isinstance(frame, np.ndarray) else with_article(frame)
    raise UsageError(
        f"{given} is not a table", hint="give a pandas or Polars data frame, or a dictionary of names and columns"
    )


def _converted(name: str, column: Any, wanted: ColumnType | None) -> NDArray[Any]:
    """One column in the form that `Columns` requires."""
    values = _values(column)
    if values.ndim != 1:
        raise UsageError(f"column {name!r} has the shape {values.shape}; expected one value a row")
    if wanted is None:
        wanted = _type_of(name, values) if values.dtype.kind == "O" else _TYPES.get(values.dtype.kind, "number")
    if wanted == "category":
        return _categories(values)
    return _numbers(name, values) if wanted == "number" else _dates(name, values)


def _values(column: Any) -> NDArray[Any]:
    """A column as a NumPy array: of objects, None if missing, unless NumPy has its dtype."""
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas and isinstance(column, pandas.Series | pandas.Index | pandas.api.extensions.ExtensionArray):
        column = pandas.Series(column)
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufmM":
            return np.asarray(column)
        as_text = isinstance(column.dtype, pandas.CategoricalDtype)
        pairs = zip(column, column.notna(), strict=True)
        return _objects((_text(value) if as_text else value) if present else None for value, present in pairs)
    if polars and isinstance(column, polars.Series):
        return np.asarray(column.cast(polars.Float64)) if column.dtype.is_numeric() else _objects(column.to_list())
    if isinstance(column, np.ma.MaskedArray):
        pairs = zip(column.data.tolist(), np.ma.getmaskarray(column).tolist(), strict=True)
        return _objects(None if hidden else value for value, hidden in pairs)
    if isinstance(column, np.ndarray):
        return column
    if isinstance(column, str) or not isinstance(column, Iterable):
        raise UsageError(f"{with_article(column)} is not a column", hint="give an array, a series or a list of values")
    return _objects(column)


def _objects(values: Iterable[Any]) -> NDArray[np.object_]:
    """A one-dimensional array of objects, even if these are sequences."""
    return np.fromiter(values, object)  # which takes an array for one object, as it takes a list


def _is_missing(value: Any) -> bool:
    """Whether a value means that none is known: None, NaN, NaT, pandas' NA, or a text such as NA."""
    if value is None or isinstance(value, str):
        return value is None or is_missing(value)
    try:
        return bool(value != value)
    except TypeError:  # pandas' NA is neither equal nor unequal to anything
        return True
    except ValueError:  # an array is equal to another place by place
        return False


def _type_of(name: str, values: NDArray[np.object_]) -> ColumnType:
    """The type of a column of objects; UsageError if they have several types, or one that no table can have."""
    rows: dict[ColumnType, int] = {}
    for row, value in enumerate(values):
        if not _is_missing(value):
            rows.setdefault(_kind(name, row, value), row)
    if len(rows) > 1:
        first, second = sorted(rows.values())[:2]
        raise UsageError(
            f"column {name!r} has {shown(str(values[first]))} in row {first} and {shown(str(values[second]))} in row "
            f"{second}: values of different types",
            hint="make all of them numbers, texts, or dates",
        )
    return next(iter(rows), "number")


def _kind(name: str, row: int, value: Any) -> ColumnType:
    if isinstance(value, str | bytes | bool | np.bool_):
        return "category"
    if isinstance(value, date | np.datetime64):
        return "date"
    if isinstance(value, Number | timedelta | np.timedelta64):
        return "number"
    raise UsageError(f"column {name!r}, row {row}: {with_article(value)} is neither a number, a text, nor a date")


def _categories(values: NDArray[Any]) -> NDArray[np.object_]:
    listed = (values.astype(str) if values.dtype.kind in "mM" else values).tolist()
    return _objects(None if _is_missing(value) else category(_text(value).strip()) for value in listed)


def _text(value: Any) -> str:
    """The name of a category: 2.0 becomes 2, as data frames convert 2 to 2.0 if another value is missing."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return number_text(float(value)) if isinstance(value, float | np.floating) else str(value)


def _numbers(name: str, values: NDArray[Any]) -> NDArray[np.float64]:
    if values.dtype.kind in "biuf":
        result = values.astype(np.float64)
    elif values.dtype.kind == "m":
        seconds = values.astype("timedelta64[us]").astype(np.float64) / 1e6
        result = np.where(np.isnat(values), np.nan, seconds)
    else:
        result = _read(name, values, "number")
        for row, value in enumerate(values.tolist()):
            if not isinstance(value, str | bytes) and not _is_missing(value):
                result[row] = _number(name, row, value)
    infinite = np.flatnonzero(np.isinf(result))
    if len(infinite):
        raise UsageError(
            f"column {name!r}, row {infinite[0]}: {values[infinite[0]]} is not a finite number",
            hint="replace it, or use NaN for a missing value",
        )
    return result


def _number(name: str, row: int, value: Any) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"column {name!r}, row {row}: {shown(str(value))} is not a number") from None


def _dates(name: str, values: NDArray[Any]) -> NDArray[np.datetime64]:
    if values.dtype.kind == "M":
        return values.astype("datetime64[s]")
    result: NDArray[np.datetime64] = _read(name, values, "date")
    zoned: dict[bool, int] = {}
    for row, value in enumerate(values.tolist()):
        if isinstance(value, str | bytes) or _is_missing(value):
            continue
        if not isinstance(value, date | np.datetime64):
            raise UsageError(f"column {name!r}, row {row}: {shown(str(value))} is not a date")
        zoned.setdefault(getattr(value, "tzinfo", None) is not None, row)
        if isinstance(value, datetime) and value.tzinfo:
            value = value.astimezone(UTC).replace(tzinfo=None)
        result[row] = np.datetime64(value).astype("datetime64[s]")
    if len(zoned) > 1:
        raise UsageError(
            f"column {name!r}: the date in row {zoned[True]} has a time zone, and that in row {zoned[False]} has none",
            hint="give all of them a time zone, or none",
        )
    return result


def _read(name: str, values: NDArray[Any], wanted: ColumnType) -> NDArray[Any]:
    """The texts of a column as numbers or dates; other values count as missing."""
    cells = Cells(".", ",")
    cells.extend([_text(value).strip() if isinstance(value, str | bytes) else "" for value in values.tolist()])
    try:
        return (cells.numbers() if wanted == "number" else cells.dates())[0]
    except BadCell as problem:
        raise UsageError(f"column {name!r}, row {problem.row}: {problem.fault}") from None
