"""The functions of preprocessors in plain NumPy; training uses them, and exported scripts contain their source.

So each function stands alone: beside its arguments it uses ``np``, ``math``, ``Array``, and the functions here that its
docstring names. Numbers are float64.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


def standardize(x: Array, mean: Array, deviation: Array) -> Array:
    """Differences from the mean in standard deviations; 0 where the deviation is 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        return (np.asarray(x, np.float64) - mean) / np.where(deviation > 0, deviation, np.inf)


def fill(x: Array, median: Array) -> Array:
    """The median in place of each missing number (NaN)."""
    return np.where(np.isnan(x), median, x)


def encode(x: Array, categories: Array, table: Array) -> Array:
    """The row of the table for each text: that of its category, or the last but one for an unknown text.

    The last row is for a missing value (None).
    """
    rows = {category: row for row, category in enumerate(categories.tolist())}
    unseen, missing = len(rows), len(rows) + 1
    return table[np.fromiter((missing if text is None else rows.get(text, unseen) for text in x), np.intp, len(x))]


def date_parts(x: Array, parts: Array) -> Array:
    """The year with decimals, and the position of a date in each cycle as sine and cosine; NaN if it is missing."""
    seconds = x.astype("datetime64[s]").astype(np.int64)
    year, day = 31_556_952, 86_400  # seconds; the mean year of the calendar has 365.2425 days
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


def grey(picture: Array) -> Array:
    """A picture of shape (h, w, 3) in grey, 0.299 red + 0.587 green + 0.114 blue in 16 bits; (h, w) as it is."""
    if picture.ndim == 2:
        return picture
    weights = np.array([19595, 38470, 7471], np.float32)  # of bytes, the sums stay below 2²⁴: float32 is exact
    return np.stack([((row @ weights + 32768) / 65536).astype(np.uint8) for row in picture])


def resampling(length: int, size: int, scale: float) -> Array:
    """The weights of ``length`` old pixels for each of ``size`` new pixels, which are ``scale`` times as far apart.

    Old and new row have the same centre. The weight falls linearly from the centre of a new pixel to that of its
    neighbours, or to the next old pixel if that is farther; the weights of a new pixel sum to 1. A new pixel whose
    centre lies outside has no weights. They are multiples of 2⁻²², so that sums of their products with bytes are exact
    in float64, in any order.
    """
    middle = (np.arange(size) + 0.5 - size / 2) * scale + length / 2
    weight = np.maximum(1 - np.abs(np.arange(length) + 0.5 - middle[:, None]) / max(scale, 1), 0)
    weight[(middle < 0) | (middle > length)] = 0
    total = weight.sum(axis=1, keepdims=True)
    return np.rint(weight / np.where(total > 0, total, 1) * 2**22) / 2**22


def resized(picture: Array, height: int, width: int, method: str) -> Array:
    """A picture of shape (h, w), resized by `resampling`: stretched, padded with black, or cropped."""
    scales = picture.shape[0] / height, picture.shape[1] / width
    if method != "stretch":
        scales = ((max if method == "pad" else min)(scales),) * 2
    down, across = resampling(picture.shape[0], height, scales[0]), resampling(picture.shape[1], width, scales[1])
    return np.rint(down @ picture @ across.T).clip(0, 255).astype(np.uint8)


def square(picture: Array, size: int, method: str, color: str) -> Array:
    """A picture as a square, by `resized`: of shape (size, size) in `grey`, else (3, size, size)."""
    if color == "grey":
        return resized(grey(picture), size, size, method)
    channels = [picture] * 3 if picture.ndim == 2 else [picture[..., channel] for channel in range(3)]
    return np.stack([resized(channel, size, size, method) for channel in channels])
