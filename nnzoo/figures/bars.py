"""Bar charts: precision and recall of labels, importance of columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from nnzoo.figures.style import COLORS, FAINT, legend_below, legend_handles
from nnzoo.figures.words import plain
from nnzoo.model.importance import Importance
from nnzoo.training.by_output import AnswerFigures

MOST = 30
"""The most labels or columns."""
_PALE = "#b4b4b4"
_NAME = 28
"""The longest name, in characters."""


def plot_labels(ax: Axes, names: Sequence[str], rates: Sequence[AnswerFigures], samples: int) -> Axes:
    """Draw precision and recall of each label as marks on a line, over a bar for the frequency of the label.

    Of very many labels, those with the lowest F1 are drawn.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    names : sequence of str
        The k labels.
    rates : sequence of AnswerFigures
        The figures of each.
    samples : int
        The number of measured samples.
    """
    shown = sorted(sorted(range(len(rates)), key=lambda label: rates[label].f1 or 0.0)[:MOST])
    for row, label in enumerate(shown):
        each = rates[label]
        ax.barh(row, 100 * each.samples / samples, height=0.62, color=_PALE, label="samples that have it")
        found = [100 * rate for rate in (each.precision, each.recall) if rate is not None]
        if len(found) > 1:
            ax.plot(found, [row, row], linestyle="-", color=FAINT, linewidth=1.2)
        for rate, color, marker, meaning in (
            (each.precision, COLORS[0], "o", "precision: correct share of predicted labels"),
            (each.recall, COLORS[1], "D", "recall: predicted share of true labels"),
        ):
            if rate is not None:
                ax.plot(100 * rate, row, linestyle="none", marker=marker, color=color, clip_on=False, label=meaning)
    few = f", the {len(shown)} of {len(rates)} with the lowest F1" if len(shown) < len(rates) else ""
    ax.set(title=f"Labels{few}", xlabel="share (%)", xlim=(0, 100))
    _name_rows(ax, [names[label] for label in shown])
    legend_below(ax, list(legend_handles(ax).values()))
    return ax


def plot_importance(ax: Axes, importance: Importance) -> Axes:
    """Draw how much worse a network gets when a column is shuffled: bars with their spread, the longest first."""
    shown = importance.columns[:MOST]
    means, spreads = (importance.factor * values[: len(shown)] for values in (importance.means, importance.spreads))
    rows = np.arange(len(shown))
    ax.barh(rows, means, height=0.62, color=COLORS[0])
    ax.errorbar(means, rows, xerr=spreads, linestyle="none", color=FAINT, linewidth=1.2, capsize=2)
    ax.axvline(0, color=FAINT, linewidth=0.8, linestyle="-")
    few = f", {len(shown)} of {len(importance.columns)}" if len(shown) < len(importance.columns) else ""
    ax.set(title=f"Importance of columns{few}", xlabel=importance_label(importance))
    _name_rows(ax, shown)
    return ax


def importance_label(importance: Importance) -> str:
    """Return the label of the axis: the change of the figure, and its unit."""
    return plain(importance.change) + (" (% points)" if importance.measure.is_share else "")


def bars_size(rows: int, *, legend: bool = False) -> tuple[float, float]:
    """Return width and height, in inches, for this number of labels or columns."""
    return 6.4, 0.22 * max(2, min(rows, MOST)) + (1.4 if legend else 0.9)


def _name_rows(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), [plain(name, _NAME) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
