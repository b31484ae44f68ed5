"""One cell's text as a number or a date, in any of the ways that people and programs write them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

MISSING = frozenset(
    {"", "?", "na", "n/a", "n.a.", "#n/a", "#na", "nan", "-nan", "nat", "<na>", "null", "none"}
    | {"#null!", "#div/0!", "#ref!", "#value!", "#name?", "#num!", "#error!"}
)
"""How a missing value may be written, in any case: by statistics programs, databases, pandas and spreadsheets."""
NO_NUMBER = MISSING | {"-", "--", "–", "—", "."}
"""How a missing number or date may be written; among texts, these are texts."""

_CURRENCIES = "$¢£¤¥₡₦₩₪₫€₱₲₴₵₸₹₺₽₿฿"
_GROUPING = " \u00a0\u2009\u202f'’"
"""What may stand between thousands, beside the decimal sign of other countries."""
_LONGEST = 64
"""Characters of a number with a unit, or of a date; what is longer is a text, and not searched at length."""
_MONTHS = tuple(
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)


def is_missing(text: str) -> bool:
    """Whether a cell is empty, or says that it has no value.

    >>> is_missing(""), is_missing("N/A"), is_missing("#DIV/0!"), is_missing("-")
    (True, True, True, False)
    """
    return text.casefold() in MISSING


def shown(text: str) -> str:
    """A cell's text, quoted, and cut where it is long."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def plain_number(text: str, decimal: str) -> float | None:
    """The number in a cell that has nothing else, or None; ``decimal`` is "." or ",".

    >>> plain_number("-1.5e3", "."), plain_number("1,5", ","), plain_number("1,234", "."), plain_number("inf", ".")
    (-1500.0, 1.5, None, None)
    """
    if "_" in text or (decimal == "," and "." in text):
        return None
    text = text.replace("−", "-")
    try:
        value = float(text.replace(",", ".") if decimal == "," else text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class WrittenNumber:
    """A number with what stands around it: ``-$1,234.50`` has the unit ``$`` and the grouping ``,``."""

    value: float
    unit: str = ""
    grouping: str = ""
    sure: bool = True
    """Whether the grouping can't be a decimal sign: a decimal sign or a second group shows it."""


@cache
def _number_pattern(decimal: str) -> re.Pattern[str]:
    point, other = re.escape(decimal), "," if decimal == "." else "."
    grouped = rf"[1-9]\d{{0,2}}(?P<group>[{other}{_GROUPING}])\d{{3}}(?P<more>(?:(?P=group)\d{{3}})*)"
    number = rf"(?:{grouped}(?P<fraction>{point}\d*)?|\d+(?:{point}\d*)?(?:[eE][+-]?\d+)?|{point}\d+(?:[eE][+-]?\d+)?)"
    unit = rf"%|‰|[{_CURRENCIES}]|°[CF]?|[^\W\d_]{{1,12}}(?:/[^\W\d_]{{1,12}})?[²³]?"
    return re.compile(
        rf"(?P<sign>[+-]?)\s*(?P<before>[{_CURRENCIES}]?)\s*(?P<inner>[+-]?)(?P<number>{number})\s*(?P<after>{unit})?"
    )


def written_number(text: str, decimal: str) -> WrittenNumber | None:
    """The number in a cell that may have a unit, and groups of three digits.

    >>> written_number("12 %", "."), written_number("-$1,234.50", ".").value, written_number("<5", ".")
    (WrittenNumber(value=12.0, unit='%', grouping='', sure=True), -1234.5, None)
    """
    plain = plain_number(text, decimal)
    if plain is not None:
        return WrittenNumber(plain)
    match = _number_pattern(decimal).fullmatch(text.replace("−", "-")) if len(text) <= _LONGEST else None
    if match is None or (match["sign"] and match["inner"]) or (match["before"] and match["after"]):
        return None
    group = match["group"] or ""
    value = plain_number(match["number"].replace(group, "") if group else match["number"], decimal)
    if value is None:
        return None
    sure = not group or group not in ".," or bool(match["more"] or match["fraction"])
    signed = -value if "-" in (match["sign"], match["inner"]) else value
    return WrittenNumber(signed, match["before"] or match["after"] or "", group, sure)


@dataclass(frozen=True)
class WrittenDate:
    """A date, or the two that ``3/4/2024`` may mean; in UTC where it states its time zone."""

    month_first: datetime | None
    day_first: datetime | None
    zoned: bool = False


_TIME = (
    r"(?:(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|[+-]\d\d(?::?\d\d)?)?)?"
)
_DATES = tuple(
    re.compile(date + _TIME)
    for date in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})",
        r"(?P<one>\d{1,2})(?P<mark>[-/])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4})",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[ -](?P<name>[A-Za-z]{3,9})\.?,?[ -](?P<year>\d{4})",
        r"(?P<name>[A-Za-z]{3,9})\.?[ -](?P<day>\d{1,2})(?:st|nd|rd|th)?,?[ -](?P<year>\d{4})",
        r"(?P<year>\d{4})-(?P<month>\d\d)",
    )
)


def written_date(text: str) -> WrittenDate | None:
    """The date in a cell, with or without a time; None where there is none, or its year has two digits.

    >>> written_date("31.12.2024 18:30").day_first
    datetime.datetime(2024, 12, 31, 18, 30)
    >>> date = written_date("1/31/2024")
    >>> date.month_first, date.day_first
    (datetime.datetime(2024, 1, 31, 0, 0), None)
    """
    patterns = _DATES if len(text) <= _LONGEST else ()
    match = next(filter(None, (pattern.fullmatch(text) for pattern in patterns)), None)
    if match is None:
        return None
    found = match.groupdict()
    if "one" in found:
        one, two = found["one"], found["two"]
        month_first, day_first = _moment(found, one, two), _moment(found, two, one)
    else:
        month_first = day_first = _moment(found, found.get("month") or _month(found["name"]), found.get("day") or "1")
    if month_first is None and day_first is None:
        return None
    return WrittenDate(month_first, day_first, found["zone"] is not None)


def _month(name: str) -> str:
    """The number of a month, whose name may be cut; 0 where there is none of that name."""
    return str(next((n for n, month in enumerate(_MONTHS, 1) if month.startswith(name.lower())), 0))


def _moment(found: dict[str, str | None], month: str, day: str) -> datetime | None:
    """The date with its time, in UTC; None where there is no such day or time."""
    year, minute, second = (int(found[name] or 0) for name in ("year", "minute", "second"))
    hour = int(found["hour"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (found["half"][0] in "Pp")
    zone = (found["zone"] or "").replace(":", "")
    try:
        moment = datetime(year, int(month), int(day), hour, minute, second)
        if zone[:1] in ("+", "-"):
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:] or 0))
            moment -= offset if zone[0] == "+" else -offset
    except (ValueError, OverflowError):
        return None
    return moment
