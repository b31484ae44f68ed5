"""Training curves over several seeds or folds: the mean after each epoch, with a band around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnzoo.comparing.candidates import find_candidate
from nnzoo.comparing.statistics import LEVEL, t_quantile
from nnzoo.errors import UsageError, did_you_mean
from nnzoo.figures.curves import curves_size, label_epochs
from nnzoo.figures.style import COLORS, LINES, legend_below, make_figure, require_format, styled
from nnzoo.figures.words import PARTS, capitalized, plain, run_labels
from nnzoo.figures.writing import Drawn, FigureFile, save_all
from nnzoo.kinds import DataCache, Floats
from nnzoo.plugins.registry import Registry
from nnzoo.trained_run import TrainedRun

_MAIN = ("test", "validation", "train")
"""The first part with data is drawn for several groups."""


@dataclass(frozen=True)
class RunGroup:
    """Runs that differ only in their seed or fold; it may be a single run."""

    name: str
    unit: str
    runs: tuple[TrainedRun, ...]

    def series(self, figure: str) -> tuple[Floats, Floats]:
        """Return the epochs that all runs have finished, and the figure: of shape (epochs,) and (runs, epochs).

        Runs without a finished epoch or without this figure are left out.
        """
        series = [values for _, values in (run.series(figure) for run in self.runs) if len(values)]
        epochs = min(map(len, series), default=0)
        values = np.array([each[:epochs] for each in series]).reshape(len(series), epochs)
        return np.arange(1, epochs + 1, dtype=np.float64), values


def read_group_of_runs(path: Path, registry: Registry, cache: DataCache) -> RunGroup:
    """Read a run or a directory of runs, to be drawn as one line.

    Raises
    ------
    StorageError, FileFormatError, UsageError
        As `find_candidate`.
    """
    candidate = find_candidate(path)
    runs = tuple(TrainedRun(each, registry, cache) for each in candidate.paths.values())
    return RunGroup(path.resolve().name, candidate.unit, runs)


def write_bands(
    groups: Sequence[RunGroup], folder: Path, *, names: Sequence[str] | None = None, format: str = "png"
) -> Drawn:
    """Draw loss and metrics of groups into files, as `write_figures` does for runs.

    Raises
    ------
    UsageError
        When groups have no figure of a given name.
    StorageError
        When a file can't be written.
    """
    require_format(format)
    known = list(dict.fromkeys(["loss", *(name for group in groups for run in group.runs for name in run.figures)]))
    wanted = [name.replace("-", "_") for name in names] if names is not None else known
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"groups of runs have no figure {name!r}",
                hint=f"{did_you_mean(name, known)}figures are {', '.join(known)}; a single run has more",
            )
    stem = f"{groups[0].name}-" if len(groups) == 1 else ""
    runs = [run for group in groups for run in group.runs]
    files = [FigureFile(name, runs, folder / f"{stem}{name}.{format}") for name in dict.fromkeys(wanted)]
    return save_all([(file, partial(band_figure, groups, file.name)) for file in files], strict=names is not None)


def band_figure(groups: Sequence[RunGroup], figure: str) -> Figure:
    """Return a new figure with `plot_bands`."""
    width, height = curves_size(len(groups))
    with styled():
        drawn, (ax,) = make_figure(width=width, height=height)
        plot_bands(ax, groups, figure)
    return drawn


def plot_bands(ax: Axes, groups: Sequence[RunGroup], figure: str) -> Axes:
    """Draw the mean of a figure after each epoch, with a band: its 95 % t-interval, or for folds ± deviation.

    A single group has a line for each part of the data. Each of several groups has one line, for the test data if
    there are any.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    groups : sequence of RunGroup
        At least one.
    figure : str
        ``loss``, or the name of a metric's figure, without the part of the data.

    Raises
    ------
    UsageError
        When no run has this figure.
    """
    measure = next((run.measure(figure) for group in groups for run in group.runs if figure in run.figures), None)
    share, title = (measure.is_share, plain(measure.title)) if measure else (False, figure)
    factor = 100.0 if share else 1.0
    parts = [part for part in PARTS if any(group.series(f"{part}_{figure}")[1].size for group in groups)]
    if not parts:
        names = ", ".join(plain(group.name) for group in groups)
        raise UsageError(
            f"there is no {figure} to draw for {names}: no epoch has been finished, or it was not measured"
        )
    if len(groups) == 1:
        for place, part in enumerate(parts):
            _draw(ax, groups[0], f"{part}_{figure}", factor, place, PARTS[part])
        ax.legend(loc="best")
        subject = f"{len(groups[0].runs)} {groups[0].unit}s"
    else:
        part = next(part for part in _MAIN if part in parts)
        labels = run_labels([group.runs[0] for group in groups])
        named = any(group.runs[0].name in label for group, label in zip(groups, labels, strict=True))
        if named or len(set(labels)) < len(groups):
            labels = [plain(group.name) for group in groups]
        handles = []
        for place, (group, label) in enumerate(zip(groups, labels, strict=True)):
            count = _draw(ax, group, f"{part}_{figure}", factor, place, label)
            text = f"{label} ({count} {group.unit}{'' if count == 1 else 's'})" if count else f"{label} (no data)"
            look = {"color": COLORS[place % len(COLORS)], "linestyle": LINES[place % len(LINES)]}
            handles.append(Line2D([], [], label=text, **look))
        legend_below(ax, handles)
        subject = f"{PARTS[part]} data"
    band = "mean ± standard deviation" if groups[0].unit == "fold" else "mean with its 95 % interval"
    ax.set(title=f"{capitalized(title)}: {band}, {subject}", ylabel=f"{title} (%)" if share else title)
    label_epochs(ax)
    return ax


def _draw(ax: Axes, group: RunGroup, name: str, factor: float, place: int, label: str) -> int:
    """Draw a line with its band; return the number of runs."""
    epochs, values = group.series(name)
    count = len(values) if values.size else 0
    if not count:
        return 0
    color, line = COLORS[place % len(COLORS)], LINES[place % len(LINES)]
    values, mean = factor * values, factor * values.mean(axis=0)
    marker = "o" if len(epochs) == 1 else ""
    ax.plot(epochs, mean, color=color, linestyle=line, marker=marker, label=label)
    if count > 1:
        half = values.std(axis=0, ddof=1)
        if group.unit == "seed":
            half = half * (t_quantile(LEVEL, count - 1) / np.sqrt(count))
        if len(epochs) == 1:
            ax.errorbar(epochs, mean, half, color=color, linestyle="none", capsize=3)
        else:
            ax.fill_between(epochs, mean - half, mean + half, color=color, alpha=0.2, linewidth=0)
    return count
