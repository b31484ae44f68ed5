"""Samples as small image files, a pixel for each value; to be shown enlarged."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.image import imsave
from numpy.typing import NDArray


def picture_png(shades: NDArray[Any]) -> bytes:
    """A picture as a PNG file; the same picture gives the same bytes.

    Parameters
    ----------
    shades : ndarray of shape (h, w) or (h, w, 3)
        From 0 (black) to 1 (white), as `as_shades` gives them.
    """
    buffer = io.BytesIO()
    imsave(buffer, shades, vmin=0, vmax=1, cmap="gray", format="png")
    return buffer.getvalue()
