"""Numbers as pages write them. What is absurdly large, or is none, stays short."""

from __future__ import annotations


def share(value: float | None) -> str:
    """A share as a percentage.

    >>> share(0.9554), share(None)
    ('95.54%', '–')
    """
    return _short(value) if value is None or abs(value) > 1 else f"{value:.2%}"


def loss(value: float | None) -> str:
    """A loss with four decimals.

    >>> loss(0.1), loss(1e30)
    ('0.1000', '1e+30')
    """
    return _short(value) if value is None or abs(value) >= 1e5 else f"{value:.4f}"


def measure(value: float | None, *, signed: bool = False) -> str:
    """A value in the units of the data, or a metric that is not a share.

    >>> measure(0.86942), measure(184250.4), measure(-3, signed=True), measure(1e30)
    ('0.8694', '184,250', '-3', '1e+30')
    """
    if value is None:
        return "–"
    sign = "+" if signed else ""
    return f"{value:{sign},.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:{sign}.4g}"


def metric(value: float | None, *, is_share: bool) -> str:
    """A metric."""
    return share(value) if is_share else measure(value)


def seconds(value: float | None) -> str:
    """A time.

    >>> seconds(0.03547), seconds(3725.2)
    ('0.0355 s', '3,725 s')
    """
    if value is None:
        return "–"
    return f"{value:,.0f} s" if 1e3 <= value < 1e9 else f"{value:.3g} s"


def count(value: int | None) -> str:
    """A whole number.

    >>> count(4810), count(None)
    ('4,810', '–')
    """
    return f"{value:,}" if value is not None and abs(value) < 10**15 else "–"


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
