"""Figures of autoencoders: samples with their reconstructions, codes, and decoded codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, doc
from nnzoo.api import Figure, FigureRun, Floats, UsageError
from numpy.typing import NDArray

from nnzoo_autoencoders.halves import codes_of, decode, main_directions, require_asked, require_pictures
from nnzoo_autoencoders.tiles import are_ink, draw_tiles, tile

if TYPE_CHECKING:
    import matplotlib.figure

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F3C8D", "#8C564B", "#555555", "#B8A000")
"""Colours for the most classes that can be distinguished."""


@dataclass(frozen=True)
class Reconstructions(Figure):
    """Test samples with their reconstructions below, optionally with noise added."""

    name: ClassVar[str] = "reconstructions"

    samples: Annotated[int, Ge(1), Le(30), doc("number of test samples, from the first on")] = 10
    noise: Annotated[float, Ge(0), doc("standard deviation of the noise that is added to them, drawn from seed 0")] = 0

    def plan(self, run: FigureRun) -> tuple[float, float]:
        require_asked(self.name, run)
        require_pictures(self.name, run)
        return max(3.2, 0.62 * self.samples + 0.9), 2.5 if self.noise else 1.8

    def draw(self, figure: matplotlib.figure.Figure, runs: Sequence[FigureRun]) -> None:
        (run,) = runs
        test = run.test.take(np.arange(min(self.samples, len(run.test))))
        clean = (test.array * test.scale).astype(np.float32).reshape(-1, *run.problem.input_shape)
        rows = {"sample": clean}
        seen = clean
        if self.noise:
            drawn = np.random.default_rng(0).standard_normal(clean.shape, np.float32)
            seen = rows["with noise"] = clean + np.float32(self.noise) * drawn
        outputs = run.dnn.network.predict(seen)
        run.dnn.loss.predict(outputs)
        rows["given back"] = outputs.reshape(clean.shape)
        low, high, is_ink = min(float(clean.min()), 0.0), float(clean.max()), are_ink(clean)
        error = np.mean((rows["given back"] - clean) ** 2)
        axes = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
        for ax, (words, pictures) in zip(axes, rows.items(), strict=True):
            draw_tiles(ax, tile(pictures, len(pictures)), low, high, is_ink=is_ink)
            ax.set_ylabel(words, rotation=0, ha="right", va="center")
        axes[0].set_title(f"What {run.name} gives back: mse {error:.3g}")


LABEL = 0.04
"""Width and height of a short label, as a share of the plane's."""


def apart(places: NDArray[np.float64], spans: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places of labels, shape (n, 2), moved up where one would hide another."""
    found, room = places.copy(), LABEL * spans
    order = np.argsort(places[:, 1], kind="stable")
    for rank, number in enumerate(order):
        for below in sorted(order[:rank], key=lambda each: found[each, 1]):
            if (np.abs(found[number] - found[below]) < room).all():
                found[number, 1] = found[below, 1] + room[1]
    return found


@dataclass(frozen=True)
class CodePlane(Figure):
    """Where test samples lie in the code; of a code of more than two numbers, along its two main directions."""

    name: ClassVar[str] = "code-plane"

    samples: Annotated[int, Ge(2), doc("largest number of test samples")] = 2000

    def plan(self, run: FigureRun) -> tuple[float, float]:
        require_asked(self.name, run)
        return 5.6, 4.6

    def draw(self, figure: matplotlib.figure.Figure, runs: Sequence[FigureRun]) -> None:
        (run,) = runs
        codes = require_plane(run, codes_of(run, self.samples))
        middle, directions, _ = main_directions(codes)
        points, ax = (codes - middle) @ directions.T, figure.subplots()
        if codes.shape[1] == 2:
            points = codes.astype(np.float64)
        labels = labelled(run, len(codes))
        middles = np.array([np.median(points[chosen], axis=0) for _, chosen in labels])
        for number, ((words, chosen), place) in enumerate(
            zip(labels, apart(middles, np.ptp(points, axis=0)), strict=True)
        ):
            ax.plot(*points[chosen].T, ".", color=COLORS[number], markersize=4, alpha=0.7, label=words)
            if words:  # in its middle, for prints in grey and for readers who distinguish fewer colours
                box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": COLORS[number]}
                ax.annotate(words, place, ha="center", va="center", bbox=box)
        what = "number of the code" if codes.shape[1] == 2 else f"main direction of {codes.shape[1]} numbers"
        ax.set(title=f"The code of {run.name}", xlabel=f"first {what}", ylabel=f"second {what}")
        if ax.get_legend_handles_labels()[1]:
            figure.legend(*ax.get_legend_handles_labels(), loc="outside right upper", markerscale=2)


@dataclass(frozen=True)
class CodeGrid(Figure):
    """Decoded codes along a grid around the mean of the test samples' codes.

    Of a code of more than two numbers, the grid goes along the two directions in which test samples differ most.
    """

    name: ClassVar[str] = "code-grid"

    side: Annotated[int, Ge(2), Le(40), doc("codes along each side")] = 12
    reach: Annotated[float, Gt(0), Le(10), doc("reach of the grid from the mean, in standard deviations")] = 2.0

    def plan(self, run: FigureRun) -> tuple[float, float]:
        require_asked(self.name, run)
        require_pictures(self.name, run)
        return 5.4, 5.4

    def draw(self, figure: matplotlib.figure.Figure, runs: Sequence[FigureRun]) -> None:
        (run,) = runs
        codes = require_plane(run, codes_of(run, 5000))
        middle, directions, sizes = main_directions(codes)
        along = np.linspace(-self.reach, self.reach, self.side)
        steps = np.stack(np.meshgrid(along, along[::-1]), axis=-1).reshape(-1, 2)
        pictures = decode(run, middle + (steps * sizes) @ directions)
        clean = run.test.take(np.arange(min(500, len(run.test)))).array * run.test.scale
        low, high, is_ink = min(float(clean.min()), 0.0), float(clean.max()), are_ink(clean)
        ax = figure.subplots()
        draw_tiles(ax, tile(pictures, self.side), low, high, is_ink=is_ink)
        what = "number of the code" if codes.shape[1] == 2 else "main direction of the code"
        around = f"{self.reach:g} standard deviations around the middle"
        ax.set(title=f"What {run.name} makes of codes", xlabel=f"first {what}, {around}", ylabel=f"second {what}")


def labelled(run: FigureRun, samples: int) -> list[tuple[str, NDArray[np.bool_]]]:
    """The classes with their samples among the first test samples; a single group if there are no classes."""
    targets = np.asarray(run.dataset.test.targets)[:samples]
    names = run.dataset.names
    if targets.ndim != 1 or targets.dtype.kind not in "iu" or not 0 < len(np.unique(targets)) <= len(COLORS):
        return [("", np.ones(samples, np.bool_))]
    return [(names[n] if n < len(names) else str(n), targets == n) for n in np.unique(targets)]


def require_plane(run: FigureRun, codes: Floats) -> Floats:
    """Refuse a code of one number, which has no plane.

    Raises
    ------
    UsageError
    """
    if codes.shape[1] < 2 or len(codes) < 2:
        raise UsageError(
            f"{run.path} has a code of {codes.shape[1]} number and {len(codes)} test samples: that is not a plane",
            hint="train with code=2 or more",
        )
    return codes
