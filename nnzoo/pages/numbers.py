"""The format of numbers in pages. Absurdly large and missing numbers stay short."""

from __future__ import annotations


def seconds(value: float | None) -> str:
    """Format a time.

    >>> seconds(0.03547), seconds(3725.2)
    ('0.0355 s', '3,725 s')
    """
    if value is None:
        return "–"
    return f"{value:,.0f} s" if 1e3 <= value < 1e9 else f"{value:.3g} s"


def count(value: int | None) -> str:
    """Format a whole number.

    >>> count(4810), count(None)
    ('4,810', '–')
    """
    return f"{value:,}" if value is not None and abs(value) < 10**15 else "–"


def share(value: float | None) -> str:
    """Format a share.

    >>> share(0.9814), share(None)
    ('98.14%', '–')
    """
    return "–" if value is None else f"{value:.2%}"
