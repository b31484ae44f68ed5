"""Where the blocks of an architecture stand: all sizes in points (1/72 inch), before anything is drawn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from nnzoo.figures.architecture_arcs import SIDE, arcs, lanes_height, lanes_of, sides_of
from nnzoo.figures.architecture_blocks import Block, Label, Style
from nnzoo.figures.architecture_forms import LARGEST_IMAGE, Placed, Point, form_of
from nnzoo.figures.style import STYLE

SIZES: dict[Style, float] = {"title": 9.0, "plain": 7.5, "faint": 7.0, "note": 7.5}
"""Of the letters."""
LEADING: dict[Style, float] = {"title": 13.0, "plain": 11.0, "faint": 10.5, "note": 15.0}
"""From one line to the next."""
PADDING = 3.0
"""Around the text of a note."""

LABEL_GAP, FORM_GAP, ROW_GAP, MARGIN = 12.0, 30.0, 30.0, 8.0
FOOTER = 20.0
"""From the last labels to the line below them."""
TURN = 16.0
"""How far a line goes out that leads from one row to the next."""
WIDEST = 800.0
"""Of a figure; more blocks go to another row."""


@dataclass(frozen=True)
class Layout:
    """All blocks, row by row, in a rectangle of some size whose upper left corner is (0, 0); y grows upwards.

    ``bottoms`` is where the labels of each row end, and ``arcs`` has the corners of connections that skip blocks.
    """

    rows: tuple[tuple[Placed, ...], ...]
    bottoms: tuple[float, ...]
    size: tuple[float, float]
    arcs: tuple[tuple[Point, ...], ...] = ()


def natural_layout(blocks: Sequence[Block], footer: str) -> Layout:
    """The layout of a figure of its own: as few rows as a page is wide enough for, about equally long."""
    columns = _columns(blocks)
    layouts = [_layout(columns, footer, WIDEST * percent / 100) for percent in range(100, 40, -5)]
    return min(layouts, key=lambda found: (len(found.rows), found.size[0] * found.size[1]))


def fitting_layout(blocks: Sequence[Block], footer: str, width: float, height: float) -> Layout:
    """The layout that can be drawn largest in a rectangle."""
    columns = _columns(blocks)
    whole, widest = columns[-1].x + columns[-1].width, max(column.width for column in columns)
    layouts = [_layout(columns, footer, whole / rows + widest) for rows in range(1, len(columns) + 1)]
    return max(layouts, key=lambda found: min(width / found.size[0], height / found.size[1]))


def _columns(blocks: Sequence[Block]) -> list[Placed]:
    """The blocks in one endless row: labels and forms keep their distances."""
    longest = max((max(block.shape[-2:]) for block in blocks if len(block.shape) > 1), default=1)
    columns: list[Placed] = []
    for block in blocks:
        form = form_of(block, LARGEST_IMAGE / longest)
        width = max(form.size[0], *(text_width(label) for label in block.labels))
        x = width / 2
        if columns:
            before = columns[-1]
            forms, labels = (before.form.size[0] + form.size[0]) / 2, (before.width + width) / 2
            x = before.x + max(forms + FORM_GAP, labels + LABEL_GAP)
        columns.append(Placed(block, form, x, 0, width, 0))
    return columns


def _layout(columns: Sequence[Placed], footer: str, limit: float) -> Layout:
    """Rows that are no wider than a limit, one below the other, and the footer below all."""
    rows = _split(columns, limit)
    lanes, sides = lanes_of(rows), len(sides_of(rows))
    margin = MARGIN + (TURN if len(rows) > 1 else 0)
    placed, bottoms, y, width = [], [], -MARGIN, text_width(Label(footer, "plain")) + 2 * MARGIN
    for row, above in zip(rows, lanes, strict=True):
        y -= lanes_height(above)
        height, shift = max(column.form.size[1] for column in row), margin + row[0].width / 2 - row[0].x
        placed.append(tuple(replace(c, x=c.x + shift, y=y - height / 2, labels_top=y - height) for c in row))
        bottoms.append(y - height - max(_labels_height(column.block) for column in row))
        y = bottoms[-1] - ROW_GAP
        width = max(width, placed[-1][-1].x + row[-1].width / 2 + margin)
    size = (width + SIDE * sides, FOOTER + MARGIN - bottoms[-1])
    return Layout(tuple(placed), tuple(bottoms), size, arcs(placed, lanes, width))


def _split(columns: Sequence[Placed], limit: float) -> list[list[Placed]]:
    """The columns row by row, as many in each as go into it; only several rows have lines at their sides."""
    if columns[-1].x + columns[-1].width / 2 <= limit - 2 * MARGIN:
        return [list(columns)]
    rows = [[columns[0]]]
    for column in columns[1:]:
        first = rows[-1][0]
        if (first.width + column.width) / 2 + column.x - first.x <= limit - 2 * (MARGIN + TURN):
            rows[-1].append(column)
        else:
            rows.append([column])
    return rows


@lru_cache
def text_width(label: Label) -> float:
    """How wide a line is, with what surrounds it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # it is drawn as a box
        width, _, _ = text_to_path.get_text_width_height_descent(label.text, font(label.style), False)
    return 1.03 * float(width) + (2 * PADDING if label.style == "note" else 0)  # a screen's hinting may widen it


def font(style: Style, scale: float = 1) -> FontProperties:
    """The letters of a line."""
    weight = "bold" if style == "title" else "normal"
    return FontProperties(family=STYLE["font.family"], size=SIZES[style] * scale, weight=weight)


def label_height(style: Style) -> float:
    """How much room a line takes, from top to bottom."""
    return LEADING[style] + (PADDING if style == "note" else 0)


def _labels_height(block: Block) -> float:
    return sum(label_height(label.style) for label in block.labels)
