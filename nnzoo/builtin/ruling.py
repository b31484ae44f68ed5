"""Take printed lines away from what is written on ruled or squared paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnzoo.api import Floats
from nnzoo.builtin.regions import Mask, sliding

SMALLEST = 64
"""Pixels of the shorter side; in a smaller picture a line is no thinner than a stroke."""
SLOPES = np.arange(-0.06, 0.0601, 0.005)
"""How much a line may fall or rise, in pixels for each that it goes on."""
SHARE = 0.3
"""Quantile of the ink along a line that shows it: so much of the line may be missing."""
FAINTEST = 0.035
"""Ink of the faintest line, as a share of the paper's brightness."""


def without_lines(ink: Floats) -> Floats:
    """The ink of each pixel, and none where there is only a line that goes from one side of the picture to the other.

    Where a stroke crosses a line, it is kept: there the ink is darker than the line is, or goes on above and below.

    Parameters
    ----------
    ink : ndarray of shape (h, w)
        From 0 on the paper to 1.
    """
    if min(ink.shape) < SMALLEST:
        return ink
    return _without_rows(_without_rows(ink).T).T


def _without_rows(ink: Floats) -> Floats:
    height, width = ink.shape
    few = np.arange(0, width, max(1, width // 64))  # enough of each row to find lines by
    steps = [np.rint(slope * (few - width / 2)).astype(int) for slope in SLOPES]
    rank = int(SHARE * len(few))
    profiles = [np.partition(_sheared(ink[:, few], step), rank, axis=1)[:, rank] for step in steps]
    peaks = [np.maximum(profile - np.median(profile), 0) for profile in profiles]
    best = max(range(len(SLOPES)), key=lambda place: ((peaks[place] ** 2).sum(), -abs(SLOPES[place])))
    is_line = _thin(peaks[best] >= FAINTEST, max(3, round(0.04 * height)))
    if not is_line.any():
        return ink
    step = np.rint(SLOPES[best] * (np.arange(width) - width / 2)).astype(int)
    is_line = sliding(np.pad(is_line, 1), 3, np.logical_or, (0,))
    return _sheared(_cleaned(_sheared(ink, step), is_line), -step)


def _cleaned(ink: Floats, is_line: Mask) -> Floats:
    """Rows that are lines without what is no darker than the line and does not go on above and below."""
    level = np.pad(np.median(ink, axis=1, keepdims=True), ((1, 1), (0, 0)), mode="edge")
    level = sliding(level, 3, np.maximum, (0,))  # a line lies a pixel higher or lower here and there
    strong = ink >= max(FAINTEST, 0.5 * float(np.quantile(ink[~is_line], 0.995)))
    rows = np.arange(len(ink))
    above = np.maximum.accumulate(np.where(is_line, -1, rows))
    below = np.minimum.accumulate(np.where(is_line, len(ink), rows)[::-1])[::-1]
    goes_on = strong[above.clip(0)] & strong[below.clip(max=len(ink) - 1)]
    goes_on &= ((above >= 0) & (below < len(ink)))[:, None]
    kept = goes_on | (ink >= level + np.maximum(0.5 * level, 0.08))
    return np.where(is_line[:, None] & ~kept, 0, ink)


def _thin(rows: Mask, most: int) -> Mask:
    """Runs of True that are no longer than ``most``."""
    edges = np.flatnonzero(np.diff(np.pad(rows, 1).astype(np.int8)))
    thin = np.zeros_like(rows)
    for start, stop in edges.reshape(-1, 2):
        thin[start:stop] = stop - start <= most
    return thin


def _sheared(ink: Floats, steps: NDArray[np.intp]) -> Floats:
    """Each column moved up by so many pixels; what leaves the picture comes in again on the other side."""
    rows = (np.arange(len(ink))[:, None] + steps) % len(ink)
    moved: Floats = np.take_along_axis(ink, rows, axis=0)
    return moved
