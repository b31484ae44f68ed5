"""The style of all figures: colours, sizes and lines; and functions that create, complete and save a figure."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.transforms import ScaledTranslation

from nnzoo.errors import UsageError
from nnzoo.files.writing import write_whole

INK = "#222222"
FAINT = "#888888"
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe & Ito (2008), "Color universal design": distinct with any kind of colour vision. Black is for the axes."""
LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)), (0, (3, 1)), (0, (9, 3)))
"""A line style for each colour, so that lines are distinct in greyscale."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Markers that are distinct in greyscale."""
SEQUENTIAL = "Blues"
"""Colour map for counts and pixels, from white to dark."""
DIVERGING = "RdBu_r"
"""Colour map for values on both sides of 0, if numbers or signs are shown, too."""
SIGNED = LinearSegmentedColormap.from_list("signed", ["#04214f", "#2f6fb0", "#b0b8c1", "#f5c866", "#fff5d0"])
"""Colour map for values on both sides of 0 that becomes lighter throughout, so that greyscale preserves the signs."""
FORMATS = ("png", "svg", "pdf")

STYLE: dict[str, Any] = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "font.size": 9,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so figures are alike everywhere
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=COLORS) + cycler(linestyle=LINES),
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "image.interpolation": "nearest",
    "svg.hashsalt": "nnzoo",  # the same figure is the same file
    "svg.fonttype": "path",
}


def styled() -> Any:
    """Return a context in which matplotlib draws in this style; afterwards its settings are restored."""
    settings: Any = {name: value for name, value in mpl.rcParamsDefault.items() if name != "backend"}
    return mpl.rc_context(settings | STYLE)


def make_figure(
    rows: int = 1, columns: int = 1, *, width: float = 6.4, height: float = 3.6
) -> tuple[Figure, list[Axes]]:
    """Return a new figure, sized in inches, and its axes row by row. It is independent of pyplot.

    Call this function, and draw, inside `styled`.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    return figure, list(grid.flat)


def legend_below(ax: Axes, handles: Sequence[Any]) -> Legend:
    """Add a legend below the axis and its label, where long lines fit."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    half_an_inch = ScaledTranslation(0, -0.5, figure.dpi_scale_trans)
    place: dict[str, Any] = {"bbox_to_anchor": (0, 0), "bbox_transform": ax.transAxes + half_an_inch}
    return ax.legend(handles=handles, loc="upper left", borderaxespad=0, borderpad=0, **place)


def add_colorbar(ax: Axes, image: AxesImage, **options: Any) -> None:
    """Add a colour bar beside the axes of an image."""
    figure = ax.get_figure()
    assert figure is not None
    figure.colorbar(image, ax=ax, **options)


def legend_handles(ax: Axes) -> dict[str, Artist]:
    """Return one drawn line or bar for each label, for a legend without repetitions."""
    handles, labels = ax.get_legend_handles_labels()
    return dict(zip(labels, handles, strict=True))


def require_format(format: str) -> None:
    """Raise a UsageError for a format that is not one of `FORMATS`."""
    if format not in FORMATS:
        raise UsageError(f"figures can't be written as {format!r}", hint=f"formats are {', '.join(FORMATS)}")


def figure_bytes(figure: Figure, format: str = "png", *, dpi: int | None = None) -> bytes:
    """Return the contents of a figure's file; the same figure always gives the same bytes.

    Parameters
    ----------
    figure : Figure
        The figure.
    format : str
        One of `FORMATS`.
    dpi : int, optional
        Pixels per inch. Default: that of the style.

    Raises
    ------
    UsageError
        When the format is not one of `FORMATS`.
    """
    require_format(format)
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    buffer = io.BytesIO()
    with _drawing():
        figure.savefig(buffer, format=format, metadata=dates[format], dpi=dpi)
    return buffer.getvalue()


def lay_out(figure: Figure) -> None:
    """Check that a figure can be drawn, without rendering it, which halves the time.

    Any exception of matplotlib is passed on.
    """
    with _drawing():
        figure.draw_without_rendering()


@contextmanager
def _drawing() -> Iterator[None]:
    with styled(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # letters of names that the font lacks become boxes
        yield


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure in the format of the suffix, whole or not at all.

    Raises
    ------
    UsageError
        When the suffix is not one of `FORMATS`.
    StorageError
        When it can't be written.
    """
    write_whole(path, figure_bytes(figure, path.suffix.removeprefix(".")))
