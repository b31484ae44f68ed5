"""Predicted values against true ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnzoo.figures.style import COLORS, INK, make_figure
from nnzoo.figures.words import plain
from nnzoo.kinds import Floats

MOST_VALUES = 6
"""Values that are predicted together: of more, the first are drawn."""
_ACROSS = 3
_MOST_POINTS = 1_500
_NAME = 30
"""Letters of a value's name that there is room for."""


def predicted_figure(targets: Floats, predictions: Floats, names: Sequence[str]) -> Figure:
    """A drawing for each value, as each may have a unit of its own.

    Parameters
    ----------
    targets, predictions : ndarray of shape (n, k)
        True and predicted values, in the units of the data.
    names : sequence of str
        What the k values are called; empty where they have no names.
    """
    values = targets.shape[1]
    shown = min(values, MOST_VALUES)
    across = min(shown, _ACROSS)
    down = -(-shown // across)
    size = (4.4, 4.2) if shown == 1 else (2.6 * across, 2.6 * down + 0.3)
    figure, axes = make_figure(down, across, width=size[0], height=size[1])
    for value, ax in enumerate(axes):
        if value < shown:
            name = names[value] if names else f"value {value}" if values > 1 else "value"
            plot_predicted(ax, targets[:, value], predictions[:, value], name)
        else:
            ax.set_axis_off()
    axes[0].set_title("Predicted and true values" + (f", the first {shown} of {values}" if shown < values else ""))
    return figure


def plot_predicted(ax: Axes, targets: Floats, predictions: Floats, name: str = "value") -> Axes:
    """Draw each predicted value against the true one; on the diagonal they are the same.

    Of very many samples some are drawn, evenly spaced through the data, and the one that is furthest off.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    targets, predictions : ndarray of shape (n,)
        True and predicted values of n samples.
    name : str
        What the value is called; it names the axes.

    Returns
    -------
    Axes
        The same.
    """
    places = np.linspace(0, len(targets) - 1, min(len(targets), _MOST_POINTS)).round().astype(np.intp)
    places = np.union1d(places, np.abs(targets - predictions).argmax())
    ends = [min(targets.min(), predictions.min()), max(targets.max(), predictions.max())]
    ax.plot(ends, ends, color=INK, linestyle="-", linewidth=0.8, label="equal")
    ax.plot(
        targets[places],
        predictions[places],
        linestyle="none",
        marker="o",
        markersize=3.5,
        markeredgewidth=0,
        color=COLORS[0],
        alpha=0.6,
        label="sample",
    )
    ax.set(xlabel=f"true {plain(name, _NAME)}", ylabel=f"predicted {plain(name, _NAME)}")
    return ax
