"""Find the sheet of paper, or the drawn box, that contains the writing, and cut it out of its surroundings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nnzoo.api import Floats
from nnzoo.builtin.regions import Mask, box, connected_regions, filled, sliding

LEVELS = 12
"""Number of shades to try as the boundary between a sheet and its surroundings."""
SMALLEST = 0.03
"""Smallest share of the picture that a sheet covers."""
RECTANGLE = 0.86
"""Smallest share of its bounding turned rectangle that a sheet fills; an ellipse fills 0.79."""
MOST_WRITTEN = 0.4
"""Largest share of a sheet that is covered with writing."""
EDGE = 0.35
"""Contrast between a sheet's edge and its surroundings, as a share of the contrast of the ink on it."""
LINE = 0.6
"""Smallest contrast of the ink inside drawn lines, as a share of the strongest contrast in the picture."""


@dataclass(frozen=True)
class Sheet:
    """A rectangle with writing on it.

    Attributes
    ----------
    place : tuple of slice
        The rows and columns of its box in the picture.
    mask : ndarray of bool
        Which pixels of the box belong to it.
    angle : int
        Its rotation in degrees.
    """

    place: tuple[slice, slice]
    mask: Mask
    angle: int

    def enlarged(self, factor: float, shape: tuple[int, ...]) -> Sheet:
        """The same sheet in the original picture of this shape, which had been shrunk by the factor."""
        places = [
            np.arange(round(part.start * factor), min(round(part.stop * factor), side))
            for part, side in zip(self.place, shape, strict=True)
        ]
        rows, columns = (
            np.minimum((place / factor).astype(int) - part.start, part.stop - part.start - 1).clip(0)
            for place, part in zip(places, self.place, strict=True)
        )
        top, left = (slice(int(place[0]), int(place[-1]) + 1) for place in places)
        return Sheet((top, left), self.mask[np.ix_(rows, columns)], self.angle)


def find_sheet(grey: Floats) -> Sheet | None:
    """The smallest sheet in a picture of shape (h, w), or None if it does not show the edges of one.

    The lighter (or darker) regions at each of several shades are examined. A region is a sheet if it is a rectangle
    that does not reach across the picture in either direction, has writing in its middle, and has an edge of strong
    contrast almost all around.
    """
    low, high = np.percentile(grey, (1, 99))
    best: Sheet | None = None
    for light in (grey, -grey) if high - low >= 20 else ():
        before: Mask | None = None
        for level in np.linspace(light.min(), light.max(), LEVELS + 2)[1:-1]:
            mask = light >= level
            if before is not None and np.array_equal(mask, before):
                continue  # a drawing has few shades
            before = mask
            for place, region in _large_regions(mask):
                if _reaches_across(grey.shape, place, region):
                    continue  # with its holes filled, it would, too
                whole = filled(region)
                if best is not None and whole.sum() >= best.mask.sum():
                    continue
                ink = _written(region, whole)
                if ink is None or _reaches_across(grey.shape, place, whole):
                    continue
                share, angle = rectangularity(whole)
                if share >= RECTANGLE and _has_edge(light, place, region, whole, ink):
                    best = Sheet(place, whole, angle)
    return best


