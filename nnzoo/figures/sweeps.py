"""Figures of a sweep: configurations as parallel coordinates, importance of settings, and rungs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from nnzoo.errors import UsageError, did_you_mean
from nnzoo.figures.style import COLORS, FAINT, INK, make_figure, require_format, styled
from nnzoo.figures.words import plain
from nnzoo.figures.writing import Drawn, FigureFile, save_all
from nnzoo.kinds import Floats
from nnzoo.sweeps.parameters import Parameter
from nnzoo.sweeps.view import SweepView

NAMES = ("configurations", "importance", "rungs")
MOST = 400
"""The most configurations that are drawn: the best, and others evenly spaced by rank."""
MANY = 200
"""More lines than this are rasterized in vector graphics."""
_NONE = -0.08
"""The height of a missing value on an axis."""


def write_sweep_figures(
    views: Sequence[SweepView], folder: Path, *, names: Sequence[str] | None = None, format: str = "png"
) -> Drawn:
    """Draw figures of sweeps into files, as `write_figures` does for runs.

    Raises
    ------
    UsageError
        When there is no figure of a given name, or a sweep can't have it.
    StorageError
        When a file can't be written.
    """
    require_format(format)
    for name in names or ():
        if name not in NAMES:
            raise UsageError(
                f"there is no figure {name!r} of a sweep",
                hint=f"{did_you_mean(name, NAMES)}figures are {', '.join(NAMES)}",
            )
    wanted = []
    for view in views:
        for name in names or NAMES:
            file = FigureFile(name, (), folder / f"{view.directory.resolve().name}-{name}.{format}")
            wanted.append((file, partial(sweep_figure, view, name)))
    return save_all(wanted, strict=names is not None)


def sweep_figure(view: SweepView, name: str) -> Figure:
    """Return a new figure, by one of `NAMES`.

    Raises
    ------
    UsageError
        When there is nothing to draw.
    """
    with styled():
        if name == "configurations":
            figure, (ax,) = make_figure(width=max(6.4, 1.1 * (len(view.parameters) + 2)))
            plot_configurations(ax, view)
        elif name == "importance":
            figure, (ax,) = make_figure(height=1.3 + 0.35 * max(len(view.importances), 1))
            plot_importances(ax, view)
        else:
            figure, (ax,) = make_figure()
            plot_rungs(ax, view)
    return figure


def plot_configurations(ax: Axes, view: SweepView) -> Axes:
    """Draw a line for each configuration across axes for the settings and the ranking figure; the best line on top.

    Raises
    ------
    UsageError
        When no trial has ended.
    """
    if not view.rows:
        raise UsageError("there is nothing to draw: no configuration has been tried with all seeds")
    axes = [*view.parameters, result_axis(view)]
    heights = np.stack([axis_heights(axis) for axis in axes], axis=1)
    if not view.higher_is_better:
        heights[:, -1] = 1 - heights[:, -1]  # the best is at the top
    heights = np.where(np.isnan(heights), _NONE, heights)[drawn_rows(len(view.rows))]
    count = len(heights)
    lines = np.stack([np.broadcast_to(np.arange(len(axes)), heights.shape), heights], axis=2)[::-1]
    place = np.linspace(0, 1, count) if count > 1 else np.ones(1)
    colors = colormaps["Blues"](0.15 + 0.8 * place**3)
    drawn = LineCollection(
        list(lines),
        colors=colors,
        linewidths=np.where(place > 1 - 10 / max(count, 10), 1.4, 0.6),
        rasterized=count > MANY,
    )
    ax.add_collection(drawn)
    for number, axis in enumerate(axes):
        ax.axvline(number, color=INK, linewidth=0.8)
        turned = number == len(axes) - 1 and not view.higher_is_better
        for height, text in axis_ticks(axis):
            ax.annotate(
                plain(text, 12),
                (number, 1 - height if turned else height),
                (3, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
                bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75},
            )
    ax.set_xticks(range(len(axes)), [plain(axis.title, 40).replace(" ", "\n", 1) for axis in axes])
    ax.set(xlim=(-0.1, len(axes) - 0.5), ylim=(_NONE - 0.05, 1.05), yticks=[])
    ax.grid(visible=False)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(length=0)
    of_all = f"{count:,} of {len(view.rows):,}" if count < len(view.rows) else f"{count:,}"
    ax.set_title(f"{of_all} configuration{'s' * (len(view.rows) > 1)}; the darker, the better")
    return ax


def plot_importances(ax: Axes, view: SweepView) -> Axes:
    """Draw the share of the variation that each setting explains by itself, with its 95 % interval.

    Raises
    ------
    UsageError
        When too few configurations have been tried.
    """
    if not view.importances:
        raise UsageError("too few configurations have been tried to estimate the importance of settings")
    for place, each in enumerate(view.importances):
        ax.barh(place, 100 * each.share, color=COLORS[0], alpha=0.6, height=0.55)
        ax.plot([100 * each.low, 100 * each.high], [place, place], color=INK, linestyle="-", linewidth=2)
    ax.set_yticks(range(len(view.importances)), [plain(each.parameter.title, 40) for each in view.importances])
    ax.set(ylim=(len(view.importances) - 0.5, -0.5), xlim=(0, 100))
    ax.grid(visible=False, axis="y")
    ax.set(title="Importance of settings", xlabel=f"share of the variation of {plain(view.figure)}'s ranks (%)")
    return ax


def plot_rungs(ax: Axes, view: SweepView) -> Axes:
    """Draw the figure of each configuration from rung to rung, with the winner in front.

    Raises
    ------
    UsageError
        When the sweep has no rungs.
    """
    if len(view.shares) < 2:
        raise UsageError("the sweep has no rungs: all trials had the same share of the epochs")
    rungs = [view.rungs[row] for row in drawn_rows(len(view.rungs))]
    lines = [np.array(list(rung.items())) for rung in rungs if len(rung) > 1]
    single = np.array([point for rung in rungs if len(rung) == 1 for point in rung.items()]).reshape(-1, 2)
    many = len(rungs) > MANY
    ax.add_collection(LineCollection(lines[1:], colors=FAINT, linewidths=0.6, alpha=0.4, rasterized=many))
    ax.plot(*single.T, linestyle="none", marker=".", markersize=2, color=FAINT, alpha=0.6, rasterized=many)
    if lines:
        ax.plot(*lines[0].T, color=COLORS[1], linestyle="-", marker="o", markersize=4, label="the best")
        ax.legend(loc="best")
    everything, sign = np.concatenate([*lines, single])[:, 1], -1 if view.higher_is_better else 1
    best = sign * lines[0][:, 1] if lines else everything[:0]
    ax.set(ylim=sorted(sign * end for end in _without_tails(sign * everything, best)), xscale="log")
    ax.set_xticks(view.shares, [f"{share:.3g}" for share in view.shares])
    ax.minorticks_off()
    ax.set(title="From rung to rung", xlabel="share of the epochs", ylabel=plain(view.figure))
    return ax


def drawn_rows(rows: int) -> list[int]:
    """Return the rows that are drawn: all, or evenly spaced ones from the best on."""
    return list(range(rows)) if rows <= MOST else [place * (rows - 1) // (MOST - 1) for place in range(MOST)]


def result_axis(view: SweepView) -> Parameter:
    """Return the axis of the ranking figure; logarithmic if its values differ by more than a factor of 30."""
    known = view.values[~np.isnan(view.values)]
    is_log = bool(len(known) and known.min() > 0 and known.max() > 30 * known.min())
    return Parameter(view.figure, view.values, is_log=is_log)


def axis_ends(axis: Parameter) -> tuple[float, float]:
    """Return the values at the bottom and the top of an axis."""
    if axis.labels:
        return 0.0, max(len(axis.labels) - 1, 1)
    known = axis.values[~np.isnan(axis.values)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)


def axis_heights(axis: Parameter) -> Floats:
    """Return the height of each configuration on an axis, from 0 to 1; NaN for a missing value."""
    low, high = axis_ends(axis)
    values = axis.values
    if axis.is_log:
        low, high, values = np.log(low), np.log(high), np.log(values)
    return (values - low) / (high - low) if high > low else np.where(np.isnan(values), np.nan, 0.5)


def axis_ticks(axis: Parameter) -> list[tuple[float, str]]:
    """Return the heights and texts of the ticks of an axis."""
    if axis.labels:
        return [(place / max(len(axis.labels) - 1, 1), label) for place, label in enumerate(axis.labels)]
    low, high = axis_ends(axis)
    middle = np.sqrt(low * high) if axis.is_log else (low + high) / 2
    return [(height, f"{value:.3g}") for height, value in ((0.0, low), (0.5, middle), (1.0, high))]


def _without_tails(values: Floats, best: Floats) -> tuple[float, float]:
    """Ends of an axis that ignore a few distant values, but include all of the best configuration's."""
    low, middle, high = np.quantile(values, [0.0, 0.5, 0.95])
    lowest = low if middle - low < 5 * (high - middle) else np.quantile(values, 0.05)
    lowest, highest = best.min(initial=lowest), best.max(initial=high)
    room = 0.08 * max(highest - lowest, 1e-9)
    return float(lowest - room), float(highest + room)
