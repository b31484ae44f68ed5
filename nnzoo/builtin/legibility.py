"""Recognise what can't be a digit, so that nothing is read into it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nnzoo.api import Floats, UnreadablePictureError
from nnzoo.builtin.regions import Mask, box, connected_regions, filled, sliding

_SIDE_BY_SIDE, _IN_LINES = 0.08, 0.15
"""How far two digits are apart at least, as a share of the higher one: in a row, and one above the other."""


def require_one_digit(ink: Floats) -> None:
    """Refuse what is written where it is more than one digit.

    Parameters
    ----------
    ink : ndarray of shape (h, w)
        From 0 to 1.

    Raises
    ------
    UnreadablePictureError
    """
    regions = connected_regions(ink >= 0.5)
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    boxes = [box(regions == number) for number in np.flatnonzero(sizes >= 0.15 * sizes.max())]
    tallest = max(rows.stop - rows.start for rows, _ in boxes)
    tall = [each for each in boxes if each[0].stop - each[0].start >= 0.6 * tallest]
    for (rows, columns), (other_rows, other_columns) in combinations(tall, 2):
        beside, below = _gap(columns, other_columns), _gap(rows, other_rows)
        if beside >= _SIDE_BY_SIDE * tallest or below >= _IN_LINES * tallest:
            raise UnreadablePictureError("shows more than one digit", hint="cut out one of them")


def require_digit(sample: NDArray[np.uint8]) -> None:
    """Refuse what no digit looks like.

    The limits are those of 16,000 images of MNIST and a little more: three regions, three holes, a stroke that is
    10 pixels wide, and 275 pixels of ink.

    Parameters
    ----------
    sample : ndarray of shape (28, 28)
        In the form of MNIST's.

    Raises
    ------
    UnreadablePictureError
    """
    mask = sample >= 128
    regions, holes = _pieces(mask, corners=True), _pieces(filled(mask) & ~mask, corners=False)
    wide = sliding(mask, 11, np.logical_and).any()
    if regions > 4 or holes > 4 or wide or mask.sum() > 300:
        raise UnreadablePictureError(
            "shows nothing that looks like a digit", hint="cut the digit out of its surroundings"
        )


def _pieces(mask: Mask, *, corners: bool) -> int:
    """How many regions have three pixels or more."""
    return int((np.bincount(connected_regions(mask, corners=corners).ravel())[1:] >= 3).sum())


def _gap(one: slice, other: slice) -> int:
    return int(max(one.start, other.start) - min(one.stop, other.stop))
