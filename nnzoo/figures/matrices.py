"""Arrays as images: weights, gradients, and how far a step moves them."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnzoo.figures.pictures import as_picture, as_shades, mosaic
from nnzoo.figures.style import DIVERGING, make_figure, styled
from nnzoo.kinds import Floats

NUMBERED = 16
"""Values: up to so many have their numbers written on them."""
LONGEST = 1.5
"""Times that a side may be longer than the other before its cells are no longer squares."""
GAPS = "#c8c8c8"
"""Between pictures whose background is white, for 0."""
WIDTH = 4.4
"""Inches."""
MOST_PATTERNS = 64


def array_figure(values: Floats, title: str) -> Figure:
    """An array as an image of its own; see `plot_array`."""
    with styled():
        rows, columns = as_matrix(values).shape
        height = 0.7 + 2.9 * min(1.0, rows / columns)
        figure, (ax,) = make_figure(width=WIDTH, height=max(height, 1.4))
        plot_array(ax, values, title)
    return figure


def patterns_figure(patterns: Floats, title: str) -> Figure:
    """Pictures beside each other, in a figure of their own; see `plot_patterns`."""
    with styled():
        across = _columns(patterns)
        down = math.ceil(min(len(patterns), MOST_PATTERNS) / across)
        height, width = as_picture(patterns[0]).shape[:2]
        figure, (ax,) = make_figure(width=WIDTH, height=0.7 + 3.3 * min(1.5, down * height / (across * width)))
        plot_patterns(ax, patterns, title)
    return figure


def sample_figure(sample: Floats) -> Figure:
    """One sample as a small picture, without axes; see `is_picture` for what is one."""
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
        A vector is a row; of more than two axes, all but the last become one.
    title : str
        What it is.

    Returns
    -------
    Axes
        The same.
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
    """Draw one picture for each unit or filter, beside each other and to one scale; the first `MOST_PATTERNS` of them.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    patterns : ndarray of shape (units, *picture)
        As `first_layer_patterns` gives them.
    title : str
        What they are.

    Returns
    -------
    Axes
        The same.
    """
    pictures = [as_picture(pattern) for pattern in patterns[:MOST_PATTERNS]]
    if pictures[0].ndim == 3:  # the mean over the colours tells enough
        pictures = [picture.mean(axis=2) for picture in pictures]
    columns = _columns(patterns)
    whole = mosaic([pictures[start : start + columns] for start in range(0, len(pictures), columns)], math.nan)
    which = f"the first {len(pictures)} of {len(patterns)} units" if len(pictures) < len(patterns) else ""
    _show(ax, whole, title, aspect="equal")
    ax.set(xticks=[], yticks=[], xlabel=which, facecolor=GAPS)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def as_matrix(values: Floats) -> Floats:
    """An array with two axes: a vector as a row, all but the last of more than two as one."""
    return values[None] if values.ndim == 1 else values.reshape(-1, values.shape[-1])


def _columns(patterns: Floats) -> int:
    """How many stand in a row: about as many as there are rows."""
    return math.ceil(math.sqrt(min(len(patterns), MOST_PATTERNS)))


def _show(ax: Axes, matrix: Floats, title: str, *, aspect: str) -> None:
    limit = float(np.nanmax(np.abs(matrix))) or 1.0
    image = ax.imshow(matrix, cmap=DIVERGING, vmin=-limit, vmax=limit, aspect=aspect)  # type: ignore[arg-type]
    figure = ax.get_figure()
    assert figure is not None
    figure.colorbar(image, ax=ax, shrink=0.9)
    ax.set_title(title)
    ax.grid(visible=False)
