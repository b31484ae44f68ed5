"""Animations of figures into files: GIFs, and pages with a slider."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from nnzoo.errors import UsageError, storage_errors
from nnzoo.figures.animating import NONE_MOVES, Frame, animated_figures, animation_frames, gif_bytes, require_animated
from nnzoo.figures.of_runs import find_figure
from nnzoo.figures.writing import Drawn, FigureFile, figure_files
from nnzoo.files.place import go_back
from nnzoo.files.writing import write_whole
from nnzoo.pages.page import Image, data_url, render_page
from nnzoo.trained_run import TrainedRun


def animation_page(file: FigureFile, frames: Sequence[Frame]) -> bytes:
    """A page that needs nothing but itself: it plays the frames, and a slider leads to each epoch."""
    (run,) = file.runs
    images = [
        (frame.epoch, Image(data_url(frame.png, "png"), _words(file, frame), frame.width, frame.height))
        for frame in frames
    ]
    title = find_figure(file.name, [run]).title
    return render_page("animation.html.jinja", run=run.name, figure=file.name, title=title, frames=images).encode()


def _words(file: FigureFile, frame: Frame) -> str:
    return f"The figure {file.name} after epoch {frame.epoch}." if frame.epoch else f"The figure {file.name} at first."


FORMATS: dict[str, Callable[[FigureFile, list[Frame]], bytes]] = {
    "gif": lambda file, frames: gif_bytes(frames),
    "html": animation_page,
}


def write_animations(
    runs: Sequence[TrainedRun], place: Path, *, names: Sequence[str] | None = None, format: str | None = None
) -> Drawn:
    """Draw animations of runs into files, each called ``<run>-<figure>``: all first, then each is written whole.

    Parameters
    ----------
    runs : sequence of TrainedRun
        At least one, each finished: it is trained again.
    place : Path
        A folder, which is made; or a file whose suffix is one of `FORMATS`, for a single figure of a single run.
    names : sequence of str, optional
        Figures. Default: all that there are of each run that can be animated.
    format : str, optional
        One of `FORMATS`. Default: that of the file, or ``gif``.

    Raises
    ------
    UsageError
        When there is no such figure or format, or it can't be animated.
    StorageError
        When a file can't be read or written.
    NnzooError
        Another reason why a figure can't be drawn.
    """
    suffix = place.suffix.removeprefix(".").lower()
    is_file = suffix in FORMATS
    format = format or (suffix if is_file else "gif")
    if format not in FORMATS or (is_file and format != suffix):
        formats = " and ".join(FORMATS)
        raise UsageError(f"animations can't be written into {place} as {format!r}", hint=f"formats are {formats}")
    if names is None:
        names = list(dict.fromkeys(name for run in runs for name in animated_figures(run)))
        if not names:
            raise UsageError(
                f"no figure of {', '.join(str(run.path) for run in runs)} can be animated",
                hint=NONE_MOVES,
            )
    for name in names:
        require_animated(name, runs[0])
    folder = place.parent if is_file else place
    files = [file for run in runs for file in figure_files([run], names, folder, format, prefixed=True)]
    if is_file:
        if len(files) > 1:
            raise UsageError(f"{place} is one file, and there are {len(files)} animations", hint="name a folder")
        files = [FigureFile(files[0].name, files[0].runs, place)]
    drawn = [FORMATS[format](file, animation_frames(file.name, file.runs[0])) for file in files]
    with storage_errors(f"make {folder}"):
        go_back()
        folder.mkdir(parents=True, exist_ok=True)
    for file, data in zip(files, drawn, strict=True):
        write_whole(file.path, data)
    return Drawn(written=files)
