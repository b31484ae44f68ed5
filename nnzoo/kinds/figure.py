"""`Figure`: a drawing of runs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import Component, plugin_bug, require_returned
from nnzoo.kinds.arrays import Floats
from nnzoo.kinds.dataset import Dataset, Split
from nnzoo.kinds.task import Problem

if TYPE_CHECKING:
    import matplotlib.figure


LARGEST = 100
"""Inches that a figure may be wide or high."""


class FigureRun(Protocol):
    """A run as a figure sees it; each part is read or computed when it is first used.

    Attributes
    ----------
    path : Path
        The run's directory.
    name : str
        The directory's own name.
    history : list of dict
        The figures of each epoch: ``epoch``, ``learning_rate``, ``train_loss``, ``test_accuracy``, …
    epoch : int or None
        In a frame of an animation, the epoch after which the run is shown; 0 before the first. None for its end.
    """

    path: Path
    name: str
    history: list[dict[str, Any]]
    epoch: int | None

    def series(self, name: str) -> tuple[Floats, Floats]:
        """The epochs that have a figure of that name, such as ``test_loss``, and the figure; both of shape (n,)."""

    @property
    def problem(self) -> Problem:
        """Shapes and names of what it learnt."""

    @property
    def task_figures(self) -> tuple[str, ...]:
        """Which figures its task asks for, as `Task.figures` says."""

    @property
    def dnn(self) -> Any:
        """The trained network, a `DeepNeuralNetwork`: ``dnn.predict`` takes raw data, ``dnn.network`` is the `Network`.

        Raises
        ------
        StorageError
            When the run has not finished.
        """

    @property
    def dataset(self) -> Dataset:
        """The data that it was trained on, raw."""

    @property
    def test(self) -> Split:
        """The test samples as the network sees them: inputs preprocessed, targets encoded."""

    @property
    def outputs(self) -> Floats:
        """What it predicts for the test samples: probabilities, or values; of shape (m, k) with a row a position."""

    @property
    def answers(self) -> NDArray[Any]:
        """What the task makes of that: class numbers of shape (m,), or labels or values of shape (m, k)."""

    @property
    def targets(self) -> NDArray[Any]:
        """What would be right, in the form of `answers`; values in their own units."""

    @property
    def counted(self) -> NDArray[np.bool_]:
        """The positions of test samples that are not masked, of shape (m,)."""


@dataclass(frozen=True)
class Figure(Component):
    """A drawing of runs, for ``nnzoo plot RUN --what NAME``.

    Attributes
    ----------
    overlays : bool
        Whether one figure shows any number of runs; if not, there is one for each.
    animates : bool
        Whether ``nnzoo plot --animate`` animates it: for each frame `draw` draws the run as it was after an epoch. Axes
        and colours should not depend on the epoch, or they jump.
    """

    kind: ClassVar[str] = "figure"
    overlays: ClassVar[bool] = False
    animates: ClassVar[bool] = False

    @abstractmethod
    def plan(self, run: FigureRun) -> tuple[float, float]:
        """Width and height in inches. Look at the problem and the history only: nothing is drawn yet.

        Raises
        ------
        UsageError
            When it is not for such a run; the message says which ones it is for.
        """

    @abstractmethod
    def draw(self, figure: matplotlib.figure.Figure, runs: Sequence[FigureRun]) -> None:
        """Draw on an empty figure, inside nnzoo's style; change nothing else of Matplotlib's.

        Parameters
        ----------
        figure : matplotlib.figure.Figure
            Of the planned size; it belongs to no window. ``figure.subplots()`` makes axes.
        runs : sequence of FigureRun
            One; or several, where it overlays them.

        Raises
        ------
        UsageError
            When such a run turns out to have nothing to draw; it says why.
        """


def planned_size(component: Figure, run: FigureRun) -> tuple[float, float]:
    """What a figure plans for a run: width and height in inches.

    Raises
    ------
    UsageError
        When it is not for such a run.
    PluginError
        When it does not return two numbers that a page has room for.
    """
    size: Any = component.plan(run)
    require_returned(component, "plan", size, tuple, "a width and a height in inches")
    if len(size) != 2 or not all(isinstance(x, Real) and 0 < float(x) <= LARGEST for x in size):
        raise plugin_bug(component, f"plan returns {size!r}, not a width and a height of up to {LARGEST} inches")
    return float(size[0]), float(size[1])
