"""The figure of the topic ``growth``: time per epoch against the limit that the matrix products set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, Locator, LogLocator, NullLocator

from nnzoo.figures.style import COLORS, FAINT, INK, make_figure, save_figure, styled

MARKERS = ("o", "s", "^", "D", "v")


@dataclass(frozen=True)
class Point:
    """An epoch's time, in seconds, where something has a certain size."""

    size: int
    nnzoo: float
    products: float
    ratio: float
    steps: int


@dataclass(frozen=True)
class Series:
    """Points at which one thing grows."""

    name: str
    points: list[Point]


def draw(series: Sequence[Series], path: Path) -> None:
    """Draw five series, and in a sixth panel how far all of them are from the limit."""
    with styled():
        figure, axes = make_figure(2, 3, width=9.0, height=5.2)
        for ax, each in zip(axes, series, strict=False):
            draw_times(ax, each)
        axes[0].legend(loc="upper left")
        for ax in axes[:-1:3]:
            ax.set_ylabel("time per epoch (s)")
        draw_ratios(axes[-1], series)
        path.parent.mkdir(parents=True, exist_ok=True)
        save_figure(figure, path)


def draw_times(ax: Axes, series: Series) -> None:
    """Both times; what lies between them is all that is not a matrix product."""
    sizes = [point.size for point in series.points]
    ours, products = [p.nnzoo for p in series.points], [p.products for p in series.points]
    ax.fill_between(sizes, products, ours, color=COLORS[0], alpha=0.15, linewidth=0)
    ax.plot(sizes, ours, color=COLORS[0], linestyle="-", marker="o", label="nnzoo")
    ax.plot(sizes, products, color=COLORS[1], linestyle="--", marker="s", label="matrix products alone")
    ax.set(xscale="log", yscale="log", title=series.name.capitalize(), xlabel=series.name)
    few = sizes if len(sizes) < 7 else sizes[::2]
    label_plainly(ax.xaxis, LogLocator() if sizes[-1] > 10_000 else FixedLocator(few))
    wide = max(ours) > 10 * min(products)
    label_plainly(ax.yaxis, LogLocator(subs=(1, 2, 5) if wide else (1, 1.5, 2, 3, 4, 5, 6, 8)))


def label_plainly(axis: Axis, ticks: Locator) -> None:
    """Numbers at these ticks as people write them, 0.2 or 100k, and no ticks between."""
    axis.set_major_locator(ticks)
    axis.set_major_formatter(FuncFormatter(short))
    axis.set_minor_locator(NullLocator())


def short(value: float, place: int | None = None) -> str:
    """A number with at most four figures.

    >>> short(0.2), short(1024), short(100_000), short(20_000_000)
    ('0.2', '1024', '100k', '20M')
    """
    if value >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if value >= 1e4 or value == 1e3 else f"{value:g}"


def draw_ratios(ax: Axes, series: Sequence[Series]) -> None:
    """The ratio of every point over the time that its products take in a step."""
    for each, color, marker in zip(series, COLORS, MARKERS, strict=False):
        steps = [1e6 * point.products / point.steps for point in each.points]
        ax.plot(steps, [p.ratio for p in each.points], color=color, marker=marker, linestyle="none", label=each.name)
    ax.axhline(1, color=INK, linewidth=0.8)
    below = ("axes fraction", "data")
    ax.annotate("the products alone", (0.02, 0.96), xycoords=below, va="top", color=FAINT, fontsize=8)
    ax.set(xscale="log", title="Distance from the limit")
    ax.set(xlabel="products of one step (µs)", ylabel="nnzoo over products")
    ax.set_ylim(bottom=0.7)
    label_plainly(ax.xaxis, LogLocator())
    ax.legend()
