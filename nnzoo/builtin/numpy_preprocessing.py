"""What preprocessors compute, in functions that need NumPy alone: training and exported scripts share their source.

So each stands for itself: beside its arguments it uses ``np``, ``math`` and ``Array``, and the functions here that its
docstring names. Numbers are float64.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


def standardize(x: Array, mean: Array, deviation: Array) -> Array:
    """Differences from the mean, in standard deviations; 0 where nothing deviated."""
    with np.errstate(over="ignore", invalid="ignore"):
        return (np.asarray(x, np.float64) - mean) / np.where(deviation > 0, deviation, np.inf)


def fill(x: Array, median: Array) -> Array:
    """The median in place of each missing number (NaN)."""
    return np.where(np.isnan(x), median, x)


def encode(x: Array, categories: Array, table: Array) -> Array:
    """The row of the table for each text: that of its category, or the last but one if it is of none.

    The last row is that of a missing value (None).
    """
    rows = {category: row for row, category in enumerate(categories.tolist())}
    unseen, missing = len(rows), len(rows) + 1
    return table[np.fromiter((missing if text is None else rows.get(text, unseen) for text in x), np.intp, len(x))]


def date_parts(x: Array, parts: Array) -> Array:
    """The year with its decimals, and the place of a date in each cycle as sine and cosine; NaN where it is missing."""
    seconds = x.astype("datetime64[s]").astype(np.int64)
    year, day = 31_556_952, 86_400  # seconds; the year is the mean one of the calendar, 365.2425 days
    turns = {
        "season": seconds % year / year,
        "day": (x.astype("datetime64[D]") - x.astype("datetime64[M]")).astype(np.int64) / 31,
        "weekday": (seconds // day + 3) % 7 / 7,  # 1970 began on a Thursday; a week begins on Monday
        "time": seconds % day / day,
    }
    columns = []
    for part in parts.tolist():
        angle = 2 * math.pi * turns[part] if part in turns else None
        columns += [1970 + seconds / year] if angle is None else [np.sin(angle), np.cos(angle)]
    result = np.stack(columns, axis=1)
    result[np.isnat(x)] = np.nan
    return result
