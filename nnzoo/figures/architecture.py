"""Architecture diagrams: the layers of any network from left to right, with their shapes and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from nnzoo.figures.architecture_blocks import Role, Style, architecture_blocks
from nnzoo.figures.architecture_layout import (
    JOINT_RADIUS,
    LEADING,
    MARGIN,
    NEAR,
    PADDING,
    ROW_GAP,
    SIZES,
    TURN,
    UNIT_PITCH,
    UNIT_RADIUS,
    Joint,
    Layout,
    Placed,
    Point,
    Units,
    Volume,
    fitting_layout,
    font,
    label_height,
    natural_layout,
)
from nnzoo.figures.style import COLORS, FAINT, INK
from nnzoo.nn import Network
from nnzoo.nn.summary import totals

EDGES: dict[Role, str] = {
    "input": "#444444",
    "trained": COLORS[0],
    "fixed": FAINT,
    "output": COLORS[1],
    "omitted": FAINT,
}
TEXTS: dict[Style, str] = {"title": INK, "plain": INK, "faint": "#666666", "note": INK}
MESH = "#c8c8c8"
NOTE = "#eeeeee"
MOST_CHANNELS, MOST_PIXELS = 16, 32
"""The most channels, and pixels of a side, that are separated by lines."""
IMAGE_POINTS = 8
"""The number of points of an image with lines to the units of the next layer."""
BEND = 5.0
"""The radius of a corner."""
DOT = 1.1

POINTS_PER_INCH = 72
LARGEST_SCALE = 1.4
"""The largest enlargement of text in large axes."""


def draw(ax: Axes, layout: Layout, footer: str, scale: float, span: Point) -> None:
    """Draw a layout; the axes show a rectangle of size ``span``, in points, and text is enlarged by ``scale``."""
    width, height = layout.size
    ax.set_axis_off()
    ax.set(
        xlim=((width - span[0]) / 2, (width + span[0]) / 2),
        ylim=((-height - span[1]) / 2, (-height + span[1]) / 2),
        aspect="equal",
    )
    for row in layout.rows:
        for before, after in pairwise(row):
            if before.block.name in after.block.sources:
                _draw_connection(ax, before, after, scale)
        for placed in row:
            _draw_form(ax, placed, scale)
            _draw_labels(ax, placed, scale)
    for (upper, lower), bottom in zip(pairwise(layout.rows), layout.bottoms, strict=False):
        if upper[-1].block.name in lower[0].block.sources:
            _draw_turn(ax, upper[-1], lower[0], bottom - ROW_GAP / 2, scale)
    for corners in layout.arcs:
        _draw_arrow(ax, _bent(corners), scale)
    y = MARGIN - height
    ax.text(MARGIN, y, footer, color=TEXTS["faint"], fontproperties=font("plain", scale), parse_math=False)


def _draw_connection(ax: Axes, before: Placed, after: Placed, scale: float) -> None:
    """Draw a line for each weight of a fully connected layer; otherwise an arrow."""
    starts = _right_points(before)
    if after.block.fully_connected and isinstance(after.form, Units) and starts:
        ends = [(after.left, after.y + height) for height in after.form.heights]
        lines = [(start, end) for start in starts for end in ends]
        mesh = LineCollection(lines, colors=MESH, linewidths=0.4 * scale, zorder=1)
        mesh.set_gid(f"weights-of-{after.block.name}")
        ax.add_collection(mesh, autolim=False)
    else:
        _draw_arrow(ax, Path([(before.right + NEAR, before.y), (after.left - NEAR, after.y)]), scale)


def _right_points(placed: Placed) -> list[Point]:
    """The starting points of lines to the next layer's units."""
    if isinstance(placed.form, Units):
        return [(placed.right, placed.y + height) for height in placed.form.heights]
    if isinstance(placed.form, Volume):
        low = placed.y - placed.form.size[1] / 2 + placed.form.back[1]
        return [(placed.right, float(y)) for y in np.linspace(low, low + placed.form.front[1], IMAGE_POINTS)]
    return []


