"""Arrays as images: weights, gradients, and changes."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnzoo.figures.pictures import as_picture, as_shades, square_columns, square_mosaic
from nnzoo.figures.style import DIVERGING, add_colorbar, make_figure, styled
from nnzoo.kinds import Floats

NUMBERED = 16
"""Arrays with up to this many values have numbers in their cells."""
LONGEST = 1.5
"""The largest ratio of the sides with square cells."""
GAPS = "#c8c8c8"
"""The colour between images; white is a value of 0."""
WIDTH = 4.4
"""Inches."""
MOST_PATTERNS = 64


def array_figure(values: Floats, title: str) -> Figure:
    """Return a new figure with `plot_array`."""
    with styled():
        rows, columns = as_matrix(values).shape
        height = 0.7 + 2.9 * min(1.0, rows / columns)
        figure, (ax,) = make_figure(width=WIDTH, height=max(height, 1.4))
        plot_array(ax, values, title)
    return figure


def patterns_figure(patterns: Floats, title: str) -> Figure:
    """Return a new figure with `plot_patterns`."""
    with styled():
        shown = min(len(patterns), MOST_PATTERNS)
        across = square_columns(shown)
        down = math.ceil(shown / across)
        height, width = as_picture(patterns[0]).shape[:2]
        figure, (ax,) = make_figure(width=WIDTH, height=0.7 + 3.3 * min(1.5, down * height / (across * width)))
        plot_patterns(ax, patterns, title)
    return figure


def sample_figure(sample: Floats) -> Figure:
    """Return a new figure with one sample as a small image without axes; see `is_picture`."""
    with styled():
        figure, (ax,) = make_figure(width=1.8, height=1.8)
        ax.imshow(as_shades(sample[None])[0], cmap="gray", vmin=0, vmax=1)
        ax.axis("off")
    return figure


def plot_array(ax: Axes, values: Floats, title: str) -> Axes:
    """Draw an array: red above 0, blue below, and white at 0; up to `NUMBERED` values with their numbers.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    values : ndarray of any shape
        A vector is a row; of more than two axes, all but the last are combined.
    title : str
        Title of the axes.
    """
    matrix = as_matrix(values)
    rows, columns = matrix.shape
    stretched = max(rows, columns) > LONGEST * min(rows, columns)
    _show(ax, matrix, title, aspect="auto" if stretched else "equal")
    if matrix.size <= NUMBERED:
        limit = np.abs(matrix).max()
        for (row, column), value in np.ndenumerate(matrix):
            color = "white" if abs(value) > 0.6 * limit else "black"
            text = f"{value:.4g}".replace("-", "−")
            ax.text(column, row, text, color=color, ha="center", va="center", fontsize=8)
    ax.set_xticks([0, columns - 1] if columns > 1 else [0])
    ax.set_yticks([0, rows - 1] if rows > 1 else [])
    return ax


def plot_patterns(ax: Axes, patterns: Floats, title: str) -> Axes:
    """Draw an image for each unit or filter, in one mosaic with one scale; of many, the first `MOST_PATTERNS`.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    patterns : ndarray of shape (units, *picture)
        The result of `first_layer_patterns`.
    title : str
        Title of the axes.
    """
    pictures = [as_picture(pattern) for pattern in patterns[:MOST_PATTERNS]]
    if pictures[0].ndim == 3:  # the mean over the colours is enough
        pictures = [picture.mean(axis=2) for picture in pictures]
    few = f"the first {len(pictures)} of {len(patterns)} units" if len(pictures) < len(patterns) else ""
    _show(ax, square_mosaic(pictures), title, aspect="equal")
    ax.set(xticks=[], yticks=[], xlabel=few, facecolor=GAPS)
    ax.spines[:].set_visible(False)
    return ax


def as_matrix(values: Floats) -> Floats:
    """Return an array with two axes: a vector as a row; of more than two axes, all but the last are combined."""
    return values[None] if values.ndim == 1 else values.reshape(-1, values.shape[-1])


def _show(ax: Axes, matrix: Floats, title: str, *, aspect: str) -> None:
    limit = float(np.nanmax(np.abs(matrix))) or 1.0
    image = ax.imshow(matrix, cmap=DIVERGING, vmin=-limit, vmax=limit, aspect=aspect)  # type: ignore[arg-type]
    add_colorbar(ax, image, shrink=0.9)
    ax.set_title(title)
    ax.grid(visible=False)
