"""Numbers as pages write them. What is absurdly large, or is none, stays short."""

from __future__ import annotations

from typing import Any

from nnzoo.runs.record import number


def share(value: Any) -> str:
    """A share as a percentage.

    >>> share(0.9554), share(None)
    ('95.54%', '–')
    """
    found = number(value)
    return _short(found) if found is None or abs(found) > 1 else f"{found:.2%}"


def loss(value: Any) -> str:
    """A loss with four decimals.

    >>> loss(0.1), loss(1e30)
    ('0.1000', '1e+30')
    """
    found = number(value)
    return _short(found) if found is None or abs(found) >= 1e5 else f"{found:.4f}"


def seconds(value: Any) -> str:
    """A time.

    >>> seconds(0.03547), seconds(3725.2)
    ('0.0355 s', '3,725 s')
    """
    found = number(value)
    if found is None:
        return "–"
    return f"{found:,.0f} s" if 1e3 <= found < 1e9 else f"{found:.3g} s"


def count(value: Any) -> str:
    """A whole number.

    >>> count(4810), count("many")
    ('4,810', '–')
    """
    return f"{value:,}" if isinstance(value, int) and abs(value) < 10**15 else "–"


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
