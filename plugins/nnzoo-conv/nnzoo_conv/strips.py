"""The strips of an image: "im2col" along one axis, which spares the other one its copies.

Strips have the shape (n, c, across, s, rows, columns), for a window of so many columns that moves s pixels at a
time. Strip j is what column j of the window meets at each of its places v, in every row of the image padded with zeros.
Row s q + m stands at [m, q], so that the rows which one row of the window meets, s apart, stand one after the other::

    strips[n, c, j, m, q, v] = padded[n, c, s q + m, s v + j]
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from nnzoo.api import Floats, Shape


def strips_within(buffer: Floats, shape: Shape) -> Floats:
    """The first numbers of each sample's buffer as a view of this shape.

    Parameters
    ----------
    buffer : ndarray of shape (n, at least as many numbers)
        Its samples stand in the first axis.
    shape : tuple of int
        Of one sample.
    """
    return buffer[:, : math.prod(shape)].reshape(len(buffer), *shape)


def correlate(weight: Floats, seen: Sequence[Floats], y: Floats, products: Floats) -> None:
    """Write Σᵢ Wᵢᵀ seenᵢ into y.

    Parameters
    ----------
    weight : ndarray of shape (k, values, f)
        Of each row of the window.
    seen : sequence of k ndarrays of shape (n, values, places)
        What each row of the window sees.
    y : ndarray of shape (n, f, places)
        Overwritten.
    products : ndarray of shape (n, at least f · places)
        Scratch space.
    """
    product = strips_within(products, y.shape[1:])
    np.matmul(weight[0].T, seen[0], out=y)
    for i in range(1, len(weight)):
        np.matmul(weight[i].T, seen[i], out=product)
        y += product


def pair_pixels(strips: Floats, image: Floats, top: int, left: int) -> list[tuple[Floats, Floats]]:
    """Pieces of the strips and the pixels that belong there, as views of one shape; zeros belong in the rest.

    Parameters
    ----------
    strips : ndarray of shape (n, c, across, s, rows, columns)
        Written to, or added up.
    image : ndarray of shape (n, c, height, width)
        Not padded.
    top, left : int
        Rows and columns of zeros that padding puts before the image.
    """
    _, _, k, s, rows, columns = strips.shape
    _, _, height, width = image.shape
    pairs = []
    for j in range(k):
        places, x = overlap(columns, width, s, j - left)
        for m in range(s):
            quotients, y = overlap(rows, height, s, m - top)
            pairs.append((strips[:, :, j, m, quotients, places], image[:, :, y, x]))
    return pairs


def overlap(count: int, length: int, step: int, offset: int) -> tuple[slice, slice]:
    """Those v of 0 … count − 1 for which step · v + offset is one of 0 … length − 1, and these numbers themselves.

    >>> overlap(4, 6, 2, -1)  # −1, 1, 3 and 5, of 0 … 5
    (slice(1, 4, None), slice(1, 7, 2))
    """
    first = max(0, -(offset // step))
    stop = max(first, min(count, (length - 1 - offset) // step + 1))
    start = step * first + offset
    return slice(first, stop), slice(start, start + step * (stop - first), step)


def seen_by_rows(strips: Floats, k: int, height: int) -> list[Floats]:
    """What each of the window's k rows sees at its height · columns places, as views of shape (n, c · across, places).

    Row i sees what row 0 sees, but from i rows further down.
    """
    n, c, across, s, rows, columns = strips.shape
    flat = strips.reshape(n, c * across, s, rows * columns)
    return [flat[:, :, i % s, i // s * columns : (i // s + height) * columns] for i in range(k)]
