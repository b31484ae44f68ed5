"""Where the blocks of an architecture stand: all sizes in points (1/72 inch), before anything is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from nnzoo.figures.architecture_blocks import Block, Label, Style
from nnzoo.kinds import Shape

SIZES: dict[Style, float] = {"title": 9.0, "plain": 7.5, "faint": 7.0, "note": 7.5}
"""Of the letters."""
LEADING: dict[Style, float] = {"title": 13.0, "plain": 11.0, "faint": 10.5, "note": 16.0}
"""From one line to the next."""
PADDING = 3.0
"""Around the text of a note."""

MOST_UNITS = 12
"""In a column; of more only those at both ends are drawn."""
UNIT_RADIUS, UNIT_PITCH = 3.4, 9.5
LARGEST_IMAGE, SMALLEST_IMAGE = 92.0, 5.0
"""Length of the longest side of the largest image, and the least of any side."""
CHANNEL_DEPTH = 5.0
"""Times the logarithm of the number of channels is how far a volume goes back."""
OMITTED_WIDTH = 22.0

LABEL_GAP, SHAPE_GAP, ROW_GAP, MARGIN = 12.0, 34.0, 26.0, 8.0
TURN = 16.0
"""How far a line goes out that leads from one row to the next."""
WIDEST = 760.0
"""Of a figure; more blocks go to another row."""


@dataclass(frozen=True)
class Units:
    """A column of units: where those stand that are drawn, from the middle, and how many there are."""

    heights: tuple[float, ...]
    number: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return 2 * UNIT_RADIUS, self.heights[0] - self.heights[-1] + 2 * UNIT_RADIUS


@dataclass(frozen=True)
class Volume:
    """An image, or the images of all channels behind one another: a box, its front facing the reader."""

    channels: int
    pixels: tuple[int, int]
    front: tuple[float, float]
    back: tuple[float, float]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return self.front[0] + self.back[0], self.front[1] + self.back[1]


@dataclass(frozen=True)
class Omitted:
    """Three dots in place of blocks."""

    size: tuple[float, float] = (OMITTED_WIDTH, 4.0)


Form = Units | Volume | Omitted


@dataclass(frozen=True)
class Placed:
    """A block with the middle of its form, and the height at which its labels begin."""

    block: Block
    form: Form
    x: float
    y: float
    labels_top: float

    @property
    def left(self) -> float:
        """Where its form begins."""
        return self.x - self.form.size[0] / 2

    @property
    def right(self) -> float:
        """Where its form ends."""
        return self.x + self.form.size[0] / 2

    @property
    def labels_right(self) -> float:
        """Where form and labels end."""
        return self.x + _width(self.block, self.form) / 2


@dataclass(frozen=True)
class Layout:
    """All blocks, row by row, in a rectangle from (0, 0) to its size; y grows upwards."""

    rows: tuple[tuple[Placed, ...], ...]
    bottoms: tuple[float, ...]
    size: tuple[float, float]


def natural_layout(blocks: Sequence[Block], footer: str) -> Layout:
    """The layout of a figure of its own: as few rows as a page is wide enough for."""
    layouts = (layout(blocks, footer, rows) for rows in range(1, len(blocks) + 1))
    return next((found for found in layouts if found.size[0] <= WIDEST), layout(blocks, footer, len(blocks)))


def fitting_layout(blocks: Sequence[Block], footer: str, width: float, height: float) -> Layout:
    """The layout that can be drawn largest in a rectangle."""
    layouts = [layout(blocks, footer, rows) for rows in range(1, len(blocks) + 1)]
    return max(layouts, key=lambda found: min(width / found.size[0], height / found.size[1]))


def layout(blocks: Sequence[Block], footer: str, rows: int) -> Layout:
    """The blocks in rows of equally many, each label below its block and the footer below all."""
    longest = max((max(block.shape[-2:]) for block in blocks if len(block.shape) > 1), default=1)
    forms = [_form(block, LARGEST_IMAGE / longest) for block in blocks]
    each = math.ceil(len(blocks) / rows)
    starts = range(0, len(blocks), each)
    margin = MARGIN + (TURN if len(starts) > 1 else 0)
    heights = [max(form.size[1] for form in forms[start : start + each]) for start in starts]
    depths = [max(_labels_size(block)[1] for block in blocks[start : start + each]) for start in starts]
    y = total = sum(heights) + sum(depths) + ROW_GAP * (len(starts) - 1) + 2 * MARGIN + LEADING["note"]
    y -= MARGIN
    placed, bottoms, width = [], [], text_width(Label(footer, "plain")) + 2 * MARGIN
    for start, height, depth in zip(starts, heights, depths, strict=True):
        row = slice(start, start + each)
        middles = _middles(blocks[row], forms[row], margin)
        placed.append(
            tuple(
                Placed(block, form, x, y - height / 2, y - height)
                for block, form, x in zip(blocks[row], forms[row], middles, strict=True)
            )
        )
        bottoms.append(y - height - depth)
        y = bottoms[-1] - ROW_GAP
        width = max(width, middles[-1] + _width(blocks[row][-1], forms[row][-1]) / 2 + margin)
    return Layout(tuple(placed), tuple(bottoms), (width, total))


@cache
def text_width(label: Label) -> float:
    """How wide a line is, with what surrounds it."""
    width, _, _ = text_to_path.get_text_width_height_descent(label.text, font(label.style), False)
    return 1.03 * float(width) + (2 * PADDING if label.style == "note" else 0)  # a screen's hinting may widen it


def font(style: Style, scale: float = 1) -> FontProperties:
    """The letters of a line."""
    return FontProperties(size=SIZES[style] * scale, weight="bold" if style == "title" else "normal")


def _form(block: Block, pixel: float) -> Form:
    """What is drawn for a block, where the side of a pixel has some length."""
    if block.role == "omitted":
        return Omitted()
    if len(block.shape) > 1:
        return _volume(block.shape, pixel)
    number = math.prod(block.shape)
    ends = 6 + (number >= 100) + (number >= 1000)
    steps = list(range(number)) if number <= MOST_UNITS else [*range(ends), *range(ends + 2, 2 * ends + 2)]
    return Units(tuple((steps[-1] / 2 - step) * UNIT_PITCH for step in steps), number)


def _volume(shape: Shape, pixel: float) -> Volume:
    height, width = shape[-2:]
    channels = math.prod(shape[:-2])
    depth = CHANNEL_DEPTH * math.log2(channels + 1) if len(shape) > 2 else 0
    front = max(width * pixel, SMALLEST_IMAGE), max(height * pixel, SMALLEST_IMAGE)
    return Volume(channels, (height, width), front, (depth, 0.7 * depth))


def _middles(blocks: Sequence[Block], forms: Sequence[Form], margin: float) -> list[float]:
    """Where each block of a row stands: labels and forms keep their distances."""
    widths = [_width(block, form) for block, form in zip(blocks, forms, strict=True)]
    middles = [margin + widths[0] / 2]
    for (left, right), (first, second) in zip(pairwise(widths), pairwise(forms), strict=True):
        apart = (first.size[0] + second.size[0]) / 2 + SHAPE_GAP
        middles.append(middles[-1] + max(apart, (left + right) / 2 + LABEL_GAP))
    return middles


def _width(block: Block, form: Form) -> float:
    return max(form.size[0], _labels_size(block)[0])


def _labels_size(block: Block) -> tuple[float, float]:
    widths = [text_width(label) for label in block.labels]
    return max(widths), sum(LEADING[label.style] for label in block.labels)
