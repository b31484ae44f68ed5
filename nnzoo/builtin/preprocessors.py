"""Preprocessors of numbers, categories and dates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np
from annotated_types import doc
from numpy.typing import NDArray

from nnzoo.api import (
    FileFormatError,
    Fitted,
    Floats,
    InvertiblePreprocessor,
    Preprocessor,
    Rows,
    RowsPreprocessor,
    Takes,
    UsageError,
    blocks,
    hookimpl,
)
from nnzoo.builtin import numpy_preprocessing as functions

MOST_COLUMNS = 1_000
"""With more distinct texts than this, they are not categories that each deserve a column."""

MOST_CHARACTERS = 1 << 24
"""Characters of all categories together, each padded to the longest, which the model file stores."""

Missing: TypeAlias = Annotated[
    Literal["fill", "error"], doc("how to treat missing values: fill them in, or refuse the sample")
]


@dataclass(frozen=True)
class Standardize(InvertiblePreprocessor, RowsPreprocessor):
    """Scales each place of a sample to mean 0 and standard deviation 1 in the training part.

    Equation::

        y = (x − mean) / deviation        (0 where the training part is constant)

    The deviation is that of the n present values, √(Σ (x − mean)² / n). A missing value (NaN) stays missing.

    >>> step = Standardize()
    >>> step.transform([1, 2, np.nan], step.fit([1, 3, np.nan, 5, 7])).tolist()
    [-1.3416407864998738, -0.8944271909999159, nan]
    """

    name: ClassVar[str] = "standardize"

    def fit(self, values: Any) -> Fitted:
        rows, present = _numbers(values)
        # Scaled by a power of two and relative to the lowest, so that squares can't overflow and no digit is lost.
        size = np.abs(rows).max(axis=0, initial=0, where=present)
        exponent = np.frexp(size)[1]
        rows = np.ldexp(rows, -exponent)
        low = rows.min(axis=0, initial=1, where=present)
        rows -= low
        spread = rows.max(axis=0, initial=0, where=present)
        deviation = np.ldexp(rows.std(axis=0, where=present), exponent)
        mean = np.ldexp(low + rows.mean(axis=0, where=present), exponent)
        constant = spread <= 4 * np.finfo(np.float64).eps  # up to rounding: 0.3 beside 0.1 + 0.2
        return {"mean": np.asarray(mean), "deviation": np.where(constant, 0.0, deviation)}

    def fit_rows(self, rows: Rows) -> Fitted:
        if rows.in_memory:
            return self.fit(rows[:])
        shape = rows.shape[1:]
        counts, low, high, start = np.zeros(shape), np.full(shape, np.inf), np.full(shape, -np.inf), 0
        for block in blocks(rows):
            values, present = _present(block, start)
            counts += present.sum(axis=0)
            low = np.minimum(low, values.min(axis=0, initial=np.inf, where=present))
            high = np.maximum(high, values.max(axis=0, initial=-np.inf, where=present))
            start += len(block)
        _refuse_empty(counts > 0)
        exponent = np.frexp(np.maximum(np.abs(low), np.abs(high)))[1]
        low, high = np.ldexp(low, -exponent), np.ldexp(high, -exponent)
        sums, squares = np.zeros(shape), np.zeros(shape)
        for block in blocks(rows):
            values, present = _present(block)
            sums += (np.ldexp(values, -exponent) - low).sum(axis=0, where=present)
        mean = sums / counts
        for block in blocks(rows):
            values, present = _present(block)
            squares += ((np.ldexp(values, -exponent) - low - mean) ** 2).sum(axis=0, where=present)
        deviation = np.ldexp(np.sqrt(squares / counts), exponent)
        constant = high - low <= 4 * np.finfo(np.float64).eps
        return {"mean": np.asarray(np.ldexp(low + mean, exponent)), "deviation": np.where(constant, 0.0, deviation)}

    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        return functions.standardize(values, fitted["mean"], fitted["deviation"])

    def inverse(self, values: Floats, fitted: Fitted) -> None:
        deviation, mean = fitted["deviation"], fitted["mean"]
        for place in np.ndindex(deviation.shape):  # NumPy would allocate to broadcast whole arrays
            column = values[(slice(None), *place)]
            column *= float(deviation[place])
            column += float(mean[place])


@dataclass(frozen=True)
class Fill(Preprocessor):
    """Replaces each missing number (NaN) by the median of the training part.

    Equation::

        y = x, or the median of all present x of the training part if x is missing

    >>> step = Fill()
    >>> step.transform([np.nan, 4], step.fit([1, np.nan, 2, 9])).tolist()
    [2.0, 4.0]
    """

    name: ClassVar[str] = "fill"

    missing: Missing = "fill"

    def fit(self, values: Any) -> Fitted:
        rows, _ = _numbers(values)
        return {"median": np.asarray(np.nanmedian(rows / 2, axis=0) * 2)}  # the sum of two might overflow

    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        rows = np.asarray(values, np.float64)
        _refuse_missing(self.missing, np.isnan(rows))
        return functions.fill(rows, fitted["median"])


@dataclass(frozen=True)
class OneHot(Preprocessor):
    """A column of zeros and ones for each category of the training part, in alphabetical order.

    Equation::

        yⱼ = [x is category j]

    A text that is not in the training part becomes the mean of the training part: the share of each category. So does a
    missing one; but if the training part has missing texts, they are another category, the last.

    >>> step = OneHot()
    >>> fitted = step.fit(np.array(["red", "blue", "red", "red"], object))
    >>> step.transform(np.array(["blue", "green", None], object), fitted).tolist()
    [[1.0, 0.0], [0.25, 0.75], [0.25, 0.75]]
    """

    name: ClassVar[str] = "one-hot"
    takes: ClassVar[Takes] = "categories"

    missing: Missing = "fill"

    def fit(self, values: Any) -> Fitted:
        counts = _counted(values, self.missing)
        names = sorted(text for text in counts if text is not None)
        if len(names) > MOST_COLUMNS:
            raise FileFormatError(
                f"has {len(names):,} distinct texts, which would each become a column; at most {MOST_COLUMNS:,} can",
                hint="leave the column out",
            )
        shares = np.array([counts[name] for name in (*names, None) if name in counts]) / len(values)
        ones = np.eye(len(shares))
        last = ones[-1] if None in counts else shares
        return {"categories": _texts(names), "table": np.vstack([ones[: len(names)], shares, last])}

    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        _refuse_missing(self.missing, _absent(values))
        return functions.encode(values, fitted["categories"], fitted["table"])


@dataclass(frozen=True)
class Ordinal(Preprocessor):
    """The place of each category in an order, 0, 1, …: one column of numbers.

    Equation::

        y = j if x is category j

    A missing text, or one that is not in the training part, becomes the mean place in the training part.

    >>> step = Ordinal("low|mid|high")
    >>> fitted = step.fit(np.array(["high", "low", "high", "high"], object))
    >>> step.transform(np.array(["low", "mid", "high", None], object), fitted).tolist()
    [[0.0], [1.0], [2.0], [1.5]]
    """

    name: ClassVar[str] = "ordinal"
    takes: ClassVar[Takes] = "categories"

    order: Annotated[str, doc("the categories, lowest first: low|mid|high; empty for alphabetical order")] = ""
    missing: Missing = "fill"

    def fit(self, values: Any) -> Fitted:
        counts = _counted(values, self.missing)
        known = {name: count for name, count in counts.items() if name is not None}
        names = self.order.split("|") if self.order else sorted(known)
        place = {name: place for place, name in enumerate(names)}
        if len(place) < len(names):
            raise UsageError(f"{self.label}: the order {self.order!r} contains a category twice")
        if unknown := sorted(known.keys() - place.keys()):
            what = f"has {unknown[0]!r}, which is not in the order {self.order!r}"
            raise FileFormatError(what, hint="list every category in it")
        mean = sum(place[name] * count for name, count in known.items()) / sum(known.values())
        return {"categories": _texts(names), "table": np.array([*range(len(names)), mean, mean], np.float64)[:, None]}

    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        _refuse_missing(self.missing, _absent(values))
        return functions.encode(values, fitted["categories"], fitted["table"])


@dataclass(frozen=True)
class DateParts(Preprocessor):
    """The parts of dates that vary in the training part, as numbers; NaN for a missing date.

    Equation, for a date t in seconds since 1970, with the mean year of the calendar, Y = 31,556,952 s, and a day of
    D = 86,400 s::

        year     1970 + t / Y                                          always: the trend over time
        season   sin and cos of 2π (t mod Y) / Y                       if the months vary
        day      sin and cos of 2π (day of the month − 1) / 31         if it varies, counted from both ends
        weekday  sin and cos of 2π w / 7, w = 0 on Monday              if the weekdays vary
        time     sin and cos of 2π (t mod D) / D                       if the times of day vary

    Sine and cosine put December next to January, and Sunday next to Monday. Let ``fill`` and ``standardize`` follow.

    >>> step = DateParts()
    >>> fitted = step.fit(np.array(["2024-01-01", "2024-01-02", "NaT"], "datetime64[s]"))
    >>> fitted["parts"].tolist(), step.transform(np.array(["1970-01-01"], "datetime64[s]"), fitted).round(3).tolist()
    (['year', 'day', 'weekday'], [[1970.0, 0.0, 1.0, 0.434, -0.901]])
    """

    name: ClassVar[str] = "date-parts"
    takes: ClassVar[Takes] = "dates"

    def fit(self, values: Any) -> Fitted:
        dates = np.asarray(values, "datetime64[s]")
        dates = dates[~np.isnat(dates)]
        if not len(dates):
            raise _all_missing()
        days, months = dates.astype("datetime64[D]"), dates.astype("datetime64[M]")
        from_start, from_end = days - months, (months + 1).astype("datetime64[D]") - days
        number = dates.astype(np.int64)
        differs = {
            "season": np.ptp(months.astype(np.int64) % 12) > 0,
            "day": np.ptp(from_start) > 0 and np.ptp(from_end) > 0,
            "weekday": np.ptp(number // 86_400 % 7) > 0,
            "time": np.ptp(number % 86_400) > 0,
        }
        return {"parts": np.array(["year", *(part for part, does in differs.items() if does)])}

    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        return functions.date_parts(np.asarray(values, "datetime64[s]"), fitted["parts"])


def _numbers(values: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A copy of numbers of shape (n, ...) as float64, and which of them are present.

    Raises
    ------
    FileFormatError
        When one is infinite, or all values of one place are missing.
    """
    rows, present = _present(values)
    _refuse_empty(present.any(axis=0))
    return rows, present


