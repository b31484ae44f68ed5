"""The figure of a table: some of its rows, and the distribution of each column."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from nnzoo.figures.pictures import evenly_spaced
from nnzoo.figures.style import COLORS, FAINT
from nnzoo.figures.words import plain
from nnzoo.kinds import Columns, Dataset
from nnzoo.model.columns import row_texts

MOST = 30
"""The most columns."""
ROWS = 5
_TARGETS = 3
_BINS, _BARS = 24, 12
_NAME, _CELL = 26, 11
"""The longest column name, and value, in characters."""
_LEFT, _RIGHT, _FIRST = 0.27, 0.43, 0.55
"""The left and right ends of the distributions, and the right end of the first row's values; shares of the width."""


def table_size(table: Columns) -> tuple[float, float]:
    """Return width and height, in inches, for the columns of a table."""
    return 7.2, 0.9 + 0.25 * (min(len(table.arrays), MOST) + 2)


def plot_table(ax: Axes, dataset: Dataset) -> Axes:
    """Draw a line for each column of the training part: its name, its distribution, and its values in some rows.

    The rows are evenly spaced. Their targets are the first lines. Of very many columns, the first are drawn.
    """
    table = dataset.train.inputs
    assert isinstance(table, Columns)
    rows = evenly_spaced(len(table), ROWS)
    shown = list(table)[:MOST]
    targets = _targets(dataset, rows)
    places = [_FIRST + (1 - _FIRST) * place / max(1, ROWS - 1) for place in range(len(rows))]
    height = 1 / (len(targets) + len(shown) + 1)
    ax.set_axis_off()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    few = f", the first {MOST} of {len(table.arrays)} columns" if len(shown) < len(table.arrays) else ""
    ax.set_title(f"Rows of the table{few}")

    def line(number: int, name: str, values: list[str], **look: Any) -> float:
        middle = 1 - (number + 0.5) * height
        ax.text(0, middle, plain(name, _NAME), fontsize=7.5, va="center", **look)
        for x, value in zip(places, values, strict=True):
            ax.text(x, middle, plain(value, _CELL), fontsize=7, va="center", ha="right", **look)
        return middle

    middle = line(0, "column", [f"row {row:,}" for row in rows.tolist()], color=FAINT)
    ax.text(_LEFT, middle, "distribution", fontsize=7, va="center", color=FAINT)
    for number, (name, values) in enumerate(targets, 1):
        line(number, name, values, fontweight="bold")
    for number, name in enumerate(shown, len(targets) + 1):
        values = [row_texts(table, row, (name,), digits=6)[0][1] for row in rows.tolist()]
        middle = line(number, name, values)
        counts = _distribution(table[name])
        step = (_RIGHT - _LEFT) / max(len(counts), 1)
        heights = 0.8 * height * counts / max(counts.max(initial=0), 1)
        left = _LEFT + step * np.arange(len(counts))
        ax.bar(left, heights, 0.9 * step, bottom=middle - 0.4 * height, align="edge", color=COLORS[0])
    return ax


def _distribution(values: NDArray[Any]) -> NDArray[np.integer[Any]]:
    """The histogram of numbers or dates; for texts the count of each, the most frequent first."""
    if values.dtype.kind == "O":
        _, counts = np.unique(np.array([value for value in values if value is not None], np.str_), return_counts=True)
        ordered: NDArray[np.integer[Any]] = np.sort(counts)[::-1][:_BARS]
        return ordered
    numbers = values[~np.isnat(values)].astype(np.int64) if values.dtype.kind == "M" else values[np.isfinite(values)]
    return np.histogram(numbers, _BINS)[0] if len(numbers) else np.zeros(1, np.intp)


def _targets(dataset: Dataset, rows: NDArray[np.intp]) -> list[tuple[str, list[str]]]:
    """The targets of rows: lines of a name and its values."""
    targets, names = dataset.train.targets[rows], dataset.names
    if targets.ndim == 1:
        return [("class", [names[label] if names else str(label) for label in targets.tolist()])]
    if dataset.class_names:
        given = [", ".join(names[label] for label in np.flatnonzero(row)) or "none" for row in targets]
        return [("labels", given)]
    columns = targets.reshape(len(rows), -1).T[:_TARGETS]
    return [
        (names[place] if names else f"value {place}", [f"{value:.6g}" for value in column])
        for place, column in enumerate(columns.tolist())
    ]