def cut_out(grey: Floats, sheet: Sheet) -> Floats:
    """The sheet alone, upright and without its outermost pixels; pixels outside it get its median shade.

    Parameters
    ----------
    grey : ndarray of shape (h, w)
        The picture with the sheet.
    sheet : Sheet
        The sheet.
    """
    margin = 2 * max(1, round(0.02 * max(sheet.mask.shape))) + 1
    inner = sliding(np.pad(sheet.mask, margin // 2), margin, np.logical_and)
    inner = inner if inner.any() else sheet.mask
    part = grey[sheet.place]
    shade = float(np.median(part[inner]))
    part = np.where(inner, part, shade)
    return turned(part, sheet.angle, shade) if abs(sheet.angle) > 1 else part


def rectangularity(whole: Mask) -> tuple[float, int]:
    """The filled share of the smallest turned rectangle around a region, and that rectangle's rotation in degrees."""
    rows = np.flatnonzero(whole.any(axis=1))
    left, right = whole[rows].argmax(axis=1), whole.shape[1] - whole[rows, ::-1].argmax(axis=1)
    y = np.concatenate([rows, rows, rows + 1, rows + 1])  # the corners of the first and the last pixel of each row
    x = np.concatenate([left, right, left, right])
    angles = np.array(sorted(range(-44, 46, 2), key=abs))  # among equal ones, the smallest rotation wins
    cosine, sine = np.cos(np.deg2rad(angles))[:, None], np.sin(np.deg2rad(angles))[:, None]
    areas = np.ptp(x * cosine + y * sine, axis=1) * np.ptp(y * cosine - x * sine, axis=1)
    return float(whole.sum() / areas.min()), int(angles[areas.argmin()])


def turned(grey: Floats, angle: float, shade: float) -> Floats:
    """A picture turned about its centre, with room for all of it, by bilinear interpolation."""
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    height, width = grey.shape
    shape = [int(np.ceil(abs(a * cosine) + abs(b * sine))) for a, b in ((height, width), (width, height))]
    down, across = (axis - (side - 1) / 2 for axis, side in zip(np.indices(shape), shape, strict=True))
    row = np.clip(across * sine + down * cosine + (height + 1) / 2, 0, height + 0.999)  # in the padded picture
    column = np.clip(across * cosine - down * sine + (width + 1) / 2, 0, width + 0.999)
    i, j = row.astype(int), column.astype(int)
    y, x = row - i, column - j
    p = np.pad(grey, 1, constant_values=shade)
    result: Floats = (p[i, j] * (1 - x) + p[i, j + 1] * x) * (1 - y) + (p[i + 1, j] * (1 - x) + p[i + 1, j + 1] * x) * y
    return result


def _large_regions(mask: Mask) -> Iterator[tuple[tuple[slice, slice], Mask]]:
    """The regions that are large enough for a sheet: the box of each, and the region inside it."""
    regions = connected_regions(mask, corners=False)
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    for number in np.flatnonzero(sizes >= SMALLEST * mask.size):
        place = box(regions == number)
        yield place, regions[place] == number


def _written(region: Mask, whole: Mask) -> Mask | None:
    """The largest hole of a region if it can be writing, else None.

    Writing is not a speck, and does not reach from one side to the other like a line of ruled paper.
    """
    holes = whole & ~region
    if not holes.any() or holes.sum() > MOST_WRITTEN * whole.sum():
        return None
    numbers = connected_regions(holes)
    largest: Mask = numbers == np.bincount(numbers[holes]).argmax()
    sides = [part.stop - part.start for part in box(largest)]
    longest = max(sides)
    if longest < max(8, 0.15 * min(whole.shape)) or any(a >= 0.88 * b for a, b in zip(sides, whole.shape, strict=True)):
        return None
    return None if longest > 0.6 * max(whole.shape) and min(sides) < longest / 15 else largest


def _reaches_across(shape: tuple[int, ...], place: tuple[slice, slice], whole: Mask) -> bool:
    """Whether a region touches two opposite borders of the picture, like a strip between two lines."""
    along = [
        (rows.start == 0 and first.mean() > 0.4) and (rows.stop == side and last.mean() > 0.4)
        for rows, side, first, last in zip(
            place, shape, (whole[0], whole[:, 0]), (whole[-1], whole[:, -1]), strict=True
        )
    ]
    return any(along)


def _has_edge(light: Floats, place: tuple[slice, slice], region: Mask, whole: Mask, ink: Mask) -> bool:
    """Whether the surroundings of a region differ from it by the contrast of `EDGE`, almost everywhere.

    If the same paper continues behind the edge, the edge is a line. Then the writing must have the contrast of `LINE`;
    otherwise the lines may be those of ruled paper, with darker writing across them.
    """
    paper = float(np.median(light[place][region]))
    contrast = paper - float(np.percentile(light[place][ink], 10))
    darkest = sliding(np.pad(light, 2, mode="edge"), 5, np.minimum)  # lines may be thin
    near, far = (_around(values, place, whole, distance) for values, distance in ((darkest, 1), (light, 8)))
    if near is None or (near <= paper - EDGE * contrast).mean() < 0.8:
        return False
    continues = far is not None and np.median(far) > paper - EDGE * contrast
    return not continues or contrast >= LINE * (paper - float(np.percentile(light, 0.5)))


def _around(values: Floats, place: tuple[slice, slice], whole: Mask, distance: int) -> Floats | None:
    """The values of the pixels at this distance from a region; None if many of them lie outside the picture."""
    padded = np.pad(whole, 2 * distance)
    inner, outer = (sliding(np.pad(padded, d), 2 * d + 1, np.logical_or) for d in (distance - 1, distance))
    rows, columns = (
        axis + part.start - 2 * distance for axis, part in zip(np.nonzero(outer & ~inner), place, strict=True)
    )
    inside = (rows >= 0) & (columns >= 0) & (rows < values.shape[0]) & (columns < values.shape[1])
    return values[rows[inside], columns[inside]] if inside.mean() >= 0.6 else None
