"""Write figures of runs into files."""

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
    """A figure, the runs that it shows, and its file."""

    name: str
    runs: Sequence[TrainedRun]
    path: Path


@dataclass
class Drawn:
    """Written figures, and figures that the runs can't have, with the reasons."""

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
    """Draw figures of runs, and then write each file whole.

    The name of a file is ``<run>-<figure>``, or ``<figure>`` if it shows several runs. Existing files are replaced.

    Parameters
    ----------
    runs : sequence of TrainedRun
        At least one.
    folder : Path
        It is made if it does not exist.
    names : sequence of str, optional
        Figures; if one can't be drawn, nothing is written. Default: all figures that suit the runs, except those that
        can't be drawn, unless none can.
    format : str
        One of `FORMATS`.
    prefixed : bool
        Whether file names of a single run's figures begin with the name of the run.
    of_plugins : bool
        Whether the default includes the figures of plugins.

    Raises
    ------
    UsageError
        When there is no figure or format of that name, or the runs can't have the figure.
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
    """Draw every figure with the function next to its file, and then write each file whole.

    If ``strict``, nothing is written if one figure can't be drawn; otherwise only if none can.

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
        make_folder(folder)
    for file, figure in zip(outcome.written, drawn, strict=True):
        save_figure(figure, file.path)
    return outcome


def make_folder(folder: Path) -> None:
    """Make a folder below the working directory, whatever a plugin has changed that to."""
    with storage_errors(f"make {folder}"):
        go_back()
        folder.mkdir(parents=True, exist_ok=True)


def figure_files(
    runs: Sequence[TrainedRun], names: Sequence[str], folder: Path, format: str, prefixed: bool
) -> Iterator[FigureFile]:
    """Yield the files of figures: one for each run, or one for all runs if the figure overlays them."""
    stems = _stems(runs)
    for name in dict.fromkeys(names):
        file = re.sub(r"[^\w.]+", "-", name)  # the name may include hyperparameters
        if len(runs) > 1 and find_figure(name, runs).overlays:
            yield FigureFile(name, runs, folder / f"{file}.{format}")
            continue
        for run, stem in zip(runs, stems, strict=True):
            yield FigureFile(name, [run], folder / f"{f'{stem}-' if prefixed else ''}{file}.{format}")


def _stems(runs: Sequence[TrainedRun]) -> list[str]:
    """The beginning of each run's file names: its name, with a number if another run has the same name."""
    stems: list[str] = []
    for run in runs:
        attempts = (run.name if number == 1 else f"{run.name}-{number}" for number in range(1, len(runs) + 1))
        stems.append(next(attempt for attempt in attempts if attempt not in stems))
    return stems
