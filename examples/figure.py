"""A figure: the decision regions of a classifier with two inputs.

nnzoo plot runs/points --plugin examples/figure.py --what regions:resolution=80
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le, doc

from nnzoo.api import Figure, FigureRun, UsageError, hookimpl

if TYPE_CHECKING:
    import matplotlib.figure


@dataclass(frozen=True)
class Regions(Figure):
    """The predicted class for any two inputs, and the test samples."""

    name: ClassVar[str] = "regions"

    resolution: Annotated[int, Ge(2), Le(1000), doc("points along each side")] = 100
    margin: Annotated[float, Ge(0), Le(10), doc("margin around the samples, as a share of their spread")] = 0.1

    def plan(self, run: FigureRun) -> tuple[float, float]:
        problem = run.problem
        if problem.input_shape != (2,) or not problem.has_classes or problem.positions != 1:
            raise UsageError(f"{run.path} has no figure {self.name}: it is for two numbers and one class a sample")
        return 5.0, 4.4

    def draw(self, figure: matplotlib.figure.Figure, runs: Sequence[FigureRun]) -> None:
        (run,) = runs
        points = run.test.array * run.test.scale  # as the network sees them
        low, high = points.min(axis=0), points.max(axis=0)
        low, high = low - self.margin * (high - low), high + self.margin * (high - low)
        sides = [np.linspace(low[axis], high[axis], self.resolution, dtype=np.float32) for axis in (0, 1)]
        grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
        answers = run.dnn.network.predict(grid).argmax(axis=1).reshape(self.resolution, self.resolution)
        ax = figure.subplots()
        ax.pcolormesh(*sides, answers, cmap="Pastel1", vmin=0, vmax=8)
        for number in range(run.problem.width):
            of_class = points[run.targets == number]
            ax.plot(of_class[:, 0], of_class[:, 1], ".", label=run.problem.name(number))
        ax.set(title=f"What {run.name} answers", xlabel="first number", ylabel="second number")
        figure.legend(loc="outside right")


@hookimpl
def nnzoo_figures() -> list[type[Figure]]:
    return [Regions]
