"""Bars by name: how well each label is given, and how much each column counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from nnzoo.figures.style import COLORS, FAINT, legend_below
from nnzoo.figures.words import plain
from nnzoo.model.importance import Importance
from nnzoo.training.by_output import AnswerFigures

MOST = 30
"""Labels, or columns, that there is room for."""
_PALE = "#b4b4b4"
_NAME = 28
"""Letters of a name that there is room for."""


def plot_labels(ax: Axes, names: Sequence[str], rates: Sequence[AnswerFigures], samples: int) -> Axes:
    """Draw precision and recall of each label as marks on a line, above a bar for how frequent the label is.

    Of very many labels those with the lowest F1 are drawn.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    names : sequence of str
        The k labels.
    rates : sequence of AnswerFigures
        What came of each.
    samples : int
        How many were measured.

    Returns
    -------
    Axes
        The same.
    """
    chosen = sorted(range(len(rates)), key=lambda label: rates[label].f1 or 0.0)[:MOST]
    shown = sorted(chosen)
    for row, label in enumerate(shown):
        each = rates[label]
        ax.barh(row, 100 * each.samples / samples, height=0.62, color=_PALE, label="samples that have it")
        found = [100 * rate for rate in (each.precision, each.recall) if rate is not None]
        if len(found) > 1:
            ax.plot(found, [row, row], linestyle="-", color=FAINT, linewidth=1.2)
        for rate, color, marker, what in (
            (each.precision, COLORS[0], "o", "precision: right ones of those given"),
            (each.recall, COLORS[1], "D", "recall: those given of right ones"),
        ):
            if rate is not None:
                ax.plot(100 * rate, row, linestyle="none", marker=marker, color=color, clip_on=False, label=what)
    few = f", the {len(shown)} of {len(rates)} with the lowest F1" if len(shown) < len(rates) else ""
    ax.set(title=f"Labels{few}", xlabel="share (%)", xlim=(0, 100))
    _name_rows(ax, [names[label] for label in shown])
    handles = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    legend_below(ax, list(handles.values()))
    return ax


def plot_importance(ax: Axes, importance: Importance) -> Axes:
    """Draw how much worse a network does when a column is shuffled, as bars with their spread, the longest first.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    importance : Importance
        What was measured.

    Returns
    -------
    Axes
        The same.
    """
    shown = importance.columns[:MOST]
    means, spreads = (importance.factor * values[: len(shown)] for values in (importance.means, importance.spreads))
    rows = np.arange(len(shown))
    ax.barh(rows, means, height=0.62, color=COLORS[0])
    ax.errorbar(means, rows, xerr=spreads, linestyle="none", color=FAINT, linewidth=1.2, capsize=2)
    ax.axvline(0, color=FAINT, linewidth=0.8, linestyle="-")
    few = f", {len(shown)} of {len(importance.columns)}" if len(shown) < len(importance.columns) else ""
    ax.set(title=f"Columns that count{few}", xlabel=importance_label(importance))
    _name_rows(ax, shown)
    return ax


def importance_label(importance: Importance) -> str:
    """What the bars are lengths of."""
    return plain(importance.change) + (" (% points)" if importance.measure.is_share else "")


def bars_size(rows: int, *, legend: bool = False) -> tuple[float, float]:
    """Width and height, in inches, for so many labels or columns."""
    return 6.4, _inches(rows) + (1.4 if legend else 0.9)


def _inches(rows: int) -> float:
    """Height of the rows alone."""
    return 0.22 * max(2, min(rows, MOST))


def _name_rows(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), [plain(name, _NAME) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
