"""Samples that a network assigns to a wrong class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from nnzoo.figures.pictures import as_shades, is_picture
from nnzoo.figures.style import COLORS, FAINT
from nnzoo.figures.words import plain
from nnzoo.kinds import Columns, Floats
from nnzoo.model.columns import row_texts

COLUMNS = 4
ROW_LINES = 8
"""The most columns of a table."""
_TOP = 3
"""The most classes with bars."""
_NAME, _SHORT = 12, 6
"""The longest class name above a sample, and beside a bar, in characters."""
_COLUMN, _CELL = 11, 9
"""The longest column name, and value in a column, in characters."""


def plot_mistakes(
    ax: Axes,
    inputs: NDArray[Any] | Columns,
    labels: NDArray[np.integer[Any]],
    outputs: Floats,
    class_names: Sequence[str],
    columns: Sequence[str] = (),
) -> Axes:
    """Draw samples, in the given order, each beside the probabilities of its most probable classes.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    inputs : ndarray of shape (n, *sample), or Columns
        Samples: rows of a table as text, images, or other arrays as strips with a shade for each value.
    labels : ndarray of shape (n,)
        The right classes.
    outputs : ndarray of shape (n, k)
        The network's predictions: probabilities, if the loss has them.
    class_names : sequence of str
        The k names.
    columns : sequence of str
        For a table, the columns to show; at most `ROW_LINES`.
    """
    shares = are_shares(outputs)
    ax.set(title="Worst mistakes")
    quantity = "probability" if shares else "output"
    ax.set_title(f"bars: {quantity} of a class, filled: the right class", loc="right", fontsize=8, fontweight="normal")
    ax.set_axis_off()
    across = _across(isinstance(inputs, Columns))
    width, height = 1 / across, 1 / -(-len(labels) // across)
    draw = _rows_drawn(inputs, columns) if isinstance(inputs, Columns) else _samples_drawn(inputs)
    share, begin, length = (0.56, 0.77, 0.13) if isinstance(inputs, Columns) else (0.36, 0.6, 0.22)
    for place, (label, output) in enumerate(zip(labels, outputs, strict=True)):
        left, top = place % across * width, 1 - place // across * height
        sample = ax.inset_axes((left, top - 0.95 * height, share * width, 0.72 * height))
        bars = ax.inset_axes((left + begin * width, top - 0.9 * height, length * width, 0.62 * height))
        sample.set_axis_off()
        draw(sample, place)
        _draw_outputs(bars, output, int(label), class_names, shares=shares)
        bars.set_xlim((0, 1) if shares else (min(0, outputs.min()), outputs.max()))
        right, taken = (plain(class_names[each], _NAME) for each in (label, output.argmax()))
        words = f"{right}, taken for {taken}" if len(right + taken) < _NAME else f"{right}\ntaken for {taken}"
        ax.text(left, top - 0.17 * height, words, fontsize=8, linespacing=1.0)
    return ax


def _samples_drawn(inputs: NDArray[Any]) -> Callable[[Axes, int], None]:
    is_strip = not is_picture(inputs.shape[1:])
    samples = as_shades(inputs.reshape(len(inputs), 1, -1) if is_strip else inputs)

    def draw(ax: Axes, place: int) -> None:
        ax.imshow(samples[place], cmap="gray", vmin=0, vmax=1, aspect="auto" if is_strip else "equal")

    return draw


def _rows_drawn(table: Columns, columns: Sequence[str]) -> Callable[[Axes, int], None]:
    def draw(ax: Axes, place: int) -> None:
        for line, (column, value) in enumerate(row_texts(table, place, columns, digits=5)):
            y = 1 - (line + 0.5) / ROW_LINES
            ax.text(0, y, plain(column, _COLUMN), fontsize=7, color=FAINT, va="center")
            ax.text(1, y, plain(value, _CELL), fontsize=7, va="center", ha="right")

    return draw


def _across(is_table: bool) -> int:
    """The number of samples in a row."""
    return 3 if is_table else COLUMNS


def are_shares(outputs: Floats) -> bool:
    """Whether outputs, of shape (n, k), are probabilities: not negative, with a sum of 1."""
    return bool(outputs.min() >= 0 and np.allclose(outputs.sum(axis=1), 1, atol=1e-3))


def output_text(value: float, *, shares: bool) -> str:
    """Return an output as short text: a probability in whole per cent, or <1%."""
    if not shares:
        return f"{value:.2g}"
    return "<1%" if 0 < value < 0.005 else f"{value:.0%}"


def top_classes(output: Floats, label: int) -> NDArray[np.intp]:
    """Return the classes with the largest outputs, from shape (k,), with the right class at least in the last place."""
    order = np.argsort(-output, kind="stable")[:_TOP]
    return order if label in order else np.append(order[:-1], label)


def _draw_outputs(ax: Axes, output: Floats, label: int, class_names: Sequence[str], *, shares: bool) -> None:
    """Draw bars for the classes with the largest outputs and the right one, which is filled."""
    order = top_classes(output, label)
    places = range(len(order))
    colors = [COLORS[0] if each == label else "white" for each in order]
    ax.barh(places, output[order], height=0.7, color=colors, edgecolor=COLORS[0], linewidth=0.8)
    for place, value in zip(places, output[order].tolist(), strict=True):
        ax.text(max(value, 0), place, f" {output_text(value, shares=shares)}", va="center", fontsize=7)
    ax.set_yticks(places, [plain(class_names[each], _SHORT) for each in order], fontsize=7)
    ax.invert_yaxis()
    ax.set(xticks=[])
    ax.tick_params(left=False)
    ax.spines["bottom"].set_visible(False)
    ax.grid(visible=False)


def mistakes_size(count: int, *, is_table: bool = False) -> tuple[float, float]:
    """Return width and height, in inches, for this number of samples."""
    return 7.2, 0.4 + (1.6 if is_table else 1.2) * -(-count // _across(is_table))
