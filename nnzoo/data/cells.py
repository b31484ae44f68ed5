"""`Cells`: one column of a table, collected cell by cell and then converted to numbers, dates or categories."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import islice, repeat
from typing import Any, Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.data.parsing import (
    NO_NUMBER,
    WrittenDate,
    WrittenNumber,
    is_missing,
    number_text,
    plain_number,
    shown,
    written_date,
    written_number,
)
from nnzoo.kinds.columns import DateOrder

Found: TypeAlias = Literal["number", "date", "category", "empty"]

_KEPT = 1024
"""Different texts of a column that are kept unconditionally; after that, plain numbers are kept only as numbers."""
_FEW = 20
"""Up to this many different numbers with letters after them may be names: 1st, 2nd, 3rd."""
_OTHER_DECIMAL = {".": (",", "comma"), ",": (".", "point")}


class BadCell(Exception):  # noqa: N818 (the caller, who knows the file and the line, raises an error instead)
    """A fault of one cell, and how to fix it; ``{column}`` in the hint stands for its column."""

    def __init__(self, row: int, fault: str, hint: str) -> None:
        super().__init__(fault)
        self.row, self.fault, self.hint = row, fault, hint


class AmbiguousDates(BadCell):
    """Dates that do not show whether the day or the month comes first."""


@final
class Cells:
    """The cells of a column, in 16 bytes each, with every different text stored once.

    Parameters
    ----------
    decimal : str
        "." or ",": the decimal separator of numbers.
    delimiter : str
        The character between the fields of the file.
    keep_texts : bool
        Whether to keep the texts of all numbers, however many there are.
    """

    def __init__(self, decimal: str, delimiter: str, *, keep_texts: bool = False) -> None:
        self._decimal, self._delimiter = decimal, delimiter
        self._most_texts = float("inf") if keep_texts else _KEPT
        self._numbers = array("d")  # NaN for a cell that is not a plain number
        self._codes = array("q")  # indices of the texts; -1 for a cell that is kept only as a number
        self._texts: dict[str, int] = {}
        self._values = array("d")  # the plain number of each text, or NaN

    def extend(self, texts: Sequence[str]) -> None:
        """Add cells; spaces around them are ignored."""
        known, values, many = self._texts, self._values, len(self._texts) > self._most_texts
        numbers = self._all_plain(texts) if many else None
        if numbers is not None:
            self._numbers.extend(numbers)
            self._codes.extend(repeat(-1, len(numbers)))
            return
        for text in map(str.strip, texts):
            code = known.get(text, -1)
            if code >= 0:
                number = values[code]
            else:
                plain = plain_number(text, self._decimal)
                number = float("nan") if plain is None else plain
                if plain is None or not many:
                    code = known[text] = len(known)
                    values.append(number)
            self._codes.append(code)
            self._numbers.append(number)

    def __len__(self) -> int:
        return len(self._codes)

    def text(self, row: int) -> str:
        """The text of a cell; if only its number was kept, as Python formats it."""
        code = self._codes[row]
        return number_text(self._numbers[row]) if code < 0 else list(self._texts)[code]

    def texts(self) -> list[str]:
        """The texts of all cells; see `text`."""
        known = list(self._texts)
        pairs = zip(self._codes, self._numbers, strict=True)
        return [known[code] if code >= 0 else number_text(number) for code, number in pairs]

    def is_blank(self) -> bool:
        """Whether all cells are empty."""
        return set(self._texts) <= {""} and -1 not in self._codes

    def has_leading_zeros(self) -> bool:
        """Whether a whole number begins with a zero, like a code."""
        return any(len(text) > 1 and text[0] == "0" and text.isdecimal() for text in self._texts)

    def find_type(self) -> Found:
        """The type of the column, from all its cells: ``empty`` if all are missing, ``category`` for mixed texts.

        A column of mostly numbers or dates has that type: reading it as such reports the first cell that is different.
        """
        codes = np.array(self._codes, np.intp)
        counts = np.bincount(codes[codes >= 0], minlength=len(self._texts))
        plain = int((~np.isnan(np.array(self._numbers))).sum())
        odd = {text: int(counts[code]) for text, code in self._odd().items()}
        total = plain + sum(odd.values())
        if not total:
            return "empty"
        forms = {text: form for text in odd if (form := written_number(text, self._decimal))}
        units = {form.unit for form in forms.values()} | ({""} if plain else set())
        if len(forms) == len(odd) and len(units) <= 1:
            return "number"
        lettered = {text for text, form in forms.items() if form.unit[:1].isalpha()}
        names = lettered if len(lettered) <= _FEW else set()
        other, _ = _OTHER_DECIMAL[self._decimal]
        like = [text for text in odd if (text in forms and text not in names) or plain_number(text, other) is not None]
        if 2 * (plain + sum(odd[text] for text in like)) > total:
            return "number"
        if 2 * sum(count for text, count in odd.items() if written_date(text)) > total:
            return "date"
        return "category"

    def numbers(self) -> tuple[NDArray[np.float64], str]:
        """The column as numbers, NaN if missing, and their common unit: ``%``, ``$``, ``kg`` or none.

        Raises
        ------
        BadCell
            For the first cell that is not a number, or has another format than the others.
        """
        values, forms = np.array(self._numbers), dict[str, WrittenNumber]()
        for text in self._odd():
            form = written_number(text, self._decimal)
            if form is None:
                raise self._no_number(text)
            forms[text] = form
        plain = ~np.isnan(values)
        self._require_one_unit(forms, plain)
        self._require_one_grouping(forms, np.where(plain, values, 0.0))
        table = np.full(len(self._texts) + 1, np.nan)  # code -1, the last entry, is for cells without a text
        for text, form in forms.items():
            table[self._texts[text]] = form.value
        unit = next((form.unit for form in forms.values()), "")
        return np.where(plain, values, table[np.array(self._codes)]), unit

    def dates(self, order: DateOrder = "auto") -> tuple[NDArray[np.datetime64], DateOrder]:
        """The column as datetime64[s], NaT if missing, in UTC if dates state their time zones; and its order.

        The order of day and month that is returned is ``auto`` if no date depends on it.

        Parameters
        ----------
        order : {"auto", "day-first", "month-first"}
            The meaning of 3/4/2024; ``auto`` infers it from the other dates.

        Raises
        ------
        BadCell
            For the first cell that is not a date, or is ambiguous.
        """
        dates: dict[str, WrittenDate] = {}
        plain = np.flatnonzero(~np.isnan(np.array(self._numbers)))
        if len(plain):
            raise self._no_date(int(plain[0]))
        for text in self._odd():
            date = written_date(text)
            if date is None or (order != "auto" and getattr(date, order.replace("-", "_")) is None):
                raise self._no_date(self._row(text))
            dates[text] = date
        zoned = [date.zoned for date in dates.values()]
        if len(set(zoned)) > 1:
            text = next(text for text, date in dates.items() if date.zoned != zoned[0])
            states = "does not state" if zoned[0] else "states"
            fault = f"{shown(text)} {states} a time zone, unlike the dates before"
            raise BadCell(self._row(text), fault, "write all dates in the same format")
        chosen = self._order(dates) if order == "auto" else order
        table = np.full(len(self._texts) + 1, "NaT", "datetime64[s]")
        for text, date in dates.items():
            table[self._texts[text]] = date.day_first if chosen == "day-first" else date.month_first
        depends = any(date.month_first != date.day_first for date in dates.values())
        return table[np.array(self._codes, np.intp)], chosen if depends else "auto"

    def categories(self) -> NDArray[np.object_]:
        """The column as objects: unchanged texts, and None if missing.

        ``TRUE``, ``True`` and ``true`` are one category, as programs use all of these.
        """
        known = {text: category(text) for text in self._texts}
        return np.array([known.get(text, text) for text in self.texts()], object)

    def _all_plain(self, texts: Sequence[str]) -> list[float] | None:
        """The numbers in these cells; None if one is not a plain number."""
        joined = "\n".join(texts)
        if "_" in joined or (self._decimal == "," and "." in joined):
            return None
        try:
            numbers = list(map(float, joined.replace(",", ".").split("\n") if self._decimal == "," else texts))
        except ValueError:
            return None
        return numbers if len(numbers) == len(texts) and np.isfinite(numbers).all() else None

    def _odd(self) -> dict[str, int]:
        """The texts that are neither plain numbers nor missing."""
        plain = (~np.isnan(np.array(self._values))).tolist()
        return {t: code for t, code in self._texts.items() if not plain[code] and t.casefold() not in NO_NUMBER}

    def _row(self, text: str) -> int:
        """The first row with a text."""
        return self._codes.index(self._texts[text])

    def _require_one_unit(self, forms: dict[str, WrittenNumber], plain: NDArray[np.bool_]) -> None:
        first = {form.unit: self._row(text) for text, form in reversed(forms.items())}
        if plain.any():
            first[""] = min(int(plain.argmax()), first.get("", len(plain)))
        if len(first) > 1:
            row = sorted(first.values())[1]
            earlier = self.text(min(first.values()))
            raise BadCell(
                row,
                f"{shown(self.text(row))} has another unit than {shown(earlier)} before",
                "write all numbers of the column in one unit, or leave it out: ignore={column}",
            )

    def _require_one_grouping(self, forms: dict[str, WrittenNumber], plain: NDArray[np.float64]) -> None:
        """Refuse 1,234 if it may mean 1.234: beside 5678, or if no other number shows the meaning of the comma."""
        grouped = {text: form.grouping for text, form in forms.items() if form.grouping}
        if not grouped:
            return
        text, sign = next(iter(grouped.items()))
        other, name = _OTHER_DECIMAL[self._decimal]
        hint = f"write {text.replace(sign, '')}"
        hint += f"; or, if that is a decimal {name}: decimal={name}" if sign == other else ""
        rest = {text: form.value for text, form in forms.items() if not form.grouping}
        unlike = [
            *(self._row(text) for text in islice((t for t, s in grouped.items() if s != sign), 1)),
            *(self._row(text) for text in islice((t for t, value in rest.items() if abs(value) >= 1000), 1)),
            *np.flatnonzero(np.abs(plain) >= 1000)[:1].tolist(),
        ]
        if unlike:
            row = min(unlike)
            fault = f"{shown(text)} and {shown(self.text(row))} in one column do not show how thousands are separated"
            raise BadCell(max(row, self._row(text)), fault, hint)
        fractions = any(value % 1 for value in rest.values()) or bool((plain % 1 > 0).any())
        shows = any(form.sure for form in forms.values() if form.grouping) or fractions
        if sign == other and not shows and self._decimal == "." and self._delimiter != ",":
            fault = f"{shown(text)} may be a whole number, or one with a decimal {name}"
            raise BadCell(self._row(text), fault, hint)

    def _order(self, dates: dict[str, WrittenDate]) -> DateOrder:
        """The order of day and month in all dates."""
        no_month = next((text for text, date in dates.items() if date.month_first is None), None)
        no_day = next((text for text, date in dates.items() if date.day_first is None), None)
        if no_month is not None and no_day is not None:
            row = max(self._row(no_month), self._row(no_day))
            raise BadCell(
                row,
                f"{shown(self.text(row))} has day and month in another order than the dates before",
                "write all dates in the same format, such as 2024-12-31, or leave the column out: ignore={column}",
            )
        either = next((t for t, date in dates.items() if date.month_first != date.day_first), None)
        if either is not None and no_month is no_day is None:
            raise AmbiguousDates(
                self._row(either),
                f"{shown(either)} may be a day and a month, or a month and a day",
                "state which comes first, dates=day-first or dates=month-first, or write dates such as 2024-12-31",
            )
        return "month-first" if no_month is None else "day-first"

    def _no_number(self, text: str) -> BadCell:
        otherwise = "leave the column out: ignore={column}, or read it as categories: categorical={column}"
        other, name = _OTHER_DECIMAL[self._decimal]
        if plain_number(text, other) is not None:
            hint = f"if so: decimal={name}; if not, {otherwise}"
            return BadCell(self._row(text), f"{shown(text)} looks like a number with a decimal {name}", hint)
        finite = "a finite number" if text.casefold().strip("+-") in ("inf", "infinity") else "a number"
        fault = f"{shown(text)} is not {finite}"
        return BadCell(self._row(text), fault, f"correct the cell, or empty it; or {otherwise}")

    def _no_date(self, row: int) -> BadCell:
        fault = f"{shown(self.text(row))} is not a date, or has another format than the others"
        return BadCell(row, fault, "correct the cell, or empty it; or leave the column out: ignore={column}")


def category(text: Any) -> str | None:
    """The category of a text: None if it is missing, truth values in lower case."""
    if is_missing(text):
        return None
    folded: str = text.casefold()
    return folded if folded in ("true", "false") else str(text)
