"""The figure `decision`: a network's answers for all values of one or two inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le, doc
from nnzoo.api import Figure, FigureRun, UsageError
from numpy.typing import NDArray

from nnzoo_toys.plane import Plane

if TYPE_CHECKING:
    import matplotlib.figure
    from matplotlib.axes import Axes

MOST_CLASSES = 20
MOST_VALUES = 3
INK, PAPER = "#222222", "#ffffff"
MARKERS = "os^DvPX<>p"
"""A marker for each class, to distinguish them in greyscale prints."""
FULL_SHADE = 0.55
"""Opacity of a class's colour where its probability is 1."""
VALUES = "viridis"


@dataclass(frozen=True)
class Decision(Figure):
    """A network's answers for all values of its inputs, with samples: regions of classes, a curve or a surface.

    Of a classification by two numbers, each place has the colour of the class that is answered, the stronger the more
    probable it is, and lines where the answer changes. Of a regression by one number it is the curve, by two numbers
    the surface as colours. Axes and values are in the data's own units: preprocessing belongs to the network.
    """

    name: ClassVar[str] = "decision"
    animates: ClassVar[bool] = True

    resolution: Annotated[int, Ge(2), Le(1000), doc("points along each axis at which the network is asked")] = 200
    margin: Annotated[float, Ge(0), Le(10), doc("margin around the samples, as a share of their spread")] = 0.1

    def plan(self, run: FigureRun) -> tuple[float, float]:
        problem = run.problem
        inputs = problem.input_shape[0] if len(problem.input_shape) == 1 else 0
        sizes: dict[int, tuple[float, float]] = {}
        if problem.has_classes and not problem.outputs and problem.positions == 1 and problem.width <= MOST_CLASSES:
            sizes = {2: (6.4, 4.4)}
        elif problem.output_shape == (problem.width,) and not problem.has_labels and not problem.outputs:
            sizes = dict.fromkeys((1, 2), (5.4 * problem.width, 4.0)) if problem.width <= MOST_VALUES else {}
        if inputs in sizes:
            return sizes[inputs]
        raise UsageError(
            f"{run.path} has no figure {self.name}: it is for two numbers and one class a sample, of at most "
            f"{MOST_CLASSES}, or for one or two numbers and at most {MOST_VALUES} values"
        )

    def draw(self, figure: matplotlib.figure.Figure, runs: Sequence[FigureRun]) -> None:
        (run,) = runs
        plane = Plane.of(run)
        if run.problem.has_classes:
            self._draw_classes(figure, run, plane)
            return
        for value, ax in enumerate(figure.subplots(1, run.problem.width, squeeze=False)[0]):
            (self._draw_curve if len(plane.names) == 1 else self._draw_surface)(ax, run, plane, value)
        figure.axes[0].set_title(_title(run))

    def _draw_classes(self, figure: matplotlib.figure.Figure, run: FigureRun, plane: Plane) -> None:
        x, y, raw = self._grid(plane)
        shares = _probabilities(run, raw).reshape(len(y), len(x), -1)
        colors, width = _colors(run.problem.width), run.problem.width
        ax = figure.subplots()
        certain = (shares.max(axis=-1) - 1 / width) / (1 - 1 / width)
        shade = FULL_SHADE * certain[..., None]
        ax.imshow(
            shade * colors[shares.argmax(axis=-1)] + (1 - shade),
            extent=(x[0], x[-1], y[0], y[-1]),
            origin="lower",
            aspect="auto",
            interpolation="bilinear",
        )
        for label in range(width):
            lead = shares[..., label] - np.delete(shares, label, axis=-1).max(axis=-1)
            if lead.min() < 0 < lead.max():
                ax.contour(x, y, lead, [0.0], colors=INK, linewidths=1.0, linestyles="-")
        wrong = run.dnn.predict(plane.raw(plane.test.points)) != plane.test.targets
        for label in range(width):
            marker, color = MARKERS[label % len(MARKERS)], colors[label]
            for part, size, edge in ((plane.train, 2.5, color), (plane.test, 5.0, PAPER)):
                points = part.points[part.targets == label]
                named: dict[str, Any] = {"label": run.problem.name(label)} if part is plane.test else {}
                style: dict[str, Any] = {
                    "marker": marker,
                    "markersize": size,
                    "markeredgecolor": edge,
                    "markeredgewidth": 0.6,
                }
                ax.plot(points[:, 0], points[:, 1], linestyle="", color=color, **style, **named)
        ring: dict[str, Any] = {"marker": "o", "markersize": 9, "markerfacecolor": "none", "markeredgecolor": INK}
        count = str(int(wrong.sum())).rjust(len(str(len(wrong))), "\u2007")  # as wide as a digit, so that frames agree
        text = f"wrong: {count} of {len(wrong)}"
        ax.plot(*plane.test.points[wrong].T, linestyle="", label=text, **ring)
        _finish(ax, plane)
        ax.set_title(_title(run))
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), title="test samples;\nsmall: training", alignment="left")

    def _draw_curve(self, ax: Axes, run: FigureRun, plane: Plane, value: int) -> None:
        x = np.linspace(*plane.limits(0, self.margin), self.resolution)
        fitted = _values(run, plane.raw(x[:, None]))[:, value]
        for part, name, size, color in ((plane.train, "training", 2.0, "#888888"), (plane.test, "test", 4.0, "C1")):
            ax.plot(part.points[:, 0], part.targets[:, value], ".", color=color, markersize=2 * size, label=name)
        ax.plot(x, fitted, color="C0", linestyle="-", linewidth=2, label="network")
        low, high = _range(plane, value)
        room = 0.15 * (high - low)
        ax.set(
            xlabel=plane.names[0], ylabel=run.problem.name(value), xlim=(x[0], x[-1]), ylim=(low - room, high + room)
        )
        ax.legend(loc="upper right", ncols=3)

    def _draw_surface(self, ax: Axes, run: FigureRun, plane: Plane, value: int) -> None:
        x, y, raw = self._grid(plane)
        fitted = _values(run, raw)[:, value].reshape(len(y), len(x))
        low, high = _range(plane, value)
        colored: dict[str, Any] = {"cmap": VALUES, "vmin": low, "vmax": high}
        extent = (x[0], x[-1], y[0], y[-1])
        image = ax.imshow(fitted, extent=extent, origin="lower", aspect="auto", interpolation="bilinear", **colored)
        test = plane.test
        edge: dict[str, Any] = {"edgecolors": PAPER, "linewidths": 0.7}
        ax.scatter(test.points[:, 0], test.points[:, 1], 22, test.targets[:, value], **edge, **colored)
        _finish(ax, plane)
        bar = ax.figure.colorbar(image, ax=ax, extend="both", label=f"{run.problem.name(value)} (dots: test samples)")
        bar.outline.set_linewidth(0)

    def _grid(self, plane: Plane) -> tuple[NDArray[np.float64], NDArray[np.float64], Any]:
        """The two axes, and raw samples at each of their places, row by row from below."""
        x, y = (np.linspace(*plane.limits(axis, self.margin), self.resolution) for axis in (0, 1))
        return x, y, plane.raw(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))


