"""The columns of a table while it is read, and as what a network sees."""

from __future__ import annotations

from array import array
from typing import NoReturn, final

import numpy as np
from numpy.typing import NDArray

from nnzoo_datasets.parting import Indices

MISSING = frozenset({"", "?", "na", "n/a", "#n/a", "nan", "null", "none"})
"""How a missing value may be written, in any case."""
MOST_CATEGORIES = 100

_LARGEST = float(np.finfo(np.float32).max)
_OTHER = {".": (",", "comma"), ",": (".", "point")}


class BadCell(Exception):  # noqa: N818 (whoever knows the file and the line makes an error of it)
    """What is wrong with one cell, and how to mend it."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


TOO_FAR = BadCell("the number is too far from those trained on", "mend it or remove the row")
"""What is wrong with a number that is beyond float32 once it is standardised."""


def number(text: str, decimal: str) -> float | None:
    """The number in a cell, or None where there is none that float32 can hold; ``decimal`` is "." or ","."""
    if "_" in text or (decimal == "," and "." in text):
        return None
    try:
        value = float(text.replace(",", ".") if decimal == "," else text)
    except ValueError:
        return None
    return value if abs(value) <= _LARGEST else None  # so NaN is none either


def is_missing(text: str) -> bool:
    """Whether a cell is empty, or says that it has no value."""
    return text.casefold() in MISSING


def shown(text: str) -> str:
    """A cell's text, quoted, and cut where it is long."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def new_column(name: str, text: str, *, categorical: bool, decimal: str) -> Numbers | Categories:
    """An empty column, of numbers or categories as its first cell is.

    Raises
    ------
    BadCell
        When the cell has a number, but one with the other decimal sign.
    """
    if categorical:
        return Categories(name, missing_allowed=True)
    if number(text, decimal) is not None or is_missing(text):  # adding it tells of a missing value
        return Numbers(name, decimal)
    _refuse_other_decimal(text, decimal)
    return Categories(name, missing_allowed=False)


def _refuse_other_decimal(text: str, decimal: str) -> None:
    other, name = _OTHER[decimal]
    if number(text, other) is not None:
        raise BadCell(f"{shown(text)} looks like a number with a decimal {name}", f"if it is one: decimal={name}")


@final
class Numbers:
    """A column of numbers."""

    def __init__(self, name: str, decimal: str) -> None:
        self.name = name
        self._decimal = decimal
        self._values = array("d")

    def add(self, text: str) -> None:
        """Take the next cell.

        Raises
        ------
        BadCell
            When it holds no number.
        """
        value = number(text, self._decimal)
        if value is None:
            self._refuse(text)
        else:
            self._values.append(value)

    def encode(self, train: Indices, standardize: bool) -> NDArray[np.float32]:
        """The column as float32 of shape (n, 1).

        Standardised, it has mean 0 and standard deviation 1 in the training part; where it is constant there, it is 0.
        """
        values = np.array(self._values)
        if standardize:
            values, _, _ = standardized(values, train)
        with np.errstate(over="ignore"):  # the table tells of what becomes infinite
            return values.astype(np.float32)[:, None]

    def _refuse(self, text: str) -> NoReturn:
        leave_out = f"leave the column out: ignore={self.name}"
        if is_missing(text):
            raise BadCell(f"the value is missing ({shown(text)})", f"fill it in, remove the row, or {leave_out}")
        _refuse_other_decimal(text, self._decimal)
        what = f"{shown(text)} is not a number, or not one that float32 can hold"
        raise BadCell(what, f"mend it, {leave_out}, or make categories of it: categorical={self.name}")


@final
class Categories:
    """A column of texts, each a category: one column of zeros and ones for each of them."""

    def __init__(self, name: str, missing_allowed: bool) -> None:
        self.name = name
        self._missing_allowed = missing_allowed
        self._codes = array("q")
        self._known: dict[str, int] = {}

    def add(self, text: str) -> None:
        """Take the next cell.

        Raises
        ------
        BadCell
            When the value is missing, or there are too many categories.
        """
        if is_missing(text) and not self._missing_allowed:
            raise BadCell(
                f"the value is missing ({shown(text)})",
                f"fill it in, remove the row, leave the column out: ignore={self.name}, or let a missing value be a "
                f"category: categorical={self.name}",
            )
        code = self._known.setdefault(text, len(self._known))
        if code == MOST_CATEGORIES:
            some = ", ".join(map(shown, list(self._known)[:3]))
            raise BadCell(
                f"the column has more than {MOST_CATEGORIES} different texts: {some}, …",
                f"leave it out: ignore={self.name}",
            )
        self._codes.append(code)

    def encode(self, train: Indices) -> tuple[NDArray[np.float32], list[str]]:
        """Zeros and ones as float32 of shape (n, k), for the k categories of the training part, sorted.

        The texts that are only elsewhere come along: there, all k are zero.
        """
        codes = np.array(self._codes)
        trained_on = set(codes[train].tolist())
        chosen = [code for text, code in sorted(self._known.items()) if code in trained_on]
        others = [text for text, code in sorted(self._known.items()) if code not in trained_on]
        return (codes[:, None] == np.array(chosen)).astype(np.float32), others


def standardized(values: NDArray[np.float64], train: Indices) -> tuple[NDArray[np.float64], float, float]:
    """Values less their mean, over their standard deviation; mean and deviation are those of the training part.

    Where they are constant there, the deviation is 0, and so are all values: a network can learn nothing of them.
    """
    known = values[train]
    mean, spread = float(known.mean()), float(np.ptp(known))
    if not spread:
        return np.zeros_like(values), mean, 0.0
    values = (values - mean) / spread  # a square can neither overflow now nor vanish
    deviation = float(values[train].std())
    return values / deviation, mean, deviation * spread
