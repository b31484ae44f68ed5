"""The way of connections that skip blocks: up from a block, along a lane above its row, and down into another."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nnzoo.figures.architecture_forms import Placed, Point

LOWEST, LANE = 12.0, 8.0
"""How far the lowest lane is above the highest form, and each other one above the one below."""
SIDE = 8.0
"""From one line at the right side to the next: they lead to rows further down."""
ASIDE = 3.0
"""How far from the middle of a form arcs begin and end: to the right and to the left of it."""
SPREAD = 6.0
"""How much further to the left those end that come along lower lanes."""
NEAR = 4.0
"""How close an arrow comes to a form."""

Rows = Sequence[Sequence[Placed]]


def lanes_height(lanes: dict[str, int]) -> float:
    """How much room the lanes of a row take."""
    return LOWEST + LANE * max(lanes.values()) if lanes else 0.0


def lanes_of(rows: Rows) -> list[dict[str, int]]:
    """For each row, the blocks whose output goes along above it, each with its lane; shorter ways are lower."""
    spans: list[dict[str, tuple[float, float]]] = [{} for _ in rows]
    for source, target in _skips(rows):
        for row, ends in _pieces(rows, source, target):
            low, high = spans[row].get(source, ends)
            spans[row][source] = min(low, ends[0]), max(high, ends[1])
    found: list[dict[str, int]] = []
    for span in spans:
        lanes: dict[str, int] = {}
        for name, (low, high) in sorted(span.items(), key=lambda item: (item[1][1] - item[1][0], -item[1][0])):
            crossed = {lane for other, lane in lanes.items() if low < span[other][1] and span[other][0] < high}
            lanes[name] = max(crossed, default=-1) + 1
        found.append(lanes)
    return found


def sides_of(rows: Rows) -> dict[str, int]:
    """The blocks whose output goes down at the right side, each with the number of its line."""
    names = dict.fromkeys(s for s, t in _skips(rows) if _row(rows, s) != _row(rows, t))
    return {name: number for number, name in enumerate(names)}


def arcs(rows: Rows, lanes: Sequence[dict[str, int]], edge: float) -> tuple[tuple[Point, ...], ...]:
    """The corners of each way.

    Parameters
    ----------
    rows : sequence of sequence of Placed
        All blocks where they stand.
    lanes : sequence of dict of str to int
        What `lanes_of` found for them.
    edge : float
        Where the first line at the right side is.
    """
    blocks, sides = {placed.block.name: placed for row in rows for placed in row}, sides_of(rows)

    def height(row: int, name: str) -> float:
        return max(placed.top for placed in rows[row]) + LOWEST + LANE * lanes[row][name]

    skips, found = _skips(rows), []
    for source, target in skips:
        first, last = _row(rows, source), _row(rows, target)
        start, end = blocks[source], blocks[target]
        heights = sorted((height(last, other) for other, into in skips if into == target), reverse=True)
        further = SPREAD * heights.index(height(last, source)) / max(1, len(heights) - 1)
        out, into = start.x + ASIDE, end.x - ASIDE - further
        way = [(out, start.top + NEAR / 2), (out, height(first, source))]
        if first != last:
            side = edge + SIDE * sides[source]
            way += [(side, height(first, source)), (side, height(last, source))]
        found.append((*way, (into, height(last, source)), (into, end.top + NEAR)))
    return tuple(found)


def _skips(rows: Rows) -> list[tuple[str, str]]:
    """The connections between blocks that do not stand side by side: source and target."""
    order = {placed.block.name: number for number, placed in enumerate(placed for row in rows for placed in row)}
    return [
        (source, placed.block.name)
        for row in rows
        for placed in row
        for source in placed.block.sources
        if order[placed.block.name] != order[source] + 1
    ]


def _pieces(rows: Rows, source: str, target: str) -> list[tuple[int, tuple[float, float]]]:
    """The rows that a connection goes along, each with the ends of the way there."""
    x = {placed.block.name: placed.x for row in rows for placed in row}
    first, last = _row(rows, source), _row(rows, target)
    if first == last:
        return [(first, (x[source] + ASIDE, x[target] - ASIDE))]
    return [(first, (x[source] + ASIDE, math.inf)), (last, (x[target] - ASIDE, math.inf))]


def _row(rows: Rows, name: str) -> int:
    return next(number for number, row in enumerate(rows) if any(placed.block.name == name for placed in row))
