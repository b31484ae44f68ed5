"""Samples, and other arrays, as pictures, and as small image files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Shape

_COLOR_CHANNELS = 3
_BACKGROUND = 0.2
"""Pictures of which so large a share is 0 have an empty background: they are drawn as ink on paper."""


def is_picture(shape: Shape) -> bool:
    """Whether samples of this shape can be looked at: height and width, with one channel or three at either end."""
    return len(shape) == 2 or (len(shape) == 3 and bool({shape[0], shape[-1]} & {1, _COLOR_CHANNELS}))


def as_picture(values: NDArray[Any]) -> NDArray[Any]:
    """The values of one sample as matplotlib wants a picture: of shape (h, w), or (h, w, 3) in colour.

    Parameters
    ----------
    values : ndarray of shape (h, w), (c, h, w) or (h, w, c)
        With one channel or three.

    Raises
    ------
    ValueError
        When it is not one; see `is_picture`.
    """
    if not is_picture(values.shape):
        raise ValueError(f"an array of shape {values.shape} is not an image")
    if values.ndim == 2:
        return values
    if values.shape[-1] not in (1, _COLOR_CHANNELS):
        values = np.moveaxis(values, 0, -1)
    return values[..., 0] if values.shape[-1] == 1 else values


def as_shades(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Pictures with values of any range, from 0 (black) to 1 (white); what is drawn on nothing is ink on paper.

    Parameters
    ----------
    samples : ndarray of shape (n, *picture)
        At least one. What is not finite counts as 0.

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


def mosaic_gap(width: int) -> int:
    """How many pixels `mosaic` leaves between pictures of that width."""
    return max(1, width // 14)


def mosaic(rows: Sequence[Sequence[NDArray[Any]]], background: float) -> NDArray[np.float64]:
    """Rows of pictures of one size, with narrow gaps, as one picture.

    Parameters
    ----------
    rows : sequence of sequences of ndarray, each of shape (h, w) or (h, w, 3)
        Rows may be of different lengths; the first is not empty.
    background : float
        What is between them.
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
    """A picture as a PNG file; the same picture gives the same bytes.

    Parameters
    ----------
    shades : ndarray of shape (h, w) or (h, w, 3)
        From 0 (black) to 1 (white), as `as_shades` gives them.
    """
    from matplotlib.image import imsave  # here: whether something is a picture is asked without drawing

    buffer = io.BytesIO()
    imsave(buffer, shades, vmin=0, vmax=1, cmap="gray", format="png")
    return buffer.getvalue()