def _draw_turn(ax: Axes, last: Placed, first: Placed, between: float, scale: float) -> None:
    """Draw an arrow from the end of a row to the beginning of the next."""
    out, back = last.x + last.width / 2 + TURN, first.x - first.width / 2 - TURN
    corners = [(out, last.y), (out, between), (back, between), (back, first.y)]
    _draw_arrow(ax, Path([(last.right + NEAR, last.y), *corners, (first.left - NEAR, first.y)]), scale)


def _bent(corners: Sequence[Point]) -> Path:
    """A path of horizontal and vertical lines with round corners."""
    points, codes = [corners[0]], [Path.MOVETO]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        points += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*points, corners[-1]], [*codes, Path.LINETO])


def _towards(corner: Point, end: Point) -> Point:
    """The point between a corner and an end where the bend ends."""
    length = abs(end[0] - corner[0]) + abs(end[1] - corner[1])
    share = min(BEND, length / 2) / (length or 1)
    return corner[0] + share * (end[0] - corner[0]), corner[1] + share * (end[1] - corner[1])


def _draw_arrow(ax: Axes, path: Path, scale: float) -> None:
    arrow = FancyArrowPatch(
        path=path,
        arrowstyle="-|>",
        mutation_scale=7 * scale,
        linewidth=0.8 * scale,
        color=FAINT,
        joinstyle="miter",
        zorder=1,
    )
    ax.add_patch(arrow)


def _draw_form(ax: Axes, placed: Placed, scale: float) -> None:
    if isinstance(placed.form, Units):
        _draw_units(ax, placed, placed.form, scale)
    elif isinstance(placed.form, Volume):
        _draw_volume(ax, placed, placed.form, scale)
    elif isinstance(placed.form, Joint):
        _draw_joint(ax, placed, placed.form, scale)
    else:
        _draw_dots(ax, placed.block.name, [(placed.x + step, placed.y) for step in (-7, 0, 7)], 2 * DOT)


def _draw_circles(ax: Axes, placed: Placed, circles: list[Circle], scale: float) -> None:
    edge = EDGES[placed.block.role]
    drawn = PatchCollection(circles, facecolors=[_tint(edge, 0.2)], edgecolors=[edge], linewidths=0.9 * scale, zorder=2)
    drawn.set_gid(placed.block.name)
    ax.add_collection(drawn, autolim=False)


def _draw_units(ax: Axes, placed: Placed, units: Units, scale: float) -> None:
    circles = [Circle((placed.x, placed.y + height), UNIT_RADIUS) for height in units.heights]
    _draw_circles(ax, placed, circles, scale)
    if len(units.heights) < units.number:
        steps = (-0.6 * UNIT_PITCH, 0, 0.6 * UNIT_PITCH)
        _draw_dots(ax, f"{placed.block.name}-dots", [(placed.x, placed.y + step) for step in steps], DOT)


def _draw_joint(ax: Axes, placed: Placed, joint: Joint, scale: float) -> None:
    _draw_circles(ax, placed, [Circle((placed.x, placed.y), JOINT_RADIUS)], scale)
    look: dict[str, Any] = {"ha": "center", "va": "center_baseline", "color": INK, "zorder": 3}
    ax.text(placed.x, placed.y, joint.sign, fontproperties=font("title", scale), parse_math=False, **look)


def _draw_dots(ax: Axes, name: str, middles: list[Point], radius: float) -> None:
    dots = PatchCollection([Circle(middle, radius) for middle in middles], facecolors=FAINT, linewidths=0, zorder=2)
    dots.set_gid(name)
    ax.add_collection(dots, autolim=False)


