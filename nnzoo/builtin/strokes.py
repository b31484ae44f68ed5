"""Find writing, in ink on paper or chalk on a board, in any light, and without printed lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from nnzoo.api import Floats
from nnzoo.builtin.regions import Mask, border, connected_regions, sliding

SMALLEST_RULED = 64
"""Pixels of the shorter side below which lines are not removed: they are as wide as strokes."""
LINE_SLOPES = np.arange(-0.06, 0.0601, 0.005)
"""Slopes of lines, in pixels per pixel."""
LINE_SHARE = 0.3
"""Quantile of the ink along a line that detects it: this share of the line may be missing."""
FAINTEST_LINE = 0.035
"""Ink of the faintest line, as a share of the paper's brightness."""

SIDE = 256
"""Pixels of the longer side to which larger pictures are shrunk first, which averages out grain."""

CONTRAST = 0.1
"""Least contrast of a stroke to the paper, as a share of the paper's brightness."""

_STROKE = 1 / 3
"""All strokes are narrower than this share of the longer side."""


def without_lines(ink: Floats) -> Floats:
    """The ink of each pixel, without lines that reach from one side of the picture to the other.

    Strokes that cross a line are kept: there the ink is darker than the line, or continues above and below.

    Parameters
    ----------
    ink : ndarray of shape (h, w)
        Ink, from 0 on the paper to 1.
    """
    if min(ink.shape) < SMALLEST_RULED:
        return ink
    return _without_rows(_without_rows(ink).T).T


