"""The layout of an architecture diagram: positions of forms, rows and arcs, in points (1/72 inch)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from nnzoo.figures.architecture_blocks import Block, Label, Style
from nnzoo.figures.style import STYLE
from nnzoo.kinds import Shape

MOST_UNITS = 12
"""The most units of a column that are all drawn; of longer columns, only both ends are."""
UNIT_RADIUS, UNIT_PITCH = 3.4, 9.5
LARGEST_IMAGE, SMALLEST_IMAGE = 80.0, 5.0
"""The longest side of the largest image, and the least length of any side."""
CHANNEL_DEPTH = 5.0
"""The depth of a volume, divided by the logarithm of the number of channels."""
OMITTED_WIDTH = 22.0
JOINT_RADIUS = 10.0

Point = tuple[float, float]

LOWEST, LANE = 12.0, 8.0
"""The distance of the lowest lane from the highest form, and of other lanes from the lane below."""
SIDE = 8.0
"""The distance between lines at the right side, which lead to lower rows."""
ASIDE = 3.0
"""The distance of the ends of arcs from the middle of a form: the start to the right, the end to the left."""
SPREAD = 6.0
"""The additional distance of arcs that end on lower lanes."""
NEAR = 4.0
"""The distance between an arrow and a form."""

SIZES: dict[Style, float] = {"title": 9.0, "plain": 7.5, "faint": 7.0, "note": 7.5}
"""Font sizes."""
LEADING: dict[Style, float] = {"title": 13.0, "plain": 11.0, "faint": 10.5, "note": 15.0}
"""Line heights."""
PADDING = 3.0
"""The padding of a note."""

LABEL_GAP, FORM_GAP, ROW_GAP, MARGIN = 12.0, 30.0, 30.0, 8.0
FOOTER = 20.0
"""The distance of the footer from the last labels."""
TURN = 16.0
"""The horizontal length of a line from one row to the next beyond the end of the row."""
WIDEST = 800.0
"""The largest width of a figure; more blocks go to another row."""


@dataclass(frozen=True)
class Units:
    """A column of units: the heights of the drawn ones, from the middle, and the number of all units."""

    heights: tuple[float, ...]
    number: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return 2 * UNIT_RADIUS, self.heights[0] - self.heights[-1] + 2 * UNIT_RADIUS


@dataclass(frozen=True)
class Volume:
    """An image, or the images of all channels behind each other: a box that is seen from the front."""

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


@dataclass(frozen=True)
class Joint:
    """A circle with a sign, in which branches meet."""

    sign: str
    size: tuple[float, float] = (2 * JOINT_RADIUS, 2 * JOINT_RADIUS)


Form = Units | Volume | Omitted | Joint


@dataclass(frozen=True)
class Placed:
    """A block with the middle of its form, the top of its labels, and the width of the form or the labels."""

    block: Block
    form: Form
    x: float
    y: float
    width: float
    labels_top: float

    @property
    def left(self) -> float:
        """The left end of its form."""
        return self.x - self.form.size[0] / 2

    @property
    def right(self) -> float:
        """The right end of its form."""
        return self.x + self.form.size[0] / 2

    @property
    def top(self) -> float:
        """The top of its form."""
        return self.y + self.form.size[1] / 2


Rows = Sequence[Sequence[Placed]]


def form_of(block: Block, pixel: float) -> Form:
    """Return the form of a block, for a given side length of a pixel."""
    if block.role == "omitted":
        return Omitted()
    if block.sign:
        return Joint(block.sign)
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


def lanes_height(lanes: dict[str, int]) -> float:
    """Return the height of the lanes of a row."""
    return LOWEST + LANE * max(lanes.values()) if lanes else 0.0


def lanes_of(rows: Rows) -> list[dict[str, int]]:
    """Return, for each row, the lanes of blocks whose outputs run above it; shorter connections are lower."""
    spans: list[dict[str, tuple[float, float]]] = [{} for _ in rows]
    for source, target in _skips(rows):
        for row, ends in _pieces(rows, source, target):
            low, high = spans[row].get(source, ends)
            spans[row][source] = min(low, ends[0]), max(high, ends[1])
    lanes_of_rows: list[dict[str, int]] = []
    for span in spans:
        lanes: dict[str, int] = {}
        for name, (low, high) in sorted(span.items(), key=lambda item: (item[1][1] - item[1][0], -item[1][0])):
            crossed = {lane for other, lane in lanes.items() if low < span[other][1] and span[other][0] < high}
            lanes[name] = max(crossed, default=-1) + 1
        lanes_of_rows.append(lanes)
    return lanes_of_rows


def sides_of(rows: Rows) -> dict[str, int]:
    """Return the numbers of the lines at the right side, by the blocks whose output they carry to lower rows."""
    names = dict.fromkeys(s for s, t in _skips(rows) if _row(rows, s) != _row(rows, t))
    return {name: number for number, name in enumerate(names)}


def arcs(rows: Rows, lanes: Sequence[dict[str, int]], edge: float) -> tuple[tuple[Point, ...], ...]:
    """Return the corners of each connection that skips blocks.

    ``lanes`` is the result of `lanes_of`, and ``edge`` the position of the first line at the right side.
    """
    blocks, sides = {placed.block.name: placed for row in rows for placed in row}, sides_of(rows)

    def height(row: int, name: str) -> float:
        return max(placed.top for placed in rows[row]) + LOWEST + LANE * lanes[row][name]

    skips, connections = _skips(rows), []
    for source, target in skips:
        first, last = _row(rows, source), _row(rows, target)
        start, end = blocks[source], blocks[target]
        heights = sorted((height(last, other) for other, into in skips if into == target), reverse=True)
        further = SPREAD * heights.index(height(last, source)) / max(1, len(heights) - 1)
        out, into = start.x + ASIDE, end.x - ASIDE - further
        corners = [(out, start.top + NEAR / 2), (out, height(first, source))]
        if first != last:
            side = edge + SIDE * sides[source]
            corners += [(side, height(first, source)), (side, height(last, source))]
        connections.append((*corners, (into, height(last, source)), (into, end.top + NEAR)))
    return tuple(connections)


def _skips(rows: Rows) -> list[tuple[str, str]]:
    """The source and target of connections between blocks that are not neighbours."""
    order = {placed.block.name: number for number, placed in enumerate(placed for row in rows for placed in row)}
    return [
        (source, placed.block.name)
        for row in rows
        for placed in row
        for source in placed.block.sources
        if order[placed.block.name] != order[source] + 1
    ]


def _pieces(rows: Rows, source: str, target: str) -> list[tuple[int, tuple[float, float]]]:
    """The rows above which a connection runs, with the left and right end of each piece."""
    x = {placed.block.name: placed.x for row in rows for placed in row}
    first, last = _row(rows, source), _row(rows, target)
    if first == last:
        return [(first, (x[source] + ASIDE, x[target] - ASIDE))]
    return [(first, (x[source] + ASIDE, math.inf)), (last, (x[target] - ASIDE, math.inf))]


def _row(rows: Rows, name: str) -> int:
    return next(number for number, row in enumerate(rows) if any(placed.block.name == name for placed in row))


@dataclass(frozen=True)
class Layout:
    """All blocks, row by row, in a rectangle with the upper left corner (0, 0); y grows upwards.

    ``bottoms`` are the lower ends of each row's labels, ``arcs`` the corners of connections that skip blocks.
    """

    rows: tuple[tuple[Placed, ...], ...]
    bottoms: tuple[float, ...]
    size: tuple[float, float]
    arcs: tuple[tuple[Point, ...], ...] = ()


def natural_layout(blocks: Sequence[Block], footer: str) -> Layout:
    """Return the layout of a separate figure: as few rows as fit the width, of about equal length."""
    columns = _columns(blocks)
    layouts = [_layout(columns, footer, WIDEST * percent / 100) for percent in range(100, 40, -5)]
    return min(layouts, key=lambda found: (len(found.rows), found.size[0] * found.size[1]))


def fitting_layout(blocks: Sequence[Block], footer: str, width: float, height: float) -> Layout:
    """Return the layout that can be drawn largest in a rectangle."""
    columns = _columns(blocks)
    whole, widest = columns[-1].x + columns[-1].width, max(column.width for column in columns)
    layouts = [_layout(columns, footer, whole / rows + widest) for rows in range(1, len(columns) + 1)]
    return max(layouts, key=lambda found: min(width / found.size[0], height / found.size[1]))


def _columns(blocks: Sequence[Block]) -> list[Placed]:
    """The blocks in one row of any length, with the least distances between labels and forms."""
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
    """The layout with rows up to a width, and the footer below them."""
    rows = _split(columns, limit)
    lanes, sides = lanes_of(rows), len(sides_of(rows))
    margin = MARGIN + (TURN if len(rows) > 1 else 0)
    placed, bottoms, y, width = [], [], -MARGIN, text_width(Label(footer, "plain")) + 2 * MARGIN
    for row, above in zip(rows, lanes, strict=True):
        y -= lanes_height(above)
        height, shift = max(column.form.size[1] for column in row), margin + row[0].width / 2 - row[0].x
        placed.append(tuple(replace(c, x=c.x + shift, y=y - height / 2, labels_top=y - height) for c in row))
        labels = max(sum(label_height(label.style) for label in column.block.labels) for column in row)
        bottoms.append(y - height - labels)
        y = bottoms[-1] - ROW_GAP
        width = max(width, placed[-1][-1].x + row[-1].width / 2 + margin)
    size = (width + SIDE * sides, FOOTER + MARGIN - bottoms[-1])
    return Layout(tuple(placed), tuple(bottoms), size, arcs(placed, lanes, width))


def _split(columns: Sequence[Placed], limit: float) -> list[list[Placed]]:
    """The columns row by row, as many in each as fit; several rows need room for lines at their sides."""
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
    """Return the width of a line with its padding."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # missing letters become boxes
        width, _, _ = text_to_path.get_text_width_height_descent(label.text, font(label.style), False)
    return 1.03 * float(width) + (2 * PADDING if label.style == "note" else 0)  # a screen's hinting may widen it


def font(style: Style, scale: float = 1) -> FontProperties:
    """Return the font of a line."""
    weight = "bold" if style == "title" else "normal"
    return FontProperties(family=STYLE["font.family"], size=SIZES[style] * scale, weight=weight)


def label_height(style: Style) -> float:
    """Return the height of a line with its padding."""
    return LEADING[style] + (PADDING if style == "note" else 0)
