"""Several small pictures tiled into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from nnzoo.api import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = 0.2
"""Pictures of which so large a share is 0 are ink on paper; others are drawn as they are."""


def tile(pictures: Floats, columns: int, gap: int = 2) -> Floats:
    """Pictures tiled row by row, with NaN between them.

    Parameters
    ----------
    pictures : ndarray of shape (n, h, w), (n, c, h, w) or (n, h, w, c)
        With one channel or three.
    columns : int
        Pictures in a row.
    gap : int
        Pixels between them.

    Returns
    -------
    ndarray of shape (height, width) or (height, width, 3)
    """
    if pictures.ndim == 4 and pictures.shape[-1] not in (1, 3):
        pictures = np.moveaxis(pictures, 1, -1)
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    n, height, width, *channels = pictures.shape
    rows = -(-n // columns)
    whole = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, *channels), np.nan)
    for number, picture in enumerate(pictures):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        whole[top : top + height, left : left + width] = picture
    return whole


def draw_tiles(ax: Axes, whole: Floats, low: float, high: float, *, is_ink: bool) -> None:
    """Draw tiled pictures; the gaps between them stay empty.

    Parameters
    ----------
    ax : Axes
        The axes to draw on.
    whole : ndarray of shape (height, width) or (height, width, 3)
        As `tile` returns it.
    low, high : float
        The values drawn as empty and as full.
    is_ink : bool
        Whether ``low`` is paper, not black.
    """
    if whole.ndim == 3:
        between = np.isnan(whole).any(axis=-1, keepdims=True)
        colours = np.clip((np.nan_to_num(whole) - low) / ((high - low) or 1), 0, 1)
        ax.imshow(np.concatenate([colours, ~between], axis=-1))
    else:
        ax.imshow(whole, cmap="gray_r" if is_ink else "gray", vmin=low, vmax=high)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)


def are_ink(pictures: Floats) -> bool:
    """Whether pictures have an empty background, so that they are drawn as ink on paper."""
    return bool(np.mean(pictures == 0) > INK)