def _present(values: Any, start: int = 0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A copy of numbers as float64, and which of them are present; messages count samples from ``start``.

    Raises
    ------
    FileFormatError
        When one is infinite.
    """
    rows = np.array(values, np.float64)
    infinite = np.argwhere(np.isinf(rows))
    if len(infinite):
        place = start + int(infinite[0][0])
        raise FileFormatError(f"sample {place} has an infinite value", hint="correct or remove the sample")
    return rows, ~np.isnan(rows)


def _refuse_empty(some: Any) -> None:
    """Refuse numbers if all values of one place are missing.

    Raises
    ------
    FileFormatError
    """
    empty = np.argwhere(~some)
    if len(empty):
        raise _all_missing(tuple(empty[0].tolist()))


def _absent(values: Any) -> NDArray[np.bool_]:
    """Which texts are missing."""
    return np.fromiter((value is None for value in values), np.bool_, len(values))


def _counted(values: Any, missing: str) -> Counter[str | None]:
    """The count of each text; None is a missing one."""
    _refuse_missing(missing, _absent(values))
    counts = Counter[str | None](values)
    if set(counts) == {None}:
        raise _all_missing()
    return counts


def _texts(names: list[str]) -> NDArray[np.str_]:
    """Categories as an array.

    Raises
    ------
    FileFormatError
        When it would be huge, or would change them: NumPy drops NUL characters at the end, and files of new rows are
        read without the spaces around a text.
    """
    if spaced := [name for name in names if name != name.strip()]:
        raise FileFormatError(f"has the text {spaced[0]!r}, with spaces around it", hint="replace it by text.strip()")
    longest = max(map(len, names))
    if longest * len(names) > MOST_CHARACTERS:
        raise FileFormatError(
            f"has {len(names):,} distinct texts of up to {longest:,} characters; these are not categories",
            hint="leave the column out",
        )
    array = np.array(names, np.str_)
    if array.tolist() != names:
        raise FileFormatError("has a text that ends in a NUL character", hint="remove the character")
    return array


def _refuse_missing(missing: str, where: NDArray[np.bool_]) -> None:
    """With ``missing=error``, refuse the first sample with a missing value.

    Raises
    ------
    FileFormatError
    """
    if missing == "error" and where.any():
        raise FileFormatError(
            f"sample {np.argwhere(where)[0][0]} has a missing value",
            hint="give a value, or train with missing=fill",
        )


def _all_missing(place: tuple[int, ...] = ()) -> FileFormatError:
    where = f" at place {', '.join(map(str, place))} of each sample" if place else ""
    return FileFormatError(f"every value{where} is missing in the training part", hint="leave it out")


@hookimpl
def nnzoo_preprocessors() -> list[type[Preprocessor]]:
    return [Standardize, Fill, OneHot, Ordinal, DateParts]
