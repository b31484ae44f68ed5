"""A small picture made of characters, two pixels in each."""

from __future__ import annotations

import numpy as np
from rich.style import Style
from rich.text import Text

from nnzoo.kinds import Floats

LARGEST = 64
"""Pixels of a side."""

HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def draw(values: Floats, *, width: int, greys: bool) -> Text | None:
    """A sample as a picture; None where it is not a grey image, or a larger one than fits.

    Parameters
    ----------
    values : ndarray
        Of shape (h, w), or with an axis of length 1 for the only channel.
    width : int
        Columns that there are.
    greys : bool
        Whether colours can be shown; without, a pixel is there or not.
    """
    image = np.squeeze(values, axis=tuple(axis for axis in (0, -1) if values.ndim == 3 and values.shape[axis] == 1))
    if image.ndim != 2 or min(image.shape) < 2 or image.shape[1] > width or max(image.shape) > LARGEST:
        return None
    spread = float(np.ptp(image)) or 1.0
    levels = (image - image.min()) / spread
    if len(levels) % 2:
        levels = np.vstack([levels, np.zeros((1, levels.shape[1]))])
    text = Text(no_wrap=True)
    for row, (upper, lower) in enumerate(zip(levels[::2], levels[1::2], strict=True)):
        text.append("\n" if row else "")
        for above, below in zip(upper, lower, strict=True):
            if greys:
                text.append("▀", Style(color=_grey(above), bgcolor=_grey(below)))
            else:
                text.append(HALVES[bool(above >= 0.5), bool(below >= 0.5)])
    return text


def _grey(level: float) -> str:
    return f"#{round(255 * level):02x}" + f"{round(255 * level):02x}" * 2
