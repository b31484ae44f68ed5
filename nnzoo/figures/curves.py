"""How runs went, epoch by epoch: loss, metrics, learning rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from nnzoo.errors import UsageError
from nnzoo.figures.style import COLORS, FAINT, INK, LINES, MARKERS, legend_below
from nnzoo.figures.words import capitalized, plain, run_labels
from nnzoo.kinds import Floats, MetricSchedule
from nnzoo.trained_run import TrainedRun
from nnzoo.training.recipe import Recipe

_MOST_STEPS = 2000
"""Steps that are looked at; a line has no more places on paper."""

PARTS = {"train": "training", "validation": "validation", "test": "test"}
_PART_LINES = {"train": LINES[2], "validation": LINES[1], "test": LINES[0]}
"""Where colours tell runs apart."""
_MARKS = 12
"""Markers that a line carries at most."""


def rates_by_step(run: TrainedRun) -> tuple[Floats, Floats] | None:
    """How much of a training was done after a step, in epochs, and the learning rate of that step.

    A schedule that listens to the metrics gets those that are recorded.

    Parameters
    ----------
    run : TrainedRun
        It may still be going on; its epochs so far are covered.

    Returns
    -------
    tuple of ndarray of shape (n,), or None
        Each step, or every so many of them and the last of each epoch. None where the schedule does not explain what
        is recorded, such as when the run was resumed with another one, and where its plugin is not there.
    """
    recipe, history = run.recipe_or_none, run.history
    if recipe is None or not history or not (length := _steps_per_epoch(run, recipe)):
        return None
    stride = max(1, length * len(history) // _MOST_STEPS)
    recorded = dict(zip(*run.series("learning_rate"), strict=True))
    memory: dict[str, float] = {}
    plateau_factor, places, rates = 1.0, [], []
    for done, line in enumerate(history):
        steps = sorted({*range(done * length, (done + 1) * length, stride), (done + 1) * length - 1})
        factors = [recipe.schedule.factor(step, recipe.epochs * length) for step in steps]
        places += [(step + 1) / length for step in steps]
        rates += [recipe.learning_rate * factor * plateau_factor for factor in factors]
        if not math.isclose(rates[-1], recorded.get(done + 1, math.nan)):
            return None
        if isinstance(recipe.schedule, MetricSchedule):
            plateau_factor = recipe.schedule.after_epoch(line, memory)
    return np.array(places), np.array(rates)


def _steps_per_epoch(run: TrainedRun, recipe: Recipe) -> int:
    """How many steps an epoch had; 0 where the record does not say."""
    return -(-max(0, run.record.data.samples.get("train", 0)) // recipe.batch_size)


def plot_loss(ax: Axes, runs: Sequence[TrainedRun]) -> Axes:
    """Draw the loss of each epoch, of every part of the data that was measured, and mark the best epoch.

    One run has a line for each part. Of several runs each has a colour and a marker, and each part a kind of line.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    runs : sequence of TrainedRun
        At least one. They need not have finished.

    Returns
    -------
    Axes
        The same.

    Raises
    ------
    UsageError
        When no run has finished an epoch.
    """
    _draw_series(ax, runs, "loss", 1.0)
    ax.set(title="Loss", ylabel=_loss_label(runs))
    ax.set_ylim(bottom=0 if ax.dataLim.ymin >= 0 else None)
    return ax


def plot_metric(ax: Axes, runs: Sequence[TrainedRun], figure: str) -> Axes:
    """Draw a metric after each epoch, shares in per cent; otherwise like `plot_loss`.

    The best epoch is the one with the best monitored figure here, too.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    runs : sequence of TrainedRun
        At least one.
    figure : str
        As records name it, without the part of the data: ``f1``.

    Raises
    ------
    UsageError
        When no run has measured it.
    """
    measures = [run.measure(figure) for run in runs if figure in run.figures]
    is_share = all(measure.is_share for measure in measures)
    _draw_series(ax, runs, figure, 100.0 if is_share else 1.0)
    title = plain(measures[0].title)
    ax.set(title=capitalized(title), ylabel=f"{title} (%)" if is_share else title)
    return ax


def plot_learning_rate(ax: Axes, runs: Sequence[TrainedRun]) -> Axes:
    """Draw the learning rate of each step, and mark what was recorded of the last one of each epoch.

    Where the schedule does not explain the recorded rates the line goes straight from one to the next.

    Raises
    ------
    UsageError
        When no run has finished an epoch.
    """
    recorded = [run.series("learning_rate") for run in runs]
    _require_any(runs, recorded, "learning rate")
    handles = []
    for place, (run, label, (epochs, rates)) in enumerate(zip(runs, run_labels(runs), recorded, strict=True)):
        look, line = _look(place), LINES[place % len(LINES)]
        ax.plot(*(rates_by_step(run) or (epochs, rates)), color=look["color"], linestyle=line, label="of each step")
        ax.plot(epochs, rates, linestyle="none", markevery=_every(epochs), clip_on=False, label="as recorded", **look)
        handles.append(_run_handle(label, place, linestyle=line, drawn=bool(len(epochs))))
    _label_epochs(ax)
    ax.set(title="Learning rate", ylabel="learning rate")
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    if len(runs) > 1:
        legend_below(ax, handles)
    else:
        ax.legend(loc="best")
    return ax


def curves_size(runs: int) -> tuple[float, float]:
    """Width and height, in inches, for the curves of so many runs."""
    return 6.4, 3.6 + (0.1 + 0.19 * runs if runs > 1 else 0)


def _draw_series(ax: Axes, runs: Sequence[TrainedRun], figure: str, factor: float) -> None:
    """The lines of a figure that each part of the data has, its best epochs, and the legend."""
    _require_any(runs, [run.series(f"{part}_{figure}") for run in runs for part in PARTS], figure)
    if len(runs) == 1:
        _draw_parts(ax, runs[0], figure, factor)
    else:
        _draw_runs(ax, runs, figure, factor)
    _label_epochs(ax)


def _draw_parts(ax: Axes, run: TrainedRun, figure: str, factor: float) -> None:
    """One run: a line for each part of the data."""
    for (part, label), color, line in zip(PARTS.items(), COLORS, LINES, strict=False):
        epochs, values = run.series(f"{part}_{figure}")
        if len(epochs):
            marker = "." if len(epochs) > 1 else "o"
            ax.plot(epochs, values * factor, color=color, linestyle=line, marker=marker, label=label)
    ring = _mark_best(ax, run, figure, factor)
    if ring and (best := run.best_epoch):
        extreme = "highest" if best.measure.higher_is_better else "lowest"
        which = f"{extreme} {PARTS[best.part]} {plain(best.measure.title)}"
        ring.set_label(f"best epoch: {best.epoch} ({which})")
    ax.legend(loc="best")


def _draw_runs(ax: Axes, runs: Sequence[TrainedRun], figure: str, factor: float) -> None:
    """Several runs: a colour and a marker for each, a kind of line for each part."""
    handles, parts, ring = [], {}, None
    for place, (run, label) in enumerate(zip(runs, run_labels(runs), strict=True)):
        drawn = False
        for part, line in _PART_LINES.items():
            epochs, values = run.series(f"{part}_{figure}")
            if len(epochs):
                drawn, look = True, _look(place) | ({"linewidth": 1.0, "markersize": 3.5} if part == "train" else {})
                parts[part] = Line2D([], [], color=FAINT, linestyle=line, label=PARTS[part])
                ax.plot(epochs, values * factor, linestyle=line, markevery=_every(epochs), label=label, **look)
        handles.append(_run_handle(label, place, drawn=drawn))
        ring = _mark_best(ax, run, figure, factor) or ring
    legend_of_runs = legend_below(ax, handles)
    legend_of_runs.set_clip_on(False)
    ax.legend(handles=[*(parts[part] for part in PARTS if part in parts), *([ring] if ring else [])], loc="best")
    ax.add_artist(legend_of_runs)  # whose place the other has taken


def _mark_best(ax: Axes, run: TrainedRun, figure: str, factor: float) -> Line2D | None:
    """A ring around the best epoch, if there is one."""
    if run.best_epoch is None:
        return None
    epochs, values = run.series(f"{run.best_epoch.part}_{figure}")
    found = epochs == run.best_epoch.epoch
    look: dict[str, Any] = {"marker": "o", "markersize": 10, "markerfacecolor": "none", "markeredgecolor": INK}
    (ring,) = ax.plot(epochs[found], values[found] * factor, linestyle="none", label="best epoch", **look)
    return ring


def _run_handle(label: str, place: int, *, drawn: bool, linestyle: Any = "-") -> Line2D:
    """What stands for one of several runs in the legend."""
    return Line2D([], [], label=label if drawn else f"{label} (no data)", linestyle=linestyle, **_look(place))


def _label_epochs(ax: Axes) -> None:
    """The axis of epochs, which have no fractions."""
    ax.set(xlabel="epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))


def _look(place: int) -> dict[str, Any]:
    """What tells one of several runs from the others."""
    return {"color": COLORS[place % len(COLORS)], "marker": MARKERS[place % len(MARKERS)]}


def _every(epochs: Floats) -> int:
    """How many epochs lie between two markers."""
    return max(1, -(-len(epochs) // _MARKS))


def _loss_label(runs: Sequence[TrainedRun]) -> str:
    """What the loss is measured in, if that is the same for all."""
    recipes = [run.recipe_or_none for run in runs]
    if all(recipe and recipe.loss.gives_probabilities for recipe in recipes):
        return "loss (nats)"
    names = {run.record.component("loss").short_name for run in runs}
    return f"loss ({plain(names.pop())})" if len(names) == 1 else "loss"


def _require_any(runs: Sequence[TrainedRun], series: Sequence[tuple[Floats, Floats]], figure: str) -> None:
    if not runs:
        raise UsageError("no run to draw")
    if not any(len(epochs) for epochs, _ in series):
        names = ", ".join(plain(run.name) for run in runs)
        why = "it was not measured" if any(run.history for run in runs) else "no epoch has been finished"
        raise UsageError(f"there is no {figure} to draw of {names}: {why}")
