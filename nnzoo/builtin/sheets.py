"""Find the sheet of paper, or the drawn box, that something is written in, and cut it out of its surroundings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nnzoo.api import Floats
from nnzoo.builtin.regions import Mask, box, connected_regions, filled, sliding

LEVELS = 12
"""How many shades are tried as the one that parts a sheet from its surroundings."""
SMALLEST = 0.03
"""Share of the picture that a sheet takes at least."""
RECTANGLE = 0.86
"""Share of the smallest turned rectangle around it that a sheet fills at least; an ellipse fills 0.79."""
MOST_WRITTEN = 0.4
"""Share of a sheet that is written on at most."""
EDGE = 0.35
"""Contrast of a sheet's edge to its surroundings, as a share of that of the ink on it."""
LINE = 0.6
"""Contrast of the ink within drawn lines, as a share of the strongest in the picture, at least."""


@dataclass(frozen=True)
class Sheet:
    """A rectangle with something written on it.

    Attributes
    ----------
    place : tuple of slice
        The rows and columns of its box in the picture.
    mask : ndarray of bool
        Which pixels of the box belong to it.
    angle : int
        How many degrees it is turned.
    """

    place: tuple[slice, slice]
    mask: Mask
    angle: int

    def enlarged(self, factor: float, shape: tuple[int, ...]) -> Sheet:
        """The same sheet in the picture of this shape, which was made smaller by the factor to find it."""
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
    """The smallest sheet in a picture of shape (h, w), or None where the picture shows no edges of one.

    At each of several shades, the regions that are lighter (or darker) are looked at. One is a sheet where it is a
    rectangle that reaches from one side of the picture to the other in neither direction, has something written in its
    middle, and has an edge of strong contrast almost all around.
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
                    continue  # and so it does with its holes
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
    """The sheet alone, without its outermost pixels and upright; what lies outside of it has its median shade.

    Parameters
    ----------
    grey : ndarray of shape (h, w)
        The picture that the sheet was found in.
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
    """Share of the smallest turned rectangle around a region that is filled, and by how many degrees that is turned."""
    rows = np.flatnonzero(whole.any(axis=1))
    left, right = whole[rows].argmax(axis=1), whole.shape[1] - whole[rows, ::-1].argmax(axis=1)
    y = np.concatenate([rows, rows, rows + 1, rows + 1])  # the corners of the first and the last pixel of each row
    x = np.concatenate([left, right, left, right])
    angles = np.array(sorted(range(-44, 46, 2), key=abs))  # of equal ones, the one that is turned least
    cosine, sine = np.cos(np.deg2rad(angles))[:, None], np.sin(np.deg2rad(angles))[:, None]
    areas = np.ptp(x * cosine + y * sine, axis=1) * np.ptp(y * cosine - x * sine, axis=1)
    return float(whole.sum() / areas.min()), int(angles[areas.argmin()])


def turned(grey: Floats, angle: float, shade: float) -> Floats:
    """A picture turned about its middle, with room for all of it; between pixels in straight lines."""
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
    """The regions that are large enough for a sheet: the box of each, and the region in it."""
    regions = connected_regions(mask, corners=False)
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    for number in np.flatnonzero(sizes >= SMALLEST * mask.size):
        place = box(regions == number)
        yield place, regions[place] == number


def _written(region: Mask, whole: Mask) -> Mask | None:
    """The largest hole of a region, if it may be something written; None otherwise.

    It is not a speck, and neither does it reach from one side to the other, as a line of ruled paper.
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
    """Whether a region lies along two opposite borders of the picture, as a strip between two lines does."""
    along = [
        (rows.start == 0 and first.mean() > 0.4) and (rows.stop == side and last.mean() > 0.4)
        for rows, side, first, last in zip(
            place, shape, (whole[0], whole[:, 0]), (whole[-1], whole[:, -1]), strict=True
        )
    ]
    return any(along)


def _has_edge(light: Floats, place: tuple[slice, slice], region: Mask, whole: Mask, ink: Mask) -> bool:
    """Whether what surrounds a region is as different from it as `EDGE` says, almost everywhere.

    Where the same paper goes on behind the edge, that is a line. Then what is written must be as strong as `LINE` says,
    or the lines may be those of ruled paper, and what is written across them the darkest of all.
    """
    paper = float(np.median(light[place][region]))
    contrast = paper - float(np.percentile(light[place][ink], 10))
    darkest = sliding(np.pad(light, 2, mode="edge"), 5, np.minimum)  # lines may be thin
    near, far = (_around(values, place, whole, distance) for values, distance in ((darkest, 1), (light, 8)))
    if near is None or (near <= paper - EDGE * contrast).mean() < 0.8:
        return False
    goes_on = far is not None and np.median(far) > paper - EDGE * contrast
    return not goes_on or contrast >= LINE * (paper - float(np.percentile(light, 0.5)))


def _around(values: Floats, place: tuple[slice, slice], whole: Mask, distance: int) -> Floats | None:
    """What the pixels have that are so far from a region; None where most of them lie outside of the picture."""
    padded = np.pad(whole, 2 * distance)
    inner, outer = (sliding(np.pad(padded, d), 2 * d + 1, np.logical_or) for d in (distance - 1, distance))
    rows, columns = (
        axis + part.start - 2 * distance for axis, part in zip(np.nonzero(outer & ~inner), place, strict=True)
    )
    inside = (rows >= 0) & (columns >= 0) & (rows < values.shape[0]) & (columns < values.shape[1])
    return values[rows[inside], columns[inside]] if inside.mean() >= 0.6 else None
