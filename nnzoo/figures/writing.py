"""Figures of runs into files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from nnzoo.errors import NnzooError, storage_errors
from nnzoo.figures.of_runs import draw_figure, figures_for, find_figure
from nnzoo.figures.style import require_format, save_figure
from nnzoo.files.place import go_back
from nnzoo.trained_run import TrainedRun


@dataclass(frozen=True)
class FigureFile:
    """A figure, the runs that it shows, and the file that it goes into."""

    name: str
    runs: Sequence[TrainedRun]
    path: Path


@dataclass
class Drawn:
    """What came of drawing figures.

    Attributes
    ----------
    written : list of FigureFile
    left_out : list of (FigureFile, NnzooError)
        Those that the runs don't have, and why.
    """

    written: list[FigureFile] = field(default_factory=list)
    left_out: list[tuple[FigureFile, NnzooError]] = field(default_factory=list)


def write_figures(
    runs: Sequence[TrainedRun],
    folder: Path,
    *,
    names: Sequence[str] | None = None,
    format: str = "png",
    prefixed: bool = True,
    of_plugins: bool = False,
) -> Drawn:
    """Draw figures of runs into files: all first, and then each file is written whole.

    A figure of one run is called ``<run>-<figure>``, one that overlays several ``<figure>``. A file of that name is
    replaced.

    Parameters
    ----------
    runs : sequence of TrainedRun
        At least one.
    folder : Path
        Is made.
    names : sequence of str, optional
        Figures that are wanted; if one can't be drawn nothing is written. Default: all that there are of such runs,
        and those that can't be drawn are left out, unless that is all of them.
    format : str
        One of `FORMATS`.
    prefixed : bool
        Whether the figures of one run have its name.
    of_plugins : bool
        Whether those that plugins bring are there by default, too.

    Raises
    ------
    UsageError
        When there is no such figure or format, or the runs have none such.
    StorageError
        When a file can't be read or written.
    NnzooError
        Another reason why a figure can't be drawn.
    """
    require_format(format)
    if names is None:
        wanted = figures_for(runs, of_plugins=of_plugins)
    else:
        wanted = [find_figure(name, runs).name for name in names]
    files = figure_files(runs, wanted, folder, format, prefixed)
    return save_all([(file, partial(draw_figure, file.name, file.runs)) for file in files], strict=names is not None)


def save_all(wanted: Sequence[tuple[FigureFile, Callable[[], Figure]]], *, strict: bool) -> Drawn:
    """Draw every figure, and then write each file whole.

    Parameters
    ----------
    wanted : sequence of (FigureFile, callable)
        What is written, and what draws it.
    strict : bool
        Whether nothing is written where one can't be drawn; else only where none can.

    Raises
    ------
    StorageError
        When a file can't be written.
    NnzooError
        The reason why the first one can't be drawn.
    """
    outcome, drawn = Drawn(), []
    for file, draw in wanted:
        try:
            drawn.append(draw())
            outcome.written.append(file)
        except NnzooError as error:
            if strict:
                raise
            outcome.left_out.append((file, error))
    if not outcome.written:
        raise outcome.left_out[0][1]
    for folder in dict.fromkeys(file.path.parent for file in outcome.written):
        with storage_errors(f"make {folder}"):
            go_back()
            folder.mkdir(parents=True, exist_ok=True)
    for file, figure in zip(outcome.written, drawn, strict=True):
        save_figure(figure, file.path)
    return outcome


def figure_files(
    runs: Sequence[TrainedRun], names: Sequence[str], folder: Path, format: str, prefixed: bool
) -> Iterator[FigureFile]:
    """The files that figures of runs go into: one for each run, or one for all that a figure overlays."""
    stems = _stems(runs)
    for name in dict.fromkeys(names):
        file = re.sub(r"[^\w.]+", "-", name)  # it may have hyperparameters
        if len(runs) > 1 and find_figure(name, runs).overlays:
            yield FigureFile(name, runs, folder / f"{file}.{format}")
            continue
        for run, stem in zip(runs, stems, strict=True):
            yield FigureFile(name, [run], folder / f"{f'{stem}-' if prefixed else ''}{file}.{format}")


def _stems(runs: Sequence[TrainedRun]) -> list[str]:
    """What the files of each run begin with: its name, with a number where another has the same."""
    stems: list[str] = []
    for run in runs:
        attempts = (run.name if number == 1 else f"{run.name}-{number}" for number in range(1, len(runs) + 1))
        stems.append(next(attempt for attempt in attempts if attempt not in stems))
    return stems