def _draw_volume(ax: Axes, placed: Placed, volume: Volume, scale: float) -> None:
    """Draw a box in parallel projection: front, top and right side, with lines between channels or pixels."""
    edge = EDGES[placed.block.role]
    corner = np.array([placed.left, placed.y - volume.size[1] / 2])
    right, up, back = np.array([volume.front[0], 0]), np.array([0, volume.front[1]]), np.array(volume.back)
    faces = [(corner, right, up, 0.16)]
    if volume.back[0]:
        faces += [(corner + up, right, back, 0.06), (corner + right, back, up, 0.36)]
    box = PolyCollection(
        [[start, start + a, start + a + b, start + b] for start, a, b, _ in faces],
        facecolors=[_tint(edge, strength) for *_, strength in faces],
        edgecolors=[edge],
        linewidths=0.9 * scale,
        joinstyle="round",
        zorder=2,
    )
    box.set_gid(placed.block.name)
    ax.add_collection(box, autolim=False)

    lines: list[tuple[NDArray[np.float64], ...]] = []
    if not volume.back[0] and max(volume.pixels) <= MOST_PIXELS:
        rows, columns = volume.pixels
        lines += [(corner + up * k / rows, corner + up * k / rows + right) for k in range(1, rows)]
        lines += [(corner + right * k / columns, corner + right * k / columns + up) for k in range(1, columns)]
    elif volume.back[0] and volume.channels <= MOST_CHANNELS:
        for k in range(1, volume.channels):
            start = corner + back * k / volume.channels
            lines.append((start + up, start + up + right, start + right))
    inner = LineCollection(lines, colors=[(*to_rgb(edge), 0.3)], linewidths=0.4 * scale, zorder=2.1)
    inner.set_gid(f"{placed.block.name}-lines")
    ax.add_collection(inner, autolim=False)


def _draw_labels(ax: Axes, placed: Placed, scale: float) -> None:
    y = placed.labels_top
    for label in placed.block.labels:
        pill = {"boxstyle": f"round,pad={PADDING / SIZES['note']}", "facecolor": NOTE, "edgecolor": "none"}
        ax.text(
            placed.x,
            y - LEADING[label.style],
            label.text,
            ha="center",
            va="baseline",
            color=TEXTS[label.style],
            fontproperties=font(label.style, scale),
            bbox=pill if label.style == "note" else None,
            parse_math=False,
            zorder=3,
        )
        y -= label_height(label.style)


def _tint(color: str, strength: float) -> tuple[float, float, float]:
    """A light shade of a colour, mixed with white."""
    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(color))
    return red, green, blue


def plot_architecture(ax: Axes, network: Network) -> Axes:
    """Draw the layers of a network, from left to right, in as many rows as fit best.

    Vectors are columns of units, with dots in place of the middle of long ones; images are planes, and images with
    several channels are volumes. A line between units is a weight; layers of other types are connected by arrows. Below
    each layer are its shape, its parameters and its hyperparameters, and operations on its values in place (activation,
    dropout). Layers without parameters are grey, the last one is red. In a graph, arcs connect layers that are not next
    to each other, and branches meet in circles. Layers of plugins are drawn from their shapes.

    The size of text depends on the size of the axes; `architecture_figure` has the best size.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    box, points = ax.get_window_extent(), POINTS_PER_INCH / figure.dpi
    width, height = box.width * points, box.height * points
    footer = totals(network)
    layout = fitting_layout(architecture_blocks(network), footer, width, height)
    scale = min(width / layout.size[0], height / layout.size[1], LARGEST_SCALE)
    draw(ax, layout, footer, scale, (width / scale, height / scale))
    return ax


def architecture_figure(network: Network) -> Figure:
    """Return a new figure with `plot_architecture`, as large as necessary; call this inside `styled`."""
    footer = totals(network)
    layout = natural_layout(architecture_blocks(network), footer)
    figure = Figure(figsize=(layout.size[0] / POINTS_PER_INCH, layout.size[1] / POINTS_PER_INCH))
    draw(figure.add_axes((0, 0, 1, 1)), layout, footer, 1, layout.size)
    return figure
