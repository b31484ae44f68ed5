"""Regions of a black-and-white picture, and sliding windows over a grey one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Mask: TypeAlias = NDArray[np.bool_]


def connected_regions(mask: Mask, *, corners: bool = True) -> NDArray[np.intp]:
    """Number the regions of a mask of shape (h, w): 1, 2, … for pixels that touch, and 0 elsewhere.

    Rows are divided into runs of True; touching runs of neighbouring rows belong to one group, which has the number of
    its first run.

    Parameters
    ----------
    mask : ndarray of shape (h, w), bool
        The mask.
    corners : bool
        Whether pixels that share only a corner touch.

    >>> connected_regions(np.array([[1, 0, 0, 1], [0, 1, 0, 1]], bool))
    array([[1, 0, 0, 2],
           [0, 1, 0, 2]])
    """
    height, width = mask.shape
    stride, reach = width + 2, int(corners)
    framed = np.zeros((height, stride), np.int8)
    framed[:, 1:-1] = mask
    steps = np.diff(framed.ravel())
    starts, ends = np.flatnonzero(steps == 1) + 1, np.flatnonzero(steps == -1) + 1
    first = np.searchsorted(ends, starts + stride - reach, "right")  # the first touching run in the row below …
    count = np.maximum(np.searchsorted(starts, ends + stride + reach, "left") - first, 0)  # … and their number
    upper = np.repeat(np.arange(len(starts)), count)
    lower = np.arange(len(upper)) - np.repeat(count.cumsum() - count, count) + np.repeat(first, count)
    group = np.arange(len(starts))
    while (one := group[upper]).tobytes() != (other := group[lower]).tobytes():
        np.minimum.at(group, np.maximum(one, other), np.minimum(one, other))
        while ((further := group[group]) != group).any():
            group = further
    is_first = np.zeros(len(starts), np.intp)
    is_first[group] = 1
    number = is_first.cumsum()[group]
    painted = np.zeros(height * stride + 1, np.intp)
    painted[starts], painted[ends] = number, -number
    return painted.cumsum()[:-1].reshape(height, stride)[:, 1:-1]


def filled(mask: Mask) -> Mask:
    """The mask with its holes filled: all pixels that can't be reached from outside without crossing it."""
    framed = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), bool)
    framed[1:-1, 1:-1] = mask
    outside = connected_regions(~framed, corners=False)
    inside: Mask = (outside != outside[0, 0])[1:-1, 1:-1]
    return inside


def box(mask: Mask) -> tuple[slice, slice]:
    """The rows and columns of the smallest box around all True pixels; at least one must be True."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def border(values: NDArray[Any]) -> NDArray[Any]:
    """The outermost pixels; corners count twice."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def sliding(values: NDArray[Any], width: int, function: Callable[..., Any], axes: tuple[int, ...] = (0, 1)) -> Any:
    """The function (np.minimum, np.maximum, …) over each window of ``width`` pixels; axes get shorter by width − 1.

    Windows consist of two halves, and these of quarters: the time grows with the logarithm of the width.
    """
    for axis in axes:
        lines, size = np.moveaxis(values, axis, 0), 1
        while 2 * size <= width:
            lines, size = function(lines[:-size], lines[size:]), 2 * size
        if size < width:
            lines = function(lines[: len(lines) - (width - size)], lines[width - size :])
        values = np.moveaxis(lines, 0, axis)
    return values