def _probabilities(run: FigureRun, raw: Any) -> NDArray[np.float64]:
    """Of each class, of shape (n, k); where the loss gives none, 1 for the class that is answered."""
    if run.dnn.loss.gives_probabilities:
        return np.asarray(run.dnn.predict_proba(raw), np.float64)
    return np.asarray(np.eye(run.problem.width)[run.dnn.predict(raw)])


def _values(run: FigureRun, raw: Any) -> NDArray[np.float64]:
    return np.asarray(run.dnn.predict(raw), np.float64).reshape(-1, run.problem.width)


def _range(plane: Plane, value: int) -> tuple[float, float]:
    """The lowest and the highest value among the samples."""
    values = np.concatenate([part.targets[:, value] for part in (plane.train, plane.test)])
    return float(values.min()), float(values.max())


def _colors(classes: int) -> NDArray[np.float64]:
    """A colour for each class, of shape (k, 3): those of the style, or of a longer list."""
    import matplotlib as mpl
    from matplotlib.colors import to_rgb

    style = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    colors = style if classes <= len(style) else mpl.colormaps["tab20"].colors  # type: ignore[attr-defined]
    return np.array([to_rgb(color) for color in colors[:classes]])


def _finish(ax: Axes, plane: Plane) -> None:
    ax.grid(visible=False)
    ax.set(xlabel=plane.names[0], ylabel=plane.names[1])
    ax.set_xlim(*ax.images[0].get_extent()[:2])
    ax.set_ylim(*ax.images[0].get_extent()[2:])
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    if 0.5 < (right - left) / (high - low) < 2:
        ax.set_aspect("equal")
    ax.locator_params(nbins=6)


def _title(run: FigureRun) -> str:
    if run.epoch is None:
        return run.name
    return f"{run.name}, after epoch {run.epoch}" if run.epoch else f"{run.name}, before the first epoch"
