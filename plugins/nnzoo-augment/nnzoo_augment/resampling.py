"""Pictures seen at other places than their pixels: bilinear, with 0 all around."""

from __future__ import annotations

from typing import Any

import numpy as np
from nnzoo.api import Arrays, Buffer, Floats
from numpy.typing import NDArray


def plan_resampling(shape: tuple[int, int, int]) -> dict[str, Buffer]:
    """What `resample` needs for pictures of (channels, height, width).

    ``rows`` and ``columns`` are what it is told: for each pixel, where to look.
    """
    channels, height, width = shape
    names = ("rows", "columns", "top", "bottom", "right")
    return {name: Buffer((height, width)) for name in names} | {
        "places": Buffer((height, width), np.intp),
        "framed": Buffer((channels, height + 2, width + 2)),
    }


def resample(images: Floats, workspace: Arrays) -> None:
    """Make each pixel what the picture is at the place (r, c) that ``rows`` and ``columns`` name, in place.

    Equation, with i = ⌊r⌋, j = ⌊c⌋, f = r − i and g = c − j::

        y = (1 − f) ((1 − g) x[i, j] + g x[i, j+1]) + f ((1 − g) x[i+1, j] + g x[i+1, j+1])

    where x is 0 outside of the picture.

    Parameters
    ----------
    images : ndarray of shape (n, channels, height, width)
        Changed in place.
    workspace : mapping of str to ndarray
        The arrays that `plan_resampling` plans. ``rows`` and ``columns`` are overwritten.
    """
    n, channels, height, width = images.shape
    framed, places = workspace["framed"], workspace["places"]
    top, bottom, right = workspace["top"], workspace["bottom"], workspace["right"]
    framed.fill(0)
    framed[:, :, 1:-1, 1:-1] = images  # one row or column of zeros is enough, as farther places are moved there

    f = _split(workspace["rows"], height, top)
    g = _split(workspace["columns"], width, bottom)
    top *= width + 2
    top += bottom
    np.copyto(places, top, casting="unsafe")
    plane = (height + 2) * (width + 2)
    places += (np.arange(n) * channels * plane)[:, None, None]

    pixels = framed.reshape(-1)
    for channel in range(channels):
        for row in (top, bottom):
            pixels.take(places, out=row, mode="clip")  # any other mode would buffer
            places += 1
            pixels.take(places, out=right, mode="clip")
            right -= row
            right *= g
            row += right
            places += width + 1
        bottom -= top
        bottom *= f
        np.add(top, bottom, out=images[:, channel])
        places += plane - 2 * (width + 2)


def affine(images: Floats, matrices: NDArray[Any], workspace: Arrays) -> None:
    """Map pictures linearly around their middle, in place: each pixel at p looks at A p.

    Parameters
    ----------
    images : ndarray of shape (n, channels, height, width)
        Changed in place.
    matrices : ndarray of shape (n, 2, 2)
        A of each sample, for rows and columns counted from the middle.
    workspace : mapping of str to ndarray
        The arrays that `plan_resampling` plans.
    """
    middle = [(size - 1) / 2 for size in images.shape[2:]]
    rows, columns = (np.arange(size) - half for size, half in zip(images.shape[2:], middle, strict=True))
    for name, line, half in zip(("rows", "columns"), matrices.swapaxes(0, 1), middle, strict=True):
        down, along = line[:, :1] * rows + half, line[:, 1:] * columns
        np.add(down[:, :, None], along[:, None, :], out=workspace[name])
    resample(images, workspace)


def _split(places: Floats, size: int, whole: Floats) -> Floats:
    """Places counted from the frame, without their whole parts, which are written elsewhere."""
    places += 1
    np.clip(places, 0, size + 1, out=places)
    np.floor(places, out=whole)
    np.minimum(whole, size, out=whole)
    places -= whole
    return places
