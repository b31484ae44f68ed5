"""Predicted values against true ones."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from nnzoo.figures.style import COLORS, INK, MARKERS
from nnzoo.kinds import Floats


def plot_predictions(ax: Axes, targets: Floats, predictions: Floats) -> Axes:
    """Draw each predicted value against the true one; on the diagonal they are the same.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    targets, predictions : ndarray of shape (n, k)
        True and predicted values of n samples.

    Returns
    -------
    Axes
        The same.
    """
    outputs = targets.shape[1]
    for output in range(outputs):
        look: dict[str, Any] = {"marker": MARKERS[output % len(MARKERS)], "color": COLORS[output % len(COLORS)]}
        values = targets[:, output], predictions[:, output]
        label = f"output {output}" if outputs > 1 else "sample"
        ax.plot(*values, linestyle="none", markersize=3.5, alpha=0.6, label=label, **look)
    ends = [targets.min(), targets.max()]
    ax.plot(ends, ends, color=INK, linestyle="-", linewidth=0.8, label="equal")
    ax.set(title="Predictions", xlabel="true value", ylabel="predicted value")
    if outputs <= len(COLORS):
        ax.legend(loc="best")
    return ax
