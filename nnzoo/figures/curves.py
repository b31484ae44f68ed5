"""Training curves of runs: loss, metrics and learning rate by epoch."""

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
from nnzoo.figures.words import PARTS, capitalized, plain, run_labels
from nnzoo.kinds import Floats, MetricSchedule
from nnzoo.trained_run import TrainedRun

_MOST_STEPS = 2000
"""The most steps of a learning-rate curve."""

_PART_LINES = {"train": LINES[2], "validation": LINES[1], "test": LINES[0]}
"""Line styles of parts, for curves in which colours distinguish runs."""
_MARKS = 12
"""The most markers on a line."""


def rates_by_step(run: TrainedRun) -> tuple[Floats, Floats] | None:
    """Compute the learning rate of each step; steps are given in epochs since the beginning.

    A schedule that depends on metrics gets the recorded ones. Of an unfinished run, the finished epochs are covered.

    Returns
    -------
    tuple of ndarray of shape (n,), or None
        All steps, or evenly spaced ones and the last of each epoch. None if the schedule does not agree with the
        record, for example because the run was resumed with another schedule, or if its plugin is missing.
    """
    recipe, history = run.recipe_or_none, run.history
    if recipe is None or not history:
        return None
    length = -(-max(0, run.record.data.samples.get("train", 0)) // recipe.batch_size)  # steps of an epoch
    if not length:
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


def plot_loss(ax: Axes, runs: Sequence[TrainedRun]) -> Axes:
    """Draw the loss by epoch for every measured part of the data, and mark the best epoch.

    A single run has a line for each part. Of several runs, each has a colour and a marker; each part has a line style.
    Runs may be unfinished.

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
    """Draw a metric by epoch, shares in per cent; otherwise like `plot_loss`.

    The best epoch is still the one with the best monitored figure.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    runs : sequence of TrainedRun
        At least one.
    figure : str
        Its name in records, without the part of the data: ``f1``.

    Raises
    ------
    UsageError
        When no run has this figure.
    """
    measures = [run.measure(figure) for run in runs if figure in run.figures]
    is_share = all(measure.is_share for measure in measures)
    _draw_series(ax, runs, figure, 100.0 if is_share else 1.0)
    title = plain(measures[0].title)
    ax.set(title=capitalized(title), ylabel=f"{title} (%)" if is_share else title)
    return ax


def plot_learning_rate(ax: Axes, runs: Sequence[TrainedRun]) -> Axes:
    """Draw the learning rate of each step, and mark the recorded rate of each epoch's last step.

    If the schedule does not agree with the recorded rates, these are connected by straight lines.

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
    label_epochs(ax)
    ax.set(title="Learning rate", ylabel="learning rate")
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    if len(runs) > 1:
        legend_below(ax, handles)
    else:
        ax.legend(loc="best")
    return ax


def curves_size(runs: int) -> tuple[float, float]:
    """Return width and height, in inches, for the curves of this number of runs."""
    return 6.4, 3.6 + (0.1 + 0.19 * runs if runs > 1 else 0)


def _draw_series(ax: Axes, runs: Sequence[TrainedRun], figure: str, factor: float) -> None:
    _require_any(runs, [run.series(f"{part}_{figure}") for run in runs for part in PARTS], figure)
    if len(runs) == 1:
        _draw_parts(ax, runs[0], figure, factor)
    else:
        _draw_runs(ax, runs, figure, factor)
    label_epochs(ax)


def _draw_parts(ax: Axes, run: TrainedRun, figure: str, factor: float) -> None:
    """Draw a line for each part of the data of a single run."""
    for (part, label), color, line in zip(PARTS.items(), COLORS, LINES, strict=False):
        epochs, values = run.series(f"{part}_{figure}")
        if len(epochs):
            marker = "." if len(epochs) > 1 else "o"
            ax.plot(epochs, values * factor, color=color, linestyle=line, marker=marker, label=label)
    ring = _mark_best(ax, run, figure, factor)
    if ring and (best := run.best_epoch):
        extreme = "highest" if best.measure.higher_is_better else "lowest"
        reason = f"{extreme} {PARTS[best.part]} {plain(best.measure.title)}"
        ring.set_label(f"best epoch: {best.epoch} ({reason})")
    ax.legend(loc="best")


def _draw_runs(ax: Axes, runs: Sequence[TrainedRun], figure: str, factor: float) -> None:
    """Draw several runs: a colour and a marker for each run, a line style for each part."""
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
    ax.add_artist(legend_of_runs)  # the second legend has replaced it


def _mark_best(ax: Axes, run: TrainedRun, figure: str, factor: float) -> Line2D | None:
    """Draw a ring around the best epoch, if it is known."""
    if run.best_epoch is None:
        return None
    epochs, values = run.series(f"{run.best_epoch.part}_{figure}")
    best = epochs == run.best_epoch.epoch
    look: dict[str, Any] = {"marker": "o", "markersize": 10, "markerfacecolor": "none", "markeredgecolor": INK}
    (ring,) = ax.plot(epochs[best], values[best] * factor, linestyle="none", label="best epoch", **look)
    return ring


def _run_handle(label: str, place: int, *, drawn: bool, linestyle: Any = "-") -> Line2D:
    """The legend's line for one of several runs."""
    return Line2D([], [], label=label if drawn else f"{label} (no data)", linestyle=linestyle, **_look(place))


def label_epochs(ax: Axes) -> None:
    """Label the axis of epochs, with whole numbers only."""
    ax.set(xlabel="epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))


def _look(place: int) -> dict[str, Any]:
    """The colour and marker of one of several runs."""
    return {"color": COLORS[place % len(COLORS)], "marker": MARKERS[place % len(MARKERS)]}


def _every(epochs: Floats) -> int:
    """The number of epochs from one marker to the next."""
    return max(1, -(-len(epochs) // _MARKS))


def _loss_label(runs: Sequence[TrainedRun]) -> str:
    """The axis label of the loss, with its name or unit if all runs have the same."""
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
        reason = "it was not measured" if any(run.history for run in runs) else "no epoch has been finished"
        raise UsageError(f"there is no {figure} to draw for {names}: {reason}")