def _without_rows(ink: Floats) -> Floats:
    height, width = ink.shape
    few = np.arange(0, width, max(1, width // 64))  # enough columns to find lines
    steps = [np.rint(slope * (few - width / 2)).astype(int) for slope in LINE_SLOPES]
    rank = int(LINE_SHARE * len(few))
    profiles = [np.partition(_sheared(ink[:, few], step), rank, axis=1)[:, rank] for step in steps]
    peaks = [np.maximum(profile - np.median(profile), 0) for profile in profiles]
    best = max(range(len(LINE_SLOPES)), key=lambda place: ((peaks[place] ** 2).sum(), -abs(LINE_SLOPES[place])))
    is_line = _thin(peaks[best] >= FAINTEST_LINE, max(3, round(0.04 * height)))
    if not is_line.any():
        return ink
    step = np.rint(LINE_SLOPES[best] * (np.arange(width) - width / 2)).astype(int)
    is_line = sliding(np.pad(is_line, 1), 3, np.logical_or, (0,))
    return _sheared(_cleaned(_sheared(ink, step), is_line), -step)


def _cleaned(ink: Floats, is_line: Mask) -> Floats:
    """Remove the ink of rows that are lines, except where it is darker than the line or continues above and below."""
    level = np.pad(np.median(ink, axis=1, keepdims=True), ((1, 1), (0, 0)), mode="edge")
    level = sliding(level, 3, np.maximum, (0,))  # a line lies a pixel higher or lower here and there
    strong = ink >= max(FAINTEST_LINE, 0.5 * float(np.quantile(ink[~is_line], 0.995)))
    rows = np.arange(len(ink))
    above = np.maximum.accumulate(np.where(is_line, -1, rows))
    below = np.minimum.accumulate(np.where(is_line, len(ink), rows)[::-1])[::-1]
    continues = strong[above.clip(0)] & strong[below.clip(max=len(ink) - 1)]
    continues &= ((above >= 0) & (below < len(ink)))[:, None]
    is_stroke = continues | (ink >= level + np.maximum(0.5 * level, 0.08))
    return np.where(is_line[:, None] & ~is_stroke, 0, ink)


def _thin(rows: Mask, most: int) -> Mask:
    """Only the runs of True of at most this length."""
    edges = np.flatnonzero(np.diff(np.pad(rows, 1).astype(np.int8)))
    thin = np.zeros_like(rows)
    for start, stop in edges.reshape(-1, 2):
        thin[start:stop] = stop - start <= most
    return thin


def _sheared(ink: Floats, steps: NDArray[np.intp]) -> Floats:
    """Each column moved up by its number of pixels, wrapping around."""
    rows = (np.arange(len(ink))[:, None] + steps) % len(ink)
    moved: Floats = np.take_along_axis(ink, rows, axis=0)
    return moved


def strokes(grey: NDArray[np.uint8], dark_on_light: bool) -> Floats | None:
    """The share of each pixel that is covered by ink, from 0 to 1; None if there is no writing.

    Parameters
    ----------
    grey : ndarray of shape (h, w)
        A picture of any size; the result has at most 256 pixels on each side.
    dark_on_light : bool
        True for dark ink, False for light chalk.
    """
    ink = without_lines(darkness(_smoothed(grey), dark_on_light))
    if np.ptp(ink) < CONTRAST:
        return None
    mask = ink >= threshold(ink)
    paper, writing = float(np.median(ink[~mask])), main_regions(mask, ink)
    full = float(np.median(ink[writing]))
    if full - paper < CONTRAST:
        return None
    covered: Floats = np.clip((ink - paper) / (full - paper), 0, 1)
    covered[~sliding(np.pad(writing, 1), 3, np.logical_or)] = 0  # one pixel around each stroke is its soft edge
    return covered


def has_dark_border(grey: NDArray[Any]) -> bool:
    """Whether the median of the outermost pixels is closer to the darkest pixel than to the lightest."""
    shade = float(np.median(border(grey)))
    return bool(shade - grey.min() <= grey.max() - shade)


def is_dark_on_light(grey: NDArray[np.uint8]) -> bool:
    """Whether the background of a picture of shape (h, w) is lighter than the writing on it.

    If the border has one shade, that is the background. In uneven light, the background is the median of a wide
    neighbourhood, and the writing is what differs most from it.
    """
    small = Image.fromarray(grey)
    small.thumbnail((48, 48), Image.Resampling.BOX)
    a = np.asarray(small, np.float32)
    low, high = np.percentile(border(a), (15, 85))
    if high - low <= 0.4 * np.ptp(a):
        return not has_dark_border(a)
    a = np.log(a + 50)  # light multiplies, so the logarithm makes a shadow a constant step; 50 keeps grain small
    width = int(0.4 * max(a.shape)) | 1
    around = np.lib.stride_tricks.sliding_window_view(np.pad(a, width // 2, mode="symmetric"), (width, width))
    difference = a - np.median(around.reshape(*a.shape, -1), axis=-1)
    return bool((difference * np.abs(difference)).sum() < 0)


def darkness(grey: Floats, dark_on_light: bool) -> Floats:
    """The darkness of each pixel relative to the paper around it, as a share of the paper's brightness; 0 on the paper.

    The paper's brightness is the morphological closing of the picture, which fills in everything narrower than its
    window and keeps the edges of shadows in place. For light strokes, black and white are exchanged, and the result is
    a share of 255.

    Parameters
    ----------
    grey : ndarray of shape (h, w)
        Greys from 0 to 255.
    dark_on_light : bool
        True for dark ink, False for light chalk.
    """
    a = grey if dark_on_light else 255 - grey
    share_of_side = _STROKE if max(a.shape) > SIDE / 4 else 2 * _STROKE  # a digit may fill a small picture
    width = max(3, int(share_of_side * max(a.shape)) | 1)
    widened = _with_paper_around(a, width)
    paper = sliding(sliding(widened, width, np.maximum), width, np.minimum)
    share: Floats = (paper - a) / (np.maximum(paper, 1) if dark_on_light else 255)
    return share


def _with_paper_around(a: Floats, width: int) -> Floats:
    """The picture with ``width − 1`` pixels of paper on each side.

    The paper has the shades of the edges, without anything narrower than ``width``: so a stroke that ends at the border
    stays narrow, and a shadow that crosses the border continues.
    """
    around, half = width - 1, width // 2
    for _ in (0, 1):
        edges = np.pad(np.stack([a[0], a[-1]]), ((0, 0), (2 * half, 2 * half)), mode="edge")
        first, last = sliding(sliding(edges, width, np.maximum, (1,)), width, np.minimum, (1,))
        a = np.concatenate([np.tile(first, (around, 1)), a, np.tile(last, (around, 1))]).T
    return a


def threshold(values: Floats) -> float:
    """The value that divides a set into two parts with the greatest between-class variance, σ² = p (1 − p) (μ₁ − μ₀)².

    If there is a gap between the two parts, it is the middle of the gap.

    Parameters
    ----------
    values : ndarray
        Values that are not all equal.

    References
    ----------
    Otsu (1979), "A threshold selection method from gray-level histograms", IEEE Trans. Systems, Man, and Cybernetics 9.
    """
    counts, edges = np.histogram(values, 256)
    moments = counts * (edges[1:] + edges[:-1]) / 2
    below, moment = counts.cumsum()[:-1] / counts.sum(), moments.cumsum()[:-1] / counts.sum()
    mean = moments.sum() / counts.sum()
    between = (mean * below - moment) ** 2 / (below * (1 - below))
    return float(edges[1:-1][np.isclose(between, between.max(), rtol=1e-9)].mean())


def main_regions(mask: NDArray[np.bool_], ink: Floats) -> NDArray[np.bool_]:
    """The mask without specks, and without the surroundings of the paper along the picture's border.

    A speck has less than a tenth of the ink of the largest region. A region that covers more than a tenth of the border
    is not a stroke that ends there; it is kept only if there is nothing else.

    Parameters
    ----------
    mask : ndarray of shape (h, w)
        A mask with at least one True pixel.
    ink : ndarray of shape (h, w)
        The darkness of each pixel.
    """
    regions = connected_regions(mask)
    amount = np.bincount(regions.ravel(), ink.ravel())
    amount[0] = 0
    edge = border(regions)
    inside = np.where(np.bincount(edge, minlength=len(amount)) > 0.1 * len(edge), 0, amount)
    if inside.any():
        amount = inside
    large: NDArray[np.bool_] = (amount >= 0.1 * amount.max())[regions] & mask
    return large


def shrunk(grey: NDArray[Any]) -> tuple[Floats, float]:
    """The picture with at most `SIDE` pixels on its longer side, and the factor by which it was shrunk."""
    factor = max(max(grey.shape) / SIDE, 1.0)
    if factor == 1:
        return grey.astype(np.float32), factor
    size = [max(1, round(side / factor)) for side in grey.shape[::-1]]
    return np.asarray(Image.fromarray(grey.astype(np.float32)).resize(size, Image.Resampling.BOX)), factor


def _smoothed(grey: NDArray[np.uint8]) -> Floats:
    image = Image.fromarray(grey)
    longer = max(image.size)
    if longer > SIDE:
        image = image.resize([max(1, round(side * SIDE / longer)) for side in image.size], Image.Resampling.BOX)
    if longer > SIDE / 4:
        image = image.filter(ImageFilter.GaussianBlur(max(image.size) / 200))
    return np.asarray(image, np.float32)
