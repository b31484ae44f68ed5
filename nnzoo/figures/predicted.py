"""Predicted values against true ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnzoo.figures.pictures import evenly_spaced
from nnzoo.figures.style import COLORS, INK, make_figure
from nnzoo.figures.words import plain
from nnzoo.kinds import Floats

MOST_VALUES = 6
"""The most values that are drawn of a task that predicts several."""
_ACROSS = 3
_MOST_POINTS = 1_500
_NAME = 30
"""The longest name of a value, in characters."""


def predicted_figure(targets: Floats, predictions: Floats, names: Sequence[str]) -> Figure:
    """Return a new figure with axes for each value, as each may have a different unit.

    Parameters
    ----------
    targets, predictions : ndarray of shape (n, k)
        True and predicted values, in the units of the data.
    names : sequence of str
        The k names; empty if values have no names.
    """
    values = targets.shape[1]
    shown = min(values, MOST_VALUES)
    across = min(shown, _ACROSS)
    down = -(-shown // across)
    width, height = (4.4, 4.2) if shown == 1 else (2.6 * across, 2.6 * down + 0.3)
    figure, axes = make_figure(down, across, width=width, height=height)
    for value, ax in enumerate(axes):
        if value < shown:
            name = names[value] if names else f"value {value}" if values > 1 else "value"
            plot_predicted(ax, targets[:, value], predictions[:, value], name)
        else:
            ax.set_axis_off()
    axes[0].set_title("Predicted and true values" + (f", the first {shown} of {values}" if shown < values else ""))
    return figure


def plot_predicted(ax: Axes, targets: Floats, predictions: Floats, name: str = "value") -> Axes:
    """Draw each predicted value against the true one; on the diagonal they are equal.

    Of very many samples, evenly spaced ones and the one with the largest error are drawn.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    targets, predictions : ndarray of shape (n,)
        True and predicted values of n samples.
    name : str
        The name of the value, for the labels of the axes.
    """
    places = np.union1d(evenly_spaced(len(targets), _MOST_POINTS), np.abs(targets - predictions).argmax())
    ends = [min(targets.min(), predictions.min()), max(targets.max(), predictions.max())]
    ax.plot(ends, ends, color=INK, linestyle="-", linewidth=0.8, label="equal")
    look: dict[str, Any] = {"marker": "o", "markersize": 3.5, "markeredgewidth": 0, "color": COLORS[0], "alpha": 0.6}
    ax.plot(targets[places], predictions[places], linestyle="none", label="sample", **look)
    ax.set(xlabel=f"true {plain(name, _NAME)}", ylabel=f"predicted {plain(name, _NAME)}")
    return ax
