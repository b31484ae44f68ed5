"""Samples and other arrays as images, mosaics of images, and small image files."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Shape

_COLOR_CHANNELS = 3
_BACKGROUND = 0.2
"""If more than this share of the pixels is 0, images are drawn as dark ink on white paper."""


def is_picture(shape: Shape) -> bool:
    """Whether samples of this shape are images: height and width, with one or three channels first or last."""
    return len(shape) == 2 or (len(shape) == 3 and bool({shape[0], shape[-1]} & {1, _COLOR_CHANNELS}))


def as_picture(values: NDArray[Any]) -> NDArray[Any]:
    """Return one sample in matplotlib's shape of images: (h, w), or (h, w, 3) in colour.

    Parameters
    ----------
    values : ndarray of shape (h, w), (c, h, w) or (h, w, c)
        With one channel or three.

    Raises
    ------
    ValueError
        When the sample is not an image; see `is_picture`.
    """
    if not is_picture(values.shape):
        raise ValueError(f"an array of shape {values.shape} is not an image")
    if values.ndim == 2:
        return values
    if values.shape[-1] not in (1, _COLOR_CHANNELS):
        values = np.moveaxis(values, 0, -1)
    return values[..., 0] if values.shape[-1] == 1 else values


def as_shades(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Return images with values from 0 (black) to 1 (white); a mostly empty background becomes white.

    Parameters
    ----------
    samples : ndarray of shape (n, *picture)
        At least one. Values that are not finite count as 0.

    Returns
    -------
    ndarray of shape (n, h, w) or (n, h, w, 3)
    """
    pictures = np.stack([as_picture(sample) for sample in samples]).astype(np.float64)
    pictures = np.nan_to_num(pictures, nan=0, posinf=0, neginf=0)
    low, high = min(pictures.min(), 0.0), pictures.max()
    shades: NDArray[np.float64] = (pictures - low) / ((high - low) or 1)
    is_ink = pictures.ndim == 3 and np.mean(pictures == 0) > _BACKGROUND
    return 1 - shades if is_ink else shades


def evenly_spaced(size: int, most: int) -> NDArray[np.intp]:
    """Return up to ``most`` indices below ``size``, evenly spaced from the first to the last."""
    places: NDArray[np.intp] = np.linspace(0, size - 1, min(size, most)).round().astype(np.intp)
    return places


def mosaic_gap(width: int) -> int:
    """Return the gap of `mosaic` between images of that width, in pixels."""
    return max(1, width // 14)


def square_columns(pictures: int) -> int:
    """Return the number of columns of `square_mosaic`: about as many as there are rows."""
    return math.ceil(math.sqrt(pictures))


def square_mosaic(pictures: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Combine images of one size into a mosaic that is about square; gaps are NaN."""
    columns = square_columns(len(pictures))
    return mosaic([pictures[start : start + columns] for start in range(0, len(pictures), columns)], math.nan)


def mosaic(rows: Sequence[Sequence[NDArray[Any]]], background: float) -> NDArray[np.float64]:
    """Combine rows of images of one size, with narrow gaps, into one image.

    Parameters
    ----------
    rows : sequence of sequences of ndarray, each of shape (h, w) or (h, w, 3)
        Rows may be of different lengths; the first is not empty.
    background : float
        The value of gaps.
    """
    height, width, *channels = rows[0][0].shape
    gap = mosaic_gap(width)
    columns = max(map(len, rows))
    shape = (len(rows) * (height + gap) - gap, columns * (width + gap) - gap, *channels)
    whole = np.full(shape, background, np.float64)
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            top, left = row * (height + gap), column * (width + gap)
            whole[top : top + height, left : left + width] = picture
    return whole


def picture_png(shades: NDArray[Any]) -> bytes:
    """Return an image as the contents of a PNG file; the same image always gives the same bytes.

    Parameters
    ----------
    shades : ndarray of shape (h, w) or (h, w, 3)
        From 0 (black) to 1 (white), as `as_shades` returns them.
    """
    from matplotlib.image import imsave  # not above, because `is_picture` is used without drawing

    buffer = io.BytesIO()
    imsave(buffer, shades, vmin=0, vmax=1, cmap="gray", format="png")
    return buffer.getvalue()
