"""Parse the text of a cell as a number or a date, in the formats that people and programs use."""

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
"""Spellings of a missing value, in any case, of statistics programs, databases, pandas and spreadsheets."""
NO_NUMBER = MISSING | {"-", "--", "–", "—", "."}
"""Spellings of a missing number or date; among texts, these are texts."""

_CURRENCIES = "$¢£¤¥₡₦₩₪₫€₱₲₴₵₸₹₺₽₿฿"
_GROUPING = " \u00a0\u2009\u202f'’"
"""Thousands separators, besides the other decimal sign."""
_LONGEST = 64
"""Most characters of a number with a unit, or of a date; longer texts are not searched."""
_MONTHS = tuple(
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)


def is_missing(text: str) -> bool:
    """Whether a cell is empty, or has a spelling of a missing value.

    >>> is_missing(""), is_missing("N/A"), is_missing("#DIV/0!"), is_missing("-")
    (True, True, True, False)
    """
    return text.casefold() in MISSING


def shown(text: str) -> str:
    """A cell's text in quotes, shortened to 40 characters."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def plain_number(text: str, decimal: str) -> float | None:
    """The number in a cell without unit or grouping, or None; ``decimal`` is "." or ",".

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


def number_text(value: float) -> str:
    """A number as the name of a category or class: whole ones with all their digits, others with twelve.

    >>> number_text(2.0), number_text(-0.0), number_text(0.1 + 0.2), number_text(4006381333931.0), number_text(1e300)
    ('2', '0', '0.3', '4006381333931', '1e+300')
    """
    exact = float(value).is_integer() and abs(value) <= 2**53
    return str(int(value)) if exact else f"{value:.12g}"


@dataclass(frozen=True)
class WrittenNumber:
    """A number with its unit and grouping: ``-$1,234.50`` has the unit ``$`` and the grouping ``,``."""

    value: float
    unit: str = ""
    grouping: str = ""
    sure: bool = True
    """Whether the grouping can't be a decimal sign, because of a decimal sign or a second group."""


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
    """The number in a cell, possibly with a unit and groups of three digits; None if there is none.

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
    """A date, or the two meanings of ``3/4/2024``; in UTC if it states its time zone."""

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
    """The date in a cell, with or without a time; None if there is none, or its year has two digits.

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
    parts = match.groupdict()
    if "one" in parts:
        one, two = parts["one"], parts["two"]
        month_first, day_first = _moment(parts, one, two), _moment(parts, two, one)
    else:
        month_first = day_first = _moment(parts, parts.get("month") or _month(parts["name"]), parts.get("day") or "1")
    if month_first is None and day_first is None:
        return None
    return WrittenDate(month_first, day_first, parts["zone"] is not None)


def _month(name: str) -> str:
    """The number of a month from its name, which may be abbreviated; 0 if there is no such month."""
    return str(next((n for n, month in enumerate(_MONTHS, 1) if month.startswith(name.lower())), 0))


def _moment(parts: dict[str, str | None], month: str, day: str) -> datetime | None:
    """The date and time in UTC; None if there is no such day or time."""
    year, hour, minute, second = (int(parts[name] or 0) for name in ("year", "hour", "minute", "second"))
    if parts["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (parts["half"][0] in "Pp")
    zone = (parts["zone"] or "").replace(":", "")
    try:
        moment = datetime(year, int(month), int(day), hour, minute, second)
        if zone[:1] in ("+", "-"):
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:] or 0))
            moment -= offset if zone[0] == "+" else -offset
    except (ValueError, OverflowError):
        return None
    return moment
