"""How trainings with several seeds went, epoch by epoch: the mean, with a band around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from nnzoo.comparing.candidates import find_candidate
from nnzoo.comparing.statistics import LEVEL, t_quantile
from nnzoo.errors import UsageError, did_you_mean
from nnzoo.figures.style import COLORS, LINES, legend_below, make_figure, require_format, styled
from nnzoo.figures.words import capitalized, plain, run_labels
from nnzoo.figures.writing import Drawn, FigureFile, save_all
from nnzoo.kinds import DataCache, Floats
from nnzoo.plugins.registry import Registry
from nnzoo.trained_run import TrainedRun

PARTS = {"train": "training", "validation": "validation", "test": "test"}
_MAIN = ("test", "validation", "train")
"""Where several are drawn, the first part that they all have."""


@dataclass(frozen=True)
class RunGroup:
    """Runs that differ in their seed, or in their fold, alone; a single run is a group too."""

    name: str
    unit: str
    runs: tuple[TrainedRun, ...]

    def series(self, figure: str) -> tuple[Floats, Floats]:
        """The epochs that every run has reached, and the figure after each: of shape (epochs,) and (runs, epochs).

        Runs that did not get through an epoch, or did not measure it, are left out.
        """
        found = [values for _, values in (run.series(figure) for run in self.runs) if len(values)]
        epochs = min(map(len, found), default=0)
        values = np.array([each[:epochs] for each in found]).reshape(len(found), epochs)
        return np.arange(1, epochs + 1, dtype=np.float64), values


def read_group_of_runs(path: Path, registry: Registry, cache: DataCache) -> RunGroup:
    """A run, or a directory of runs, to be drawn as one line.

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
    """Draw figures of groups into files, as `write_figures` does of runs: loss and metrics.

    Raises
    ------
    UsageError
        When there is no such figure of a group.
    StorageError
        When a file can't be written.
    """
    require_format(format)
    known = list(dict.fromkeys(["loss", *(name for group in groups for run in group.runs for name in run.figures)]))
    wanted = [name.replace("-", "_") for name in names] if names is not None else known
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"there is no figure {name!r} of several runs as one",
                hint=f"{did_you_mean(name, known)}figures are {', '.join(known)}; of a run alone there are more",
            )
    stem = f"{groups[0].name}-" if len(groups) == 1 else ""
    runs = [run for group in groups for run in group.runs]
    files = [FigureFile(name, runs, folder / f"{stem}{name}.{format}") for name in dict.fromkeys(wanted)]
    return save_all([(file, partial(band_figure, groups, file.name)) for file in files], strict=names is not None)


def band_figure(groups: Sequence[RunGroup], figure: str) -> Figure:
    """`plot_bands` as a figure of its own."""
    with styled():
        height = 3.6 + (0.1 + 0.19 * len(groups) if len(groups) > 1 else 0)
        drawn, (ax,) = make_figure(height=height)
        plot_bands(ax, groups, figure)
    return drawn


def plot_bands(ax: Axes, groups: Sequence[RunGroup], figure: str) -> Axes:
    """Draw the mean of a figure after each epoch, with a band: the 95 % t-interval of the mean; of folds, ± deviation.

    One group has a line for each part of the data. Of several each has a line, for the test data if they have any.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    groups : sequence of RunGroup
        At least one.
    figure : str
        ``loss``, or a metric's, without the part of the data.

    Raises
    ------
    UsageError
        When no run has measured it.
    """
    measure = next((run.measure(figure) for group in groups for run in group.runs if figure in run.figures), None)
    share, title = (measure.is_share, plain(measure.title)) if measure else (False, figure)
    factor = 100.0 if share else 1.0
    parts = [part for part in PARTS if any(group.series(f"{part}_{figure}")[1].size for group in groups)]
    if not parts:
        names = ", ".join(plain(group.name) for group in groups)
        raise UsageError(f"there is no {figure} to draw of {names}: no epoch has been finished, or it was not measured")
    if len(groups) == 1:
        for place, part in enumerate(parts):
            _draw(ax, groups[0], f"{part}_{figure}", factor, place, PARTS[part])
        ax.legend(loc="best")
        of_what = f"{len(groups[0].runs)} {groups[0].unit}s"
    else:
        part = next(part for part in _MAIN if part in parts)
        labels = run_labels([group.runs[0] for group in groups])
        if len(set(labels)) < len(groups) or any(
            group.runs[0].name in label for group, label in zip(groups, labels, strict=True)
        ):
            labels = [plain(group.name) for group in groups]
        handles = []
        for place, (group, label) in enumerate(zip(groups, labels, strict=True)):
            count = _draw(ax, group, f"{part}_{figure}", factor, place, label)
            told = f"{label} ({count} {group.unit}{'' if count == 1 else 's'})" if count else f"{label} (no data)"
            look = {"color": COLORS[place % len(COLORS)], "linestyle": LINES[place % len(LINES)]}
            handles.append(Line2D([], [], label=told, **look))
        legend_below(ax, handles)
        of_what = f"{PARTS[part]} data"
    band = "mean ± standard deviation" if groups[0].unit == "fold" else "mean with its 95 % interval"
    ax.set(title=f"{capitalized(title)}: {band}, {of_what}", xlabel="epoch", ylabel=f"{title} (%)" if share else title)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    return ax


def _draw(ax: Axes, group: RunGroup, name: str, factor: float, place: int, label: str) -> int:
    """A line with its band; how many runs it is the mean of."""
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
