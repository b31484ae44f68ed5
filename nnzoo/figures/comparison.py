"""Differences of candidates from the first one, pair by pair, with the interval of their mean."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnzoo.comparing.comparison import Comparison
from nnzoo.figures.style import COLORS, FAINT, INK, make_figure, styled
from nnzoo.figures.words import plain
from nnzoo.training.measures import Measure

_VERDICT_COLORS = {"better": COLORS[2], "worse": COLORS[1]}
_SPREAD = 0.16
"""The largest vertical distance of points from their line."""


def plot_differences(ax: Axes, comparison: Comparison, measure: Measure) -> Axes:
    """Draw a row for each candidate: a point for each pair, the mean with its 95 % interval, and the verdict."""
    factor = 100.0 if measure.is_share else 1.0
    ax.axvline(0, color=INK, linewidth=1)
    labels = []
    for row, each in enumerate(comparison.differences):
        values = factor * np.array(list(each.differences.values()))
        places = row + np.linspace(-_SPREAD, _SPREAD, len(values)) if len(values) > 1 else np.array([row])
        color = _VERDICT_COLORS.get(each.verdict, COLORS[0])
        ax.plot(values, places, linestyle="none", marker="o", markersize=3.5, color=FAINT, label="a pair")
        if each.interval:
            low, high = (factor * end for end in each.interval)
            ax.plot([low, high], [row, row], linestyle="-", color=color, linewidth=2.5, solid_capstyle="butt")
        ax.plot([factor * each.mean], [row], linestyle="none", marker="D", markersize=7, color=color, zorder=3)
        labels.append(f"{plain(each.name)}\n{each.verdict}, p = {each.p_corrected:.2g}")
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    part, _, _ = comparison.figure.partition("_")
    unit = " (points)" if measure.is_share else ""
    better = "higher" if measure.higher_is_better else "lower"
    ax.set(
        title=f"Difference from {plain(comparison.candidates[0].name)}",
        xlabel=f"{part} {plain(measure.title)}{unit}; {better} is better\n"
        f"points: {comparison.unit}s; diamond and bar: mean and 95 % interval",
    )
    return ax


def comparison_figure(comparison: Comparison, measure: Measure) -> Figure:
    """Return a new figure with `plot_differences`."""
    with styled():
        figure, (ax,) = make_figure(height=1.5 + 0.6 * len(comparison.differences))
        plot_differences(ax, comparison, measure)
    return figure
