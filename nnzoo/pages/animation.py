"""Write animated figures into files: GIFs, and pages with a slider."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from nnzoo.errors import UsageError
from nnzoo.figures.animating import NONE_MOVES, Frame, animated_figures, animation_frames, gif_bytes, require_animated
from nnzoo.figures.of_runs import find_figure
from nnzoo.figures.writing import Drawn, FigureFile, figure_files, make_folder
from nnzoo.files.writing import write_whole
from nnzoo.pages.page import Image, data_url, render_page
from nnzoo.trained_run import TrainedRun


def animation_page(file: FigureFile, frames: Sequence[Frame]) -> bytes:
    """Return a self-contained page that plays the frames, with a slider for the epochs."""
    (run,) = file.runs
    images = []
    for frame in frames:
        alt = f"The figure {file.name} {f'after epoch {frame.epoch}' if frame.epoch else 'at first'}."
        images.append((frame.epoch, Image(data_url(frame.png, "png"), alt, frame.width, frame.height)))
    title = find_figure(file.name, [run]).title
    return render_page("animation.html.jinja", run=run.name, figure=file.name, title=title, frames=images).encode()


FORMATS: dict[str, Callable[[FigureFile, list[Frame]], bytes]] = {
    "gif": lambda file, frames: gif_bytes(frames),
    "html": animation_page,
}


def write_animations(
    runs: Sequence[TrainedRun], place: Path, *, names: Sequence[str] | None = None, format: str | None = None
) -> Drawn:
    """Draw animations of runs, and then write each file, ``<run>-<figure>``, whole.

    Parameters
    ----------
    runs : sequence of TrainedRun
        At least one; each must have finished, as it is trained again.
    place : Path
        A folder, which is made if necessary; or a file with a suffix of `FORMATS`, for one figure of one run.
    names : sequence of str, optional
        Figures. Default: all figures of each run that can be animated.
    format : str, optional
        One of `FORMATS`. Default: that of the file, or ``gif``.

    Raises
    ------
    UsageError
        When there is no figure or format of that name, or the figure can't be animated.
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
            paths = ", ".join(str(run.path) for run in runs)
            raise UsageError(f"no figure of {paths} can be animated", hint=NONE_MOVES)
    for name in names:
        require_animated(name, runs[0])
    folder = place.parent if is_file else place
    files = [file for run in runs for file in figure_files([run], names, folder, format, prefixed=True)]
    if is_file:
        if len(files) > 1:
            raise UsageError(f"{place} is one file, and there are {len(files)} animations", hint="name a folder")
        files = [FigureFile(files[0].name, files[0].runs, place)]
    drawn = [FORMATS[format](file, animation_frames(file.name, file.runs[0])) for file in files]
    make_folder(folder)
    for file, data in zip(files, drawn, strict=True):
        write_whole(file.path, data)
    return Drawn(written=files)
